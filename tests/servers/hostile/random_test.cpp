// Random streams, half of them damaged, over real sockets: the host hears what a second decoder
// says. Must not need the codec's own word for what is right.
#include <cstdio>
#include <random>

#include "tests/capi/host.hpp"
#include "tests/servers/hostile/cases.hpp"
#include "tests/servers/hostile/raw_server.hpp"
#include "tests/websocket/plain_reader.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr std::int64_t kLongBackoffMs = 3'600'000;
constexpr std::uint64_t kStreams = 2'000;
constexpr std::int64_t kMaxMessageBytes = 40'000;
constexpr std::int32_t kMaxFragments = 6;

class Source {
  public:
    explicit Source(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::string text(std::size_t most) {
        static const std::vector<std::string> kUnits = {"a", "\xC3\xBC", "\xE2\x82\xAC",
                                                        "\xF0\x9F\x98\x80", "word "};
        std::string made;
        for (std::size_t left = below(most); made.size() < left;) made += kUnits[below(5)];
        return made;
    }

    std::string stream() {
        std::string all;
        for (std::size_t left = 1 + below(12); left > 0; --left) all += item();
        return all;
    }

    /// One byte to three become others.
    void damage(std::string& stream) {
        for (std::size_t left = 1 + below(3); left > 0 && !stream.empty(); --left) {
            stream[below(stream.size())] = static_cast<char>(below(256));
        }
    }

  private:
    std::string item() {
        switch (below(9)) {
            case 0:
                return frame(0x82, text(below(12) == 0 ? 60'000 : 200));
            case 1:
                return frame(0x89, text(100));
            case 2:
                return frame(0x8A, text(100));
            case 3:
            case 4: {
                // Cut anywhere, inside characters too.
                const std::string whole = text(300);
                const std::size_t cut = below(whole.size() + 1);
                std::string made = frame(0x01, whole.substr(0, cut));
                for (std::size_t left = below(5); left > 0; --left) {
                    made += below(2) == 0 ? frame(0x89, "p") : frame(0x00, "");
                }
                return made + frame(0x80, whole.substr(cut));
            }
            case 5:
                return below(8) == 0 ? close_frame(1000 + static_cast<int>(below(20)), text(40))
                                     : frame(0x81, "");
            default:
                return frame(0x81, text(400));
        }
    }

    std::mt19937_64 random_;
};

struct Heard {
    std::vector<std::string> messages;
    graceline_reason reason = GRACELINE_REASON_NONE;
    std::string text;
    int close_code = 0;
};

Heard expected(const std::string& stream) {
    const websocket::Limits limits{kMaxMessageBytes, kMaxFragments};
    const auto log =
        websocket::test::plain_read(limits, websocket::test::Bytes(stream.begin(), stream.end()));
    Heard heard;
    heard.reason = GRACELINE_REASON_CONNECTION_LOST;
    heard.close_code = 1006;
    for (const auto& event : log.events) {
        if (event.starts_with("text:") || event.starts_with("binary:")) {
            heard.messages.push_back(event);
        } else if (event.starts_with("close ")) {
            heard.close_code = std::stoi(event.substr(6));
            heard.reason = GRACELINE_REASON_CLOSED_BY_SERVER;
        }
    }
    if (log.error == websocket::ProtocolError::none) return heard;
    const bool too_big = log.error == websocket::ProtocolError::message_too_big;
    heard.reason = too_big ? GRACELINE_REASON_MESSAGE_TOO_BIG : GRACELINE_REASON_PROTOCOL_ERROR;
    heard.text = websocket::to_string(log.error);
    heard.close_code = websocket::close_code_for(log.error);
    return heard;
}

Heard hear(RawServer& server, const std::string& stream, Source& source) {
    auto options = default_options();
    const std::string url = server.url();
    options.url = url.c_str();
    options.max_message_bytes = kMaxMessageBytes;
    options.max_fragments = kMaxFragments;
    options.backoff_initial_ms = options.backoff_max_ms = kLongBackoffMs;
    Host host(options);
    host.start();
    RawPeer peer = server.accept();
    const std::string bytes = good_answer(peer.read_request()) + stream;
    std::string_view left = bytes;
    while (!left.empty()) {
        const std::size_t size = std::min(left.size(), 1 + source.below(3'000));
        if (!peer.write(left.substr(0, size))) break;
        left.remove_prefix(size);
    }
    peer.finish_writing();
    Heard heard;
    REQUIRE(host.wait([](const Seen& event) {
        return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
               event.details.reason != GRACELINE_REASON_NONE;
    }));
    heard.reason = static_cast<graceline_reason>(host.found().details.reason);
    heard.text = host.found().text;
    heard.close_code = host.found().details.close_code;
    for (const auto& event : host.seen) {
        if (event.type != GRACELINE_EVENT_MESSAGE) continue;
        const bool text = (event.flags & GRACELINE_MESSAGE_FLAG_TEXT) != 0;
        heard.messages.push_back((text ? "text:" : "binary:") + event.data);
    }
    return heard;
}

}  // namespace

TEST_CASE("hostile server: random streams, half of them damaged -> as a second decoder reads them",
          "[hostile]") {
    RawServer server;
    std::size_t faults = 0;
    std::size_t messages = 0;
    for (std::uint64_t seed = 1; seed <= kStreams; ++seed) {
        Source source(seed);
        std::string stream = source.stream();
        if (seed % 2 == 0) source.damage(stream);
        const auto want = expected(stream);
        const auto got = hear(server, stream, source);
        INFO("seed " << seed << ": " << got.text);
        CHECK((got.messages == want.messages));
        CHECK(got.text.find(want.text) != std::string::npos);
        // A close code may mean more than a close: 1008 is about the token.
        const bool auth = got.reason == GRACELINE_REASON_AUTH_REFUSED && want.close_code == 1008;
        CHECK((auth || got.reason == want.reason));
        CHECK(got.close_code == want.close_code);
        faults += want.text.empty() ? 0 : 1;
        messages += want.messages.size();
    }
    std::printf("hostile server: %llu random streams, %zu with a fault, %zu messages before it\n",
                static_cast<unsigned long long>(kStreams), faults, messages);
    CHECK(faults > 300);
    CHECK(messages > 3'000);
}

}  // namespace graceline::tests::hostile
