// The life of a scripted connection: attempt, talk, end.
// Must give the listener everything from the I/O thread, and nothing from inside a client's call.
#include "tests/scripted/link.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "tests/scripted/server.hpp"
#include "tests/scripted/world.hpp"

namespace graceline::scripted {

namespace {

using engine::Reason;

constexpr std::uint16_t kCloseAbnormal = 1006;
/// A masked frame with a short payload: what the stream grows by besides the payload.
constexpr std::uint64_t kFrameHead = 6;

/// Those that are open or closing, the oldest first. I/O thread only.
std::vector<std::weak_ptr<Link>>& links() {
    static auto& links = *new std::vector<std::weak_ptr<Link>>;
    return links;
}

std::string_view bearer_token(const driver::TransportSettings& settings) {
    constexpr std::string_view kBearer = "Bearer ";
    for (const auto& header : settings.headers) {
        const std::string_view value = header.value;
        if (header.name == "Authorization" && value.starts_with(kBearer)) {
            return value.substr(kBearer.size());
        }
    }
    return {};
}

driver::TransportFailure failure(Reason reason, std::string text) {
    driver::TransportFailure why;
    why.cause.reason = reason;
    why.text = std::move(text);
    return why;
}

}  // namespace

Link::Link(std::uint64_t world, std::shared_ptr<const driver::TransportSettings> settings,
           driver::TransportListener& listener)
    : world_(world), settings_(std::move(settings)), listener_(&listener) {}

std::shared_ptr<Link> Link::current() {
    for (auto at = links().rbegin(); at != links().rend(); ++at) {
        if (auto link = at->lock()) return link;
    }
    return nullptr;
}

void Link::cut_all() {
    const auto all = links();
    for (const auto& weak : all) {
        if (const auto link = weak.lock()) link->take(Cut{});
    }
}

Link::Phase Link::phase() const {
    const std::lock_guard lock(mutex_);
    return phase_;
}

/// The phase before.
Link::Phase Link::go(Phase phase) {
    const std::lock_guard lock(mutex_);
    return std::exchange(phase_, phase);
}

bool Link::reaches_server() const {
    const std::lock_guard lock(mutex_);
    return !in_black_hole_;
}

void Link::later(void (Link::*what)()) {
    World::instance().post([self = shared_from_this(), what] {
        if (!self->ended()) ((*self).*what)();
    });
}

void Link::open() {
    if (phase() != Phase::idle) return;
    go(Phase::opening);
    later(&Link::attempt);
}

void Link::attempt() {
    using driver::OpeningStep;
    if (world_ != World::instance().number()) return;
    const auto self = shared_from_this();
    auto& server = Server::instance();
    const auto rule = server.behaviour();
    server.attempted(bearer_token(*settings_));
    const bool is_heard = rule.accepts || rule.http_status != 0 || !rule.answers;
    for (const auto step : {OpeningStep::resolving, OpeningStep::connecting, OpeningStep::securing,
                            OpeningStep::upgrading}) {
        if (step == OpeningStep::securing && !settings_->secure) continue;
        if (step == OpeningStep::upgrading && !is_heard) continue;
        listener_->on_progress(step);
        if (phase() != Phase::opening) return;
    }
    if (!rule.answers) return;
    if (rule.accepts) {
        go(Phase::open);
        links().push_back(weak_from_this());
        server.opened();
        driver::Opened opened;
        opened.peer = "scripted";
        listener_->on_opened(opened);
        return;
    }
    if (rule.http_status == 0) return finish(failure(rule.fails, engine::text_of(rule.fails)));
    auto why = failure(Reason::http_status, "the server answered the upgrade with status " +
                                                std::to_string(rule.http_status));
    why.cause.http_status = rule.http_status;
    why.cause.retry_after_seconds = rule.retry_after_seconds;
    finish(std::move(why));
}

driver::SendResult Link::send(std::span<const std::uint8_t> payload, std::uint64_t& out_offset) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != Phase::open) return driver::SendResult::not_open;
        offset_ += kFrameHead + payload.size();
        out_offset = offset_;
    }
    later(&Link::flushed);
    if (!reaches_server()) return driver::SendResult::accepted;
    std::string text(reinterpret_cast<const char*>(payload.data()), payload.size());
    if (auto answer = Server::instance().received(std::move(text))) {
        World::instance().post([self = shared_from_this(), answer = std::move(*answer)] {
            self->server_sends({answer});
        });
    }
    return driver::SendResult::accepted;
}

void Link::flushed() {
    std::uint64_t offset = 0;
    {
        const std::lock_guard lock(mutex_);
        offset = offset_;
    }
    listener_->on_flushed(offset);
}

void Link::ping(std::span<const std::uint8_t> payload) {
    if (phase() != Phase::open || !reaches_server()) return;
    Server::instance().pinged();
    if (!Server::instance().behaviour().pongs) return;
    std::string answer(reinterpret_cast<const char*>(payload.data()), payload.size());
    World::instance().post(
        [self = shared_from_this(), answer = std::move(answer)] { self->arrive(Pong{answer}); });
}

void Link::close(std::uint16_t code) {
    const auto before = phase();
    if (before == Phase::closing || before == Phase::ended) return;
    go(Phase::closing);
    if (before != Phase::open) {
        // There is nobody to say goodbye to; the listener is told all the same.
        World::instance().post([self = shared_from_this()] {
            if (!self->ended()) self->finish(failure(Reason::none, "closed before it was open"));
        });
        return;
    }
    if (reaches_server()) {
        Server::instance().closed_with(code);
        if (Server::instance().behaviour().closes) incoming_.push_back(CloseFrame{code});
    }
    // The answer may lie behind bytes that nobody wanted.
    resume_reading();
}

void Link::abort() {
    const auto before = go(Phase::ended);
    incoming_.clear();
    if (before != Phase::open && before != Phase::closing) return;
    const auto mine = std::ranges::find_if(
        links(), [this](const auto& each) { return each.lock().get() == this; });
    if (mine == links().end()) return;
    links().erase(mine);
    Server::instance().gone();
}

void Link::resume_reading() {
    paused_ = false;
    later(&Link::read);
}

void Link::server_sends(std::vector<std::string> texts) {
    arrive(std::move(texts));
}

void Link::server_closes(std::uint16_t code) {
    arrive(CloseFrame{code});
}

void Link::cut() {
    arrive(Cut{});
}

void Link::black_hole() {
    const std::lock_guard lock(mutex_);
    in_black_hole_ = true;
}

void Link::arrive(Incoming incoming) {
    if (ended() || !reaches_server()) return;
    incoming_.push_back(std::move(incoming));
    read();
}

void Link::read() {
    const auto self = shared_from_this();
    while (!ended() && !paused_ && !incoming_.empty()) {
        auto next = std::move(incoming_.front());
        incoming_.pop_front();
        std::visit([this](auto& each) { take(each); }, next);
    }
}

/// False: nobody wants what was read.
bool Link::begin_read() {
    const bool wanted = listener_->on_read_begin();
    // What nobody wants stays unread until the client has made up its mind.
    if (!wanted && phase() == Phase::open) paused_ = true;
    return wanted && !ended();
}

void Link::end_read(std::size_t frames, std::size_t bytes) {
    if (ended()) return;
    if (!listener_->on_read_end(static_cast<std::uint32_t>(frames), bytes)) paused_ = true;
}

void Link::take(std::vector<std::string>& texts) {
    if (!begin_read()) return;
    std::size_t bytes = 0;
    for (const auto& text : texts) {
        bytes += text.size();
        listener_->on_message(websocket::Opcode::text,
                              {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        if (ended()) return;
    }
    end_read(texts.size(), bytes);
}

void Link::take(const Pong& pong) {
    if (!begin_read()) return;
    listener_->on_pong(
        {reinterpret_cast<const std::uint8_t*>(pong.payload.data()), pong.payload.size()});
    end_read(1, pong.payload.size());
}

void Link::take(const CloseFrame& frame) {
    if (begin_read()) end_read(1, sizeof frame.code);
    if (ended()) return;
    if (phase() == Phase::closing) {
        auto why = failure(Reason::none, "the connection was closed");
        why.cause.close_code = frame.code;
        return finish(std::move(why));
    }
    Server::instance().closed_with(frame.code);
    auto why = failure(Reason::closed_by_server,
                       "the server closed the connection with code " + std::to_string(frame.code));
    why.cause.close_code = frame.code;
    finish(std::move(why));
}

void Link::take(const Cut&) {
    auto why = failure(Reason::connection_lost, "the connection was lost");
    why.cause.close_code = kCloseAbnormal;
    finish(std::move(why));
}

void Link::finish(driver::TransportFailure why) {
    // The listener may drop the transport.
    const auto self = shared_from_this();
    if (ended()) return;
    abort();
    listener_->on_ended(why);
}

}  // namespace graceline::scripted
