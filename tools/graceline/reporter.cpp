// Shows what happens, for people or as one JSON object a line.
// Must not decide anything, nor show a secret.
#include "tools/graceline/reporter.hpp"

#include <array>

#include "tools/graceline/duration.hpp"
#include "tools/graceline/terminal_text.hpp"

namespace graceline::cli {

namespace {

constexpr std::size_t kMaxShownMessageBytes = 400;

std::string people(std::string_view text) {
    return terminal_text(text, kMaxShownMessageBytes);
}

const char* fate_name(Fate fate) {
    switch (fate) {
        case Fate::sent:
            return "sent";
        case Fate::failed:
            return "failed";
        case Fate::acknowledged:
            return "acknowledged";
        case Fate::none:
            break;
    }
    return "none";
}

const char* direction_name(PageDirection direction) {
    switch (direction) {
        case PageDirection::previous:
            return "previous";
        case PageDirection::next:
            return "next";
        case PageDirection::latest:
            break;
    }
    return "latest";
}

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

std::string in_words(Milliseconds remaining) {
    if (remaining == Milliseconds(0)) return "none";
    return remaining == kUnlimited ? "unlimited" : duration_text(remaining);
}

}  // namespace

// One function a kind of event: both ways of saying it stand side by side.
struct Reporter::EventWriter {
    Reporter& reporter;
    const Event& event;

    bool json() const { return reporter.json_; }
    JsonLine line() const {
        JsonLine line = reporter.json_line(event.time(), name_of(event.type()));
        line.add("sequence", number(event.sequence()));
        return line;
    }
    void people_line(std::string_view what, const std::string& text) const {
        reporter.print(event.time(), what, text);
    }

    void operator()(const MessageEvent& m) const {
        if (!json()) {
            std::string text = m.is_replayed ? "(replayed) " : "";
            if (m.id) text += "[" + people(*m.id) + "] ";
            if (m.sender) text += people(*m.sender) + ": ";
            text +=
                m.is_text ? people(m.payload) : std::to_string(m.payload.size()) + " bytes, binary";
            return people_line("message", text);
        }
        JsonLine out = line();
        out.add_flag("replayed", m.is_replayed);
        if (m.id) out.add("id", *m.id);
        if (m.conversation) out.add("conversation", *m.conversation);
        if (m.sender) out.add("sender", *m.sender);
        if (m.server_time) out.add("time", *m.server_time);
        out.add("bytes", static_cast<std::int64_t>(m.payload.size()));
        if (m.is_text) {
            out.add("text", m.payload);
        } else {
            out.add("base64", base64(m.payload));
        }
        reporter.print(out);
    }

    void operator()(const ConnectionStatusEvent& s) const {
        if (!json()) {
            std::string text = name_of(s.status);
            text += std::string(" (") + name_of(s.phase);
            if (s.reason != Reason::none) text += std::string(", ") + name_of(s.reason);
            text += ")";
            if (s.attempt > 1) text += " attempt " + std::to_string(s.attempt);
            if (s.retry_in) text += ", again in " + duration_text(*s.retry_in);
            if (s.close_code != 0) text += ", close code " + std::to_string(s.close_code);
            if (s.http_status != 0) text += ", HTTP " + std::to_string(s.http_status);
            if (!s.text.empty()) text += ": " + people(s.text);
            return people_line("status", text);
        }
        JsonLine out = line();
        out.add("connection_status", name_of(s.status)).add("phase", name_of(s.phase));
        out.add("reason", name_of(s.reason)).add("attempt", s.attempt);
        if (s.retry_in) out.add("retry_in_ms", s.retry_in->count());
        if (s.close_code != 0) out.add("close_code", s.close_code);
        if (s.http_status != 0) out.add("http_status", s.http_status);
        out.add("coalesced", event.coalesced_count()).add("text", s.text);
        reporter.print(out);
    }

    void operator()(const BackgroundTaskBeganEvent& t) const {
        if (!json()) return people_line("task", "began, number " + std::to_string(t.task_number));
        JsonLine out = line();
        reporter.print(out.add("task", number(t.task_number)));
    }

    void operator()(const BackgroundTaskEndedEvent& t) const {
        if (!json()) {
            return people_line("task", std::string("ended: ") + name_of(t.cause) + ", number " +
                                           std::to_string(t.task_number));
        }
        JsonLine out = line();
        out.add("task", number(t.task_number)).add("cause", name_of(t.cause));
        reporter.print(out.add("reason", name_of(t.reason)));
    }

    void operator()(const GapVerdictEvent& g) const {
        if (!json()) {
            return people_line("gap", std::string(name_of(g.verdict)) + " after " +
                                          duration_text(g.length) + " (" + name_of(g.reason) + ")");
        }
        JsonLine out = line();
        out.add("gap", number(g.gap_number)).add("verdict", name_of(g.verdict));
        reporter.print(out.add("gap_ms", g.length.count()).add("reason", name_of(g.reason)));
    }

    void operator()(const ReturnVerdictEvent& v) const {
        if (!json()) {
            return people_line("return",
                               std::string(name_of(v.verdict)) + " (" + name_of(v.reason) + ")");
        }
        JsonLine out = line();
        reporter.print(out.add("verdict", name_of(v.verdict)).add("reason", name_of(v.reason)));
    }

    void operator()(const RefreshNeededEvent& r) const {
        if (!json()) {
            const std::string since = r.since_id ? ", since " + people(*r.since_id) : "";
            return people_line("refresh", std::string("needed: ") + name_of(r.reason) + since);
        }
        JsonLine out = line();
        if (r.since_id) out.add("since_id", *r.since_id);
        reporter.print(out.add("reason", name_of(r.reason)));
    }

    void operator()(const SendFateEvent& f) const {
        if (!json()) {
            std::string text =
                fate_name(f.fate) + std::string(": message ") + std::to_string(f.first_id);
            if (f.last_id != f.first_id) text += " to " + std::to_string(f.last_id);
            if (f.fate == Fate::failed) text += std::string(" (") + name_of(f.reason) + ")";
            return people_line("fate", text);
        }
        JsonLine out = line();
        out.add("fate", fate_name(f.fate)).add("first_id", number(f.first_id));
        reporter.print(out.add("last_id", number(f.last_id)).add("reason", name_of(f.reason)));
    }

    void operator()(const PingCompletedEvent& p) const {
        if (!json()) {
            return people_line("ping", p.round_trip
                                           ? std::to_string(p.round_trip->count()) + " us"
                                           : std::string("failed (") + name_of(p.reason) + ")");
        }
        JsonLine out = line();
        if (p.round_trip) {
            out.add("round_trip_us", p.round_trip->count());
        } else {
            out.add_null("round_trip_us");
        }
        reporter.print(out.add("reason", name_of(p.reason)));
    }

    void operator()(const TokenNeededEvent& t) const {
        if (!json()) return people_line("token", "needed, request " + std::to_string(t.request_id));
        JsonLine out = line();
        reporter.print(out.add("request_id", number(t.request_id)));
    }

    void operator()(const FetchNeededEvent& f) const {
        const char* direction = direction_name(f.direction);
        if (!json()) {
            return people_line("fetch", std::string("needed, ") + direction + " page, request " +
                                            std::to_string(f.request_id));
        }
        JsonLine out = line();
        out.add("request_id", number(f.request_id)).add("direction", direction);
        reporter.print(out.add("limit", f.limit));
    }

    void operator()(const RequestCompletedEvent& r) const {
        const std::int64_t count = r.page ? static_cast<std::int64_t>(r.page->size()) : 0;
        if (!json()) {
            return people_line("request",
                               std::to_string(r.request_id) +
                                   (r.page ? ": " + std::to_string(count) + " items"
                                           : std::string(" failed: ") + name_of(r.status)));
        }
        JsonLine out = line();
        out.add("request_id", number(r.request_id)).add("status", name_of(r.status));
        out.add("reason", name_of(r.reason)).add("items", count);
        if (r.http_status != 0) out.add("http_status", r.http_status);
        reporter.print(out);
    }

    void operator()(const ClosedEvent&) const {
        if (!json()) return people_line("closed", "");
        JsonLine out = line();
        reporter.print(out);
    }

    void operator()(const UnknownEvent& u) const {
        if (!json()) return people_line("event", "of the unknown type " + std::to_string(u.type));
        JsonLine out = line();
        reporter.print(out.add("number", u.type));
    }
};

void Reporter::show(const Event& event) {
    event.visit(EventWriter{*this, event});
}

void Reporter::show(const Step& step) {
    if (!json_) return print(now(), "step", people(step.text));
    JsonLine line = json_line(now(), "step");
    print(line.add("step", step.text));
}

void Reporter::show_refused(const Step& step, const Error& error) {
    if (!json_) {
        return print(now(), "refused", people(step.text) + ": " + people(error.what()));
    }
    JsonLine line = json_line(now(), "refused");
    line.add("step", step.text).add("status", name_of(error.status()));
    print(line.add("text", error.detail()));
}

void Reporter::show_queries(const Client& client) {
    const Milliseconds remaining = client.background_time_remaining();
    const bool enabled = client.background_task_enabled();
    const bool needs_refresh = client.needs_refresh();
    const char* status = name_of(client.connection_status());
    if (!json_) {
        return print(now(), "query",
                     std::string("background_task_enabled ") + (enabled ? "1" : "0") +
                         ", needs_refresh " + (needs_refresh ? "1" : "0") + ", status " + status +
                         ", window left " + in_words(remaining));
    }
    JsonLine line = json_line(now(), "query");
    line.add_flag("background_task_enabled", enabled).add_flag("needs_refresh", needs_refresh);
    line.add("connection_status", status);
    print(line.add("background_time_remaining_ms", remaining.count()));
}

void Reporter::show_end(int exit_code, std::string_view text) {
    if (!json_) {
        if (!text.empty()) print(now(), "end", std::string(text));
        return;
    }
    JsonLine line = json_line(now(), "end");
    print(line.add("exit_code", exit_code).add("text", text));
}

JsonLine Reporter::json_line(Milliseconds time, std::string_view type) const {
    JsonLine line;
    line.add("at_ms", (time - start_).count()).add("type", type);
    return line;
}

void Reporter::print(JsonLine& line) {
    print_line(line.take());
}

void Reporter::print(Milliseconds time, std::string_view what, const std::string& text) {
    std::array<char, 48> head{};
    std::snprintf(head.data(), head.size(), "%9.3f s  %-8.*s ",
                  static_cast<double>((time - start_).count()) / 1'000.0,
                  static_cast<int>(what.size()), what.data());
    print_line(head.data() + text);
}

void Reporter::print_line(const std::string& line) {
    std::fputs(line.c_str(), out_);
    std::fputc('\n', out_);
    // Whoever reads a pipe wants each line when it happens.
    std::fflush(out_);
}

}  // namespace graceline::cli
