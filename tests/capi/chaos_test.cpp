// Eight threads call everything at once, close and release from hooks among it, in seeded steps.
// Must promise nothing of the order: only that each promise is kept once, and that it ends.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"
#include "tests/support/sanitized.hpp"

using namespace graceline::tests;

namespace {

constexpr int kStepsAThread = kSanitized ? 40'000 : 200'000;
constexpr int kThreads = 8;
constexpr std::size_t kSlots = 6;
constexpr std::chrono::seconds kEndsWithin{30};

using Random = std::mt19937_64;

std::uint64_t seed() {
    if (const char* given = std::getenv("GRACELINE_SEED")) {
        return std::strtoull(given, nullptr, 10);
    }
    return std::random_device{}();
}

/// What the hooks of all clients saw.
class Ledger {
  public:
    void created() { count(clients_, 1); }
    std::uint64_t begin() {
        const std::lock_guard lock(mutex_);
        open_ids_.insert(++last_id_);
        return last_id_;
    }
    void end(std::uint64_t id) {
        const std::lock_guard lock(mutex_);
        if (open_ids_.erase(id) != 1) ++wrong_ends_;
        changed_.notify_all();
    }
    void freed() { count(freed_, 1); }
    void late_log() { count(late_logs_, 1); }

    /// Everything that was promised to come has come.
    bool wait_quiet() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kEndsWithin, [&] {
            return open_ids_.empty() && freed_ == 2 * clients_;  // two kinds of hooks a client
        });
    }
    std::uint64_t ids() const { return last_id_; }
    std::uint64_t clients() const { return clients_; }
    std::uint64_t wrong_ends() const { return wrong_ends_; }
    std::uint64_t late_logs() const { return late_logs_; }

  private:
    void count(std::uint64_t& what, std::uint64_t by) {
        const std::lock_guard lock(mutex_);
        what += by;
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::uint64_t> open_ids_;
    std::uint64_t last_id_ = 0;
    std::uint64_t clients_ = 0;
    std::uint64_t freed_ = 0;
    std::uint64_t wrong_ends_ = 0;
    std::uint64_t late_logs_ = 0;
};

class Slot;

/// What one client's hooks are given. It goes with the last who can use it.
struct HookData {
    Ledger* ledger = nullptr;
    Slot* slot = nullptr;
    std::atomic<bool> released{false};
    std::atomic<int> logs_after_release{0};

    static void free(void* user_data) {
        auto* self = static_cast<HookData*>(user_data);
        self->ledger->freed();
        self->let_go();
    }
    /// By its two kinds of hooks and by its slot.
    void let_go() {
        if (++holds_ended_ == 3) delete this;
    }

  private:
    std::atomic<int> holds_ended_{0};
};

/// One client that all threads call. The header's only rule: nobody releases while another calls.
class Slot {
  public:
    bool enter() {
        int users = users_.load();
        while (users >= 0) {
            if (users_.compare_exchange_weak(users, users + 1)) return true;
        }
        return false;
    }
    void leave() { --users_; }
    /// Whoever gets it is alone; `users`: how many calls of this very thread are in there.
    bool enter_alone(int users) { return users_.compare_exchange_strong(users, kAlone); }
    void leave_alone(int users) { users_.store(users); }

    graceline_client* client = nullptr;  ///< Null: released. For those who have entered.
    HookData* data = nullptr;

    void release() {
        auto* const gone = client;
        auto* const its_data = data;
        client = nullptr;
        data = nullptr;
        if (gone == nullptr) return;
        graceline_client_release(gone);
        its_data->released = true;
        its_data->let_go();
    }

  private:
    static constexpr int kAlone = -1;
    std::atomic<int> users_{0};
};

/// What goes on in the calling thread, for hooks that run inside its calls.
thread_local Random* t_random = nullptr;
thread_local Slot* t_inside = nullptr;

std::uint64_t below(Random& random, std::uint64_t bound) {
    return random() % bound;
}

/// A hook that calls back, and now and then releases its own client.
void meddle(HookData& data) {
    if (t_random == nullptr || t_inside != data.slot) return;
    auto* const client = data.slot->client;
    switch (below(*t_random, 24)) {
        case 0:
            graceline_client_disconnect(client);
            break;
        case 1:
            graceline_client_ping(client);
            break;
        case 2:
            graceline_client_close(client);
            break;
        case 3:
            if (data.slot->enter_alone(1)) {
                data.slot->release();
                data.slot->leave_alone(1);
            }
            break;
        default:
            graceline_client_connection_status(client);
    }
}

std::uint64_t on_begin(void* user_data, std::int64_t* out_remaining_ms) {
    auto& data = *static_cast<HookData*>(user_data);
    if (t_random != nullptr && below(*t_random, 8) == 0) return 0;
    *out_remaining_ms = 1'600;
    const auto id = data.ledger->begin();
    meddle(data);
    return id;
}

void on_end(void* user_data, std::uint64_t id) {
    auto& data = *static_cast<HookData*>(user_data);
    // From the dispatcher, now and then: whoever is alone may release in here.
    if (id % 16 == 0 && data.slot->enter_alone(0)) {
        if (data.slot->data == &data) data.slot->release();
        data.slot->leave_alone(0);
    }
    data.ledger->end(id);
}

void on_log(void* user_data, graceline_log_level, const char* text) {
    auto& data = *static_cast<HookData*>(user_data);
    // One line may have begun before; a second one began afterwards.
    if (data.released && ++data.logs_after_release > 1) data.ledger->late_log();
    if (text == nullptr) std::abort();
}

/// Sequences and fates of all batches of one client, whoever took them.
struct World {
    explicit World(const DevServer& server)
        : urls{server.url("/echo"), server.url("/ws?room=a"), "ws://127.0.0.1:1/ws"} {}

    void create(Slot& slot, Random& random) {
        auto data = std::make_unique<HookData>();
        data->ledger = &ledger;
        data->slot = &slot;
        graceline_history_options history;
        graceline_history_options_init(&history, sizeof history);
        history.host_fetches = 1;
        graceline_options options;
        graceline_options_init(&options, sizeof options);
        const auto& url = urls[below(random, urls.size())];
        options.url = url.c_str();
        options.auto_establish_socket_connection = below(random, 4) != 0;
        options.grace_ms = static_cast<std::int64_t>(below(random, 20));
        options.close_timeout_ms = 10;
        options.backoff_initial_ms = 10;
        options.backoff_max_ms = 20;
        options.json_id_pointer = "/id";
        options.history = &history;
        options.host_provides_token = below(random, 3) == 0;
        options.log_level = GRACELINE_LOG_LEVEL_DEBUG;
        options.begin_background_time = on_begin;
        options.end_background_time = on_end;
        options.background_time_user_data = data.get();
        options.background_time_free = HookData::free;
        options.log = on_log;
        options.log_user_data = data.get();
        options.log_free = HookData::free;
        if (graceline_client_create(&options, &slot.client) != GRACELINE_OK) {
            ++failed_creates;
            return;
        }
        ledger.created();
        slot.data = data.release();
    }

    std::array<std::string, 3> urls;
    Ledger ledger;
    std::array<Slot, kSlots> slots;
    std::atomic<std::uint64_t> failed_creates{0};
    std::atomic<std::uint64_t> bad_statuses{0};
    std::atomic<std::uint64_t> events{0};
};

/// One of eight.
class Caller {
  public:
    Caller(World& world, std::uint64_t seed) : world_(world), random_(seed) {}
    ~Caller() {
        for (auto* request : requests_) graceline_messages_request_release(request);
        for (auto* batch : batches_) graceline_batch_release(batch);
    }
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    void run() {
        t_random = &random_;
        for (int step = 0; step < kStepsAThread; ++step) one_step();
        t_random = nullptr;
    }

  private:
    void one_step() {
        auto& slot = world_.slots[below(random_, kSlots)];
        if (below(random_, 1'000) == 0 && slot.enter_alone(0)) {
            slot.release();
            slot.leave_alone(0);
            return;
        }
        if (!slot.enter()) return;
        const bool is_there = slot.client != nullptr;
        t_inside = &slot;
        if (is_there) check(call(slot.client));
        t_inside = nullptr;
        slot.leave();
        if (!is_there) revive(slot);
    }
    void revive(Slot& slot) {
        if (!slot.enter_alone(0)) return;
        if (slot.client == nullptr) {
            world_.create(slot, random_);
            if (slot.client != nullptr) graceline_client_start(slot.client);
        }
        slot.leave_alone(0);
    }
    void check(graceline_status status) {
        const bool expected = status <= GRACELINE_OK && status >= GRACELINE_E_HISTORY &&
                              status != GRACELINE_E_INTERNAL && status != GRACELINE_E_NO_MEMORY;
        if (!expected) ++world_.bad_statuses;
    }
    graceline_status call(graceline_client* client);
    graceline_status more(graceline_client* client);
    graceline_status send(graceline_client* client);
    graceline_status poll(graceline_client* client);
    graceline_status ask(graceline_client* client);
    graceline_status page(graceline_client* client);

    World& world_;
    Random random_;
    std::vector<graceline_batch*> batches_;
    std::vector<graceline_messages_request*> requests_;
    std::uint64_t question_ = 0;
    std::uint64_t mark_ = 0;
};

graceline_status Caller::call(graceline_client* client) {
    switch (below(random_, 16)) {
        case 0:
            return graceline_client_start(client);
        case 1:
            return graceline_client_connect(client);
        case 2:
            return below(random_, 4) == 0 ? graceline_client_disconnect(client) : GRACELINE_OK;
        case 3:
            return graceline_client_ping(client);
        case 4:
        case 5:
        case 6:
            return graceline_client_configure_services(
                client, static_cast<graceline_application_state>(
                            below(random_, 30) == 0 ? 4 : below(random_, 4)));
        case 7:
            return below(random_, 8) == 0 ? graceline_client_background_time_expiring(client)
                                          : GRACELINE_OK;
        case 8:
            return graceline_client_network_changed(
                client, static_cast<graceline_network>(below(random_, 4)));
        case 9:
        case 10:
            return send(client);
        case 11:
        case 12:
            return poll(client);
        case 13:
            return ask(client);
        case 14:
            return page(client);
        default:
            return more(client);
    }
}

graceline_status Caller::send(graceline_client* client) {
    graceline_outgoing message;
    graceline_outgoing_init(&message, sizeof message);
    const auto text = R"({"id":")" + std::to_string(random_()) + R"("})";
    message.data = reinterpret_cast<const std::uint8_t*>(text.data());
    message.size = text.size();
    if (below(random_, 4) == 0) message.expires_in_ms = 5;
    std::uint64_t id = 0;
    const auto status = graceline_client_send(client, &message, &id);
    return status == GRACELINE_OK && below(random_, 4) == 0
               ? graceline_client_cancel_send(client, id)
               : status;
}

graceline_status Caller::poll(graceline_client* client) {
    graceline_batch* batch = nullptr;
    const auto status = graceline_client_poll(client, below(random_, 4) == 0 ? 1 : 0, 16, &batch);
    if (batch == nullptr) return status;
    std::uint64_t before = 0;
    const auto* at = reinterpret_cast<const char*>(graceline_batch_events(batch));
    for (std::uint32_t i = 0; i < graceline_batch_count(batch); ++i) {
        const auto& event = *reinterpret_cast<const graceline_event*>(at);
        if (event.sequence <= before) ++world_.bad_statuses;
        before = event.sequence;
        if (event.details != nullptr && event.details->request_id != 0) {
            question_ = event.details->request_id;
        }
        at += graceline_batch_stride_bytes();
    }
    world_.events += graceline_batch_count(batch);
    batches_.push_back(batch);
    if (batches_.size() > 3) {  // some are held over the end of their client
        graceline_batch_release(batches_.front());
        batches_.erase(batches_.begin());
    }
    return status;
}

graceline_status Caller::ask(graceline_client* client) {
    if (requests_.size() < 4 || below(random_, 2) == 0) {
        graceline_messages_request* request = nullptr;
        const auto status = graceline_messages_request_create(client, nullptr, &request);
        if (request != nullptr) requests_.push_back(request);
        if (requests_.size() <= 4) return status;
    }
    auto& request = requests_[below(random_, requests_.size())];
    switch (below(random_, 4)) {
        case 0:
            return graceline_messages_request_cancel(request);
        case 1:
            graceline_messages_request_release(request);
            request = requests_.back();
            requests_.pop_back();
            return GRACELINE_OK;
        case 2:
            return graceline_messages_request_fetch_next(request, &question_);
        default:
            return graceline_messages_request_fetch_previous(request, &question_);
    }
}

graceline_status Caller::page(graceline_client* client) {
    constexpr std::string_view kBody = R"([{"id":"1"},{"id":"2"}])";
    const auto question = below(random_, 2) == 0 ? question_ : below(random_, 8);
    if (below(random_, 2) == 0) {
        const bool given = below(random_, 4) != 0;
        return graceline_client_provide_token(client, question, given ? "token" : nullptr,
                                              given ? GRACELINE_OK : GRACELINE_E_STATE);
    }
    return graceline_client_provide_page(client, question, below(random_, 4) == 0 ? 500 : 200,
                                         GRACELINE_UNLIMITED, kBody.data(), kBody.size());
}

graceline_status Caller::more(graceline_client* client) {
    switch (below(random_, 12)) {
        case 0:
            return graceline_client_refresh_begin(client, &mark_);
        case 1:
            return graceline_client_mark_refreshed(client, mark_);
        case 2: {
            graceline_connection_info info{};
            info.struct_size = sizeof info;
            return graceline_client_connection_info(client, &info);
        }
        case 3: {
            graceline_statistics statistics{};
            statistics.struct_size = sizeof statistics;
            return graceline_client_statistics(client, &statistics);
        }
        case 4: {
            char id[64];
            std::size_t size = 0;
            return graceline_client_last_message_id(client, nullptr, id, sizeof id, &size);
        }
        case 5:
            return graceline_client_set_wake_hook(
                client, [](void* events) { ++*static_cast<std::atomic<std::uint64_t>*>(events); },
                &world_.events, nullptr);
        case 6:
            return graceline_client_set_wake_hook(client, nullptr, nullptr, nullptr);
        case 7:
            graceline_client_wake_descriptor(client);
            return GRACELINE_OK;
        case 8:
            if (below(random_, 64) == 0) graceline_client_close(client);
            return GRACELINE_OK;
        case 9:
            if (below(random_, 40) == 0) graceline_shutdown();
            return GRACELINE_OK;
        default:
            graceline_client_background_task_enabled(client);
            graceline_client_needs_refresh(client);
            graceline_client_background_time_remaining_ms(client);
            return GRACELINE_OK;
    }
}

}  // namespace

TEST_CASE("chaos: eight threads call everything, release from hooks -> every promise kept once",
          "[capi]") {
    const auto chosen = seed();
    std::cout << "chaos: GRACELINE_SEED=" << chosen << std::endl;
    INFO("GRACELINE_SEED=" << chosen);
    DevServer server;
    World world(server);
    {
        std::vector<std::unique_ptr<Caller>> callers;
        std::vector<std::thread> threads;
        for (std::uint64_t i = 0; i < kThreads; ++i) {
            callers.push_back(std::make_unique<Caller>(world, chosen + i));
        }
        for (auto& caller : callers) threads.emplace_back([&caller] { caller->run(); });
        for (auto& thread : threads) thread.join();
        for (auto& slot : world.slots) slot.release();
    }
    CHECK(world.ledger.wait_quiet());
    CHECK(world.ledger.wrong_ends() == 0);
    CHECK(world.ledger.late_logs() == 0);
    CHECK(world.failed_creates == 0);
    CHECK(world.bad_statuses == 0);
    CHECK(server.wait_equal("websockets_now", 0));
    const auto connections = server.stats().websockets_total;
    std::cout << "chaos: " << kThreads * kStepsAThread << " steps, " << world.ledger.clients()
              << " clients, " << connections << " connections, " << world.ledger.ids()
              << " background times, " << world.events << " events and wake-ups" << std::endl;
    CHECK(connections > 20);
    CHECK(world.ledger.clients() > 20);
    CHECK(world.ledger.ids() > 20);
}
