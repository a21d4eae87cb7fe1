// What must hold at every step of every test, and the model's reactions.
// Must not reach into the engine: it judges by outputs and public facts.
#include "tests/engine/harness.hpp"

namespace graceline::engine::testing {

namespace {

/// A REQUIRE that costs nothing while it holds: there are millions of steps.
void must(bool holds, const char* what) {
    if (!holds) FAIL("does not hold: " << what);
}

bool is_return(const Input& input, Presence before) {
    const auto* report = std::get_if<input::ReportState>(&input);
    if (report == nullptr || before == Presence::foreground) return false;
    if (report->state == ApplicationState::will_resign_active) {
        return before != Presence::resigned;  // R24 implies one
    }
    return presence_after(report->state) == Presence::foreground;
}

}  // namespace

Outcome Harness::handle(const Input& input) {
    if (!engine.closed() && is_return(input, engine.presence())) ++returns_;
    const auto* ended = std::get_if<input::TransportEnded>(&input);
    const bool socket_ends = ended != nullptr && socket_ == ended->generation;
    const auto outcome = engine.handle(input, now);
    std::vector<Output> fresh;
    while (auto output = engine.poll_output()) fresh.push_back(*output);
    engine.check_invariants();
    for (const auto& output : fresh) observe(output);
    // Gone before the step; until the engine heard of it, it may still have closed it.
    if (socket_ends && socket_ == ended->generation) socket_.reset();

    // Always true, whatever happened.
    must(engine.next_deadline().has_value() == engine.next_deadline_reason().has_value(),
         "engine.next_deadline().has_value() == engine.next_deadline_reason().has_value()");
    must(public_status(engine.state()) == status_, "public_status(engine.state()) == status_");
    must(socket_.has_value() == has_socket(engine.state()),
         "socket_.has_value() == has_socket(engine.state())");
    must(catching_up_ == engine.continuity().verdict_pending(),
         "a catch-up runs while a verdict waits");
    must(token_asked_ == engine.token().asking(), "token_asked_ == engine.token().asking()");
    must(task_running_ == engine.task().running(), "task_running_ == engine.task().running()");
    must(verdicts_ + (engine.return_pending() ? 1 : 0) == returns_,
         "verdicts_ + (engine.return_pending() ? 1 : 0) == returns_");
    if (std::holds_alternative<input::Tick>(input)) {
        // A timer that stays due would spin.
        must((!engine.next_deadline() || *engine.next_deadline() > now),
             "(!engine.next_deadline() || *engine.next_deadline() > now)");
    }
    if (!has_socket(engine.state()) && !is_waiting(engine.state()) && !task_running_ &&
        !token_asked_) {
        must(!(engine.next_deadline().has_value()),
             "engine.next_deadline().has_value()");  // Nothing to do, nobody woken.
    }
    if (engine.presence() != Presence::foreground && !task_running_) {
        // Out of sight without a task: nothing is opened, nothing is up.
        must(
            (engine.state() == ConnectionState::idle ||
             engine.state() == ConnectionState::closing || engine.presence() == Presence::resigned),
            "(engine.state() == ConnectionState::idle || engine.state() == "
            "ConnectionState::closing || engine.presence() == Presence::resigned)");
        must(!(enabled()), "enabled()");
    }
    for (const auto& output : fresh) {
        if (!std::holds_alternative<output::OpenTransport>(output)) continue;
        must((engine.presence() == Presence::foreground || task_running_),
             "(engine.presence() == Presence::foreground || task_running_)");
    }
    for (const auto& output : fresh) react(output);
    return outcome;
}

void Harness::advance(Duration time) {
    const auto end = now + time;
    int steps = 0;
    while (engine.next_deadline() && *engine.next_deadline() <= end) {
        now = std::max(now, *engine.next_deadline());
        tick();
        must(++steps < 100'000, "++steps < 100'000");
    }
    now = end;
}

void Harness::answer_os(const output::AskBackgroundTime& question, std::uint64_t id,
                        std::optional<Duration> remaining) {
    std::erase_if(unanswered_,
                  [&](const auto& each) { return each.question == question.question; });
    if (question.begin && id != 0) granted_.insert(id);
    handle(input::BackgroundTimeAnswer{question.question, question.begin, {id, remaining}});
}

void Harness::observe(const Output& output) {
    seen.push_back(output);
    std::visit([this](const auto& one) { on(one); }, output);
}

void Harness::on(const output::OpenTransport& open) {
    must(!(socket_.has_value()), "socket_.has_value()");
    must(open.generation == engine.generation(), "open.generation == engine.generation()");
    socket_ = open.generation;
}

void Harness::on(const output::CloseTransport& closing) {
    must(socket_ == closing.generation, "socket_ == closing.generation");
    must(closing_.insert(closing.generation).second,
         "closing_.insert(closing.generation).second");  // One close a connection.
    must((closing.code == (closing.suspend ? 1001 : 1000)),
         "(closing.code == (closing.suspend ? 1001 : 1000))");
}

void Harness::on(const output::AbortTransport& abort) {
    must(socket_ == abort.generation, "socket_ == abort.generation");
    socket_.reset();
}

void Harness::on(const output::SendPing& ping) {
    must(socket_ == ping.generation, "socket_ == ping.generation");
}

void Harness::on(const output::EndBackgroundTime& end) {
    must(end.id != 0, "end.id != 0");
    must(granted_.count(end.id) == 1, "granted_.count(end.id) == 1");
    must(ended_.insert(end.id).second, "ended_.insert(end.id).second");
}

void Harness::on(const output::CatchUp& catch_up) {
    must(socket_ == catch_up.generation, "socket_ == catch_up.generation");
    must(!catching_up_, "one catch-up at a time");
    catching_up_ = true;
}

void Harness::on(const output::StopCatchUp&) {
    must(catching_up_, "only what runs is stopped");
    catching_up_ = false;
}

void Harness::on(const output::AskToken& ask) {
    must(!token_asked_, "one question at a time");
    must(ask.request != 0, "ask.request != 0");
    token_asked_ = true;
}

void Harness::on(const output::TokenSettled&) {
    token_asked_ = false;
}

void Harness::on(const output::StatusChanged& change) {
    must(change.status == public_status(change.state),
         "change.status == public_status(change.state)");
    must((change.status == status_ || may_follow(status_, change.status)),
         "(change.status == status_ || may_follow(status_, change.status))");
    must(!(closed_), "closed_");
    status_ = change.status;
}

void Harness::on(const output::BackgroundTaskBegan& began) {
    must(!(task_running_), "task_running_");
    must(began.number == task_ + 1, "began.number == task_ + 1");
    task_ = began.number;
    task_running_ = true;
}

void Harness::on(const output::BackgroundTaskEnded& ended) {
    must(task_running_, "task_running_");
    must(ended.number == task_, "ended.number == task_");
    must(ended.cause != TaskCause::none, "ended.cause != TaskCause::none");
    task_running_ = false;
}

void Harness::on(const output::GapJudged& judged) {
    must(judged.gap.number > gap_, "judged.gap.number > gap_");
    must(judged.verdict != GapVerdict::none, "judged.verdict != GapVerdict::none");
    must(judged.length >= Duration::zero(), "judged.length >= Duration::zero()");
    gap_ = judged.gap.number;
    catching_up_ = false;
}

void Harness::on(const output::ReturnJudged& judged) {
    must(judged.advice != ReturnAdvice::none, "judged.advice != ReturnAdvice::none");
    ++verdicts_;
}

void Harness::on(const output::Closed&) {
    must(!(closed_), "closed_");
    closed_ = true;
}

void Harness::react(const Output& output) {
    if (const auto* ping = std::get_if<output::SendPing>(&output)) {
        if (answers_pings && socket_ == ping->generation) {
            handle(input::PongRead{ping->generation, ping->payload});
        }
    } else if (const auto* closing = std::get_if<output::CloseTransport>(&output)) {
        if (answers_close && socket_ == closing->generation) {
            handle(input::TransportEnded{closing->generation,
                                         {Reason::closed_by_server, closing->code, 0, {}}});
        }
    } else if (const auto* asked = std::get_if<output::AskToken>(&output)) {
        if (answers_token) handle(input::TokenProvided{asked->request, true});
    } else if (const auto* ask = std::get_if<output::AskBackgroundTime>(&output)) {
        unanswered_.push_back(*ask);
        if (os_answers) {
            const auto question = *ask;
            answer_os(question, question.begin && !os_refuses ? new_os_id() : 0, os_remaining);
        }
    }
}

}  // namespace graceline::engine::testing
