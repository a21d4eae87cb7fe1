// Subject "raw": everything on the calling thread; the limit that the ratios are taken against.
// Must not hand anything to another thread (raw_hop does).
#include "tests/bench/subjects/client.hpp"
#include "tests/bench/subjects/inbox.hpp"
#include "tests/bench/subjects/raw_loop.hpp"

namespace graceline::bench {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} * 1024;
constexpr unsigned kText = 1;
constexpr unsigned kClose = 8;

RawLoop& loop() {
    static RawLoop instance;
    return instance;
}

RawTls* tls_of(const Options& options) {
    if (!options.tls) return nullptr;
    static RawTls instance(options.ca_file);
    return &instance;
}

class RawClient final : public Client {
  public:
    explicit RawClient(const Options& options) : tls_(tls_of(options)) {}
    ~RawClient() override { drop(); }

    void open(const std::string& url) override {
        connection_ = std::make_unique<RawConnection>(parse_raw_url(url), tls_, true);
        const bool keep = !is_flood(url);
        connection_->on_batch = [this, keep](const RawConnection::Batch& batch) {
            if (keep) last_.assign(batch.last);
            count(batch.messages, batch.bytes);
        };
        loop().add(*connection_);
        while (connection_->state() != RawConnection::State::open) {
            if (connection_->state() == RawConnection::State::closed) {
                throw std::runtime_error("the connection did not come up");
            }
            loop().run_once(-1);
        }
    }

    void send(std::string_view text, More more) override {
        connection_->out.append_frame(kText, text);
        if (more == More::no) {
            flush_all();
        } else if (connection_->out.size() >= kFlushBytes) {
            flush_all();
        }
    }

    std::string wait_for(std::uint64_t target) override {
        while (received() < target) {
            if (connection_->state() != RawConnection::State::open) {
                throw std::runtime_error("the connection was lost");
            }
            loop().run_once(-1);
        }
        return last_;
    }

    void receive_until(const std::atomic<bool>& stop) override {
        while (!stop.load(std::memory_order_relaxed)) loop().run_once(100);
    }

    void close() override {
        connection_->out.append_frame(kClose, std::string_view("\x03\xe8", 2));
        flush_all();
        while (connection_->state() == RawConnection::State::open) loop().run_once(-1);
        drop();
    }

    void release() override { drop(); }

  private:
    void flush_all() {
        connection_->flush();
        loop().rearm(*connection_);
        while (!connection_->out.empty() && connection_->state() == RawConnection::State::open) {
            loop().run_once(-1);
        }
    }

    void drop() {
        if (!connection_) return;
        loop().remove(*connection_);
        connection_.reset();
    }

    RawTls* tls_;
    std::unique_ptr<RawConnection> connection_;
    std::string last_;
};

}  // namespace

const char* subject_name() {
    return "raw";
}

std::unique_ptr<Client> make_client(const Options& options) {
    return std::make_unique<RawClient>(options);
}

bool run_special(const std::string& /*metric*/, const std::string& /*url*/,
                 const Options& /*options*/, double /*seconds*/) {
    return false;
}

}  // namespace graceline::bench
