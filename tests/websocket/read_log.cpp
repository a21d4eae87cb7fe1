// Turns reader events into lines and holds them against the promises of reader.hpp.
// Must not look into the reader: only what its interface says counts.
#include "tests/websocket/read_log.hpp"

#include <algorithm>
#include <memory>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace graceline::websocket::test {
namespace {

constexpr std::size_t kMaxCutPlaces = 200;

void promise(bool kept, const char* what) {
    if (!kept) throw std::logic_error(what);
}

bool points_into(std::span<const std::uint8_t> part, std::span<const std::uint8_t> whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

class Recorder {
  public:
    explicit Recorder(const Setup& setup) : reader_(setup.limits, setup.deflate) {}

    void give(std::span<const std::uint8_t> piece) {
        given_ += piece.size();
        auto input = piece;
        for (;;) {
            const std::size_t before = input.size();
            const ReadEvent event = reader_.next(input);
            promise(input.size() <= before, "input grew");
            if (event.kind == ReadKind::need_more) break;
            promise(!over_, "an event after the end");
            note(event, piece);
        }
        promise(input.empty(), "need_more with input left");
        promise(reader_.finished() == over_, "finished() contradicts the events");
        promise(reader_.error() == log_.error, "error() contradicts the events");
    }

    ReadLog finish() {
        const Bytes more = text_frame("more");
        if (over_) give(more);
        log_.frames = reader_.frames();
        log_.in_message = reader_.in_message();
        return log_;
    }

  private:
    void note(const ReadEvent& event, std::span<const std::uint8_t> piece) {
        switch (event.kind) {
            case ReadKind::need_more:
                break;
            case ReadKind::message:
                promise(event.first && event.last && !open_, "a message inside a message");
                promise(points_into(event.payload, piece), "a message that was copied");
                log_.events.push_back(name_of(event.opcode) + text_of(event.payload));
                break;
            case ReadKind::part:
                note_part(event);
                break;
            case ReadKind::ping:
                log_.events.push_back("ping:" + text_of(event.payload));
                break;
            case ReadKind::pong:
                log_.events.push_back("pong:" + text_of(event.payload));
                break;
            case ReadKind::close:
                over_ = true;
                log_.events.push_back("close " + std::to_string(event.close_code) + ":" +
                                      text_of(event.payload));
                break;
            case ReadKind::failed:
                promise(event.error != ProtocolError::none, "failed without an error");
                over_ = true;
                log_.error = event.error;
                log_.failed_within = given_;
                break;
        }
    }

    void note_part(const ReadEvent& event) {
        promise(event.first != open_, "first does not fit");
        if (event.first) {
            opcode_ = event.opcode;
            expected_ = event.expected_bytes;
            message_.clear();
        }
        promise(event.first || event.expected_bytes == 0, "a size on a later part");
        promise(event.opcode == opcode_, "the opcode changed inside a message");
        open_ = !event.last;
        message_ += text_of(event.payload);
        if (!event.last) return;
        promise(expected_ == 0 || expected_ == message_.size(), "another size than announced");
        log_.events.push_back(name_of(opcode_) + message_);
    }

    static std::string name_of(Opcode opcode) {
        promise(opcode == Opcode::text || opcode == Opcode::binary, "not a data opcode");
        return opcode == Opcode::text ? "text:" : "binary:";
    }

    Reader reader_;
    ReadLog log_;
    std::size_t given_ = 0;
    bool over_ = false;
    bool open_ = false;
    Opcode opcode_ = Opcode::continuation;
    std::uint64_t expected_ = 0;
    std::string message_;
};

std::vector<std::size_t> every_byte(std::size_t size) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 1; at < size; ++at) cuts.push_back(at);
    return cuts;
}

void require_same(const ReadLog& whole, const ReadLog& other, const std::string& how) {
    if (whole == other) return;
    std::ostringstream text;
    text << "read whole: " << whole << "\nread " << how << ": " << other;
    throw std::logic_error(text.str());
}

}  // namespace

Setup with_deflate(Limits limits) {
    Setup setup;
    setup.limits = limits;
    setup.deflate.emplace();
    return setup;
}

std::ostream& operator<<(std::ostream& out, const ReadLog& log) {
    constexpr std::size_t kShownBytes = 60;
    for (const std::string& event : log.events) out << '[' << event.substr(0, kShownBytes) << "] ";
    return out << "error: " << to_string(log.error) << ", frames: " << log.frames
               << (log.in_message ? ", in a message" : "");
}

ReadLog read_cut(const Setup& setup, const Bytes& stream, std::span<const std::size_t> cuts) {
    Recorder recorder(setup);
    std::size_t begin = 0;
    const auto give_up_to = [&](std::size_t end) {
        // Exactly as large as the piece, so that reading past it is a fault under ASan.
        const std::size_t size = end - begin;
        const auto piece = std::make_unique<std::uint8_t[]>(size);
        std::copy_n(stream.data() + begin, size, piece.get());
        recorder.give({piece.get(), size});
        begin = end;
    };
    for (const std::size_t cut : cuts) give_up_to(cut);
    give_up_to(stream.size());
    return recorder.finish();
}

ReadLog read_whole(const Setup& setup, const Bytes& stream) {
    return read_cut(setup, stream, {});
}

ReadLog read_bytewise(const Setup& setup, const Bytes& stream) {
    return read_cut(setup, stream, every_byte(stream.size()));
}

ReadLog read_all_ways(const Setup& setup, const Bytes& stream) {
    const ReadLog whole = read_whole(setup, stream);
    const std::size_t step = stream.size() / kMaxCutPlaces + 1;
    for (std::size_t cut = 1; cut < stream.size(); cut += step) {
        require_same(whole, read_cut(setup, stream, std::span(&cut, 1)),
                     "cut at byte " + std::to_string(cut));
    }
    require_same(whole, read_bytewise(setup, stream), "byte by byte");
    return whole;
}

}  // namespace graceline::websocket::test
