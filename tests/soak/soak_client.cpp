// The host's loop: take events, and now and then do what apps and users do.
// Must treat the API as a host does: refresh when told so, answer nothing twice.
#include "tests/soak/soak_client.hpp"

#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>

namespace graceline::tests {

namespace {

constexpr Milliseconds kGrace{800};
constexpr Milliseconds kTakeAtMost{20};
constexpr std::int64_t kShortestPauseMs = 100;
constexpr std::uint64_t kPausesMs = 1'500;

std::string text_of_file(const std::string& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The number in {"body":"n17"}; nothing for what clients sent themselves.
std::optional<std::uint64_t> number_of(std::string_view payload) {
    constexpr std::string_view kBody = "\"body\":\"n";
    const auto at = payload.find(kBody);
    if (at == std::string_view::npos) return std::nullopt;
    std::uint64_t number = 0;
    const auto* begin = payload.data() + at + kBody.size();
    const auto result = std::from_chars(begin, payload.data() + payload.size(), number);
    if (result.ec != std::errc()) return std::nullopt;
    return number;
}

}  // namespace

SoakClient::SoakClient(const DevServer& server, const StatusGraph& graph, std::uint64_t number,
                       std::uint64_t seed)
    : server_(server),
      room_("room" + std::to_string(number)),
      auto_(number % 4 != 3),
      checker_(graph),
      random_(seed),
      proxy_(server.port(), seed + 1),
      client_(std::make_unique<Client>(options_for(number))) {
    client_->start();
    if (!auto_) client_->connect();
    thread_ = std::thread([this] { live(); });
}

SoakClient::~SoakClient() {
    close();
}

Options SoakClient::options_for(std::uint64_t number) const {
    const bool secure = server_.tls();
    const auto host = "://127.0.0.1:" + std::to_string(proxy_.port());
    Options options;
    options.url = (secure ? "wss" : "ws") + host + "/ws?room=" + room_;
    options.auto_establish_socket_connection = auto_;
    options.grace = kGrace;
    options.trust_time = Milliseconds(500);
    options.close_timeout = Milliseconds(200);
    options.connect_timeout = Milliseconds(1'500);
    options.ping_interval = Milliseconds(1'000);
    options.pong_timeout = Milliseconds(700);
    options.probe_timeout = Milliseconds(400);
    options.backoff_initial = Milliseconds(20);
    options.backoff_max = Milliseconds(300);
    options.permessage_deflate = number % 3 == 0;
    options.json_id_pointer = "/id";
    options.json_conversation_pointer = "/conversation";
    options.json_ack_pointer = "/ack";
    options.json_outgoing_id_member = "client_id";
    if (secure) options.tls_ca_pem = text_of_file(server_.certificate_file());
    auto& history = options.history.emplace();
    history.messages_url = (secure ? "https" : "http") + host + "/messages?conversation=" + room_ +
                           "{&before,after,limit}";
    history.json_items_pointer = "/items";
    history.json_complete_pointer = "/complete";
    history.timeout = Milliseconds(1'500);
    // A slow reader is one more cut here, not half a minute of silence.
    options.dispositions = {{1013, 0, Disposition::retry}};
    return options;
}

void SoakClient::live() {
    while (!ended_) {
        take(kTakeAtMost);
        if (wants_calm_.exchange(false)) {
            come_back();
            client_->connect();
        }
        if (closing_ && !std::exchange(closed_, true)) client_->close();
        if (whims_ && now().count() >= next_act_ms_) act();
    }
}

void SoakClient::take(Milliseconds wait) {
    try {
        const auto batch = client_->poll(wait);
        for (const auto event : batch) note(event);
    } catch (const Error& error) {
        ended_ = error.status() == Status::closed;
        if (!ended_) throw;
    }
}

void SoakClient::note(const Event& event) {
    checker_.sequence(event.sequence());
    if (const auto message = event.as<MessageEvent>()) note_message(*message);
    if (const auto status = event.as<ConnectionStatusEvent>()) {
        checker_.status(name_of(status->status), event.time().count());
        if (status->status == ConnectionStatus::connected) ++connections_;
    }
    if (const auto task = event.as<BackgroundTaskEndedEvent>()) {
        checker_.task_ended(name_of(task->cause));
    }
    if (const auto gap = event.as<GapVerdictEvent>()) {
        // Nothing can be proven before there is a position.
        if (settled_ || gap->verdict != GapVerdict::unknown)
            checker_.gap_verdict(name_of(gap->verdict));
        if (gap->verdict == GapVerdict::gap) ++gaps_told_;
    }
    if (const auto verdict = event.as<ReturnVerdictEvent>()) {
        checker_.return_verdict(name_of(verdict->verdict));
    }
    if (const auto fate = event.as<SendFateEvent>()) checker_.fates(fate->first_id, fate->last_id);
    if (event.as<RefreshNeededEvent>() && !closed_) {
        client_->mark_refreshed(client_->refresh_begin());
        checker_.marked();
    }
}

void SoakClient::note_message(const MessageEvent& message) {
    const auto number = number_of(message.payload);
    if (!number) return;
    checker_.message(*number, message.is_replayed);
    settled_ = true;
}

void SoakClient::come_back() {
    if (!std::exchange(away_, false)) return;
    checker_.returned();
    client_->configure_services(ApplicationState::will_enter_foreground);
    client_->configure_services(ApplicationState::did_become_active);
    if (!auto_) client_->connect();
}

void SoakClient::act() {
    next_act_ms_ = now().count() + kShortestPauseMs + static_cast<std::int64_t>(below(kPausesMs));
    try {
        switch (below(10)) {
            case 0:
            case 1:
            case 2:
                if (away_) return come_back();
                client_->configure_services(ApplicationState::will_resign_active);
                client_->configure_services(ApplicationState::did_background);
                away_ = true;
                return;
            case 3:
                return come_back();
            case 4:
                return client_->ping();
            case 5:
                return client_->network_changed(Network::available);
            case 6:
                client_->disconnect();
                return client_->connect();
            default:
                return send();
        }
    } catch (const Error& error) {
        const bool expected = error.status() == Status::not_connected ||
                              error.status() == Status::window_over ||
                              error.status() == Status::full || error.status() == Status::closed;
        if (!expected) throw;
    }
}

void SoakClient::send() {
    const auto id = client_->send(R"({"body":"s)" + std::to_string(++sent_) + R"("})");
    checker_.accepted(id);
}

void SoakClient::calm_down() {
    whims_ = false;
    proxy_.calm();
    wants_calm_ = true;
}

bool SoakClient::wait_complete(std::chrono::milliseconds patience) {
    const auto end = now() + patience;
    std::mutex nobody_else;
    std::condition_variable never;
    std::unique_lock lock(nobody_else);
    while (checker_.delivered_up_to() < checker_.published_count()) {
        if (now() >= end) return false;
        never.wait_for(lock, kTakeAtMost);
    }
    return true;
}

void SoakClient::close() {
    if (!thread_.joinable()) return;
    closing_ = true;
    thread_.join();
    checker_.ended();
    client_.reset();
}

}  // namespace graceline::tests
