// Subject "graceline": this project's client through its C API, as a host uses it: poll in batches.
// Must not use anything but the public header.
#include "graceline/graceline.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/bench/runner/measure.hpp"
#include "tests/bench/runner/process.hpp"
#include "tests/bench/subjects/client.hpp"

namespace graceline::bench {
namespace {

// The same bound as the other subjects have: about a mebibyte of outgoing messages.
constexpr std::int32_t kOutboxMessages = 10'000;
constexpr std::int64_t kShortGraceMs = 300;
constexpr std::int64_t kShortPingIntervalMs = 1'000;
constexpr std::uint32_t kQueryCalls = 1'000'000;
constexpr std::uint32_t kStateRounds = 500;

void check(graceline_status status, const char* call) {
    if (status == GRACELINE_OK) return;
    throw std::runtime_error(std::string(call) + ": " + graceline_status_name(status) + ": " +
                             graceline_last_error_text());
}

class PeerClient final : public Client {
  public:
    explicit PeerClient(const Options& options) {
        check(graceline_options_init(&options_, sizeof options_), "options_init");
        options_.outbox_messages = kOutboxMessages;
        check(graceline_outgoing_init(&outgoing_, sizeof outgoing_), "outgoing_init");
        outgoing_.kind = GRACELINE_MESSAGE_KIND_TEXT;
        if (options.tls) {
            std::ifstream file(options.ca_file, std::ios::binary);
            ca_pem_.assign(std::istreambuf_iterator<char>(file), {});
            options_.tls_ca_pem = ca_pem_.c_str();
            options_.tls_use_system_store = 0;
        }
    }
    ~PeerClient() override { release(); }

    graceline_options& options() { return options_; }
    graceline_client* handle() const { return client_; }

    void open(const std::string& url) override {
        if (client_ == nullptr) {
            options_.url = url.c_str();
            check(graceline_client_create(&options_, &client_), "create");
            check(graceline_client_start(client_), "start");
        } else {
            check(graceline_client_connect(client_), "connect");
        }
        wait_until(GRACELINE_CONNECTION_STATUS_CONNECTED);
    }

    void send(std::string_view text, More /*more*/) override {
        outgoing_.data = reinterpret_cast<const std::uint8_t*>(text.data());
        outgoing_.size = text.size();
        graceline_status status = graceline_client_send(client_, &outgoing_, nullptr);
        while (status == GRACELINE_E_FULL) {
            take(GRACELINE_UNLIMITED);  // The fates that the host takes make room.
            status = graceline_client_send(client_, &outgoing_, nullptr);
        }
        check(status, "send");
    }

    std::string wait_for(std::uint64_t target) override {
        keep_ = true;
        while (received() < target) {
            take(GRACELINE_UNLIMITED);
            if (closed_) throw std::runtime_error("the client was closed");
        }
        return last_;
    }

    void receive_until(const std::atomic<bool>& stop) override {
        while (!stop.load(std::memory_order_relaxed)) take(100);
    }

    void close() override {
        graceline_client_close(client_);
        while (!closed_) take(GRACELINE_UNLIMITED);
        release();
    }

    void release() override {
        graceline_client_release(client_);
        client_ = nullptr;
    }

    bool reopens() const override { return true; }
    void drop_for_reconnect() override {
        check(graceline_client_disconnect(client_), "disconnect");
        wait_until(GRACELINE_CONNECTION_STATUS_DISCONNECTED);
    }

  private:
    void wait_until(graceline_connection_status wanted) {
        status_ = -1;
        while (status_ != wanted) {
            take(GRACELINE_UNLIMITED);
            if (closed_ || failed_) throw std::runtime_error("no connection: " + text_);
        }
    }

    void take(std::int64_t timeout_ms) {
        graceline_batch* batch = nullptr;
        const graceline_status status = graceline_client_poll(client_, timeout_ms, 0, &batch);
        if (status == GRACELINE_E_CLOSED) closed_ = true;
        const std::uint32_t total = graceline_batch_count(batch);
        const auto* at = reinterpret_cast<const char*>(graceline_batch_events(batch));
        const std::size_t stride = graceline_batch_stride_bytes();
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
        for (std::uint32_t i = 0; i < total; ++i, at += stride) {
            const auto& event = *reinterpret_cast<const graceline_event*>(at);
            if (event.type == GRACELINE_EVENT_MESSAGE) {
                ++messages;
                bytes += event.size;
                if (keep_) last_.assign(reinterpret_cast<const char*>(event.data), event.size);
            } else {
                see(event);
            }
        }
        graceline_batch_release(batch);
        count(messages, bytes);
    }

    void see(const graceline_event& event) {
        if (event.type == GRACELINE_EVENT_CLOSED) closed_ = true;
        if (event.type != GRACELINE_EVENT_CONNECTION_STATUS) return;
        status_ = event.details->connection_status;
        failed_ = event.details->phase == GRACELINE_PHASE_BACKOFF;
        if (failed_) text_ = event.details->text;
    }

    graceline_options options_{};
    graceline_outgoing outgoing_{};
    std::string ca_pem_;
    graceline_client* client_ = nullptr;
    bool keep_ = false;
    bool closed_ = false;
    bool failed_ = false;
    std::int32_t status_ = -1;
    std::string text_;
    std::string last_;
};

template <class Query>
double nanoseconds_of(const Query& query) {
    std::int64_t sum = 0;
    const std::int64_t begin = now_ns();
    for (std::uint32_t i = 0; i < kQueryCalls; ++i) sum += static_cast<std::int64_t>(query());
    const std::int64_t spent = now_ns() - begin;
    // The sum is used, so that no call can be left out.
    return static_cast<double>(spent) / kQueryCalls + (sum == INT64_MIN ? 1.0 : 0.0);
}

void measure_queries(const std::string& url, const Options& options) {
    PeerClient client(options);
    client.open(url);
    const graceline_client* const handle = client.handle();
    print_result(
        "queries",
        {{"connection_status_ns",
          nanoseconds_of([&] { return graceline_client_connection_status(handle); })},
         {"background_task_enabled_ns",
          nanoseconds_of([&] { return graceline_client_background_task_enabled(handle); })},
         {"needs_refresh_ns",
          nanoseconds_of([&] { return graceline_client_needs_refresh(handle); })},
         {"background_time_remaining_ns",
          nanoseconds_of([&] { return graceline_client_background_time_remaining_ms(handle); })}});
}

void measure_configure_services(const std::string& url, const Options& options) {
    constexpr graceline_application_state kStates[] = {
        GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE, GRACELINE_APPLICATION_STATE_DID_BACKGROUND,
        GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND,
        GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE};
    PeerClient client(options);
    client.open(url);
    // A host that takes its events, as it must.
    std::atomic<bool> stop{false};
    std::thread taker([&] { client.receive_until(stop); });
    std::vector<double> samples;
    for (std::uint32_t round = 0; round < kStateRounds; ++round) {
        for (const graceline_application_state state : kStates) {
            const std::int64_t begin = now_ns();
            graceline_client_configure_services(client.handle(), state);
            samples.push_back(static_cast<double>(now_ns() - begin) / 1e3);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    }
    stop = true;
    taker.join();
    const double p50 = quantile(samples, 0.5);
    print_result("configure_services", {{"p50_us", p50}, {"p99_us", quantile(samples, 0.99)}});
}

// Wake-ups of an idle client; in background after its deadline, or with a short ping interval.
void measure_wakeups(const std::string& metric, const std::string& url, const Options& options,
                     double seconds) {
    PeerClient client(options);
    const bool background = metric == "wakeups_background";
    if (background) {
        client.options().grace_ms = kShortGraceMs;
    } else {
        client.options().ping_interval_ms = kShortPingIntervalMs;
    }
    client.open(url);
    std::thread([&client] { client.wait_for(1); }).detach();
    if (background) {
        graceline_client_configure_services(client.handle(),
                                            GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE);
        graceline_client_configure_services(client.handle(),
                                            GRACELINE_APPLICATION_STATE_DID_BACKGROUND);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2'000));
    if (background && graceline_client_connection_status(client.handle()) !=
                          GRACELINE_CONNECTION_STATUS_DISCONNECTED) {
        throw std::runtime_error("still connected after the deadline");
    }
    const std::uint64_t before = wakeups_of_other_threads();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const auto woken = static_cast<double>(wakeups_of_other_threads() - before);
    print_result(metric, {{"per_s", woken / seconds}});
    leave();
}

}  // namespace

const char* subject_name() {
    return "graceline";
}

std::unique_ptr<Client> make_client(const Options& options) {
    return std::make_unique<PeerClient>(options);
}

bool run_special(const std::string& metric, const std::string& url, const Options& options,
                 double seconds) {
    if (metric == "queries") {
        measure_queries(url, options);
    } else if (metric == "configure_services") {
        measure_configure_services(url, options);
    } else if (metric == "wakeups_background" || metric == "wakeups_ping") {
        measure_wakeups(metric, url, options, seconds);
    } else {
        return false;
    }
    return true;
}

}  // namespace graceline::bench
