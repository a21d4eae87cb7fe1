// A canary in every secret place: none of them may be in a log line, an event or an error text.
// Must log at the most talkative level, and must show that the secrets were really used.
#include <array>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>

#include "tests/capi/host.hpp"
#include "tests/driver/support/certificates.hpp"
#include "tests/servers/hostile/cases.hpp"
#include "tests/servers/hostile/raw_server.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr std::int64_t kLongBackoffMs = 3'600'000;
constexpr const char* kCanary = "c4nary";
constexpr const char* kToken = "c4nary-token";
constexpr const char* kPassword = "c4nary-password";
constexpr const char* kUser = "c4nary-user";
constexpr const char* kHeader = "c4nary-header";
constexpr const char* kPayload = "{\"id\":\"c4nary-payload\"}";

/// base64 of "c4nary-user:c4nary-password".
constexpr const char* kBasic = "YzRuYXJ5LXVzZXI6YzRuYXJ5LXBhc3N3b3Jk";

/// Everything that the library said, with where it was said.
class Said {
  public:
    void log(graceline_log_level level, const char* text) {
        const std::lock_guard lock(mutex_);
        ++lines_[level];
        check("log", text);
    }
    void text(const char* where, const std::string& text) {
        const std::lock_guard lock(mutex_);
        ++texts_;
        check(where, text);
    }
    std::size_t lines(graceline_log_level level) {
        const std::lock_guard lock(mutex_);
        return lines_[level];
    }
    std::size_t texts() const { return texts_; }
    const std::vector<std::string>& leaks() const { return leaks_; }

    void log_ended() {
        const std::lock_guard lock(mutex_);
        ++ended_;
        changed_.notify_all();
    }
    /// After this no log line of the clients so far can come.
    bool wait_logs_ended(int clients) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPeerPatience, [&] { return ended_ == clients; });
    }

  private:
    void check(const char* where, const std::string& text) {
        for (const std::string& secret :
             {std::string(kCanary), std::string(kBasic), client_key_line()}) {
            if (text.find(secret) != std::string::npos) {
                leaks_.push_back(std::string(where) + ": " + text);
            }
        }
    }

  public:
    static const Certificate& client_certificate() {
        static const Certificate certificate({.common_name = "client"}, &test_authority().root);
        return certificate;
    }
    /// A line of the private key's text.
    static std::string client_key_line() {
        const std::string pem = client_certificate().key_pem();
        const auto begin = pem.find('\n') + 1;
        return pem.substr(begin, pem.find('\n', begin) - begin);
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<graceline_log_level, std::size_t> lines_;
    std::size_t texts_ = 0;
    int ended_ = 0;
    std::vector<std::string> leaks_;
};

/// Options with a secret in every place; the texts live as long as this.
struct Secrets {
    Secrets(Said& said, std::string where, graceline_token_placement placement)
        : url(std::move(where)),
          certificate(Said::client_certificate().pem()),
          key(Said::client_certificate().key_pem()),
          ca(test_authority().root.pem()),
          options(default_options()) {
        headers[0] = {"X-Api-Key", kHeader};
        frames[0] = kPayload;
        options.url = url.c_str();
        options.token = kToken;
        options.token_placement = placement;
        options.headers = headers.data();
        options.headers_count = 1;
        options.connect_frames = frames.data();
        options.connect_frames_count = 1;
        options.tls_client_certificate_pem = certificate.c_str();
        options.tls_client_key_pem = key.c_str();
        options.tls_ca_pem = ca.c_str();
        options.tls_use_system_store = 0;
        options.json_id_pointer = "/id";
        options.backoff_initial_ms = options.backoff_max_ms = kLongBackoffMs;
        options.log_level = GRACELINE_LOG_LEVEL_DEBUG;
        options.log = [](void* user_data, graceline_log_level level, const char* text) {
            static_cast<Said*>(user_data)->log(level, text);
        };
        options.log_user_data = &said;
        options.log_free = [](void* user_data) { static_cast<Said*>(user_data)->log_ended(); };
    }

    std::string url;
    std::string certificate;
    std::string key;
    std::string ca;
    std::string proxy;
    std::array<graceline_header, 1> headers{};
    std::array<const char*, 1> frames{};
    graceline_options options;
};

bool is_bad_news(const Seen& event) {
    return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
           event.details.reason != GRACELINE_REASON_NONE;
}

/// Everything that one host saw, its own messages apart.
void note(Said& said, Host& host) {
    host.take_all();
    for (const auto& event : host.seen) {
        if (event.type != GRACELINE_EVENT_MESSAGE) said.text("event", event.text);
    }
    said.text("info", host.info().text);
    said.text("last error", graceline_last_error_text());
}

/// A server that gives the client's own words back in everything that it says.
struct Parrot {
    const char* name;
    std::function<std::string(const std::string& request)> answer;
};

const std::vector<Parrot>& parrots() {
    static const std::vector<Parrot> all = {
        {"401 with the request in header and body",
         [](const std::string& request) {
             return "HTTP/1.1 401 Unauthorized " + std::string(kToken) +
                    "\r\nX-Was: " + header_of(request, "X-Api-Key") + "\r\n\r\n" + request;
         }},
        {"the request itself as the answer", [](const std::string& request) { return request; }},
        {"a subprotocol with the token",
         [](const std::string& request) {
             return good_answer(request,
                                "Sec-WebSocket-Protocol: " + std::string(kToken) + "-not\r\n");
         }},
        {"an extension with the token",
         [](const std::string& request) {
             return good_answer(request,
                                "Sec-WebSocket-Extensions: " + std::string(kToken) + "\r\n");
         }},
        {"a redirect with the token",
         [](const std::string&) {
             return std::string("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1/?") + kToken +
                    "\r\n\r\n";
         }},
        {"a close frame with the token",
         [](const std::string& request) {
             return good_answer(request) + close_frame(4000, kToken);
         }},
        {"a message, then a fault",
         [](const std::string& request) {
             return good_answer(request) + text_frame(kPayload) + frame(0x83, kToken);
         }},
        {"a message that is not UTF-8",
         [](const std::string& request) {
             return good_answer(request) + text_frame(std::string(kToken) + "\xFF");
         }},
    };
    return all;
}

}  // namespace

TEST_CASE("canary: servers that say our secrets back -> none in a log or a text", "[hostile]") {
    Said said;
    int clients = 0;
    std::size_t used = 0;
    for (const auto placement :
         {GRACELINE_TOKEN_PLACEMENT_HEADER, GRACELINE_TOKEN_PLACEMENT_QUERY,
          GRACELINE_TOKEN_PLACEMENT_SUBPROTOCOL, GRACELINE_TOKEN_PLACEMENT_FIRST_FRAME}) {
        for (const auto& parrot : parrots()) {
            RawServer server;
            Secrets secrets(said, server.url("/feed?key=c4nary-query"), placement);
            Host host(secrets.options);
            ++clients;
            host.start();
            RawPeer peer = server.accept();
            const std::string request = peer.read_request();
            REQUIRE(request.find("c4nary-query") != std::string::npos);
            REQUIRE(request.find(kHeader) != std::string::npos);
            if (request.find(kToken) != std::string::npos) ++used;
            peer.write(parrot.answer(request));
            REQUIRE(host.wait(is_bad_news));
            note(said, host);
        }
    }
    // Three of four placements stand in the request; the fourth is a frame.
    CHECK(used == 3 * parrots().size());
    REQUIRE(said.wait_logs_ended(clients));
    CHECK(said.leaks() == std::vector<std::string>{});
    CHECK(said.lines(GRACELINE_LOG_LEVEL_DEBUG) > 0);
    CHECK(said.lines(GRACELINE_LOG_LEVEL_INFO) > 0);
    CHECK(said.lines(GRACELINE_LOG_LEVEL_WARNING) > 0);
    std::printf("canary: %d connections, %zu log lines and %zu texts without a secret\n", clients,
                said.lines(GRACELINE_LOG_LEVEL_DEBUG) + said.lines(GRACELINE_LOG_LEVEL_INFO) +
                    said.lines(GRACELINE_LOG_LEVEL_WARNING),
                said.texts());
}

TEST_CASE("canary: proxies and TLS servers that refuse -> none in a log or a text", "[hostile]") {
    Said said;
    int clients = 0;
    const auto through_proxy = [&](const std::function<std::string(const std::string&)>& answer) {
        RawServer proxy;
        Secrets secrets(said, "wss://example.org/feed?key=c4nary-query",
                        GRACELINE_TOKEN_PLACEMENT_QUERY);
        secrets.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
        secrets.options.proxy_url = secrets.proxy.c_str();
        secrets.options.proxy_user = kUser;
        secrets.options.proxy_password = kPassword;
        Host host(secrets.options);
        ++clients;
        host.start();
        RawPeer peer = proxy.accept();
        const std::string request = peer.read_request();
        // The credentials go to the proxy, the rest does not.
        REQUIRE(request.find(kBasic) != std::string::npos);
        CHECK(request.find(kCanary) == std::string::npos);
        peer.write(answer(request));
        peer.finish_writing();
        REQUIRE(host.wait(is_bad_news));
        note(said, host);
    };
    through_proxy([](const std::string& request) {
        return "HTTP/1.1 407 Proxy Authentication Required\r\nX: " +
               header_of(request, "Proxy-Authorization") + "\r\n\r\n";
    });
    through_proxy([](const std::string& request) { return request; });
    through_proxy([](const std::string& request) {
        return "HTTP/1.1 200 " + header_of(request, "Proxy-Authorization") + "\r\n\r\n" + kBasic;
    });
    through_proxy([](const std::string& request) {
        return "HTTP/1.1 502 " + header_of(request, "Proxy-Authorization") + "\r\n\r\n";
    });
    for (const char* bytes : {"15 03 01 00 02 02 28", "16 03 03 00 01 00", "63 34 6e 61 72 79"}) {
        RawServer server;
        Secrets secrets(said, "wss://127.0.0.1:" + std::to_string(server.port()) + "/?c4nary-query",
                        GRACELINE_TOKEN_PLACEMENT_HEADER);
        Host host(secrets.options);
        ++clients;
        host.start();
        RawPeer peer = server.accept();
        peer.write(hex(bytes) + kToken);
        peer.finish_writing();
        REQUIRE(host.wait(is_bad_news));
        note(said, host);
    }
    {
        Secrets secrets(said, "ws://127.0.0.1:1/?c4nary-query", GRACELINE_TOKEN_PLACEMENT_QUERY);
        Host host(secrets.options);
        ++clients;
        host.start();
        REQUIRE(host.wait(is_bad_news));
        note(said, host);
    }
    REQUIRE(said.wait_logs_ended(clients));
    CHECK(said.leaks() == std::vector<std::string>{});
    CHECK(said.lines(GRACELINE_LOG_LEVEL_WARNING) + said.lines(GRACELINE_LOG_LEVEL_INFO) > 0);
}

TEST_CASE("canary: options that are refused -> the text names the field, not the secret",
          "[hostile]") {
    Said said;
    const auto refused = [&](const std::function<void(Secrets&)>& spoil) {
        Secrets secrets(said, "ws://127.0.0.1:1/?c4nary-query", GRACELINE_TOKEN_PLACEMENT_HEADER);
        spoil(secrets);
        graceline_client* client = nullptr;
        INFO("row " << said.texts());
        REQUIRE(graceline_client_create(&secrets.options, &client) == GRACELINE_E_INVALID_ARGUMENT);
        const std::string text = graceline_last_error_text();
        CHECK(text.size() > 10);
        said.text("create", text);
    };
    refused([](Secrets& s) { s.options.url = "ws://user:c4nary@127.0.0.1/"; });
    refused([](Secrets& s) { s.options.url = "ws://127.0.0.1/#c4nary"; });
    refused([](Secrets& s) { s.options.url = "ws://c4nary c4nary/"; });
    refused([](Secrets& s) { s.options.url = "c4nary://127.0.0.1/"; });
    refused([](Secrets& s) { s.options.url = "ws://127.0.0.1:c4nary/"; });
    refused([](Secrets& s) { s.options.token = "c4nary\r\nX-Evil: 1"; });
    refused([](Secrets& s) {
        s.options.token = "c4nary token";
        s.options.token_placement = GRACELINE_TOKEN_PLACEMENT_SUBPROTOCOL;
    });
    refused([](Secrets& s) { s.headers[0] = {"X", "c4nary\r\n"}; });
    refused([](Secrets& s) { s.headers[0] = {"c4nary name", "x"}; });
    refused([](Secrets& s) { s.headers[0] = {"Host", "c4nary"}; });
    refused([](Secrets& s) { s.options.proxy_url = "http://c4nary:c4nary@127.0.0.1:1"; });
    refused([](Secrets& s) { s.options.proxy_url = "c4nary"; });
    refused([](Secrets& s) {
        s.options.proxy_url = "http://127.0.0.1:1";
        s.options.proxy_user = "c4nary:user";
        s.options.proxy_password = kPassword;
    });
    refused([](Secrets& s) {
        s.options.proxy_url = "http://127.0.0.1:1";
        s.options.proxy_user = kUser;
        s.options.proxy_password = "c4nary\r\n";
    });
    refused([](Secrets& s) {
        s.url = "wss://127.0.0.1:1/";
        s.options.url = s.url.c_str();
        s.options.tls_client_key_pem = "c4nary";
    });
    refused([](Secrets& s) {
        s.url = "wss://127.0.0.1:1/";
        s.options.url = s.url.c_str();
        s.certificate = test_authority().root.pem();
        s.options.tls_client_certificate_pem = s.certificate.c_str();
    });
    refused([](Secrets& s) { s.options.json_id_pointer = "c4nary"; });
    CHECK(said.leaks() == std::vector<std::string>{});
    CHECK(said.texts() == 17);
}

}  // namespace graceline::tests::hostile
