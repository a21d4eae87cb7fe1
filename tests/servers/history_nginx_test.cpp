// History from static JSON pages behind Debian's nginx: cursors that are file names, what a real
// HTTP server adds. Must say why when nginx is not installed.
#include <nlohmann/json.hpp>

#include "tests/servers/history_host.hpp"
#include "tests/servers/nginx.hpp"

using namespace graceline::tests;

namespace {

constexpr int kPages = 4;
constexpr int kItems = 25;

bool installed() {
    if (!Nginx::program().empty()) return true;
    WARN("skipped nginx: not installed (scripts/setup tests installs it)");
    return false;
}

std::string id_of(int number) {
    return "m-" + std::to_string(number);
}

/// page-1.json is the newest; each names the one before it, the last one a page that is not there.
std::vector<std::string> write_pages(const Nginx& nginx, bool says_last) {
    std::vector<std::string> ids;
    for (int i = 0; i < kPages * kItems; ++i) ids.push_back(id_of(i));
    for (int page = 1; page <= kPages; ++page) {
        nlohmann::json text = {{"older", "page-" + std::to_string(page + 1) + ".json"}};
        for (int i = 0; i < kItems; ++i) {
            const int number = (kPages - page) * kItems + i;
            text["messages"].push_back(
                {{"key", id_of(number)}, {"text", "grüße " + id_of(number)}});
        }
        if (says_last) text["last"] = page == kPages;
        nginx.write("page-" + std::to_string(page) + ".json", text.dump());
    }
    return ids;
}

struct Setup {
    explicit Setup(const Nginx& nginx, const std::string& first = "/page-1.json")
        : first_page(nginx.url(first)), older_page(nginx.url("/{cursor}")) {
        graceline_history_options_init(&history, sizeof history);
        history.messages_url = first_page.c_str();
        history.messages_previous_url = older_page.c_str();
        history.json_items_pointer = "/messages";
        history.json_id_pointer = "/key";
        history.json_body_pointer = "/text";
        history.json_previous_cursor_pointer = "/older";
        history.json_complete_pointer = "/last";
        options = default_options();
        options.url = "ws://127.0.0.1:1/";  // never started
        options.history = &history;
    }
    std::string first_page, older_page;
    graceline_history_options history{};
    graceline_options options{};
};

void check_failed(const Seen& completed, graceline_reason reason, int http_status) {
    INFO(completed.text);
    CHECK(completed.details.request_status == GRACELINE_E_HISTORY);
    CHECK(completed.details.reason == reason);
    CHECK(completed.details.http_status == http_status);
}

}  // namespace

TEST_CASE("nginx: static pages, plain, gzip for those who ask, or in chunks -> every id once",
          "[servers]") {
    if (!installed()) return;
    const struct {
        const char* name;
        const char* block;
        bool has_length;
    } rows[] = {
        {"plain", "gzip off;", true},
        {"gzip on", "gzip on; gzip_types application/json; gzip_min_length 1;", true},
        {"in chunks", "ssi on; ssi_types application/json;", false},
        {"one request a connection", "keepalive_timeout 0;", true},
    };
    for (const auto& row : rows) {
        INFO(row.name);
        Nginx nginx(row.block);
        const auto ids = write_pages(nginx, true);
        Setup setup(nginx);
        Host host(setup.options);
        MessagesRequest request(host, 30);
        CHECK(all_ids(host, request, kPages) == ids);
        const auto line = nginx.served("served /page-4.json 200 ");
        CHECK(line.find(" 200 - ") != std::string::npos);  // nobody asked for gzip
        CHECK((line.back() != '-') == row.has_length);
    }
}

TEST_CASE("nginx: no page behind the last one -> 404, typed; the object goes on", "[servers]") {
    if (!installed()) return;
    Nginx nginx("gzip off;");
    const auto ids = write_pages(nginx, false);
    Setup setup(nginx);
    Host host(setup.options);
    MessagesRequest request(host, 30);
    std::vector<std::string> found;
    for (int page = 0; page < kPages; ++page) {
        const auto& seen = request.previous(host);
        REQUIRE(seen.details.request_status == GRACELINE_OK);
        CHECK(seen.page_end == GRACELINE_PAGE_END_NO);
        found.insert(found.begin(), seen.page_ids.begin(), seen.page_ids.end());
    }
    CHECK(found == ids);
    check_failed(request.previous(host), GRACELINE_REASON_HISTORY_FAILED, 404);
    // The page that was missing comes: the same object asks for it again.
    nginx.write("page-5.json", R"({"messages":[{"key":"oldest","text":"t"}],"last":true})");
    const auto& oldest = request.previous(host);
    CHECK(oldest.page_ids == std::vector<std::string>{"oldest"});
    CHECK(oldest.page_end == GRACELINE_PAGE_END_PROVEN);
}

TEST_CASE("nginx: a redirect -> refused, typed, and nobody is asked behind it", "[servers]") {
    if (!installed()) return;
    Nginx nginx(R"(location /moved/ { rewrite ^/moved/(.*)$ /$1 permanent; }
                   location /found/ { return 302 /page-1.json; }
                   location /away/ { return 307 http://127.0.0.1:1/page-1.json; })");
    write_pages(nginx, true);
    const std::pair<const char*, int> rows[] = {
        {"/moved/page-1.json", 301}, {"/found/page-1.json", 302}, {"/away/page-1.json", 307}};
    for (const auto& [path, status] : rows) {
        INFO(path);
        Setup setup(nginx, path);
        Host host(setup.options);
        MessagesRequest request(host, 30);
        check_failed(request.previous(host), GRACELINE_REASON_HISTORY_FAILED, status);
        CHECK_FALSE(nginx.served(std::string("served ") + path).empty());
    }
    // Whatever was asked for before this line would stand before it.
    Setup setup(nginx, "/page-2.json");
    Host host(setup.options);
    MessagesRequest request(host, 30);
    CHECK(request.previous(host).details.request_status == GRACELINE_OK);
    CHECK_FALSE(nginx.served("served /page-2.json").empty());
    CHECK(nginx.count("served /page-1.json") == 0);
}

TEST_CASE("nginx: pages that are none, too large, refused, or gzip unasked -> typed", "[servers]") {
    if (!installed()) return;
    Nginx nginx(R"(location = /closed.json { deny all; }
                   location = /packed.json { add_header Content-Encoding gzip; })");
    nginx.write("page.html", "<html>a captive portal</html>");
    nginx.write("cut.json", R"({"messages":[{"key":"a","text":"b"})");
    nginx.write("closed.json", "{}");
    nginx.write("packed.json", "\x1f\x8b\x08 not what was asked for");
    nginx.write("large.json", R"({"messages":[],"pad":")" + std::string(1'100'000, 'x') + "\"}");
    const struct {
        const char* path;
        graceline_reason reason;
        int http_status;
    } rows[] = {
        {"/page.html", GRACELINE_REASON_HISTORY_UNREADABLE, 200},
        {"/cut.json", GRACELINE_REASON_HISTORY_UNREADABLE, 200},
        {"/large.json", GRACELINE_REASON_HISTORY_UNREADABLE, 200},
        {"/packed.json", GRACELINE_REASON_HISTORY_UNREADABLE, 200},
        {"/none.json", GRACELINE_REASON_HISTORY_FAILED, 404},
    };
    for (const auto& row : rows) {
        INFO(row.path);
        Setup setup(nginx, row.path);
        Host host(setup.options);
        MessagesRequest request(host, 30);
        check_failed(request.previous(host), row.reason, row.http_status);
    }
    Setup setup(nginx, "/closed.json");
    Host host(setup.options);
    MessagesRequest request(host, 30);
    const auto& refused = request.previous(host);
    CHECK(refused.details.request_status == GRACELINE_E_HISTORY);
    CHECK(refused.details.reason == GRACELINE_REASON_AUTH_REFUSED);
}
