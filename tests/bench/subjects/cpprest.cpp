// Subject "cpprest": cpprestsdk's websocket_callback_client as its documentation uses it.
// Must not close or destroy a client inside one of its callbacks: that deadlocks.
#define _TURN_OFF_PLATFORM_STRING
#include <cpprest/ws_client.h>

#include <chrono>
#include <thread>

#include "tests/bench/subjects/client.hpp"
#include "tests/bench/subjects/inbox.hpp"

namespace graceline::bench {
namespace {

using web::websockets::client::websocket_callback_client;
using web::websockets::client::websocket_client_config;
using web::websockets::client::websocket_close_status;
using web::websockets::client::websocket_incoming_message;
using web::websockets::client::websocket_outgoing_message;

constexpr std::uint32_t kSendsPerWait = 1000;

websocket_client_config make_config(const Options& options) {
    websocket_client_config config;
    if (options.tls) {
        const std::string ca_file = options.ca_file;
        config.set_ssl_context_callback(
            [ca_file](boost::asio::ssl::context& context) { context.load_verify_file(ca_file); });
    }
    return config;
}

class PeerClient final : public Client {
  public:
    explicit PeerClient(const Options& options)
        : client_(std::make_unique<websocket_callback_client>(make_config(options))) {}

    void open(const std::string& url) override {
        const bool flood = is_flood(url);
        client_->set_message_handler([this, flood](const websocket_incoming_message& message) {
            const std::string text = message.extract_string().get();
            count(1, text.size());
            if (!flood) inbox_.push(text);
        });
        client_->connect(url).wait();
    }

    void send(std::string_view text, More /*more*/) override {
        websocket_outgoing_message message;
        message.set_utf8_message(std::string(text));
        const auto sent = client_->send(std::move(message));
        // It has no bound of its own; waiting now and then keeps the queue short.
        if (++sends_ % kSendsPerWait == 0) sent.wait();
    }

    std::string wait_for(std::uint64_t target) override { return inbox_.wait_for(target); }

    void receive_until(const std::atomic<bool>& stop) override {
        while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }

    void close() override { client_->close().wait(); }

    // There is no abort; the destructor waits for the server.
    void release() override { client_.reset(); }

  private:
    Inbox inbox_;
    std::uint32_t sends_ = 0;
    std::unique_ptr<websocket_callback_client> client_;
};

}  // namespace

const char* subject_name() {
    return "cpprest";
}

std::unique_ptr<Client> make_client(const Options& options) {
    return std::make_unique<PeerClient>(options);
}

bool run_special(const std::string& /*metric*/, const std::string& /*url*/,
                 const Options& /*options*/, double /*seconds*/) {
    return false;
}

}  // namespace graceline::bench
