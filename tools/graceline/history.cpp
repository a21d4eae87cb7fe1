// `graceline history`: prints a conversation, oldest first, page by page over HTTP.
// Must not open the WebSocket.
#include <cstdio>
#include <vector>

#include "tools/graceline/commands.hpp"
#include "tools/graceline/duration.hpp"
#include "tools/graceline/interrupt.hpp"
#include "tools/graceline/run.hpp"
#include "tools/graceline/terminal_text.hpp"

namespace graceline::cli {

namespace {

// How long an interrupt may go unnoticed.
constexpr Milliseconds kInterruptCheck{100};
constexpr Milliseconds kFinishWithin{2'000};
constexpr std::size_t kMaxShownFieldBytes = 120;
constexpr std::size_t kMaxShownMessageBytes = 4'000;

// One page as lines to print, or why there is none.
struct PageLines {
    std::vector<std::string> lines;
    PageEnd last = PageEnd::no;
    std::string failure;
};

std::string line_for_people(const MessageEvent& message) {
    std::string text;
    const auto field = [](std::string_view of) { return terminal_text(of, kMaxShownFieldBytes); };
    if (message.server_time) text += field(*message.server_time) + "  ";
    if (message.id) text += "[" + field(*message.id) + "] ";
    if (message.sender) text += field(*message.sender) + ": ";
    return text + terminal_text(message.payload, kMaxShownMessageBytes);
}

// Between the tokens of JSON a line end is a blank; inside a string it cannot stand.
std::string line_of_json(const MessageEvent& message) {
    std::string text(message.payload);
    for (char& c : text) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    return text;
}

PageLines lines_of(const RequestCompletedEvent& done, std::string_view text, bool json) {
    PageLines result;
    if (!done.page) {
        result.failure = terminal_text(text, kMaxShownMessageBytes);
        if (text.empty()) {
            result.failure =
                done.reason == Reason::none ? name_of(done.status) : text_of(done.reason);
        }
        if (done.http_status != 0) {
            result.failure += ", HTTP " + std::to_string(done.http_status);
        }
        if (done.retry_in) {
            result.failure += ", to be tried again in " + duration_text(*done.retry_in);
        }
        return result;
    }
    result.last = done.page->last();
    for (const MessageEvent message : *done.page) {
        result.lines.push_back(json ? line_of_json(message) : line_for_people(message));
    }
    return result;
}

// Nothing: the user interrupted.
std::optional<PageLines> wait_for(Client& client, std::uint64_t request_id, bool json) {
    while (!interrupted()) {
        for (const Event event : client.poll(kInterruptCheck)) {
            const auto done = event.as<RequestCompletedEvent>();
            if (done && done->request_id == request_id) return lines_of(*done, event.text(), json);
        }
    }
    return std::nullopt;
}

// Lets what is under way end in order before the program does.
void finish(Client& client) {
    client.close();
    const Milliseconds end = now() + kFinishWithin;
    for (bool closed = false; !closed && now() < end;) {
        for (const Event event : client.poll(kInterruptCheck)) {
            closed = event.type() == EventType::closed;
        }
    }
}

void print(const std::vector<std::string>& lines) {
    for (const auto& line : lines) std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

std::string counted(std::size_t count, const char* what) {
    return std::to_string(count) + " " + what + (count == 1 ? ", " : "s, ");
}

const char* end_text(PageEnd last) {
    switch (last) {
        case PageEnd::proven:
            return "end proven";
        case PageEnd::unproven:
            return "end not proven";
        case PageEnd::no:
            break;
    }
    return "there may be more";
}

}  // namespace

int history(HistoryCommand command) {
    const bool json = command.client.json;
    // The item's own JSON is what --json is for; people want the text of the dev server's messages.
    if (!json && !command.client.history.url) {
        command.client.options.history->json_body_pointer = "/body";
    }
    Client client(with_log(std::move(command.client.options)));
    MessagesRequestOptions options;
    options.limit = command.limit;
    options.start_message_id = command.from;
    MessagesRequest request(client, options);
    // Pages that lead back come newest first, so they are kept to be printed from the other end.
    std::vector<std::vector<std::string>> kept;
    std::size_t message_count = 0;
    int page_count = 0;
    std::optional<PageLines> page = PageLines{};
    while (page && page->last == PageEnd::no && page_count < command.pages) {
        page =
            wait_for(client, command.from ? request.fetch_next() : request.fetch_previous(), json);
        if (!page || !page->failure.empty()) break;
        ++page_count;
        message_count += page->lines.size();
        if (command.from) {
            print(page->lines);
        } else {
            kept.push_back(std::move(page->lines));
        }
    }
    finish(client);
    for (auto lines = kept.rbegin(); lines != kept.rend(); ++lines) print(*lines);
    const std::string counts =
        counted(message_count, "message") + counted(static_cast<std::size_t>(page_count), "page");
    if (!page) {
        std::fprintf(stderr, "%sinterrupted\n", counts.c_str());
        return kExitInterrupted;
    }
    if (!page->failure.empty()) {
        std::fprintf(stderr, "%sfailed\ngraceline: history: %s\n", counts.c_str(),
                     page->failure.c_str());
        return kExitNoHistory;
    }
    std::fprintf(stderr, "%s%s\n", counts.c_str(), end_text(page->last));
    return kExitDone;
}

}  // namespace graceline::cli
