// Subject "websocketpp": Debian's websocketpp on Boost.Asio, one endpoint and thread for all
// clients. Must stay the only file that includes it: it takes a gigabyte and half a minute to
// compile.
#include <openssl/ssl.h>

#include <boost/asio/ssl.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <websocketpp/client.hpp>
#include <websocketpp/config/asio_client.hpp>

#include "tests/bench/subjects/client.hpp"
#include "tests/bench/subjects/inbox.hpp"

namespace graceline::bench {
namespace {

constexpr std::size_t kMaxBufferedBytes = std::size_t{1024} * 1024;

using Context = boost::asio::ssl::context;
using Plain = websocketpp::client<websocketpp::config::asio_client>;
using Tls = websocketpp::client<websocketpp::config::asio_tls_client>;

// One context for all connections: loading the certificates for each would be its user's mistake.
std::shared_ptr<Context> tls_context(const std::string& ca_file) {
    static const auto context = [&ca_file] {
        auto made = std::make_shared<Context>(Context::tls_client);
        made->load_verify_file(ca_file);
        made->set_verify_mode(boost::asio::ssl::verify_peer);
        made->set_verify_callback(boost::asio::ssl::host_name_verification("127.0.0.1"));
        return made;
    }();
    return context;
}

void prepare(Plain& /*endpoint*/, const Options& /*options*/) {}
void prepare(Tls& endpoint, const Options& options) {
    const auto context = tls_context(options.ca_file);
    endpoint.set_tls_init_handler([context](websocketpp::connection_hdl) { return context; });
}

template <class Endpoint>
struct Engine {
    explicit Engine(const Options& options) {
        endpoint.clear_access_channels(websocketpp::log::alevel::all);
        endpoint.clear_error_channels(websocketpp::log::elevel::all);
        endpoint.init_asio();
        endpoint.start_perpetual();
        endpoint.set_tcp_post_init_handler([this](websocketpp::connection_hdl handle) {
            websocketpp::lib::error_code error;
            const auto connection = endpoint.get_con_from_hdl(handle, error);
            if (connection) {
                connection->get_socket().lowest_layer().set_option(
                    boost::asio::ip::tcp::no_delay(true));
            }
        });
        prepare(endpoint, options);
        std::thread([this] { endpoint.run(); }).detach();
    }

    static Engine& instance(const Options& options) {
        static auto* const engine = new Engine(options);
        return *engine;
    }

    Endpoint endpoint;
};

template <class Endpoint>
class PeerClient final : public Client {
  public:
    explicit PeerClient(const Options& options)
        : endpoint_(Engine<Endpoint>::instance(options).endpoint),
          state_(std::make_shared<State>()) {
        state_->owner = this;
    }
    ~PeerClient() override { drop(); }

    void open(const std::string& url) override {
        websocketpp::lib::error_code error;
        connection_ = endpoint_.get_connection(url, error);
        if (error) throw std::runtime_error(error.message());
        const auto state = state_;
        const bool flood = is_flood(url);
        connection_->set_open_handler([state](auto) { state->opened.set(true); });
        connection_->set_fail_handler([state](auto) {
            state->opened.set(false);
            state->closed.set(false);
        });
        connection_->set_close_handler([state](auto) { state->closed.set(true); });
        connection_->set_message_handler([state, flood](auto, const auto& message) {
            const std::string& text = message->get_payload();
            const std::lock_guard lock(state->mutex);
            if (state->owner == nullptr) return;
            state->owner->count(1, text.size());
            if (!flood) state->inbox.push(text);
        });
        endpoint_.connect(connection_);
        if (!state_->opened.wait()) throw std::runtime_error("the connection did not come up");
    }

    void send(std::string_view text, More /*more*/) override {
        while (connection_->get_buffered_amount() > kMaxBufferedBytes) {
            std::this_thread::sleep_for(std::chrono::microseconds(50));
        }
        connection_->send(text.data(), text.size(), websocketpp::frame::opcode::text);
    }

    std::string wait_for(std::uint64_t count) override { return state_->inbox.wait_for(count); }

    void receive_until(const std::atomic<bool>& stop) override {
        while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }

    void close() override {
        websocketpp::lib::error_code error;
        connection_->close(websocketpp::close::status::normal, "", error);
        state_->closed.wait();
        drop();
    }

    void release() override { drop(); }

  private:
    struct State {
        std::mutex mutex;
        PeerClient* owner = nullptr;
        Inbox inbox;
        Outcome opened;
        Outcome closed;
    };

    void drop() {
        if (!connection_) return;
        {
            const std::lock_guard lock(state_->mutex);
            state_->owner = nullptr;
        }
        websocketpp::lib::error_code error;
        if (connection_->get_state() == websocketpp::session::state::open) {
            connection_->close(websocketpp::close::status::going_away, "", error);
        }
        connection_.reset();
    }

    Endpoint& endpoint_;
    std::shared_ptr<State> state_;
    typename Endpoint::connection_ptr connection_;
};

}  // namespace

const char* subject_name() {
    return "websocketpp";
}

std::unique_ptr<Client> make_client(const Options& options) {
    if (options.tls) return std::make_unique<PeerClient<Tls>>(options);
    return std::make_unique<PeerClient<Plain>>(options);
}

bool run_special(const std::string& /*metric*/, const std::string& /*url*/,
                 const Options& /*options*/, double /*seconds*/) {
    return false;
}

}  // namespace graceline::bench
