// Runs a server's byte stream through a Reader, cut in several ways, and notes what came out.
// Must not judge: what a stream has to give is said by the test.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/websocket/reader.hpp"
#include "tests/websocket/server_frames.hpp"

namespace graceline::websocket::test {

struct Setup {
    Limits limits;
    std::optional<NegotiatedDeflate> deflate;
};

// Permessage-deflate as offered without parameters.
Setup with_deflate(Limits limits = {});

struct ReadLog {
    // "text:Hello", "binary:...", "ping:...", "pong:...", "close 1000:reason"; whole messages only.
    std::vector<std::string> events;
    ProtocolError error = ProtocolError::none;
    std::uint64_t frames = 0;
    bool in_message = false;
    // Bytes given up to the end of the piece with which the reader failed. Not compared: it depends
    // on how the stream was cut.
    std::size_t failed_within = 0;

    bool operator==(const ReadLog& other) const {
        return events == other.events && error == other.error && frames == other.frames &&
               in_message == other.in_message;
    }
};

std::ostream& operator<<(std::ostream& out, const ReadLog& log);

// Gives the stream in pieces that end at `cuts` (ascending) and at its end. Each piece is a block
// of its own that is gone before the next, so that a view kept too long is a memory fault. Throws
// std::logic_error when an event contradicts what reader.hpp promises.
ReadLog read_cut(const Setup& setup, const Bytes& stream, std::span<const std::size_t> cuts);
ReadLog read_whole(const Setup& setup, const Bytes& stream);
ReadLog read_bytewise(const Setup& setup, const Bytes& stream);

// Reads it whole, cut in two at every byte (of a long stream: at about 200 places), and byte by
// byte. Gives the log of the whole run, or throws std::logic_error when another one differs.
ReadLog read_all_ways(const Setup& setup, const Bytes& stream);

}  // namespace graceline::websocket::test
