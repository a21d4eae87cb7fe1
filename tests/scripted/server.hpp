// The server of the scripted network: how it behaves, and what it saw.
// Must not hold connections: they ask it what to do, and tell it what came.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/reason.hpp"

namespace graceline::scripted {

struct Behaviour {
    bool accepts = true;
    std::uint16_t http_status = 0;  ///< When it does not accept; 0: the attempt fails with `fails`.
    std::optional<std::uint32_t> retry_after_seconds;
    engine::Reason fails = engine::Reason::connect_failed;
    bool answers = true;
    bool pongs = true;
    std::optional<std::string> acknowledges;  ///< A JSON pointer.
    bool closes = true;
};

struct Records {
    std::int64_t connections_open = 0;
    std::int64_t attempts = 0;
    std::vector<std::string> received;
    std::int64_t pings = 0;
    std::int64_t closed_with = 0;
    std::string token;
};

class Server {
  public:
    static Server& instance();

    Behaviour behaviour() const;
    void behave(const Behaviour& behaviour);
    Records records() const;
    std::vector<std::string> take_received();
    void reset();

    // What connections tell. Any thread.
    void attempted(std::string_view token);
    void opened();
    void gone();
    void pinged();
    void closed_with(std::uint16_t code);
    /// The answer that this text gets, if any.
    std::optional<std::string> received(std::string text);

  private:
    mutable std::mutex mutex_;
    Behaviour behaviour_;
    Records records_;
};

}  // namespace graceline::scripted
