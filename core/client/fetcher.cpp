// URL, headers and token out; page or failure in.
// Must not let a URL or a token into a text for people.
#include "core/client/fetcher.hpp"

#include <utility>

#include "core/client/url.hpp"
#ifdef GRACELINE_WITH_CPPREST
#include "core/driver/cpprest/http_client.hpp"
#endif

namespace graceline::client {

namespace {

using engine::Failure;
using engine::Reason;

Reason reason_of(driver::HttpFailure failure) {
    switch (failure) {
        case driver::HttpFailure::none:
        case driver::HttpFailure::redirected:
            return Reason::http_status;
        case driver::HttpFailure::timeout:
            return Reason::history_timeout;
        case driver::HttpFailure::cancelled:
            return Reason::request_cancelled;
        case driver::HttpFailure::unreachable:
            return Reason::connect_failed;
        case driver::HttpFailure::tls:
            return Reason::tls_failed;
        case driver::HttpFailure::certificate_refused:
            return Reason::certificate_refused;
        case driver::HttpFailure::too_large:
        case driver::HttpFailure::protocol:
            return Reason::history_unreadable;
        case driver::HttpFailure::connection_lost:
            return Reason::connection_lost;
        case driver::HttpFailure::invalid_request:
        case driver::HttpFailure::overloaded:
            return Reason::history_failed;
    }
    return Reason::history_failed;
}

}  // namespace

bool has_http_client() {
#ifdef GRACELINE_WITH_CPPREST
    return true;
#else
    return false;
#endif
}

Fetcher::Fetcher(std::shared_ptr<driver::Loop> loop, const HistorySettings& settings,
                 const TokenRule& token_rule, Done done)
    : loop_(std::move(loop)),
      settings_(settings),
      token_rule_(token_rule),
      done_(std::move(done)),
      messages_(settings.source, history::Kind::messages),
      conversations_(settings.source, history::Kind::conversations) {}

std::string Fetcher::url_of(const history::Fetch& fetch, std::string_view token) const {
    auto url = history::url_of(settings_.source, fetch);
    if (!token.empty() && token_rule_.placement == TokenPlacement::query) {
        url += url.find('?') == std::string::npos ? '?' : '&';
        url += percent_encode(token_rule_.name) + "=" + percent_encode(token);
    }
    return url;
}

void Fetcher::start(const history::output::StartFetch& start, std::string_view token) {
#ifdef GRACELINE_WITH_CPPREST
    if (!http_) http_ = driver::make_cpprest_http_client(loop_, settings_.http);
#endif
    if (!settings_.sends_token) token = {};
    driver::HttpRequest request;
    request.url = url_of(start.page, token);
    request.headers = settings_.headers;
    if (!token.empty() && token_rule_.placement != TokenPlacement::query) {
        request.headers.push_back({"Authorization", "Bearer " + std::string(token)});
    }
    request.timeout = start.timeout;
    request.max_body_bytes = settings_.page_bytes;
    const auto fetch = start.fetch;
    running_[fetch] =
        http_->start(std::move(request), [this, fetch, page = start.page](driver::HttpResult r) {
            running_.erase(fetch);
            came(fetch, page, std::move(r));
        });
}

void Fetcher::stop(std::uint64_t fetch) {
    const auto found = running_.find(fetch);
    if (found == running_.end()) return;
    http_->cancel(found->second);
    running_.erase(found);
}

void Fetcher::came(std::uint64_t fetch, const history::Fetch& page, driver::HttpResult&& result) {
    if (result.failure != driver::HttpFailure::none) {
        done_(fetch,
              Failure{reason_of(result.failure), 0, result.status, result.retry_after_seconds});
        return;
    }
    done_(fetch, read(page, result.status, result.retry_after_seconds, result.body));
}

history::Answer Fetcher::read(const history::Fetch& fetch, std::uint16_t status,
                              std::optional<std::uint32_t> retry_after_seconds,
                              std::string_view body) {
    if (status == 0) return Failure{Reason::connection_lost, 0, 0, retry_after_seconds};
    if (status < 200 || status > 299) {
        return Failure{Reason::http_status, 0, status, retry_after_seconds};
    }
    const auto& plan = fetch.kind == history::Kind::messages ? messages_ : conversations_;
    auto reading = reader_.read(plan, body, fetch.conversation);
    if (auto* page = std::get_if<std::shared_ptr<history::Page>>(&reading)) return std::move(*page);
    return Failure{Reason::history_unreadable, 0, status, {}};
}

}  // namespace graceline::client
