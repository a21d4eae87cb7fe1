// Jobs, their fetches and their ends: each request one completion, each catch-up one verdict.
// Must not hold policy of its own: fetching.cpp, catch_up.cpp and walk.cpp do.
#include "core/history/desk.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace graceline::history {

using engine::Deadline;
using engine::Failure;
using engine::Instant;
using engine::Reason;

Desk::Desk(SourceOptions source, const DeskOptions& options)
    : source_(std::move(source)),
      options_(options),
      fetching_options_{options.fetch_timeout, options.backoff, source_.refuses_unknown_ids},
      generator_(options.seed) {}

void Desk::begin_step(Instant now) {
    assert(drained_ == outputs_.size() && "outputs of the last step must be drained first");
    outputs_.clear();
    drained_ = 0;
    now_ = std::max(now_, now);
}

std::optional<Output> Desk::poll_output() {
    if (drained_ == outputs_.size()) return std::nullopt;
    return std::move(outputs_[drained_++]);
}

// The catch-up.

bool Desk::begin_catch_up(const Known& known, Instant now) {
    begin_step(now);
    if (catch_up_) stop(catch_up_->fetching);
    catch_up_.reset();
    if (!can_catch_up(source_) || known.positions.conversations().empty()) return false;
    catch_up_.emplace(CatchingUp{CatchUp(source_, options_.catch_up, known),
                                 Fetching(kCatchUpRetries, now_ + options_.catch_up_time)});
    carry_out(catch_up_->catch_up.begin(known));
    return true;
}

void Desk::cancel_catch_up() {
    begin_step(now_);
    if (catch_up_) stop(catch_up_->fetching);
    catch_up_.reset();
}

void Desk::carry_out(CatchUp::Step&& step) {
    if (step.replay) put(output::Replay{std::move(step.replay)});
    if (step.ended) {
        put(output::CatchUpEnded{*step.ended, {}});
        catch_up_.reset();
        return;
    }
    catch_up_->fetching.ask(std::move(*step.fetch));
    start(catch_up_->fetching, 0);
}

void Desk::catch_up_answered(Answer&& answer, const Known& known) {
    auto& job = *catch_up_;
    if (auto* page = std::get_if<std::shared_ptr<Page>>(&answer)) {
        job.fetching.answered();
        carry_out(job.catch_up.page_came(std::move(*page), known));
        return;
    }
    const auto& failure = std::get<Failure>(answer);
    switch (failed(job.fetching, failure)) {
        case Fetching::Next::unknown_anchor:
            carry_out(job.catch_up.anchor_unknown(known));
            return;
        case Fetching::Next::fail:
            catch_up_failed(failure);
            return;
        case Fetching::Next::wait:
        case Fetching::Next::token:
            return;
    }
}

void Desk::catch_up_failed(const Failure& failure) {
    const auto treatment =
        treatment_of(failure, catch_up_->fetching.fetch(), source_.refuses_unknown_ids);
    const auto told = Fetching::told(failure, treatment);
    put(output::CatchUpEnded{catch_up_->catch_up.stop(told.reason), failure});
    catch_up_.reset();
}

void Desk::tick_catch_up() {
    auto& fetching = catch_up_->fetching;
    if (!engine::reached(fetching.due(), now_)) return;
    if (fetching.over(now_)) {
        stop(fetching);
        put(output::CatchUpEnded{catch_up_->catch_up.stop(Reason::catch_up_limit), {}});
        catch_up_.reset();
        return;
    }
    if (fetching.state() == Fetching::State::waiting) {
        start(fetching, 0);
        return;
    }
    stop(fetching);
    const Failure late{Reason::history_timeout, 0, 0, std::nullopt};
    if (failed(fetching, late) == Fetching::Next::fail) catch_up_failed(late);
}

// Requests.

std::optional<std::size_t> Desk::request_with(std::uint64_t number) const {
    const auto found = std::ranges::find(requests_, number, &Request::number);
    if (found == requests_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - requests_.begin());
}

Desk::Begun Desk::begin(std::uint64_t request, Fetch page, const Known& known, Instant now) {
    begin_step(now);
    if (!offers(source_, page.kind, page.direction)) return Begun::not_offered;
    if (request == 0 || request_with(request)) return Begun::number_used;
    if (requests_.size() == kMaxRequests) return Begun::too_many;
    requests_.push_back({request, known.epoch, Fetching(0, now_ + options_.request_time)});
    try {
        requests_.back().fetching.ask(std::move(page));
        start(requests_.back().fetching, request);
    } catch (...) {
        requests_.pop_back();  // memory ran out: it was never begun
        throw;
    }
    return Begun::ok;
}

void Desk::cancel(std::uint64_t request, Reason reason) {
    begin_step(now_);
    const auto index = request_with(request);
    if (!index) return;
    stop(requests_[*index].fetching);
    request_failed(*index, {reason, 0, 0, std::nullopt});
}

void Desk::cancel_all(Reason reason) {
    begin_step(now_);
    if (catch_up_) stop(catch_up_->fetching);
    catch_up_.reset();
    while (!requests_.empty()) {
        stop(requests_.front().fetching);
        request_failed(0, {reason, 0, 0, std::nullopt});
    }
}

void Desk::request_failed(std::size_t index, const Failure& failure) {
    put(output::RequestFailed{requests_[index].number, failure, Reason::none});
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Desk::request_came(std::size_t index, std::shared_ptr<Page> page, const Known& known) {
    auto& request = requests_[index];
    request.fetching.answered();
    const auto& fetch = request.fetching.fetch();
    // A page far back would only push newer ids out; but in a hole a catch-up may still come by.
    const bool may_come_again = fetch.direction != Direction::previous || known.positions.hole();
    if (fetch.kind == Kind::messages && may_come_again) {
        for (const auto& item : page->items()) {
            const auto& fields = item.fields;
            known.seen.add(fields.has_conversation ? fields.conversation : fetch.conversation,
                           fields.id, kNotLive);
        }
    }
    const auto end = end_after(source_, fetch, *page);
    put(output::PageReady{request.number, std::move(page), fetch, end, request.epoch});
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Desk::request_answered(std::size_t index, Answer&& answer, const Known& known) {
    if (auto* page = std::get_if<std::shared_ptr<Page>>(&answer)) {
        request_came(index, std::move(*page), known);
        return;
    }
    const auto& failure = std::get<Failure>(answer);
    auto& fetching = requests_[index].fetching;
    const auto next = failed(fetching, failure);
    if (next != Fetching::Next::fail && next != Fetching::Next::unknown_anchor) return;
    const auto treatment = treatment_of(failure, fetching.fetch(), source_.refuses_unknown_ids);
    put(output::RequestFailed{requests_[index].number, Fetching::told(failure, treatment),
                              failure.reason});
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Desk::tick_request(std::size_t index) {
    auto& fetching = requests_[index].fetching;
    if (!engine::reached(fetching.due(), now_)) return;
    if (fetching.state() == Fetching::State::waiting && !fetching.over(now_)) {
        start(fetching, requests_[index].number);
        return;
    }
    stop(fetching);
    request_failed(index, {Reason::history_timeout, 0, 0, std::nullopt});
}

// Fetches of either.

void Desk::start(Fetching& fetching, std::uint64_t request) {
    const auto number = ++fetches_;
    const auto timeout = fetching.start(number, now_, fetching_options_);
    put(output::StartFetch{number, request, fetching.fetch(), timeout});
}

void Desk::stop(const Fetching& fetching) {
    if (fetching.number() != 0) put(output::StopFetch{fetching.number()});
}

Fetching::Next Desk::failed(Fetching& fetching, const Failure& failure) {
    const auto number = fetching.number();
    const auto next = fetching.failed(failure, now_, fetching_options_, generator_);
    if (next == Fetching::Next::token) put(output::NeedToken{number});
    return next;
}

void Desk::answer(std::uint64_t fetch, Answer&& answer, const Known& known, Instant now) {
    begin_step(now);
    if (fetch == 0) return;
    if (catch_up_ && catch_up_->fetching.number() == fetch) {
        if (catch_up_->fetching.over(now_)) return tick_catch_up();
        return catch_up_answered(std::move(answer), known);
    }
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        if (requests_[i].fetching.number() == fetch) {
            return request_answered(i, std::move(answer), known);
        }
    }
}

void Desk::token_settled(bool ok, Instant now) {
    begin_step(now);
    const auto refused = [](const Fetching& fetching) {
        return Failure{Reason::auth_refused, 0, fetching.refused_with(), std::nullopt};
    };
    if (catch_up_ && catch_up_->fetching.state() == Fetching::State::token) {
        if (ok) {
            start(catch_up_->fetching, 0);
        } else {
            catch_up_failed(refused(catch_up_->fetching));
        }
    }
    for (std::size_t i = requests_.size(); i > 0; --i) {
        auto& request = requests_[i - 1];
        if (request.fetching.state() != Fetching::State::token) continue;
        if (ok) {
            start(request.fetching, request.number);
        } else {
            request_failed(i - 1, refused(request.fetching));
        }
    }
}

void Desk::tick(Instant now) {
    begin_step(now);
    if (catch_up_) tick_catch_up();
    for (std::size_t i = requests_.size(); i > 0; --i) tick_request(i - 1);
}

Deadline Desk::next_deadline() const {
    Deadline next;
    if (catch_up_) next = catch_up_->fetching.due();
    for (const auto& request : requests_) next = engine::earlier(next, request.fetching.due());
    return next;
}

void Desk::check_invariants() const {
    assert(requests_.size() <= kMaxRequests);
    const auto sound = [&]([[maybe_unused]] const Fetching& fetching) {
        assert(fetching.state() != Fetching::State::idle && "a job always waits for something");
        assert(fetching.due() && *fetching.due() <= fetching.end_by());
        assert(fetching.number() <= fetches_);
    };
    if (catch_up_) sound(catch_up_->fetching);
    for (const auto& request : requests_) sound(request.fetching);
}

}  // namespace graceline::history
