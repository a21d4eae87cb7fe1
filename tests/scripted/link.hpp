// One connection of the scripted network, both ends of it, between a client and the one server.
// Must follow the rules of driver::TransportListener as the real transports do.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/driver/transport.hpp"

namespace graceline::scripted {

class Link : public std::enable_shared_from_this<Link> {
  public:
    /// `world`: a client of an earlier one finds no server any more.
    Link(std::uint64_t world, std::shared_ptr<const driver::TransportSettings> settings,
         driver::TransportListener& listener);

    /// The newest connection that is open, or null. I/O thread.
    static std::shared_ptr<Link> current();
    /// Cuts every connection. I/O thread.
    static void cut_all();

    // What the client does; see driver::Transport.
    void open();
    driver::SendResult send(std::span<const std::uint8_t> payload, std::uint64_t& out_offset);
    void ping(std::span<const std::uint8_t> payload);
    void close(std::uint16_t code);
    void abort();
    void resume_reading();

    // What the server and the network do. I/O thread.
    void server_sends(std::vector<std::string> texts);
    void server_closes(std::uint16_t code);
    void cut();
    void black_hole();

  private:
    enum class Phase : std::uint8_t { idle, opening, open, closing, ended };
    struct Pong {
        std::string payload;
    };
    struct CloseFrame {
        std::uint16_t code;
    };
    struct Cut {};
    using Incoming = std::variant<std::vector<std::string>, Pong, CloseFrame, Cut>;

    Phase phase() const;
    bool ended() const { return phase() == Phase::ended; }
    Phase go(Phase phase);
    bool reaches_server() const;
    void later(void (Link::*what)());
    void attempt();
    void arrive(Incoming incoming);
    void read();
    void take(std::vector<std::string>& texts);
    void take(const Pong& pong);
    void take(const CloseFrame& frame);
    void take(const Cut&);
    bool begin_read();
    void end_read(std::size_t frames, std::size_t bytes);
    void flushed();
    void finish(driver::TransportFailure why);

    const std::uint64_t world_;
    const std::shared_ptr<const driver::TransportSettings> settings_;
    driver::TransportListener* const listener_;

    mutable std::mutex mutex_;
    Phase phase_ = Phase::idle;
    bool in_black_hole_ = false;
    std::uint64_t offset_ = 0;

    // I/O thread only.
    std::deque<Incoming> incoming_;
    bool paused_ = false;
};

}  // namespace graceline::scripted
