// Tests of the command line, durations, and what is written to terminals and as JSON.
// Must not need a client or a server.
#include "tools/graceline/arguments.hpp"

#include "tests/support/catch.hpp"
#include "tools/graceline/duration.hpp"
#include "tools/graceline/json_line.hpp"
#include "tools/graceline/terminal_text.hpp"

using namespace graceline;
using namespace graceline::cli;
using std::chrono::milliseconds;

namespace {

std::string usage_error_of(const std::vector<std::string>& words) {
    try {
        parse_arguments(words);
    } catch (const UsageError& error) {
        return error.text;
    }
    return "";
}

}  // namespace

TEST_CASE("command line: listen with options anywhere -> the command", "[cli]") {
    const auto command = std::get<ListenCommand>(
        parse_arguments({"listen", "--grace=5s", "ws://localhost/x", "--for", "2s", "--count", "3",
                         "--json", "--header", "X-A: b", "--manual"}));
    CHECK(command.client.options.url == "ws://localhost/x");
    CHECK(command.client.options.grace == milliseconds(5'000));
    CHECK(command.duration == milliseconds(2'000));
    CHECK(command.message_count == 3);
    CHECK(command.client.json);
    CHECK(command.client.options.auto_establish_socket_connection == false);
    REQUIRE(command.client.options.headers.size() == 1);
    CHECK(command.client.options.headers[0].name == "X-A");
    CHECK(command.client.options.headers[0].value == "b");
}

TEST_CASE("command line: unlimited grace, text after -- -> taken as such", "[cli]") {
    const auto command = std::get<SendCommand>(
        parse_arguments({"send", "--grace", "unlimited", "ws://localhost/", "--", "--help"}));
    CHECK(command.client.options.grace == kUnlimited);
    CHECK(command.text == "--help");
}

TEST_CASE("command line: a mistake -> a text that names the rule", "[cli]") {
    struct Row {
        std::vector<std::string> words;
        const char* text;
    };
    const Row row = GENERATE(values<Row>({
        {{}, "a command is missing"},
        {{"liste"}, "there is no command liste"},
        {{"listen"}, "URL is missing"},
        {{"send", "ws://localhost/"}, "TEXT is missing"},
        {{"send", "ws://localhost/", "two", "words"}, "quote text"},
        {{"listen", "u", "--graze", "1s"}, "there is no option --graze"},
        {{"listen", "u", "--grace"}, "--grace needs a value"},
        {{"listen", "u", "--grace", "soon"}, "--grace needs 'unlimited' or a duration"},
        {{"listen", "u", "--for", "0x5"}, "--for needs a duration"},
        {{"listen", "u", "--count", "0"}, "--count needs a whole number from 1"},
        {{"listen", "u", "--json=yes"}, "--json takes no value"},
        {{"listen", "u", "--header", "no colon"}, "--header needs 'Name: value'"},
        {{"listen", "u", "--transport", "pigeon"}, "--transport needs one of: cpprest, default"},
        {{"simulate", "u", "1s; jump"}, "column 5"},
        {{"history"}, "URL is missing"},
        {{"history", "u", "--all", "--pages", "2"}, "--all and --pages exclude each other"},
        {{"history", "u", "--limit", "101"}, "--limit needs a whole number from 1"},
        {{"listen", "u", "--from", "x"}, "there is no option --from"},
    }));
    CHECK(usage_error_of(row.words).find(row.text) != std::string::npos);
}

TEST_CASE("command line: an unknown option with a secret value -> the value is not shown",
          "[cli]") {
    CHECK(usage_error_of({"listen", "u", "--tokn=secret"}).find("secret") == std::string::npos);
}

TEST_CASE("command line: history -> pages, limit and start as asked for", "[cli]") {
    const auto one = std::get<HistoryCommand>(
        parse_arguments({"history", "ws://localhost/ws", "--limit", "5", "--from", "id7"}));
    CHECK(one.limit == 5);
    CHECK(one.pages == 1);
    CHECK(one.from == "id7");
    const auto all = std::get<HistoryCommand>(parse_arguments({"history", "u", "--all"}));
    CHECK(all.limit == kMaxHistoryLimit);
    CHECK(all.pages == kMaxHistoryPages);
    CHECK(all.client.history.is_wanted());
}

TEST_CASE("command line: send with acks, an id and an expiry -> the options of the message",
          "[cli]") {
    const auto command = std::get<SendCommand>(
        parse_arguments({"send", "u", "{}", "--ack-pointer", "/ack", "--id-member", "client_id",
                         "--id", "mine", "--expires", "5s"}));
    CHECK(command.client.options.json_ack_pointer == "/ack");
    CHECK(command.client.options.json_outgoing_id_member == "client_id");
    CHECK(command.options.deduplication_id == "mine");
    CHECK(command.options.expires_in == milliseconds(5'000));
}

TEST_CASE("history URL: none given -> the dev server's, for the room of the URL", "[cli]") {
    const std::string rest = "{&before,after,limit}";
    CHECK(default_history_url("ws://localhost:80/ws?user=me&room=a%20b#x", {}) ==
          "http://localhost:80/messages?conversation=a%20b" + rest);
    CHECK(default_history_url("wss://h/ws?room=a", "\u00fc{/&") ==
          "https://h/messages?conversation=%C3%BC%7B%2F%26" + rest);
    CHECK(default_history_url("ws://h", {}) == "http://h/messages?conversation=lobby" + rest);
    CHECK_THROWS_AS(default_history_url("ws://h/?room=a&room=b", {}), UsageError);
    CHECK_THROWS_AS(default_history_url("ws://h/?room={a}", {}), UsageError);
    CHECK_THROWS_AS(default_history_url("http://h/", {}), UsageError);
}

TEST_CASE("history URL: a template with {conversation} -> filled in, the rest kept", "[cli]") {
    CHECK(with_conversation("https://h/c/{conversation}/m{?before,after}", "a b") ==
          "https://h/c/a%20b/m{?before,after}");
    CHECK(with_conversation("https://h/m{?before,conversation,limit}", "x") ==
          "https://h/m?conversation=x{&before,limit}");
    CHECK(with_conversation("https://h/m?v=1{&conversation}", "x") ==
          "https://h/m?v=1&conversation=x");
    CHECK_FALSE(with_conversation("https://h/m{?before,after,limit}", "x"));
    CHECK_FALSE(with_conversation("https://h/m{?before", "x"));
}

TEST_CASE("history options: wanted by one of them -> the client's, with the dev server's fields",
          "[cli]") {
    ClientArguments arguments;
    arguments.options.url = "ws://localhost/ws?room=a";
    arguments.options.headers = {{"X-Key", "k"}};
    apply_history(arguments);
    CHECK_FALSE(arguments.options.history);
    arguments.history.since = "id7";
    apply_history(arguments);
    REQUIRE(arguments.options.history);
    CHECK(arguments.options.last_message_id == "id7");
    CHECK(arguments.options.json_id_pointer == "/id");
    CHECK(arguments.options.history->json_items_pointer == "/items");
    CHECK(arguments.options.history->headers.size() == 1);
    arguments.history.url = "https://h/m{?before,after}";
    arguments.history.items_pointer = "";
    apply_history(arguments);
    CHECK(arguments.options.history->messages_url == "https://h/m{?before,after}");
    CHECK(arguments.options.history->json_items_pointer == "");
    CHECK_FALSE(arguments.options.history->refuses_unknown_ids);
    arguments.history.conversation = "x";
    CHECK_THROWS_AS(apply_history(arguments), UsageError);
}

TEST_CASE("history options: fields of a page without a history -> refused", "[cli]") {
    ClientArguments arguments;
    arguments.history.cursor_pointer = "/next";
    CHECK_THROWS_AS(apply_history(arguments), UsageError);
}

TEST_CASE("URL for people: path, query and credentials -> left out", "[cli]") {
    CHECK(url_for_people("wss://user:pass@example.com:8443/a?token=x") == "wss://example.com:8443");
    CHECK(url_for_people("ws://localhost?x") == "ws://localhost");
    CHECK(url_for_people("nonsense") == "(no URL)");
}

TEST_CASE("duration: text -> milliseconds, or nothing", "[cli]") {
    CHECK(parse_duration("500ms") == milliseconds(500));
    CHECK(parse_duration("1.5s") == milliseconds(1'500));
    CHECK(parse_duration("1m") == milliseconds(60'000));
    CHECK(parse_duration("24h") == milliseconds(86'400'000));
    CHECK(parse_duration("0s") == milliseconds(0));
    for (const char* bad :
         {"", "s", "5", "-1s", "1 s", "1.s", ".5s", "1.2345s", "25h", "1d", "99999999999s"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad));
    }
    CHECK(duration_text(milliseconds(999)) == "999ms");
    CHECK(duration_text(milliseconds(2'000)) == "2s");
    CHECK(duration_text(milliseconds(1'050)) == "1.05s");
}

TEST_CASE("terminal text: control characters and broken UTF-8 -> escaped, the rest kept", "[cli]") {
    CHECK(terminal_text("gr\u00fc\u00df \u4f60", 100) == "gr\u00fc\u00df \u4f60");
    CHECK(terminal_text("\x1b[31m\n", 100) == "\\x1b[31m\\x0a");
    CHECK(terminal_text("\xC2\x9B", 100) == "\\xc2\\x9b");
    CHECK(terminal_text("\u202Eabc", 100) == "\\xe2\\x80\\xaeabc");
    CHECK(terminal_text("a\xFFz", 100) == "a\\xffz");
    CHECK(terminal_text("abcdef", 3) == "abc\u2026");
}

TEST_CASE("JSON line: any bytes -> valid JSON text", "[cli]") {
    JsonLine line;
    line.add("a", "q\"\\\n\x01\xFFz").add("n", std::int64_t{-5}).add_flag("f", true).add_null("x");
    CHECK(line.take() == R"({"a":"q\"\\\n\u0001\ufffdz","n":-5,"f":true,"x":null})");
}

TEST_CASE("base64: all tails -> padded", "[cli]") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("\xFF\xFE\xFD\xFC") == "//79/A==");
}
