// One use of cpprestsdk's websocket_callback_client, without showing it.
// Must not be destroyed but through its shared_ptr: the last one sends it to the reaper.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/driver/cpprest/setting_error.hpp"
#include "core/websocket/frame.hpp"
#include "core/websocket/handshake.hpp"

struct ssl_ctx_st;

namespace graceline::driver::cpprest {

struct SdkOptions {
    std::string url;  ///< Its authority becomes the Host header; the relay decides where it goes.
    std::vector<websocket::Header> headers;
    std::vector<std::string> subprotocols;
    std::uint16_t relay_port = 0;
    std::string relay_user;
    std::string relay_password;
    std::string indicated_name;  ///< SNI; empty = none.
    /// Called once for wss with the context of the connection; throws SettingError. Null for ws.
    std::function<void(ssl_ctx_st*)> configure_tls;
};

enum class SdkFailure : std::uint8_t {
    refused,    ///< An HTTP status other than 101.
    invalid,    ///< The answer breaks RFC 6455.
    timed_out,  ///< One of websocketpp's own fixed time-outs.
    setting,    ///< A setting was not accepted; nothing was sent.
    other
};

/// Calls come on threads of cpprestsdk; they must only pass on.
class SdkEvents {
  public:
    virtual ~SdkEvents() = default;

    virtual void sdk_connected() = 0;
    virtual void sdk_connect_failed(SdkFailure failure, std::string text) = 0;
    /// text, binary, ping or pong. May come before sdk_connected, which runs on another thread.
    virtual void sdk_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) = 0;
    /// Also after sdk_connect_failed. `code` is the one that we sent, or echoed; 1006: no close.
    /// `own_verdict`: websocketpp chose it, because the server broke the protocol.
    virtual void sdk_closed(std::uint16_t code, bool own_verdict) = 0;
};

class SdkClient {
  public:
    /// Any thread; never blocks. The pool of cpprestsdk makes the object and connects it.
    static std::shared_ptr<SdkClient> start(SdkOptions options, std::shared_ptr<SdkEvents> events);

    virtual ~SdkClient() = default;

    /// Any thread, after sdk_connected. Calls take effect in their order.
    virtual void send(websocket::Opcode opcode, std::span<const std::uint8_t> payload) = 0;
    /// Any thread, after sdk_connected, once. Goes out behind everything sent before.
    virtual void close(std::uint16_t code, std::string reason) = 0;
    /// Any thread. Nothing is connected any more if that had not begun.
    virtual void give_up() = 0;
};

}  // namespace graceline::driver::cpprest
