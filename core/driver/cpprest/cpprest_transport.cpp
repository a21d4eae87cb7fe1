// The Transport that hosts of the seam hold; the attempt behind it may outlive it by a moment.
// Must not do anything itself but forward, and abort when it is dropped.
#include "core/driver/cpprest/cpprest_transport.hpp"

#include <utility>

#include "core/driver/cpprest/attempt.hpp"
#include "core/driver/cpprest/reaper.hpp"

namespace graceline::driver {

namespace {

class CpprestTransport final : public Transport {
  public:
    CpprestTransport(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
                     TransportListener& listener)
        : loop_(std::move(loop)),
          attempt_(std::make_shared<cpprest::Attempt>(loop_, std::move(settings), listener)) {}

    ~CpprestTransport() override {
        if (loop_->on_io_thread()) {
            attempt_->abort();
        } else {
            loop_->post([attempt = std::move(attempt_)] { attempt->abort(); });
        }
    }

    void open() override { attempt_->open(); }
    SendResult send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                    std::uint64_t& out_offset) override {
        return attempt_->send(opcode, payload, out_offset);
    }
    void ping(std::span<const std::uint8_t> payload) override { attempt_->ping(payload); }
    void close(std::uint16_t code, std::string_view reason) override {
        attempt_->close(code, reason);
    }
    void abort() override { attempt_->abort(); }
    void resume_reading() override { attempt_->resume_reading(); }
    const char* name() const override { return "cpprest"; }

  private:
    std::shared_ptr<Loop> loop_;
    std::shared_ptr<cpprest::Attempt> attempt_;
};

}  // namespace

std::shared_ptr<Transport> make_cpprest_transport(std::shared_ptr<Loop> loop,
                                                  std::shared_ptr<const TransportSettings> settings,
                                                  TransportListener& listener) {
    return std::make_shared<CpprestTransport>(std::move(loop), std::move(settings), listener);
}

std::size_t cpprest_unreaped_objects() {
    return cpprest::Reaper::instance().pending();
}

}  // namespace graceline::driver
