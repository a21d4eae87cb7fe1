// The whole library against a server that breaks every rule, over real sockets: one case a row.
// Must not look inside the library: what a host and a server can see is all that is compared.
#include <algorithm>
#include <cstdio>

#include "tests/capi/host.hpp"
#include "tests/servers/hostile/cases.hpp"
#include "tests/servers/hostile/raw_server.hpp"

namespace graceline::tests::hostile {
namespace {

constexpr std::size_t kShownBytes = 60;
constexpr std::size_t kLeastCases = 250;
/// Streams up to here are sent byte by byte as well.
constexpr std::size_t kBytewiseBytes = 600;
constexpr std::size_t kOddPiece = 997;
constexpr const char* kLast = "the last message";
/// So long that no second attempt comes while a case is looked at.
constexpr std::int64_t kLongBackoffMs = 3'600'000;

std::string shown(const Seen& message) {
    const std::string kind =
        (message.flags & GRACELINE_MESSAGE_FLAG_TEXT) != 0 ? "text:" : "binary:";
    if (message.data.size() <= kShownBytes) return kind + message.data;
    return kind + "#" + std::to_string(message.data.size());
}

std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const auto& part : parts) all += "[" + part.substr(0, kShownBytes) + "]";
    return all.substr(0, 300);
}

/// What a host and a server saw of one case.
struct Outcome {
    std::vector<std::string> messages;
    std::vector<std::string> pongs;
    Seen status;  ///< The first change after the messages; none: it stayed up.
    int close_sent = 0;
    bool unmasked = false;
    bool ended = false;  ///< The client has let go of the socket.
};

class Runner {
  public:
    /// `piece`: how many bytes each write has; 0: all in one.
    Outcome run(const Case& one, std::size_t piece) {
        auto options = default_options();
        const std::string url = server_.url();
        options.url = url.c_str();
        options.max_message_bytes = one.max_message_bytes;
        options.max_fragments = one.max_fragments;
        options.permessage_deflate = one.deflate ? 1 : 0;
        options.subprotocols = one.subprotocols.data();
        options.subprotocols_count = static_cast<std::int32_t>(one.subprotocols.size());
        options.backoff_initial_ms = options.backoff_max_ms = kLongBackoffMs;
        Host host(options);
        host.start();
        RawPeer peer = server_.accept();
        const std::string request = peer.read_request();
        std::string bytes =
            one.answer ? one.answer(request) : good_answer(request, one.answer_lines);
        bytes += one.stream;
        if (one.end == End::stays_up) bytes += text_frame(kLast);
        peer.write_in_pieces(bytes, piece == 0 ? bytes.size() : piece);
        if (one.hangs_up) peer.finish_writing();
        return look(host, peer);
    }

  private:
    static Outcome look(Host& host, RawPeer& peer) {
        Outcome outcome;
        const bool found = host.wait([](const Seen& event) {
            if (event.type == GRACELINE_EVENT_MESSAGE) return event.data == kLast;
            return event.type == GRACELINE_EVENT_CONNECTION_STATUS &&
                   event.details.reason != GRACELINE_REASON_NONE;
        });
        if (found && host.found().type == GRACELINE_EVENT_CONNECTION_STATUS) {
            outcome.status = host.found();
        }
        for (const auto& event : host.seen) {
            if (event.type == GRACELINE_EVENT_MESSAGE && event.data != kLast) {
                outcome.messages.push_back(shown(event));
            }
        }
        host.release();
        while (const auto frame = peer.read_frame()) {
            outcome.unmasked = outcome.unmasked || !frame->masked;
            if (frame->opcode == 10) outcome.pongs.push_back(frame->payload);
            if (frame->opcode != 8) continue;
            outcome.close_sent = frame->close_code();
            // The answer to the close of a host that ends; a fault's close needs none.
            if (found && outcome.status.type == GRACELINE_EVENT_NONE) peer.write(close_frame(1000));
        }
        outcome.ended = peer.ended_within(kPeerPatience);
        return outcome;
    }

    RawServer server_;
};

End end_of(const Seen& status) {
    if (status.type == GRACELINE_EVENT_NONE) return End::stays_up;
    if (status.details.phase == GRACELINE_PHASE_BACKOFF) return End::retried;
    if (status.details.phase == GRACELINE_PHASE_THROTTLED) return End::throttled;
    return End::terminal;
}

bool pongs_fit(const Case& one, const std::vector<std::string>& pongs) {
    if (!one.pongs_may_be_fewer) return pongs == one.pongs;
    // The newest ping is answered in any case (RFC 6455 5.5.3).
    return !pongs.empty() && pongs.back() == one.pongs.back();
}

/// What differs from the row; nothing where all is as expected.
std::string difference(const Case& one, const Outcome& seen) {
    const auto& details = seen.status.details;
    std::string wrong;
    const auto compare = [&](bool same, const std::string& what) {
        if (!same) wrong += (wrong.empty() ? "" : "; ") + what;
    };
    compare(seen.messages == one.messages, "messages " + joined(seen.messages));
    compare(pongs_fit(one, seen.pongs), "pongs " + joined(seen.pongs));
    compare(end_of(seen.status) == one.end,
            "end " + std::to_string(static_cast<int>(end_of(seen.status))));
    compare(!seen.unmasked, "an unmasked frame");
    compare(seen.ended, "the socket is still there");
    if (one.end == End::stays_up) {
        compare(seen.close_sent == 1000, "close " + std::to_string(seen.close_sent));
        return wrong;
    }
    compare(details.reason == one.reason,
            std::string("reason ") +
                graceline_reason_name(static_cast<graceline_reason>(details.reason)));
    compare(seen.status.text.find(one.text) != std::string::npos, "text " + seen.status.text);
    compare(details.close_code == one.close_code, "code " + std::to_string(details.close_code));
    compare(details.http_status == one.http_status,
            "status " + std::to_string(details.http_status));
    compare(seen.close_sent == one.close_sent, "close sent " + std::to_string(seen.close_sent));
    const bool retries = one.end == End::retried || one.end == End::throttled;
    compare((details.retry_in_ms >= 0) == retries,
            "retry in " + std::to_string(details.retry_in_ms));
    compare(one.end != End::throttled || details.retry_in_ms <= 300'000, "held too long");
    return wrong;
}

struct Score {
    std::size_t cases = 0;
    std::size_t good = 0;
};

Score run_all(Runner& runner, const Cases& cases) {
    Score score;
    for (const auto& one : cases) {
        const bool bytewise = one.stream.size() <= kBytewiseBytes;
        std::string wrong = difference(one, runner.run(one, 0));
        if (wrong.empty()) {
            wrong = difference(one, runner.run(one, bytewise ? 1 : kOddPiece));
            if (!wrong.empty()) wrong = "in pieces: " + wrong;
        }
        ++score.cases;
        if (wrong.empty()) ++score.good;
        INFO(one.category << ": " << one.name << ": " << wrong);
        CHECK(wrong.empty());
    }
    return score;
}

}  // namespace

TEST_CASE("hostile server: every case, whole and in pieces -> as expected", "[hostile]") {
    const std::vector<std::pair<const char*, Cases>> categories = {
        {"framing", framing_cases()},
        {"ping/pong", ping_pong_cases()},
        {"reserved bits", reserved_bit_cases()},
        {"opcodes", opcode_cases()},
        {"fragmentation", fragmentation_cases()},
        {"UTF-8", utf8_cases()},
        {"close", close_cases()},
        {"limits", limit_cases()},
        {"handshake", handshake_cases()},
        {"deflate", deflate_cases()}};
    // One more client, so that the library's threads do not end and begin with each case.
    auto options = default_options();
    options.url = "ws://127.0.0.1:1/";
    const Host keeps_threads(options);
    Runner runner;
    Score sum;
    for (const auto& [name, cases] : categories) {
        const auto score = run_all(runner, cases);
        std::printf("hostile server: %-13s %3zu of %3zu as expected\n", name, score.good,
                    score.cases);
        sum.cases += score.cases;
        sum.good += score.good;
    }
    std::printf("hostile server: %-13s %3zu of %3zu as expected\n", "all", sum.good, sum.cases);
    CHECK(sum.cases >= kLeastCases);
    CHECK(sum.good == sum.cases);
}

}  // namespace graceline::tests::hostile
