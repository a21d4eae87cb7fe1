// Pages of the simulated server, and how it spoils them.
// Must draw all chance from its one generator, so that a seed repeats a run.
#include "tests/history/simulated_server.hpp"

#include <algorithm>

namespace graceline::history::testing {

using engine::Failure;
using engine::Reason;

namespace {

Failure status(std::uint16_t code, std::optional<std::uint32_t> retry_after = std::nullopt) {
    return {Reason::http_status, 0, code, retry_after};
}

}  // namespace

SourceOptions source_of(const Habits& habits) {
    SourceOptions source;
    source.messages_url = "https://history.example/m{?conversation,limit,before,after}";
    if (habits.cursors) {
        source.messages_url = "https://history.example/m{?conversation,limit,before,after,cursor}";
        source.messages.next_cursor = "/next";
    }
    source.conversations_url = "https://history.example/c{?limit,cursor}";
    source.refuses_unknown_ids =
        habits.unknown == UnknownAnchor::refuse && !habits.ignores_anchors && !habits.loops;
    source.newest_first = habits.newest_first;
    source.messages.items = "/items";
    source.messages.id = "/id";
    source.messages.conversation = "/room";
    source.messages.time = "/at";
    source.messages.body = "/text";
    source.messages.complete = "/complete";
    source.conversations.items = "/list";
    source.conversations.id = "/name";
    source.conversations.next_cursor = "/next";
    return source;
}

SimulatedServer::SimulatedServer(const Habits& its_habits, std::uint64_t seed)
    : habits(its_habits), generator_(seed) {}

std::size_t SimulatedServer::publish(const std::string& conversation) {
    const auto place = messages_.size();
    // Opaque: no order can be read from it.
    engine::Generator mix(place * 77 + 5);
    const auto id = "m-" + std::to_string(mix.next() % 1'000'000'007) + "-" + std::to_string(place);
    messages_.push_back({id, conversation});
    index_.emplace(id, place);
    return place;
}

SimulatedServer::Reply SimulatedServer::answer(const Fetch& fetch) {
    ++answers_;
    Reply reply;
    const auto span = std::max(habits.slowest - habits.fastest, engine::Duration{});
    reply.delay = generator_.between(habits.fastest, habits.fastest + span);
    if (happens(habits.hangs)) reply.delay = std::chrono::hours(1);
    if (!takes_token) {
        reply.result = status(401);
    } else if (happens(habits.lost)) {
        reply.result = Failure{Reason::connection_lost, 0, 0, std::nullopt};
    } else if (happens(habits.errors)) {
        reply.result = status(500);
    } else if (happens(habits.throttles)) {
        reply.result =
            happens(500) ? status(429, static_cast<std::uint32_t>(below(4))) : status(503);
    } else if (happens(habits.garbage)) {
        reply.result = std::string("<html>Bad Gateway</html>");
    } else if (fetch.kind == Kind::conversations) {
        reply.result = conversations_page(fetch);
    } else {
        reply.result = messages_page(fetch);
        if (auto* body = std::get_if<std::string>(&reply.result);
            body && happens(habits.cut_short)) {
            body->resize(below(body->size()));
        }
    }
    return reply;
}

SimulatedServer::List SimulatedServer::kept(const std::string& conversation) const {
    List list;
    for (std::size_t i = 0; i < messages_.size(); ++i) {
        if (conversation.empty() || messages_[i].conversation == conversation) list.push_back(i);
    }
    if (list.size() > habits.keeps) {
        list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(habits.keeps));
    }
    return list;
}

std::variant<std::string, Failure> SimulatedServer::messages_page(const Fetch& fetch) {
    const auto list = kept(fetch.conversation);
    const auto limit = std::min<std::size_t>(fetch.limit, habits.most_items);
    const auto newest = list.size() - std::min(list.size(), limit);
    auto anchor = fetch.anchor_id;
    if (habits.cursors && !fetch.cursor.empty()) anchor = fetch.cursor;
    if (habits.loops && !fetch.cursor.empty()) anchor = messages_[list.front()].id;
    if (fetch.direction == Direction::latest || anchor.empty() || habits.ignores_anchors) {
        return body_of(page_of(list, fetch, newest, list.size()), list, fetch, newest == 0);
    }
    const auto known = index_.find(anchor);
    const auto place = known == index_.end() ? list.end() : std::ranges::find(list, known->second);
    if (place == list.end()) {
        switch (habits.unknown) {
            case UnknownAnchor::refuse:
                return status(404);
            case UnknownAnchor::empty_and_complete:
                return body_of({}, list, fetch, true);
            case UnknownAnchor::from_oldest: {
                const auto end = std::min(list.size(), limit);
                return body_of(page_of(list, fetch, 0, end), list, fetch, end == list.size());
            }
            case UnknownAnchor::latest:
                return body_of(page_of(list, fetch, newest, list.size()), list, fetch, true);
        }
    }
    const auto at = static_cast<std::size_t>(place - list.begin());
    if (fetch.direction == Direction::previous) {
        const auto end = at + (habits.inclusive ? 1 : 0);
        const auto begin = end - std::min(end, limit + (habits.inclusive ? 1 : 0));
        return body_of(page_of(list, fetch, begin, end), list, fetch, begin == 0);
    }
    const auto begin = at + (habits.inclusive ? 0 : 1);
    const auto end = std::min(list.size(), at + 1 + limit);
    return body_of(page_of(list, fetch, begin, end), list, fetch, end == list.size());
}

SimulatedServer::List SimulatedServer::page_of(const List& list, const Fetch& fetch,
                                               std::size_t begin, std::size_t end) {
    List page(list.begin() + static_cast<std::ptrdiff_t>(begin),
              list.begin() + static_cast<std::ptrdiff_t>(end));
    if (fetch.direction == Direction::next) muddle(page, list);
    return page;
}

void SimulatedServer::muddle(List& page, const List& list) {
    if (page.empty()) return;
    if (happens(habits.repeats)) {
        const auto first = std::ranges::find(list, page.front()) - list.begin();
        const auto more =
            std::min<std::ptrdiff_t>(first, 1 + static_cast<std::ptrdiff_t>(below(3)));
        page.insert(page.begin(), list.begin() + (first - more), list.begin() + first);
        page.insert(page.begin() + static_cast<std::ptrdiff_t>(below(page.size())), page.front());
    }
    if (!happens(habits.shuffles)) return;
    for (auto i = page.size(); i > 1; --i) std::swap(page[i - 1], page[below(i)]);
}

std::string SimulatedServer::body_of(const List& page, const List& list, const Fetch& fetch,
                                     bool at_end) {
    std::string body = R"({"items":[)";
    const auto add = [&](std::size_t place) {
        const auto& message = messages_[place];
        if (body.back() == '}') body += ',';
        body += R"({"id":")" + message.id + R"(","room":")" + message.conversation + R"(","at":)" +
                std::to_string(place) + R"(,"text":"t\n)" + std::to_string(place) + "\"}";
    };
    if (habits.newest_first) {
        std::for_each(page.rbegin(), page.rend(), add);
    } else {
        std::ranges::for_each(page, add);
    }
    body += R"(],"next":)";
    const bool newer = fetch.direction == Direction::next;
    const bool gives =
        habits.cursors && !page.empty() && (!at_end || habits.loops) && !list.empty();
    body += gives ? '"' + messages_[newer ? page.back() : page.front()].id + '"' : "null";
    if (habits.always_complete) at_end = true;
    if (habits.tells_complete || habits.never_complete || habits.always_complete) {
        body += at_end && !habits.never_complete ? R"(,"complete":true)" : R"(,"complete":false)";
    }
    return body + "}";
}

std::string SimulatedServer::conversations_page(const Fetch& fetch) const {
    std::vector<std::string> names;  // newest active first
    for (auto message = messages_.rbegin(); message != messages_.rend(); ++message) {
        if (std::ranges::find(names, message->conversation) == names.end()) {
            names.push_back(message->conversation);
        }
    }
    const auto begin =
        fetch.cursor.empty() ? 0 : static_cast<std::size_t>(std::stoul(fetch.cursor));
    const auto end = std::min(names.size(), begin + fetch.limit);
    std::string body = R"({"list":[)";
    for (auto i = begin; i < end; ++i) {
        if (i > begin) body += ',';
        body += R"({"name":")" + names[i] + R"("})";
    }
    const auto next = end < names.size() ? '"' + std::to_string(end) + '"' : std::string("null");
    return body + R"(],"next":)" + next + "}";
}

}  // namespace graceline::history::testing
