// The end of a process that has fetches under way: it comes, and it is orderly.
// Must not judge how long it takes: a machine may be busy.
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "tests/driver/cpprest/http_harness.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {

namespace {

/// The wait status of a process that fetches and ends after so many microseconds.
int run_child(const std::string& url, int microseconds, const char* where) {
    const std::string delay = std::to_string(microseconds);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(GRACELINE_HTTP_EXIT_CHILD_PATH, GRACELINE_HTTP_EXIT_CHILD_PATH, url.c_str(),
                delay.c_str(), where, static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

}  // namespace

TEST_CASE("http: the process ends while fetches run or begin -> its own exit code", "[http]") {
    const bool tls = GENERATE(false, true);
    const bool frozen = GENERATE(false, true);
    ScriptedServer::Options options;
    if (tls) options.certificate = make_certificate({.alternative_names = "IP:127.0.0.1"});
    ScriptedServer server(frozen ? ScriptedServer::Script([](auto& peer) { peer.freeze(); })
                                 : always(answer_of("page")),
                          options);
    const auto url = url_of(server.port(), "/", tls);
    // The first two: while the pool is being started.
    for (const int microseconds : {100, 150, 500, 2'000, 20'000}) {
        const int status = run_child(url, microseconds, "main");
        INFO(url << ", " << microseconds << " us, wait status " << status);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 7);
    }
    if (frozen) return;
    const int status = run_child(url, 0, "callback");
    INFO(url << ", in a callback, wait status " << status);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 7);
}

}  // namespace graceline::tests
