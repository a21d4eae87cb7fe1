// Carries out fetches of history over HTTP and reads what comes, on the I/O thread.
// Must not decide whether a fetch is tried again, nor what its page proves: core/history does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/client/token_rule.hpp"
#include "core/driver/http.hpp"
#include "core/driver/loop.hpp"
#include "core/history/desk.hpp"
#include "core/websocket/handshake.hpp"

namespace graceline::client {

inline constexpr std::size_t kDefaultHistoryPageBytes = std::size_t{1024} * 1024;

struct HistorySettings {
    history::SourceOptions source;
    driver::HttpSettings http;
    std::vector<websocket::Header> headers;
    bool sends_token = true;
    std::size_t page_bytes = kDefaultHistoryPageBytes;
};

/// Is there an HTTP client in this build?
bool has_http_client();

class Fetcher {
  public:
    using Done = std::function<void(std::uint64_t fetch, history::Answer answer)>;

    /// `done` runs on the I/O thread, never from inside start().
    Fetcher(std::shared_ptr<driver::Loop> loop, const HistorySettings& settings,
            const TokenRule& token_rule, Done done);

    void start(const history::output::StartFetch& start, std::string_view token);
    void stop(std::uint64_t fetch);

    /// What a body says, whoever fetched it. `status`: of the HTTP answer, 0: there was none.
    history::Answer read(const history::Fetch& fetch, std::uint16_t status,
                         std::optional<std::uint32_t> retry_after_seconds, std::string_view body);

  private:
    std::string url_of(const history::Fetch& fetch, std::string_view token) const;
    void came(std::uint64_t fetch, const history::Fetch& page, driver::HttpResult&& result);

    std::shared_ptr<driver::Loop> loop_;
    const HistorySettings& settings_;
    const TokenRule& token_rule_;
    Done done_;
    history::PagePlan messages_;
    history::PagePlan conversations_;
    history::PageReader reader_;
    std::unique_ptr<driver::HttpClient> http_;
    std::map<std::uint64_t, driver::HttpFetchId> running_;
};

}  // namespace graceline::client
