// Bytes as a schedule: calls of the host, facts of the network, answers and time for one keeper.
// Must not be polite: late, repeated and made-up answers are part of it.
#include <array>

#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/sequence_world.hpp"
#include "tests/fuzz/targets.hpp"

namespace graceline::fuzz {
namespace {

namespace in = engine::input;
using engine::milliseconds;
using engine::Reason;

constexpr int kMostTicksAtOnce = 60;
constexpr std::size_t kMostSteps = 400;

constexpr milliseconds kTimes[] = {milliseconds(0),      milliseconds(1),      milliseconds(200),
                                   milliseconds(1'000),  milliseconds(2'000),  milliseconds(5'000),
                                   milliseconds(10'000), milliseconds(30'000), milliseconds(60'000),
                                   milliseconds(400'000)};

history::SourceOptions history_from(ByteSource& bytes) {
    history::SourceOptions options;
    options.scope = bytes.flag() ? history::Scope::per_conversation : history::Scope::all;
    options.messages_url = bytes.flag() ? "http://localhost/m{?conversation,before,after,limit}"
                                        : "http://localhost/m{?conversation,before,after,cursor}";
    options.conversations_url = "http://localhost/c{?limit,cursor}";
    options.refuses_unknown_ids = bytes.flag();
    options.newest_first = bytes.flag();
    options.messages.items = options.conversations.items = "/m";
    options.messages.id = "/i";
    options.messages.conversation = "/r";
    options.messages.next_cursor = options.conversations.next_cursor = "/n";
    options.messages.complete = options.conversations.complete = "/c";
    options.conversations.id = "/i";
    return options;
}

keeper::Options options_from(ByteSource& bytes) {
    keeper::Options options;
    auto& e = options.engine;
    e.auto_establish_socket_connection = bytes.flag();
    e.initial_application_state = static_cast<engine::ApplicationState>(bytes.below(4));
    constexpr milliseconds kGraces[] = {milliseconds(30'000), milliseconds(0), milliseconds(300)};
    const auto grace = bytes.below(4);
    e.grace = grace == 3 ? std::nullopt : std::optional<engine::Duration>(kGraces[grace]);
    if (bytes.flag()) e.ping_interval.reset();
    if (bytes.flag()) e.close_timeout = engine::Duration::zero();
    if (bytes.flag()) e.backoff.attempts = 2;
    if (bytes.flag()) e.backoff.total = milliseconds(20'000);
    e.host_grants_time = bytes.flag();
    e.host_tells_remaining = e.host_grants_time && bytes.flag();
    e.host_provides_token = bytes.flag();
    e.initial_refresh_required = bytes.flag();
    e.session.tells_loss = bytes.flag();
    e.seed = bytes.byte();
    options.has_acks = bytes.flag();
    options.has_ids = bytes.flag();
    options.refresh_by_fetch = bytes.flag();
    options.outbox = {4, 64};
    if (bytes.flag()) options.source = history_from(bytes);
    e.session.has_history = options.source.has_value();
    if (options.source && bytes.flag()) {
        options.positions.push_back({"a", "0"});
        e.has_cursor = true;
    }
    options.desk.catch_up.page_items = 3;
    options.desk.catch_up.pages = bytes.flag() ? 4 : 30;
    options.desk.catch_up.messages = bytes.flag() ? 6 : 200;
    return options;
}

class Run {
  public:
    explicit Run(ByteSource& bytes)
        : bytes_(bytes),
          options_(options_from(bytes)),
          keeper_(options_, engine::Instant{}),
          ledger_(keeper_, options_.engine) {}

    void all() {
        for (std::size_t i = 0; i < kMostSteps && !bytes_.empty(); ++i) step();
        end();
    }

  private:
    void handle(const engine::Input& input) {
        ledger_.before(&input, now_);
        keeper_.handle(input, now_);
        ledger_.drain();
    }
    engine::Generation generation() const { return keeper_.engine().generation(); }
    engine::Generation some_generation() {
        return bytes_.below(5) == 0 ? bytes_.below(20) : generation();
    }
    bool is_open() const { return keeper_.engine().state() == engine::ConnectionState::open; }
    /// Timers fire until none is due; a timer that stays due would keep a thread busy for ever.
    void tick() {
        for (int i = 0; i < kMostTicksAtOnce; ++i) {
            const auto due = keeper_.next_deadline();
            if (i > 0 && (!due || *due > now_)) return ledger_.require_in_time();
            handle(in::Tick{});
        }
        require(false, "a deadline that was reached is dealt with");
    }
    void advance() {
        if (const auto kind = bytes_.below(8); kind < 4) {
            const auto due = keeper_.next_deadline();
            if (!due) return;
            // Exactly then, just before, and just too late.
            constexpr std::array<std::int64_t, 4> kOffsets = {0, -1, 1, 1'500'000'000};
            now_ = std::max(now_, *due + engine::Duration(kOffsets[kind]));
        } else {
            now_ += bytes_.one_of(kTimes);
        }
        // A frozen process is one whose timers nobody fires.
        if (bytes_.below(4) != 0) tick();
    }

    void step();
    void call_of_host(std::size_t which);
    void fact_of_network(std::size_t which);
    void answer_os_time();
    void send();
    void outbox_fact();
    void live_message();
    void ask_page();
    void answer_fetch();
    history::Answer page_for(const history::Fetch& fetch);
    void end();
    engine::Failure failure();

    ByteSource& bytes_;
    keeper::Options options_;
    keeper::Keeper keeper_;
    Ledger ledger_;
    engine::Instant now_{};
    std::uint64_t mark_ = 0;
    std::uint64_t offset_ = 0;
    engine::Generation offset_of_ = 0;
    std::uint64_t next_os_id_ = 1;
    std::uint64_t next_request_ = 1;
    std::uint64_t last_message_ = 0;
    std::uint64_t names_ = 0;
};

void Run::step() {
    switch (bytes_.below(12)) {
        case 0:
        case 1:
        case 2:
            return call_of_host(bytes_.below(10));
        case 3:
        case 4:
        case 5:
            return fact_of_network(bytes_.below(11));
        case 6:
            return answer_os_time();
        case 7:
            return bytes_.flag() ? send() : outbox_fact();
        case 8:
            return live_message();
        case 9:
            return bytes_.flag() ? ask_page() : answer_fetch();
        default:
            return advance();
    }
}

void Run::call_of_host(std::size_t which) {
    switch (which) {
        case 0:
            return handle(in::Start{});
        case 1:
            return handle(in::Connect{});
        case 2:
            return handle(in::Disconnect{});
        case 3:
        case 4:
        case 5: {
            const auto state = static_cast<engine::ApplicationState>(bytes_.below(5));
            if (!keeper_.engine().closed()) {
                ledger_.state_reported(keeper_.engine().presence(), state);
            }
            return handle(in::ReportState{state});
        }
        case 6:
            return handle(in::BackgroundTimeExpiring{bytes_.flag()});
        case 7:
            return handle(in::Ping{});
        case 8:
            mark_ = keeper_.engine().continuity().mark();
            return;
        default:
            return handle(in::MarkRefreshed{bytes_.below(8) == 0 ? bytes_.byte() : mark_});
    }
}

engine::Failure Run::failure() {
    constexpr engine::Failure kFailures[] = {
        {Reason::connection_lost, 1006, 0, {}},   {Reason::closed_by_server, 1000, 0, {}},
        {Reason::closed_by_server, 1012, 0, {}},  {Reason::closed_by_server, 4401, 0, {}},
        {Reason::closed_by_server, 1002, 0, {}},  {Reason::http_status, 0, 401, {}},
        {Reason::http_status, 0, 503, 20},        {Reason::http_status, 0, 500, 9},
        {Reason::http_status, 0, 404, {}},        {Reason::certificate_refused, 0, 0, {}},
        {Reason::pin_mismatch, 0, 0, {}},         {Reason::protocol_error, 1002, 0, {}},
        {Reason::http_status, 0, 429, 4'000'000}, {Reason::resolve_failed, 0, 0, {}}};
    return bytes_.one_of(kFailures);
}

void Run::fact_of_network(std::size_t which) {
    const auto of = some_generation();
    switch (which) {
        case 0:
            return handle(in::NetworkChanged{static_cast<engine::Network>(bytes_.below(4))});
        case 1:
            return handle(in::TransportProgress{
                of, static_cast<in::TransportProgress::Step>(bytes_.below(4))});
        case 2:
        case 3:
            handle(in::TransportOpened{of});
            return handle(in::SessionOpened{
                of, bytes_.flag() ? in::SessionStart::resumed : in::SessionStart::fresh, false});
        case 4: {
            // After an abort nobody speaks of a socket any more.
            const bool current = of == generation();
            if (current && !ledger_.has_socket(of)) return;
            ledger_.transport_ended(of);
            return handle(in::TransportEnded{of, failure()});
        }
        case 5: {
            if (ledger_.tokens.empty()) return handle(in::TokenProvided{bytes_.byte(), true});
            return handle(in::TokenProvided{ledger_.tokens.back(), bytes_.below(4) != 0});
        }
        case 6:
            return handle(in::FramesRead{of, bytes_.byte()});
        case 7: {
            if (ledger_.pings.empty()) return;
            auto payload =
                ledger_.pings[bytes_.below(std::min<std::size_t>(ledger_.pings.size(), 256))];
            if (bytes_.below(4) == 0) payload = ledger_.pings.back();
            return handle(in::PongRead{of, payload});
        }
        case 8:
            return handle(in::ReadingPaused{of});
        case 9:
            return handle(in::ReadingResumed{of});
        default:
            return handle(in::ClockJumped{});
    }
}

void Run::answer_os_time() {
    if (ledger_.questions.empty()) return;
    const bool newest = bytes_.flag();
    const auto question = newest ? ledger_.questions.back() : ledger_.questions.front();
    newest ? ledger_.questions.pop_back() : ledger_.questions.pop_front();
    in::BackgroundTimeAnswer answer{question.number, question.begin, {}};
    if (question.begin && bytes_.below(4) != 0) {
        answer.answer.id = next_os_id_++;
        ledger_.granted(answer.answer.id);
    }
    constexpr std::int64_t kRemaining[] = {-1, 30'000, 0, 2'000, 1, -7, 1'000'000'000'000};
    answer.answer.remaining = engine::clamp_os_remaining(bytes_.one_of(kRemaining));
    handle(answer);
}

void Run::send() {
    const std::size_t size = bytes_.below(40);
    switch (keeper_.may_send(size, bytes_.below(3))) {
        case keeper::Sending::now:
            if (offset_of_ != generation()) offset_ = 0;
            offset_of_ = generation();
            offset_ += size + 6;
            last_message_ = keeper_.passed(offset_);
            ledger_.passed(last_message_);
            break;
        case keeper::Sending::wait: {
            engine::Outgoing message{false, std::string(size, 'm'), {}, {}};
            if (bytes_.flag()) message.deduplication_id = "d" + std::to_string(++names_);
            if (bytes_.flag()) message.expires_at = now_ + bytes_.one_of(kTimes);
            last_message_ = keeper_.keep(std::move(message));
            ledger_.accepted(last_message_);
            break;
        }
        default:
            break;
    }
    handle(in::FramesRead{});
}

void Run::outbox_fact() {
    ledger_.before(nullptr, now_);
    switch (bytes_.below(4)) {
        case 0:
            while (keeper_.to_send() != nullptr) {
                if (offset_of_ != generation()) offset_ = 0;
                offset_of_ = generation();
                offset_ += keeper_.to_send()->payload.size() + 6;
                keeper_.given(offset_);
                if (bytes_.flag()) break;
            }
            break;
        case 1:
            if (is_open() && offset_of_ == generation()) {
                keeper_.flushed(bytes_.flag() ? offset_ : offset_ / 2);
            }
            break;
        case 2:
            keeper_.acknowledged("d" + std::to_string(bytes_.below(names_ % 200 + 2)));
            break;
        default:
            keeper_.cancel_send(bytes_.flag() ? last_message_ : bytes_.byte());
            break;
    }
    ledger_.drain();
}

void Run::live_message() {
    // A read is walked only while its connection may be heard.
    if (!keeper_.engine().takes_frames(generation())) return;
    constexpr const char* kRooms[] = {"a", "b", "c"};
    const std::string id = std::to_string(bytes_.below(32));
    const std::string room = bytes_.one_of(kRooms);
    handle(in::FramesRead{generation(), 1});
    if (!keeper_.engine().takes_frames(generation())) return;
    if (keeper_.seen().add(room, id, generation())) keeper_.received(room, id);
    ledger_.drain();
}

void Run::ask_page() {
    ledger_.before(nullptr, now_);
    if (bytes_.below(4) == 0 && next_request_ > 1) {
        keeper_.cancel_request(bytes_.below(std::min<std::uint64_t>(next_request_, 256)), now_);
        return ledger_.drain();
    }
    history::Fetch fetch;
    fetch.kind = bytes_.below(4) == 0 ? history::Kind::conversations : history::Kind::messages;
    fetch.direction = static_cast<history::Direction>(bytes_.below(3));
    if (bytes_.flag()) fetch.anchor_id = std::to_string(bytes_.below(32));
    fetch.conversation = "a";
    const auto number = next_request_++;
    // Told before, for it may complete inside the call.
    ledger_.asked(number);
    const auto asked = keeper_.ask(number, fetch, now_);
    if (asked != keeper::Asking::ok) ledger_.never_asked(number);
    ledger_.drain();
}

void Run::answer_fetch() {
    ledger_.before(nullptr, now_);
    if (ledger_.fetches.empty()) {
        keeper_.answer(bytes_.byte(), failure(), now_);
        return ledger_.drain();
    }
    const auto at = bytes_.below(std::min<std::size_t>(ledger_.fetches.size(), 256));
    const auto start = ledger_.fetches[at];
    if (bytes_.below(3) == 0) {
        keeper_.answer(start.fetch, failure(), now_);
    } else {
        keeper_.answer(start.fetch, page_for(start.page), now_);
    }
    ledger_.drain();
    ledger_.answered(start.fetch);
}

/// Ids in a row, from the anchor on, or from somewhere.
history::Answer Run::page_for(const history::Fetch& fetch) {
    std::size_t first = fetch.anchor_id.empty() ? 0 : std::stoul(fetch.anchor_id) + 1;
    if (fetch.direction == history::Direction::previous && first > 1) first -= 2;
    if (bytes_.below(4) == 0) first = bytes_.below(32);
    std::string items;
    for (std::size_t i = 0, count = bytes_.below(5); i < count; ++i) {
        if (i > 0) items += ",";
        items += "{\"i\":\"" + std::to_string(first + i) + "\",\"r\":\"a\"}";
    }
    // An item without an id, a way onwards, and what the server says of the end.
    const auto extras = bytes_.byte();
    if (extras % 16 == 1) items += items.empty() ? "{}" : ",{}";
    std::string body = "{\"m\":[" + items + "]";
    if (extras % 4 == 2) body += ",\"n\":\"c" + std::to_string(bytes_.below(3)) + "\"";
    if (extras % 8 >= 6) body += extras % 2 == 0 ? ",\"c\":true" : ",\"c\":false";
    history::PageReader reader;
    const history::PagePlan plan(*keeper_.source(), fetch.kind);
    auto reading = reader.read(plan, body + "}", fetch.conversation);
    if (auto* page = std::get_if<std::shared_ptr<history::Page>>(&reading)) {
        return std::move(*page);
    }
    return engine::Failure{Reason::history_unreadable, 0, 0, {}};
}

void Run::end() {
    handle(in::Close{});
    handle(in::Close{});
    now_ += milliseconds(2'000);
    tick();
    while (!ledger_.questions.empty()) {
        const auto question = ledger_.questions.front();
        ledger_.questions.pop_front();
        handle(in::BackgroundTimeAnswer{question.number, question.begin, {}});
    }
    ledger_.require_all_ended();
}

}  // namespace

void sequence(const std::uint8_t* data, std::size_t size) {
    ByteSource bytes(data, size);
    Run(bytes).all();
}

}  // namespace graceline::fuzz
