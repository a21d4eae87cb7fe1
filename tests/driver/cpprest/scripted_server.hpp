// A small server whose every byte a test decides: plain or TLS, one thread a connection.
// Must not be polite: it does what the script says, right or wrong, and nothing else.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/websocket/frame.hpp"
#include "tests/driver/cpprest/certificates.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace graceline::tests {

/// The peer went away, or the server is being stopped: unwinds a script.
struct ConnectionOver {};

class ServerConnection {
  public:
    ServerConnection(int descriptor, ssl_ctx_st* context);
    ~ServerConnection();
    ServerConnection(const ServerConnection&) = delete;
    ServerConnection& operator=(const ServerConnection&) = delete;

    /// TLS handshake; nothing for plain connections. False when it failed.
    bool secure();

    std::string read_head();                                   ///< Up to and with the empty line.
    std::string upgrade(std::string_view extra_headers = {});  ///< Answers 101; gives the request.
    void write(std::string_view bytes);

    struct Frame {
        websocket::Opcode opcode{};
        std::string payload;
    };
    Frame read_frame();
    void write_frame(websocket::Opcode opcode, std::string_view payload);
    void echo_until_close();  ///< Answers pings and the close frame too.
    void wait_until_gone();   ///< Reads and forgets until the peer is gone.
    void freeze();            ///< Reads and writes nothing until the server stops.
    void say_goodbye();       ///< TLS close_notify.
    void reset();             ///< Ends with RST.

    /// Splices to another server on this machine, both ways, until one side ends.
    void splice_to(std::uint16_t port);

    void stop();
    int descriptor() const { return descriptor_; }

  private:
    std::size_t read_some(char* data, std::size_t size);
    std::string read_exactly(std::size_t size);

    int descriptor_;
    ssl_st* ssl_ = nullptr;
    std::string buffer_;
    std::atomic<bool> stopped_{false};
};

class ScriptedServer {
  public:
    using Script = std::function<void(ServerConnection&)>;
    struct Options {
        std::optional<Certificate> certificate;  ///< TLS when given.
        std::string client_authority_pem;        ///< Asks for a client certificate when given.
        bool only_tls12 = false;
        int receive_buffer_bytes = 0;  ///< 0 = the system's default.
    };

    explicit ScriptedServer(Script script) : ScriptedServer(std::move(script), Options{}) {}
    ScriptedServer(Script script, Options options);
    ~ScriptedServer();

    std::uint16_t port() const { return port_; }
    int connections() const { return connections_.load(); }
    /// No connection is open any more; false when that takes too long.
    bool wait_idle();

  private:
    void accept_loop();
    void serve(ServerConnection& connection);

    Script script_;
    Options options_;
    ssl_ctx_st* context_ = nullptr;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> connections_{0};
    std::mutex mutex_;
    std::list<std::unique_ptr<ServerConnection>> open_;
    std::condition_variable closed_;
    std::size_t threads_running_ = 0;
    bool stopping_ = false;
    std::thread acceptor_;
};

}  // namespace graceline::tests
