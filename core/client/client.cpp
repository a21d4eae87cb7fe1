// The host's calls: one engine step each, then the questions to the host under no lock.
// Must return at once, but for R13 and R20, which are bounded.
#include "core/client/client.hpp"

#include <algorithm>
#include <utility>

#include "core/client/surely.hpp"
#include "core/session/json_fields.hpp"
#include "core/session/plain.hpp"

namespace graceline::client {

namespace {

using SteadyClock = std::chrono::steady_clock;

/// Every client of the process, for graceline_shutdown(). Leaked, so that exit order is no matter.
struct Registry {
    std::mutex mutex;
    std::vector<std::weak_ptr<Client>> clients;
};

Registry& registry() {
    static auto& registry = *new Registry;
    return registry;
}

keeper::Options keeper_options(const Settings& settings) {
    keeper::Options options;
    options.engine = settings.engine;
    options.outbox = settings.outbox;
    options.has_acks = settings.session.ack_pointer.has_value();
    options.has_ids = settings.session.pointers.id.has_value();
    options.positions = settings.positions;
    options.refresh_by_fetch = settings.refresh_by_fetch;
    if (settings.history) {
        options.source = settings.history->source;
        options.desk.fetch_timeout = settings.history->http.timeout;
        options.desk.seed = settings.engine.seed + 1;
        options.engine.session.has_history =
            options.has_ids && history::can_catch_up(*options.source);
    }
    return options;
}

/// All sessions are used on the I/O thread, so one reader with its buffers serves them.
std::shared_ptr<session::JsonReader> shared_json_reader() {
    static auto& mutex = *new std::mutex;
    static auto& current = *new std::weak_ptr<session::JsonReader>;
    const std::lock_guard lock(mutex);
    auto reader = current.lock();
    if (!reader) {
        reader = std::make_shared<session::JsonReader>();
        current = reader;
    }
    return reader;
}

bool may_wait(const driver::Loop& loop) {
    return !loop.on_io_thread() && !Dispatcher::on_dispatcher_thread();
}

}  // namespace

Client::Client(Settings settings)
    : settings_(settings),
      close_timeout_(settings.engine.close_timeout),
      loop_(driver::Loop::acquire()),
      dispatcher_(Dispatcher::acquire()),
      keeper_(keeper_options(settings), driver::now()),
      transport_settings_(settings_.transport),
      token_(std::move(settings.token)),
      session_(
          std::make_unique<session::Plain>(std::move(settings.session), shared_json_reader())) {
    if (!token_.empty())
        transport_settings_ = with_token(*settings_.transport, settings_.token_rule, token_);
    if (!settings.outgoing_id_member.empty()) outgoing_id_.emplace(settings.outgoing_id_member);
    published_ = engine().facts();
    snapshot_.publish(published_);
}

Client::~Client() = default;

std::shared_ptr<Client> Client::create(Settings settings) {
    std::shared_ptr<Client> client(new Client(std::move(settings)));
    const std::weak_ptr<Client> weak = client;
    client->queue_ = std::make_shared<EventQueue>(
        client->settings_.receive_queue_bytes,
        [weak] {
            if (const auto self = weak.lock()) surely([&] { self->wake_host(); });
        },
        [weak] {
            if (const auto self = weak.lock()) {
                surely([&] { self->loop_->post([self] { self->resume_reading(); }); });
            }
        });
    {
        auto& all = registry();
        const std::lock_guard lock(all.mutex);
        std::erase_if(all.clients, [](const auto& each) { return each.expired(); });
        all.clients.push_back(weak);
    }
    client->self_ = client;
    return client;
}

engine::Outcome Client::apply(const engine::Input& input) {
    Turn turn(*this);
    const auto outcome = step(input, driver::now(), turn);
    answer(turn.end());
    return outcome;
}

/// One step, drained. Under the lock.
engine::Outcome Client::step(const engine::Input& input, engine::Instant now, Turn& turn) {
    const auto outcome = keeper_.handle(input, now);
    drain(turn);
    return outcome;
}

/// Asks the host's hooks on this thread, under no lock, until the engine has no more questions.
void Client::answer(Questions questions) {
    if (questions.empty()) return;
    // A hook may release the last handle, and the client must outlive the call that is in it.
    const auto keep = shared_from_this();
    for (std::size_t i = 0; i < questions.size(); ++i) {
        const auto question = questions[i];
        const auto told = ask_host(question.begin);
        Turn turn(*this);
        step(engine::input::BackgroundTimeAnswer{question.number, question.begin, told},
             driver::now(), turn);
        const auto further = turn.end();
        questions.insert(questions.end(), further.begin(), further.end());
    }
}

engine::OsAnswer Client::ask_host(bool begin) {
    const auto& hooks = *settings_.hooks;
    std::int64_t remaining_ms = -1;
    std::uint64_t id = 0;
    const auto begun = SteadyClock::now();
    if (begin) {
        id = hooks.begin(remaining_ms);
        // A host with a remaining hook need not fill in what begin grants.
        if (id != 0 && remaining_ms == -1 && hooks.remaining) remaining_ms = hooks.remaining();
    } else {
        remaining_ms = hooks.remaining();
    }
    if (SteadyClock::now() - begun > kSlowHook) {
        const std::lock_guard lock(mutex_);
        ++statistics_.slow_hooks;
        log(LogLevel::warning, "a background-time hook took over 50 ms");
    }
    return {id, engine::clamp_os_remaining(remaining_ms)};
}

engine::Outcome Client::network_changed(engine::Network network) {
    return apply(engine::input::NetworkChanged{network});
}

engine::Outcome Client::mark_refreshed(std::uint64_t mark) {
    return apply(engine::input::MarkRefreshed{mark});
}

std::uint64_t Client::refresh_mark() {
    const std::lock_guard lock(mutex_);
    return engine().continuity().mark();
}

engine::Outcome Client::configure_services(engine::ApplicationState state) {
    const auto keep = shared_from_this();  // for the wait: a hook may release the last handle
    const auto outcome = apply(engine::input::ReportState{state});
    if (state == engine::ApplicationState::will_terminate) {
        wait_until_settled(SteadyClock::now() + kTerminateWait);
    }
    return outcome;
}

engine::Outcome Client::background_time_expiring() {
    const auto keep = shared_from_this();
    const bool wait = may_wait(*loop_);
    const auto outcome = apply(engine::input::BackgroundTimeExpiring{wait});
    if (wait) {
        const auto bound = close_timeout_ + kExpiringSlack;
        wait_until_settled(SteadyClock::now() +
                           std::chrono::duration_cast<SteadyClock::duration>(bound));
    }
    return outcome;
}

/// Closed or aborted, and the end hook has been called.
bool Client::settled() const {
    return engine().state() != engine::ConnectionState::closing && !actions_posted_ &&
           ends_pending_ == 0;
}

void Client::wait_until_settled(SteadyClock::time_point until) {
    if (!may_wait(*loop_)) return;
    std::unique_lock lock(mutex_);
    settled_.wait_until(lock, until, [&] { return settled(); });
}

void Client::close() {
    apply(engine::input::Close{});
}

void Client::release() {
    {
        const std::lock_guard lock(mutex_);
        released_ = true;
        wake_hook_.reset();
        has_wake_hook_.store(false, std::memory_order_relaxed);
    }
    close();
}

void Client::set_wake_hook(std::shared_ptr<std::function<void()>> hook) {
    const std::lock_guard lock(mutex_);
    wake_hook_.swap(hook);
    has_wake_hook_.store(wake_hook_ != nullptr, std::memory_order_relaxed);
}

/// The hook may be anybody's thread's business, so it is called on ours, under no lock.
void Client::wake_host() {
    if (!has_wake_hook_.load(std::memory_order_relaxed)) return;
    // The queue calls this under the client's lock, or on the I/O thread; a post suits both.
    loop_->post([self = shared_from_this()] {
        std::shared_ptr<std::function<void()>> hook;
        {
            const std::lock_guard lock(self->mutex_);
            hook = self->wake_hook_;
        }
        if (hook) (*hook)();
    });
}

ConnectionInfo Client::info() const {
    const std::lock_guard lock(mutex_);
    const auto now = driver::now();
    ConnectionInfo info;
    info.status = engine::connection_status(engine().facts(), now);
    info.phase = engine().phase();
    info.cause = engine().cause();
    info.application_state = engine().application_state();
    info.network = engine().network();
    info.task_cause = engine().task().last_cause();
    info.trusted = engine().liveness().trusted();
    info.gap_open = engine().continuity().gap_open();
    info.task_running = engine().task().running();
    info.attempt = engine().attempt();
    info.task_number = engine().task().number();
    info.gap_number = engine().continuity().gap_number();
    info.connection_number = engine().generation();
    if (const auto retry = engine().retry_at()) {
        info.retry_in_ms = engine::ceil_ms(std::max(*retry - now, engine::Duration::zero()));
    }
    if (const auto trip = engine().liveness().round_trip()) {
        info.round_trip_us = std::chrono::duration_cast<std::chrono::microseconds>(*trip).count();
    }
    if (engine().state() == engine::ConnectionState::open) {
        info.last_frame_age_ms = engine::ceil_ms(now - engine().liveness().last_frame_at());
    }
    info.transport = settings_.transport_kind == TransportKind::cpprest ? "cpprest" : "default";
    info.opened = opened_;
    info.text = status_text_;
    return info;
}

Statistics Client::statistics() const {
    const auto figures = queue_->figures();
    const std::lock_guard lock(mutex_);
    Statistics statistics = statistics_;
    statistics.pings_sent = engine().pings_sent();
    statistics.connections = engine().connections();
    statistics.attempts = engine().generation();
    statistics.gaps = engine().continuity().gap_number();
    statistics.tasks = engine().task().number();
    statistics.queue_bytes = figures.bytes;
    statistics.queue_peak_bytes = figures.peak_bytes;
    statistics.events_coalesced = figures.coalesced;
    statistics.held_bytes = figures.held_bytes;
    statistics.held_peak_bytes = figures.held_peak_bytes;
    statistics.outbox_messages = keeper_.outbox().open_count();
    statistics.outbox_bytes = keeper_.outbox().kept_bytes();
    return statistics;
}

void Client::shut_down_all() {
    std::vector<std::shared_ptr<Client>> clients;
    {
        auto& all = registry();
        const std::lock_guard lock(all.mutex);
        for (const auto& each : all.clients) {
            if (auto client = each.lock()) clients.push_back(std::move(client));
        }
    }
    for (const auto& client : clients) {
        client->apply(engine::input::ReportState{engine::ApplicationState::will_terminate});
    }
    const auto until = SteadyClock::now() + kTerminateWait;
    for (const auto& client : clients) client->wait_until_settled(until);
}

}  // namespace graceline::client
