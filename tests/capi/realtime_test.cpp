// Deadlines by the real clock: 200 windows of 300 ms, and processes that were frozen past theirs.
// Must never be early; how late is reported, not asserted, because machines differ.
#include <algorithm>
#include <memory>

#include "tests/capi/host.hpp"
#include "tests/servers/devserver.hpp"

using namespace graceline::tests;

TEST_CASE("realtime: 200 windows of 300 ms -> never early", "[capi][realtime]") {
    DevServer server;
    const auto url = server.url();
    auto options = default_options();
    options.url = url.c_str();
    options.grace_ms = 300;
    std::vector<std::int64_t> late;
    for (int round = 0; round < 10; ++round) {
        std::vector<std::unique_ptr<Host>> hosts;
        for (int i = 0; i < 20; ++i) {
            hosts.push_back(std::make_unique<Host>(options));
            hosts.back()->start();
            REQUIRE(hosts.back()->wait_connected());
        }
        std::vector<std::int64_t> begun;
        for (auto& host : hosts) {
            host->resign();
            begun.push_back(graceline_now_ms());
            host->background();
        }
        for (std::size_t i = 0; i < hosts.size(); ++i) {
            REQUIRE(hosts[i]->wait_type(GRACELINE_EVENT_BACKGROUND_TASK_ENDED));
            late.push_back(hosts[i]->found().time_ms - begun[i] - 300);
        }
    }
    std::sort(late.begin(), late.end());
    REQUIRE(late.size() == 200);
    CHECK(late.front() >= 0);
    WARN("200 windows of 300 ms: earliest +" << late.front() << " ms, median +" << late[100]
                                             << " ms, latest +" << late.back() << " ms");
}

TEST_CASE("realtime: frozen past the deadline -> closed before anything is delivered",
          "[capi][realtime]") {
    DevServer server;
    for (int run = 0; run < 5; ++run) {
        const auto room = "frozen" + std::to_string(run);
        ProcessOptions program;
        program.program = GRACELINE_FREEZE_PROGRAM;
        program.arguments = {server.url("/ws?room=" + room)};
        program.ready_prefix = "in background";
        ServerProcess app(program);
        app.suspend();
        server.publish(room, "while frozen");
        // The window is 300 ms; the process sleeps through its end.
        CHECK_FALSE(app.wait_exit(std::chrono::milliseconds(600)).has_value());
        app.resume();
        REQUIRE(app.wait_for_line("verdict", std::chrono::seconds(10)).has_value());
        const auto lines = app.output();
        INFO(Catch::StringMaker<std::vector<std::string>>::convert(lines));
        const auto expired = std::find(lines.begin(), lines.end(), "background_task_ended expired");
        REQUIRE(expired != lines.end());
        for (const auto& line : lines) CHECK(line.find("while frozen") == std::string::npos);
        CHECK(lines.back() == "verdict refresh enabled 0 needs_refresh 1");
    }
}
