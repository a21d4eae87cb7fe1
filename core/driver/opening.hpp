// The way to an open WebSocket: resolve, connect, proxy, TLS, upgrade.
// Must not outlive its owner's interest: after cancel() nothing of it is heard again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/driver/connector.hpp"
#include "core/driver/resolver.hpp"
#include "core/driver/stream.hpp"
#include "core/driver/transport.hpp"
#include "core/websocket/handshake.hpp"

namespace graceline::driver {

/// The receiver; all calls come on the I/O thread, from no call of the opening.
class OpeningOwner {
  public:
    virtual void opening_progress(OpeningStep step) = 0;
    /// `rest` are bytes behind the answer, valid during the call: the first frames.
    virtual void opening_done(std::unique_ptr<Stream> stream, const Opened& opened,
                              const std::optional<websocket::NegotiatedDeflate>& deflate,
                              std::span<const std::uint8_t> rest) = 0;
    virtual void opening_failed(const TransportFailure& why) = 0;

  protected:
    ~OpeningOwner() = default;
};

class Opening : public std::enable_shared_from_this<Opening> {
  public:
    Opening(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
            OpeningOwner& owner);

    /// From a handler of the I/O thread: the owner may be called before it returns, and may let go
    /// of the opening then, so the caller holds a reference of its own.
    void start();
    /// Frees the socket at once.
    void cancel();

  private:
    enum class Stage : std::uint8_t { proxy, tls, upgrade };

    void resolve();
    void resolved(const Resolved& resolved);
    void connect(const std::vector<boost::asio::ip::address>& addresses);
    void connected(Socket socket, const Tcp::endpoint& peer, const ErrorCode& error);

    void begin_proxy();
    void begin_tls();
    void begin_upgrade();
    /// Goes on with the stage until it must wait.
    void advance();
    void shake_hands();
    void exchange();
    /// True when the answer is complete and the opening has moved on or ended.
    bool take_answer(std::span<const std::uint8_t> bytes);
    bool take_proxy_answer(std::span<const std::uint8_t> bytes);
    void upgraded(std::span<const std::uint8_t> rest);
    void refused();
    void wait(StreamStatus direction);

    void report(OpeningStep step);
    void lost(const StreamResult& result);
    bool refused_by_tls(const StreamResult& result);
    void fail(engine::Reason reason, std::string text);
    void fail(const TransportFailure& why);
    bool uses_proxy() const { return !settings_->proxy.host.empty(); }
    std::string server_name() const;

    std::shared_ptr<Loop> loop_;
    std::shared_ptr<const TransportSettings> settings_;
    OpeningOwner* owner_;  ///< Null once it is over.
    std::shared_ptr<TlsContext> tls_context_;
    std::shared_ptr<Lookup> lookup_;
    std::shared_ptr<Connector> connector_;
    std::unique_ptr<Stream> stream_;
    Stage stage_ = Stage::upgrade;
    std::string outgoing_;
    std::size_t sent_bytes_ = 0;
    std::optional<websocket::ResponseHead> proxy_head_;
    std::optional<websocket::HandshakeResponse> response_;
};

}  // namespace graceline::driver
