// Subject "libwebsockets": Debian's libwebsockets, one context and service thread for all clients.
// Must not touch a connection from another thread: all goes through lws_cancel_service().
#include <libwebsockets.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/bench/subjects/client.hpp"
#include "tests/bench/subjects/inbox.hpp"

namespace graceline::bench {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxQueuedMessages = 8192;
constexpr unsigned kMaxDescriptors = 4096;
constexpr char kProtocol[] = "bench";

class PeerClient;
int on_event(lws* socket, lws_callback_reasons reason, void* user, void* data, std::size_t size);

struct Target {
    std::string host;
    int port = 0;
    std::string path;
    bool tls = false;
};

Target parse(const std::string& url) {
    Target target;
    target.tls = url.rfind("wss://", 0) == 0;
    const std::size_t host = url.find("://") + 3;
    const std::size_t colon = url.find(':', host);
    const std::size_t slash = url.find('/', host);
    target.host = url.substr(host, colon - host);
    target.port = std::stoi(url.substr(colon + 1, slash - colon - 1));
    target.path = url.substr(slash);
    return target;
}

// The service thread and the wishes that other threads have of it.
class Service {
  public:
    enum class Wish { connect, write, close, kill };

    static Service& instance(const Options& options) {
        static auto* const service = new Service(options);
        return *service;
    }

    void post(PeerClient* client, Wish wish) {
        {
            const std::lock_guard lock(mutex_);
            wishes_.push_back({client, wish});
        }
        lws_cancel_service(context_);
    }
    void carry_out();
    lws_context* context() const { return context_; }

  private:
    struct Entry {
        PeerClient* client;
        Wish wish;
    };

    explicit Service(const Options& options) : ca_file_(options.ca_file) {
        lws_set_log_level(0, nullptr);
        protocols_[0].name = kProtocol;
        protocols_[0].callback = on_event;
        protocols_[0].rx_buffer_size = kBufferBytes;
        lws_context_creation_info info{};
        info.port = CONTEXT_PORT_NO_LISTEN;
        info.protocols = protocols_;
        info.gid = -1;
        info.uid = -1;
        info.fd_limit_per_thread = kMaxDescriptors;
        info.pt_serv_buf_size = kBufferBytes;
        if (options.tls) {
            info.options =
                LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
            info.client_ssl_ca_filepath = ca_file_.c_str();
        }
        context_ = lws_create_context(&info);
        if (context_ == nullptr) throw std::runtime_error("lws_create_context");
        std::thread([this] {
            while (lws_service(context_, 0) >= 0) {
            }
        }).detach();
    }

    std::string ca_file_;
    lws_protocols protocols_[2] = {};
    lws_context* context_ = nullptr;
    std::mutex mutex_;
    std::vector<Entry> wishes_;
};

class PeerClient final : public Client {
  public:
    explicit PeerClient(const Options& options) : service_(Service::instance(options)) {}
    ~PeerClient() override { drop(); }

    void open(const std::string& url) override {
        target_ = parse(url);
        flood_ = is_flood(url);
        service_.post(this, Service::Wish::connect);
        if (!opened_.wait()) throw std::runtime_error("the connection did not come up");
    }

    void send(std::string_view text, More /*more*/) override {
        bool first = false;
        {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [&] { return queue_.size() < kMaxQueuedMessages; });
            first = queue_.empty();
            // The library writes its header in front of the payload, so the room is made here.
            std::string& message = queue_.emplace_back(LWS_PRE, '\0');
            message += text;
        }
        if (first) service_.post(this, Service::Wish::write);
    }

    std::string wait_for(std::uint64_t target) override { return inbox_.wait_for(target); }

    void receive_until(const std::atomic<bool>& stop) override {
        while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }

    void close() override {
        service_.post(this, Service::Wish::close);
        gone_.wait();
        socket_ = nullptr;
    }

    void release() override { drop(); }

    // The rest is for the service thread.
    void connect() {
        lws_client_connect_info info{};
        info.context = service_.context();
        info.address = target_.host.c_str();
        info.port = target_.port;
        info.path = target_.path.c_str();
        // The library checks names only, not addresses; the certificate has both.
        info.host = target_.tls ? "localhost" : info.address;
        info.origin = info.address;
        info.protocol = kProtocol;
        info.local_protocol_name = kProtocol;
        info.ssl_connection = target_.tls ? LCCSCF_USE_SSL : 0;
        info.userdata = this;
        info.pwsi = &socket_;
        if (lws_client_connect_via_info(&info) == nullptr) on_gone();
    }
    void want_write() {
        if (socket_ != nullptr) lws_callback_on_writable(socket_);
    }
    void want_close() {
        closing_ = true;
        want_write();
    }
    void kill() {
        if (socket_ == nullptr) return gone_.set(true);
        lws_set_timeout(socket_, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    void on_open() { opened_.set(true); }
    void on_gone() {
        socket_ = nullptr;
        opened_.set(false);
        gone_.set(true);
    }
    void on_message(const char* data, std::size_t size) {
        count(1, size);
        if (!flood_) inbox_.push({data, size});
    }
    // Non-zero asks the library to close.
    int on_writable() {
        if (closing_) {
            lws_close_reason(socket_, LWS_CLOSE_STATUS_NORMAL, nullptr, 0);
            return -1;
        }
        do {
            std::string message;
            bool more = false;
            {
                const std::lock_guard lock(mutex_);
                if (queue_.empty()) return 0;
                message = std::move(queue_.front());
                queue_.pop_front();
                more = !queue_.empty();
            }
            room_.notify_one();
            auto* const payload = reinterpret_cast<unsigned char*>(message.data()) + LWS_PRE;
            if (lws_write(socket_, payload, message.size() - LWS_PRE, LWS_WRITE_TEXT) < 0) {
                return -1;
            }
            if (!more) return 0;
        } while (lws_send_pipe_choked(socket_) == 0);
        lws_callback_on_writable(socket_);
        return 0;
    }

  private:
    void drop() {
        if (socket_ == nullptr) return;
        service_.post(this, Service::Wish::kill);
        gone_.wait();
    }

    Service& service_;
    Target target_;
    bool flood_ = false;
    bool closing_ = false;
    lws* socket_ = nullptr;
    Inbox inbox_;
    Outcome opened_;
    Outcome gone_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<std::string> queue_;
};

void Service::carry_out() {
    std::vector<Entry> wishes;
    {
        const std::lock_guard lock(mutex_);
        wishes.swap(wishes_);
    }
    for (const Entry& entry : wishes) {
        if (entry.wish == Wish::connect) entry.client->connect();
        if (entry.wish == Wish::write) entry.client->want_write();
        if (entry.wish == Wish::close) entry.client->want_close();
        if (entry.wish == Wish::kill) entry.client->kill();
    }
}

int on_event(lws* socket, lws_callback_reasons reason, void* user, void* data, std::size_t size) {
    auto* const client = static_cast<PeerClient*>(user);
    switch (reason) {
        case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
            Service::instance({}).carry_out();
            return 0;
        case LWS_CALLBACK_CLIENT_ESTABLISHED:
            client->on_open();
            return 0;
        case LWS_CALLBACK_CLIENT_RECEIVE:
            client->on_message(static_cast<const char*>(data), size);
            return 0;
        case LWS_CALLBACK_CLIENT_WRITEABLE:
            return client->on_writable();
        case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        case LWS_CALLBACK_CLIENT_CLOSED:
            client->on_gone();
            return 0;
        default:
            return lws_callback_http_dummy(socket, reason, user, data, size);
    }
}

}  // namespace

const char* subject_name() {
    return "libwebsockets";
}

std::unique_ptr<Client> make_client(const Options& options) {
    return std::make_unique<PeerClient>(options);
}

bool run_special(const std::string& /*metric*/, const std::string& /*url*/,
                 const Options& /*options*/, double /*seconds*/) {
    return false;
}

}  // namespace graceline::bench
