// A TCP server that sends exactly the bytes it is told, and reads what a client sends back.
// Must not share code with the codec under test, or both could be wrong alike.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace graceline::tests {

/// How long a test waits for something that must come. Long, for sanitizers and busy machines.
inline constexpr std::chrono::seconds kPeerPatience{20};

/// A frame of a client, unmasked.
struct ClientFrame {
    std::uint8_t opcode = 0;
    bool masked = false;
    std::string payload;
    /// Of a close frame; 1005 when it has none.
    int close_code() const;
};

/// The server's end of one connection. Blocking, with kPeerPatience as the limit.
class RawPeer {
  public:
    explicit RawPeer(int descriptor);
    RawPeer(RawPeer&& other) noexcept;
    ~RawPeer();
    RawPeer(const RawPeer&) = delete;
    RawPeer& operator=(const RawPeer&) = delete;
    RawPeer& operator=(RawPeer&&) = delete;

    /// The head of the client's request; empty when the connection has gone.
    std::string read_request();
    /// False when the connection has gone.
    bool write(std::string_view bytes);
    /// In writes of `piece` bytes, none of which waits for the next.
    bool write_in_pieces(std::string_view bytes, std::size_t piece);
    /// What the socket takes at once; 0 when it takes nothing.
    std::size_t write_without_waiting(std::string_view bytes);
    std::optional<ClientFrame> read_frame();
    /// Waits up to this long for the client to end the connection; true when it has.
    bool ended_within(std::chrono::milliseconds time);
    void finish_writing();  ///< FIN
    void reset();           ///< RST

  private:
    bool fill();
    std::string take(std::size_t size);

    int descriptor_;
    std::string pending_;
};

/// Listens on 127.0.0.1 on a free port.
class RawServer {
  public:
    RawServer();
    ~RawServer();
    RawServer(const RawServer&) = delete;
    RawServer& operator=(const RawServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string url(std::string_view target = "/") const;
    /// Throws when nobody comes within kPeerPatience.
    RawPeer accept();

  private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

/// Value of a header of a request; empty when it is not there.
std::string header_of(std::string_view request, std::string_view name);
/// What RFC 6455 4.2.2 wants behind Sec-WebSocket-Accept for this request.
std::string accept_for(std::string_view request);
/// The answer that every client must take, with these lines ("Name: value\r\n") behind it.
std::string good_answer(std::string_view request, std::string_view lines = {});

}  // namespace graceline::tests
