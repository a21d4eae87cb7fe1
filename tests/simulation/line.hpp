// One connection of a simulated life: what is on the wire, in the kernel, and known at both ends.
// Must not know the client's rules; it carries bytes, late, partly, or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/engine/reason.hpp"
#include "core/websocket/reader.hpp"
#include "tests/simulation/chance.hpp"

namespace graceline::simulation {

struct Line {
    std::uint64_t generation = 0;
    bool accepted = false;     ///< By the server.
    bool gone = false;         ///< Ended or aborted, on the client's side.
    bool server_gone = false;  ///< The server has ended it.
    bool deaf = false;         ///< Nothing reaches the client.
    bool mute = false;         ///< Nothing reaches the server.
    bool pongs = true;
    bool session_by_server = false;  ///< It opens when the server says so.
    bool answers_close = true;
    bool reading_paused = false;
    bool read_planned = false;
    Duration latency{};
    Instant last_down{};  ///< In order: nothing overtakes.
    Instant last_up{};

    // Messages, by their place in the server's list.
    std::uint32_t subscribed = 0;  ///< From here on they come live.
    std::uint32_t read_upto = 0;   ///< Those before it that were sent here have been read.

    // What has arrived and was not read.
    std::vector<std::uint8_t> kernel;
    bool eof = false;
    engine::Failure why_eof;
    bool says_too_much = false;
    std::uint16_t closes_with = 0;  ///< The server's close frame, once it is here.
    websocket::Reader reader;

    // What the client wrote.
    std::uint64_t written = 0;
    std::uint64_t flushed = 0;

    /// A server frame, unmasked, arrives.
    void arrive(websocket::Opcode opcode, std::span<const std::uint8_t> payload);
    void arrive_text(std::string_view text);
    /// Two fragments that together are longer than a message may be.
    void arrive_too_much(std::size_t limit);

  private:
    std::size_t texts_ = 0;
};

}  // namespace graceline::simulation
