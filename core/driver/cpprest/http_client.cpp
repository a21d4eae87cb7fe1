// Which fetch uses which line, when it is too late for it, and who hears of it.
// Must not call anybody from inside start() or cancel(), nor block in any call.
#include "core/driver/cpprest/http_client.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "core/driver/cpprest/http_line.hpp"
#include "core/driver/cpprest/http_request.hpp"
#include "core/driver/cpprest/limits.hpp"

namespace graceline::driver {
namespace cpprest {
namespace {

struct Fetch {
    HttpAddress address;
    SdkHttpRequest request;
    HttpDone done;
    std::unique_ptr<Timer> timer;
    std::shared_ptr<HttpLine> line;  ///< Null while it waits.
};

/// I/O thread only, but for its last reference, which may go anywhere after end().
class Fetches : public std::enable_shared_from_this<Fetches> {
  public:
    Fetches(std::shared_ptr<Loop> loop, HttpSettings settings)
        : loop_(std::move(loop)), settings_(std::move(settings)) {}

    HttpFetchId start(HttpRequest request, HttpDone done);
    void cancel(HttpFetchId id);
    void end();

  private:
    void fail_later(HttpFetchId id, HttpFailure failure, std::string text);
    void finish(HttpFetchId id, HttpResult result);
    void timed_out(HttpFetchId id);
    void serve();
    std::shared_ptr<HttpLine> line_for(const HttpAddress& address);
    void remove(const std::shared_ptr<HttpLine>& line);
    void remove_worn_out();

    std::shared_ptr<Loop> loop_;
    HttpSettings settings_;
    HttpFetchId last_id_ = 0;
    std::map<HttpFetchId, Fetch> fetches_;
    std::deque<HttpFetchId> waiting_;
    std::vector<std::shared_ptr<HttpLine>> lines_;
};

HttpFetchId Fetches::start(HttpRequest request, HttpDone done) {
    const HttpFetchId id = ++last_id_;
    Fetch& fetch = fetches_[id];
    fetch.done = std::move(done);
    auto error = http_request_error(request);
    if (error.empty()) error = parse_http_url(request.url, fetch.address);
    if (!error.empty()) {
        fail_later(id, HttpFailure::invalid_request, std::move(error));
        return id;
    }
    if (waiting_.size() >= kMaxWaitingFetches || HttpLine::unreleased() >= kMaxUnreleasedLines) {
        fail_later(id, HttpFailure::overloaded, "too many fetches are under way");
        return id;
    }
    fetch.request.host_header = fetch.address.host_header;
    fetch.request.target = fetch.address.target;
    fetch.request.headers = std::move(request.headers);
    fetch.request.max_body_bytes = request.max_body_bytes == 0
                                       ? settings_.max_body_bytes
                                       : std::min(request.max_body_bytes, settings_.max_body_bytes);
    const auto timeout =
        request.timeout == engine::Duration::zero() ? settings_.timeout : request.timeout;
    fetch.timer = std::make_unique<Timer>(*loop_, [this, id] { timed_out(id); });
    fetch.timer->arm(now() + timeout);
    waiting_.push_back(id);
    serve();
    return id;
}

void Fetches::cancel(HttpFetchId id) {
    const auto found = fetches_.find(id);
    if (found == fetches_.end()) return;
    const auto line = std::move(found->second.line);
    fetches_.erase(found);
    std::erase(waiting_, id);
    if (line) remove(line);
    serve();
}

void Fetches::end() {
    fetches_.clear();
    waiting_.clear();
    const auto lines = std::move(lines_);
    lines_.clear();
    for (const auto& line : lines) line->drop();
}

void Fetches::fail_later(HttpFetchId id, HttpFailure failure, std::string text) {
    loop_->post([weak = weak_from_this(), id, failure, text = std::move(text)] {
        const auto self = weak.lock();
        if (!self) return;
        HttpResult result;
        result.failure = failure;
        result.text = text;
        self->finish(id, std::move(result));
    });
}

void Fetches::timed_out(HttpFetchId id) {
    HttpResult result;
    result.failure = HttpFailure::timeout;
    result.text = "there was no whole answer in time";
    finish(id, std::move(result));
}

void Fetches::finish(HttpFetchId id, HttpResult result) {
    const auto found = fetches_.find(id);
    if (found == fetches_.end()) return;
    const auto self = shared_from_this();
    const Fetch fetch = std::move(found->second);
    fetches_.erase(found);
    std::erase(waiting_, id);
    // Out of time, it would go on with what nobody waits for.
    if (fetch.line && (fetch.line->busy() || !fetch.line->usable())) remove(fetch.line);
    serve();
    fetch.done(std::move(result));
}

void Fetches::serve() {
    remove_worn_out();
    while (!waiting_.empty()) {
        const HttpFetchId id = waiting_.front();
        Fetch& fetch = fetches_.at(id);
        auto line = line_for(fetch.address);
        if (!line) return;
        waiting_.pop_front();
        fetch.line = line;
        line->run(std::move(fetch.request),
                  [this, id](HttpResult result) { finish(id, std::move(result)); });
    }
}

std::shared_ptr<HttpLine> Fetches::line_for(const HttpAddress& address) {
    for (const auto& line : lines_) {
        if (!line->busy() && line->usable() && line->origin().same_origin(address)) return line;
    }
    if (lines_.size() == kMaxHttpLines) {
        // An idle one of another origin makes room.
        const auto idle = std::find_if(lines_.begin(), lines_.end(),
                                       [](const auto& line) { return !line->busy(); });
        if (idle == lines_.end()) return nullptr;
        remove(std::shared_ptr<HttpLine>(*idle));
    }
    lines_.push_back(
        std::make_shared<HttpLine>(loop_, settings_, address, [this] { remove_worn_out(); }));
    return lines_.back();
}

void Fetches::remove(const std::shared_ptr<HttpLine>& line) {
    line->drop();
    std::erase(lines_, line);
}

void Fetches::remove_worn_out() {
    std::vector<std::shared_ptr<HttpLine>> worn_out;
    for (const auto& line : lines_) {
        if (!line->busy() && !line->usable()) worn_out.push_back(line);
    }
    for (const auto& line : worn_out) remove(line);
}

class CpprestHttpClient final : public HttpClient {
  public:
    CpprestHttpClient(std::shared_ptr<Loop> loop, HttpSettings settings)
        : loop_(std::move(loop)), fetches_(std::make_shared<Fetches>(loop_, std::move(settings))) {}

    ~CpprestHttpClient() override {
        if (loop_->on_io_thread()) {
            fetches_->end();
        } else {
            loop_->post([fetches = std::move(fetches_)] { fetches->end(); });
        }
    }

    HttpFetchId start(HttpRequest request, HttpDone done) override {
        return fetches_->start(std::move(request), std::move(done));
    }
    void cancel(HttpFetchId id) override { fetches_->cancel(id); }

  private:
    std::shared_ptr<Loop> loop_;
    std::shared_ptr<Fetches> fetches_;
};

}  // namespace
}  // namespace cpprest

std::unique_ptr<HttpClient> make_cpprest_http_client(std::shared_ptr<Loop> loop,
                                                     HttpSettings settings) {
    return std::make_unique<cpprest::CpprestHttpClient>(std::move(loop), std::move(settings));
}

std::size_t cpprest_unreleased_http_lines() {
    return cpprest::HttpLine::unreleased();
}

}  // namespace graceline::driver
