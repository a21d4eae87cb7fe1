// Pages of a history, the walk over them, and the URL templates by which they are asked for.
// Must not fetch: bodies and templates are all that comes from outside.
#include <array>
#include <set>
#include <string>

#include "core/history/page.hpp"
#include "core/history/uri_template.hpp"
#include "core/history/walk.hpp"
#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace graceline::fuzz {
namespace {

using namespace history;

SourceOptions source_from(ByteSource& bytes) {
    SourceOptions options;
    options.host_fetches = bytes.flag();
    options.messages_url = bytes.flag() ? "http://localhost/m{?conversation,before,after,cursor}"
                                        : "http://localhost/{conversation}{?before_time,limit}";
    options.conversations_url = "http://localhost/c{?cursor,after}";
    options.scope = bytes.flag() ? Scope::per_conversation : Scope::all;
    options.newest_first = bytes.flag();
    options.refuses_unknown_ids = bytes.flag();
    options.messages.items = bytes.flag() ? "/items" : "";
    options.messages.id = "/id";
    if (bytes.flag()) options.messages.id.reset();
    options.messages.conversation = "/room";
    options.messages.time = "/time";
    if (bytes.flag()) options.messages.body = "/body";
    options.messages.next_cursor = "/next";
    if (bytes.flag()) options.messages.previous_cursor = "/previous";
    options.messages.complete = "/complete";
    options.conversations.items = options.messages.items;
    options.conversations.id = "/id";
    options.conversations.next_cursor = "/next";
    return options;
}

void check_page(const SourceOptions& options, Kind kind, const Page& page) {
    std::set<std::pair<std::string, std::string>> ids;
    bool all_have_ids = true;
    for (const auto& item : page.items()) {
        const auto& fields = item.fields;
        require(fields.has_id == !fields.id.empty(), "an empty id is none");
        all_have_ids = all_have_ids && fields.has_id;
        if (fields.has_id) {
            require(ids.insert({std::string(fields.conversation), std::string(fields.id)}).second,
                    "an id once a conversation");
        }
    }
    require(page.all_have_ids() == all_have_ids || !page.all_have_ids(), "all_have_ids is true");
    require(page.next_cursor().size() <= kMaxCursorBytes, "a cursor is bounded");
    Fetch fetch;
    fetch.kind = kind;
    for (const auto direction : {Direction::latest, Direction::previous, Direction::next}) {
        fetch.direction = direction;
        end_after(options, fetch, page);
        cursor_onwards(options, fetch, page);
    }
}

void read_pages(ByteSource& bytes) {
    const auto options = source_from(bytes);
    if (error_in(options)) return;
    const auto kind = bytes.flag() ? Kind::conversations : Kind::messages;
    const std::string conversation = bytes.text();
    WalkOptions walk_options;
    walk_options.kind = kind;
    walk_options.limit = static_cast<std::uint32_t>(bytes.below(3) == 0 ? bytes.byte() : 30);
    walk_options.conversation = conversation;
    switch (bytes.below(4)) {
        case 0:
            walk_options.start_id = bytes.text();
            break;
        case 1:
            walk_options.start_time = bytes.text();
            break;
        default:
            break;
    }
    const bool walks = !error_in(walk_options, options);
    Walk walk(walk_options, options);
    const PagePlan plan(options, kind);
    PageReader reader;
    while (!bytes.empty()) {
        std::string body = bytes.text();
        if (bytes.flag()) body += bytes.rest();
        const auto reading = reader.read(plan, body, conversation);
        const auto* page = std::get_if<std::shared_ptr<Page>>(&reading);
        if (page == nullptr) continue;
        check_page(options, kind, **page);
        if (!walks) continue;
        const auto fetch = bytes.flag() ? walk.next() : walk.previous();
        if (!fetch) continue;
        const auto url = url_of(options, *fetch);
        require(url.empty() || url.starts_with("http://localhost/"), "the host stays");
        walk.page_came(*fetch, **page);
        // Of an empty list that ends the newest page may be asked for again.
        const bool older = fetch->direction == Direction::previous;
        require(!older || walk.at_end(Direction::previous) != End::proven || !walk.previous(),
                "nothing is older than a proven end");
    }
}

std::string authority_of(std::string_view url) {
    const auto begin = url.find("://") + 3;
    return std::string(url.substr(begin, url.find_first_of("/?{#", begin) - begin));
}

void expand_templates(ByteSource& bytes) {
    constexpr std::array<std::string_view, 4> kNames = {"conversation", "limit", "before", "after"};
    std::array<std::string, 4> values;
    for (auto& value : values) value = bytes.text();
    const std::string text = bytes.rest();
    if (template_error(text, kNames)) return;
    std::array<Variable, 4> variables;
    for (std::size_t i = 0; i < values.size(); ++i) variables[i] = {kNames[i], values[i]};
    const std::string url = expand_template(text, variables);
    for (const char c : url) require(c > 0x20 && c < 0x7F, "a URL is visible ASCII");
    require(url.find('#') == std::string::npos, "no fragment hides the rest");
    require(url.find_first_of("\"<>\\^`{|}") == std::string::npos,
            "nothing that a URL may not hold");
    require(authority_of(url) == authority_of(text), "no value changes the host");
}

}  // namespace

void pages(const std::uint8_t* data, std::size_t size) {
    ByteSource bytes(data, size);
    if (bytes.flag()) {
        expand_templates(bytes);
    } else {
        read_pages(bytes);
    }
}

}  // namespace graceline::fuzz
