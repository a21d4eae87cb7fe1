// The seams of the transports and of HTTP on the scripted network.
// Must not open a socket: whatever transport a client asks for, it gets the scripted one.
#include <memory>
#include <set>
#include <utility>

#include "core/driver/asio_transport.hpp"
#include "core/driver/tls_context.hpp"
#include "tests/scripted/link.hpp"
#include "tests/scripted/world.hpp"
#ifdef GRACELINE_WITH_CPPREST
#include "core/driver/cpprest/cpprest_transport.hpp"
#include "core/driver/cpprest/http_client.hpp"
#endif

namespace graceline::scripted {
namespace {

class ScriptedTransport final : public driver::Transport {
  public:
    explicit ScriptedTransport(std::shared_ptr<Link> link) : link_(std::move(link)) {}

    ~ScriptedTransport() override {
        if (World::instance().on_io_thread()) {
            link_->abort();
        } else {
            World::instance().post([link = link_] { link->abort(); });
        }
    }

    void open() override { link_->open(); }
    driver::SendResult send(websocket::Opcode, std::span<const std::uint8_t> payload,
                            std::uint64_t& out_offset) override {
        return link_->send(payload, out_offset);
    }
    void ping(std::span<const std::uint8_t> payload) override { link_->ping(payload); }
    void close(std::uint16_t code, std::string_view) override { link_->close(code); }
    void abort() override { link_->abort(); }
    void resume_reading() override { link_->resume_reading(); }
    const char* name() const override { return "scripted"; }

  private:
    std::shared_ptr<Link> link_;
};

std::shared_ptr<driver::Transport> make_transport(
    const driver::Loop& loop, std::shared_ptr<const driver::TransportSettings> settings,
    driver::TransportListener& listener) {
    return std::make_shared<ScriptedTransport>(
        std::make_shared<Link>(world_of(loop), std::move(settings), listener));
}

}  // namespace
}  // namespace graceline::scripted

namespace graceline::driver {

std::shared_ptr<Transport> make_asio_transport(std::shared_ptr<Loop> loop,
                                               std::shared_ptr<const TransportSettings> settings,
                                               TransportListener& listener) {
    return scripted::make_transport(*loop, std::move(settings), listener);
}

/// As the real one, so that a setting is refused here too.
std::string check_tls_settings(const TlsSettings& settings) {
    std::string error;
    TlsContext::obtain(settings, error);
    return error;
}

#ifdef GRACELINE_WITH_CPPREST
namespace {

/// Nobody answers.
class NoHttp final : public HttpClient {
  public:
    ~NoHttp() override { open_->clear(); }

    HttpFetchId start(HttpRequest, HttpDone done) override {
        const auto id = ++last_;
        open_->insert(id);
        scripted::World::instance().post([open = open_, id, done = std::move(done)] {
            if (open->erase(id) == 0) return;
            HttpResult result;
            result.failure = HttpFailure::unreachable;
            done(std::move(result));
        });
        return id;
    }
    void cancel(HttpFetchId id) override { open_->erase(id); }

  private:
    HttpFetchId last_ = 0;
    std::shared_ptr<std::set<HttpFetchId>> open_ = std::make_shared<std::set<HttpFetchId>>();
};

}  // namespace

std::shared_ptr<Transport> make_cpprest_transport(std::shared_ptr<Loop> loop,
                                                  std::shared_ptr<const TransportSettings> settings,
                                                  TransportListener& listener) {
    return scripted::make_transport(*loop, std::move(settings), listener);
}

std::unique_ptr<HttpClient> make_cpprest_http_client(std::shared_ptr<Loop>, HttpSettings) {
    return std::make_unique<NoHttp>();
}
#endif

}  // namespace graceline::driver
