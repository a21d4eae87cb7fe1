// Compressed messages through the inflater, whole and in pieces, against zlib on its own; and our
// deflater's output back through both. Must not let a bomb of the fuzzer take minutes.
#include <zlib.h>

#include <vector>

#include "core/websocket/deflater.hpp"
#include "core/websocket/inflater.hpp"
#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace graceline::fuzz {
namespace {

using websocket::Inflater;
using websocket::NegotiatedDeflate;
using websocket::ProtocolError;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kMostMessages = 8;

struct Result {
    std::vector<Bytes> messages;
    ProtocolError error = ProtocolError::none;
    bool operator==(const Result&) const = default;
};

/// Payloads one after the other; ends with the first fault.
Result inflate_all(const NegotiatedDeflate& negotiated, std::uint64_t limit,
                   const std::vector<std::string>& payloads, std::size_t piece) {
    Inflater inflater(negotiated, limit);
    Result result;
    for (const auto& payload : payloads) {
        inflater.begin_message();
        Bytes message;
        std::span<const std::uint8_t> rest(reinterpret_cast<const std::uint8_t*>(payload.data()),
                                           payload.size());
        bool ended = false;
        while (!ended) {
            auto input = rest.first(std::min(piece, rest.size()));
            const std::size_t given = input.size();
            const bool last = given == rest.size();
            for (;;) {
                const auto step = inflater.step(input, last);
                message.insert(message.end(), step.output.begin(), step.output.end());
                require(message.size() <= limit + 1, "no more output than the limit and a byte");
                if (step.error != ProtocolError::none) {
                    result.error = step.error;
                    return result;
                }
                if (!step.pending) break;
            }
            require(input.empty(), "a step without a fault takes all");
            rest = rest.subspan(given);
            ended = last;
        }
        require(message.size() <= limit, "a message within the limit");
        result.messages.push_back(std::move(message));
    }
    return result;
}

/// zlib's own idea of the same, for messages that ours has taken.
class PlainInflater {
  public:
    PlainInflater() { require(inflateInit2(&zlib_, -15) == Z_OK, "zlib is there"); }
    ~PlainInflater() { inflateEnd(&zlib_); }
    PlainInflater(const PlainInflater&) = delete;
    PlainInflater& operator=(const PlainInflater&) = delete;

    void forget() { inflateReset(&zlib_); }
    Bytes message(std::string payload, std::size_t expected) {
        payload.append("\x00\x00\xff\xff", 4);
        Bytes out(expected + 1);
        zlib_.next_in = reinterpret_cast<Bytef*>(payload.data());
        zlib_.avail_in = static_cast<uInt>(payload.size());
        zlib_.next_out = out.data();
        zlib_.avail_out = static_cast<uInt>(out.size());
        while (zlib_.avail_in > 0) {
            const uInt before = zlib_.avail_in;
            const int result = ::inflate(&zlib_, Z_SYNC_FLUSH);
            if (result == Z_STREAM_END) {
                inflateResetKeep(&zlib_);
            } else if (result != Z_OK || before == zlib_.avail_in) {
                break;
            }
        }
        require(zlib_.avail_in == 0, "zlib takes what we take");
        out.resize(out.size() - zlib_.avail_out);
        return out;
    }

  private:
    z_stream zlib_{};
};

void compare_with_zlib(const NegotiatedDeflate& negotiated,
                       const std::vector<std::string>& payloads, const Result& ours) {
    PlainInflater plain;
    for (std::size_t i = 0; i < ours.messages.size(); ++i) {
        if (negotiated.server_no_context_takeover) plain.forget();
        const Bytes expected = plain.message(payloads[i], ours.messages[i].size());
        require(expected == ours.messages[i], "zlib inflates to the same");
    }
}

void there_and_back(const NegotiatedDeflate& negotiated, const std::vector<std::string>& texts) {
    websocket::Deflater deflater(negotiated, 6);
    NegotiatedDeflate back = negotiated;
    back.server_no_context_takeover = negotiated.client_no_context_takeover;
    back.max_ratio = 100'000;
    std::vector<std::string> payloads;
    for (const auto& text : texts) {
        Bytes payload;
        const std::span<const std::uint8_t> bytes(
            reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
        require(deflater.deflate(bytes, payload), "the deflater takes everything");
        payloads.emplace_back(payload.begin(), payload.end());
    }
    const Result result = inflate_all(back, 1U << 20, payloads, 7);
    require(result.error == ProtocolError::none, "what we deflate inflates");
    for (std::size_t i = 0; i < texts.size(); ++i) {
        require(std::string(result.messages[i].begin(), result.messages[i].end()) == texts[i],
                "there and back is the same");
    }
}

}  // namespace

void inflate(const std::uint8_t* data, std::size_t size) {
    constexpr std::uint64_t kLimits[] = {1U << 20, 0, 1, 16'384, 50'000};
    constexpr std::size_t kRatios[] = {200, 1, 20, 2'000};
    ByteSource source(data, size);
    NegotiatedDeflate negotiated;
    negotiated.server_no_context_takeover = source.flag();
    negotiated.client_no_context_takeover = source.flag();
    negotiated.client_max_window_bits = 9 + static_cast<int>(source.below(7));
    negotiated.max_ratio = source.one_of(kRatios);
    const std::uint64_t limit = source.one_of(kLimits);
    const std::size_t piece = source.byte() + 1U;
    std::vector<std::string> payloads;
    while (!source.empty() && payloads.size() < kMostMessages) {
        payloads.push_back(payloads.size() + 1 < kMostMessages ? source.text() : source.rest());
    }
    const Result whole = inflate_all(negotiated, limit, payloads, ~std::size_t{0});
    require(inflate_all(negotiated, limit, payloads, 1) == whole, "bytes inflate as the whole");
    require(inflate_all(negotiated, limit, payloads, piece) == whole, "pieces as the whole");
    compare_with_zlib(negotiated, payloads, whole);
    there_and_back(negotiated, payloads);
}

}  // namespace graceline::fuzz
