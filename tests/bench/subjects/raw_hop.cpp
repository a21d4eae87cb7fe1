// Subject "raw_hop": the raw loop on a thread of its own, and the host's thread behind one hop.
// Must not do more than the hop needs: it is the limit for a library that has its own thread.
#include <sys/socket.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "tests/bench/subjects/client.hpp"
#include "tests/bench/subjects/inbox.hpp"
#include "tests/bench/subjects/raw_loop.hpp"

namespace graceline::bench {
namespace {

constexpr std::size_t kMaxPendingBytes = std::size_t{1024} * 1024;
constexpr std::size_t kMaxReadyBytes = std::size_t{8} * 1024 * 1024;
constexpr unsigned kText = 1;
constexpr unsigned kClose = 8;

RawTls* tls_of(const Options& options) {
    if (!options.tls) return nullptr;
    static RawTls instance(options.ca_file);
    return &instance;
}

class HopClient;

// The one thread that owns the loop; runs until the process ends.
class LoopThread {
  public:
    static LoopThread& instance() {
        static auto* const thread = new LoopThread();
        return *thread;
    }

    RawLoop& loop() { return loop_; }
    void add(HopClient* client) { post({client, Wish::add}); }
    void write(HopClient* client) { post({client, Wish::write}); }
    void remove(HopClient* client) { post({client, Wish::remove}); }

  private:
    enum class Wish { add, write, remove };
    struct Command {
        HopClient* client;
        Wish wish;
    };

    LoopThread() {
        std::thread([this] { run(); }).detach();
    }

    void post(Command command) {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = commands_.empty();
            commands_.push_back(command);
        }
        if (first) loop_.wake();
    }

    void run();

    RawLoop loop_;
    std::mutex mutex_;
    std::vector<Command> commands_;
    std::vector<HopClient*> watched_;  // Those that are opening, writing or closing.
};

class HopClient final : public Client {
  public:
    explicit HopClient(const Options& options) : tls_(tls_of(options)) {}
    ~HopClient() override { drop(); }

    void open(const std::string& url) override {
        connection_ = std::make_unique<RawConnection>(parse_raw_url(url), tls_, true);
        connection_->on_batch = [this](const RawConnection::Batch& batch) {
            publish(batch.frames);
        };
        LoopThread::instance().add(this);
        if (!opened_.wait()) throw std::runtime_error("the connection did not come up");
    }

    void send(std::string_view text, More more) override {
        std::unique_lock lock(mutex_);
        if (more == More::no && tls_ == nullptr && pending_.empty() && !writing_) {
            pending_.append_frame(kText, text);
            const ssize_t wrote =
                ::send(connection_->descriptor(), pending_.data(), pending_.size(), MSG_NOSIGNAL);
            if (wrote > 0) pending_.consume(static_cast<std::size_t>(wrote));
            if (pending_.empty()) return;
        } else {
            room_.wait(lock, [&] { return pending_.size() < kMaxPendingBytes; });
            pending_.append_frame(kText, text);
        }
        ask_to_write(lock);
    }

    std::string wait_for(std::uint64_t target) override {
        while (received() < target) take(std::chrono::hours(1));
        return last_;
    }

    void receive_until(const std::atomic<bool>& stop) override {
        while (!stop.load(std::memory_order_relaxed)) take(std::chrono::milliseconds(100));
    }

    void close() override {
        {
            std::unique_lock lock(mutex_);
            pending_.append_frame(kClose, std::string_view("\x03\xe8", 2));
            ask_to_write(lock);
        }
        closed_.wait();
        drop();
    }

    void release() override { drop(); }

    // The rest is for the loop's thread. True while the client wants to be watched.
    bool turn() {
        using State = RawConnection::State;
        if (!announced_ && connection_->state() >= State::open) {
            announced_ = true;
            opened_.set(connection_->state() == State::open);
        }
        if (connection_->state() == State::closed) {
            closed_.set(true);
            return false;
        }
        while (announced_ && connection_->out.empty()) {
            {
                const std::lock_guard lock(mutex_);
                asked_ = false;
                writing_ = !pending_.empty();
                if (!writing_) break;
                pending_.swap(connection_->out);
            }
            room_.notify_one();
            connection_->flush();
        }
        LoopThread::instance().loop().rearm(*connection_);
        return true;
    }
    RawConnection& connection() { return *connection_; }
    void removed() { removed_.set(true); }

  private:
    void ask_to_write(std::unique_lock<std::mutex>& lock) {
        const bool first = !std::exchange(asked_, true);
        lock.unlock();
        if (first) LoopThread::instance().write(this);
    }

    // One copy of whole frames; the host's thread looks for the messages in them.
    void publish(std::string_view frames) {
        std::unique_lock lock(mutex_);
        taken_.wait(lock, [&] { return ready_.size() < kMaxReadyBytes; });
        ready_.append(frames);
        const bool wake = host_waits_;
        lock.unlock();
        if (wake) arrived_.notify_one();
    }

    template <class Duration>
    void take(Duration at_most) {
        {
            std::unique_lock lock(mutex_);
            host_waits_ = true;
            arrived_.wait_for(lock, at_most, [&] { return !ready_.empty(); });
            host_waits_ = false;
            ready_.swap(mine_);
        }
        taken_.notify_one();
        RawConnection::Batch batch;
        RawConnection::walk_frames(mine_.data(), mine_.size(), batch);
        if (batch.messages > 0) last_.assign(batch.last);
        count(batch.messages, batch.bytes);
        mine_.clear();
    }

    void drop() {
        if (!connection_) return;
        LoopThread::instance().remove(this);
        removed_.wait();
        connection_.reset();
    }

    RawTls* tls_;
    std::unique_ptr<RawConnection> connection_;
    Outcome opened_;
    Outcome closed_;
    Outcome removed_;
    bool announced_ = false;  // Loop thread.
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable taken_;
    std::condition_variable room_;
    RawBuffer ready_;
    RawBuffer pending_;
    bool host_waits_ = false;
    bool asked_ = false;
    bool writing_ = false;
    RawBuffer mine_;  // Host thread.
    std::string last_;
};

void LoopThread::run() {
    while (true) {
        loop_.run_once(-1);
        std::vector<Command> commands;
        {
            const std::lock_guard lock(mutex_);
            commands.swap(commands_);
        }
        for (const Command& command : commands) {
            HopClient* const client = command.client;
            if (command.wish == Wish::add) {
                loop_.add(client->connection());
                watched_.push_back(client);
            } else if (command.wish == Wish::remove) {
                std::erase(watched_, client);
                loop_.remove(client->connection());
                client->removed();
            }
        }
        std::erase_if(watched_, [](HopClient* client) { return !client->turn(); });
    }
}

}  // namespace

const char* subject_name() {
    return "raw_hop";
}

std::unique_ptr<Client> make_client(const Options& options) {
    return std::make_unique<HopClient>(options);
}

bool run_special(const std::string& /*metric*/, const std::string& /*url*/,
                 const Options& /*options*/, double /*seconds*/) {
    return false;
}

}  // namespace graceline::bench
