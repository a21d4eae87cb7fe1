// The Transport that clients hold: letting go of it ends the connection.
// Must not do anything itself; the connection behind it lives as long as its handlers.
#include "core/driver/asio_transport.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/driver/connection.hpp"
#include "core/driver/tls_context.hpp"

namespace graceline::driver {
namespace {

class AsioTransport final : public Transport {
  public:
    explicit AsioTransport(std::shared_ptr<Connection> connection)
        : connection_(std::move(connection)) {}

    ~AsioTransport() override {
        if (connection_->loop().on_io_thread()) {
            connection_->abort();
        } else {
            boost::asio::post(connection_->loop().context(),
                              [connection = connection_] { connection->abort(); });
        }
    }

    void open() override { connection_->open(); }
    SendResult send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                    std::uint64_t& out_offset) override {
        return connection_->send(opcode, payload, out_offset);
    }
    std::uint64_t flush_now() override { return connection_->flush_now(); }
    void ping(std::span<const std::uint8_t> payload) override { connection_->ping(payload); }
    void close(std::uint16_t code, std::string_view reason) override {
        connection_->close(code, reason);
    }
    void abort() override { connection_->abort(); }
    void resume_reading() override { connection_->resume_reading(); }
    const char* name() const override { return "asio"; }

  private:
    std::shared_ptr<Connection> connection_;
};

}  // namespace

std::shared_ptr<Transport> make_asio_transport(std::shared_ptr<Loop> loop,
                                               std::shared_ptr<const TransportSettings> settings,
                                               TransportListener& listener) {
    return std::make_shared<AsioTransport>(
        std::make_shared<Connection>(std::move(loop), std::move(settings), listener));
}

std::string check_tls_settings(const TlsSettings& settings) {
    std::string error;
    TlsContext::obtain(settings, error);
    return error;
}

}  // namespace graceline::driver
