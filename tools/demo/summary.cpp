// The end of the demo: what the returns were told, and what became of every message.
// Must not judge better than the account does.
#include "tools/demo/summary.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "tools/graceline/duration.hpp"
#include "tools/graceline/json_line.hpp"

namespace graceline::demo {

namespace {

const char* name_of_outcome(Outcome outcome) {
    switch (outcome) {
        case Outcome::live:
            return "live";
        case Outcome::replayed:
            return "replayed";
        case Outcome::reported:
            return "reported";
        case Outcome::lost:
            break;
    }
    return "lost";
}

std::string counted(const char* label, int count, const std::string& more) {
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "    %-44s %4d", label, count);
    return text.data() + (more.empty() ? "" : "   " + more);
}

}  // namespace

std::string window_text(Ms grace) {
    const std::string text = "a window of " + cli::duration_text(Milliseconds(grace));
    if (grace == 30'000) return text;
    if (grace == 3'000) return text + ", a tenth of the usual 30s";
    return text + " instead of the usual 30s";
}

void show_returns(Screen& screen, const Record& record) {
    screen.text("  What each return was told", Tone::strong);
    for (const auto& back : record.returns) {
        const bool none = back.verdict == ReturnVerdict::none;
        std::array<char, 160> text{};
        std::snprintf(text.data(), text.size(), "    %-38s %-8s %-24s background_task_enabled %d",
                      back.scene.c_str(), none ? "(none)" : name_of(back.verdict),
                      back.reason == Reason::none ? "" : name_of(back.reason),
                      back.task_enabled ? 1 : 0);
        screen.text(text.data(), back.verdict == ReturnVerdict::skip ? Tone::good : Tone::bad);
    }
    if (record.returns.empty()) screen.text("    (there was none)");
}

std::string numbers_of(const Account& account, Outcome outcome) {
    std::string text;
    std::size_t i = 0;
    const auto& entries = account.entries;
    while (i < entries.size()) {
        if (entries[i].outcome != outcome) {
            ++i;
            continue;
        }
        const std::size_t first = i;
        while (i < entries.size() && entries[i].outcome == outcome) ++i;
        if (!text.empty()) text += ", ";
        text += "#" + std::to_string(first + 1);
        if (i - first > 1) text += " to #" + std::to_string(i);
    }
    return text;
}

void show_account(Screen& screen, const Account& account, int publish_failed_count) {
    screen.text("  What became of the " + std::to_string(account.entries.size()) +
                    " messages that were published, by their ids",
                Tone::strong);
    screen.text(counted("received live", account.live_count, numbers_of(account, Outcome::live)),
                Tone::good);
    screen.text(counted("replayed: missed, and fetched over HTTP", account.replayed_count,
                        numbers_of(account, Outcome::replayed)),
                Tone::replayed);
    screen.text(counted("missed and reported as to be refreshed", account.reported_count,
                        numbers_of(account, Outcome::reported)),
                account.reported_count > 0 ? Tone::warning : Tone::plain);
    if (account.reported_count > 0) {
        screen.text("      (" + std::to_string(account.reported_and_fetched_count) +
                        " of them the demo then fetched itself, over HTTP)",
                    Tone::dim);
    }
    screen.text("    lost (neither delivered nor reported): " + std::to_string(account.lost_count) +
                    (account.lost_count > 0 ? "   " + numbers_of(account, Outcome::lost) : ""),
                account.lost_count > 0 ? Tone::bad : Tone::good);
    if (account.foreign_count > 0) {
        screen.text("    received, but published by somebody else: " +
                    std::to_string(account.foreign_count));
    }
    if (publish_failed_count > 0) {
        screen.text(
            "    not taken by the server, so not counted: " + std::to_string(publish_failed_count),
            Tone::warning);
    }
}

void show_proof(Screen& screen, const Account& account) {
    screen.text("  The proof: the list of published ids against the list of delivered ids",
                Tone::strong);
    const auto line = [&screen](const char* label, int count, bool is_fault) {
        screen.text("    " + std::string(label) + ": " + std::to_string(count),
                    is_fault && count > 0 ? Tone::bad : Tone::plain);
    };
    const int delivered = account.live_count + account.replayed_count;
    line("published", static_cast<int>(account.entries.size()), false);
    line("delivered", delivered, false);
    line("live", account.live_count, false);
    line("replayed", account.replayed_count, false);
    line("lost", account.lost_count, true);
    line("doubled", account.delivered_again_count, true);
    line("out of order", account.out_of_order_count, true);
    const bool equal = account.published_is_delivered;
    screen.text(std::string("    published ids == delivered ids, each once, in order: ") +
                    (equal ? "yes" : "no"),
                equal ? Tone::good : Tone::warning);
}

void write_text(const std::string& file_name, const std::string& text) {
    const std::filesystem::path path(file_name);
    std::error_code ignored;
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + file_name);
}

void write_ledger(const std::string& file_name, const Account& account) {
    std::string text;
    for (const auto& entry : account.entries) {
        cli::JsonLine line;
        line.add("id", entry.id).add("outcome", name_of_outcome(entry.outcome));
        line.add("published_at_ms", entry.published_end);
        if (entry.delivered_at) line.add("delivered_at_ms", *entry.delivered_at);
        line.add("deliveries", entry.delivery_count);
        text += line.add_flag("fetched_by_the_demo", entry.fetched_by_app).take() + "\n";
    }
    write_text(file_name, text);
}

}  // namespace graceline::demo
