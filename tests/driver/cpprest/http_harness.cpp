// The plumbing of the HTTP cases.
// Must not assert anything: cases do.
#include "tests/driver/cpprest/http_harness.hpp"

#include <dirent.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace graceline::tests {

namespace {

constexpr std::chrono::seconds kHttpPatience{20};

void on_io_thread(driver::Loop& loop, const std::function<void()>& work) {
    std::promise<void> done;
    loop.post([&] {
        work();
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace

HttpHarness::HttpHarness(driver::HttpSettings settings, std::shared_ptr<driver::Loop> the_loop)
    : loop(std::move(the_loop)),
      client(driver::make_cpprest_http_client(loop, std::move(settings))) {}

HttpHarness::~HttpHarness() {
    destroy();
}

driver::HttpFetchId HttpHarness::start(driver::HttpRequest request) {
    driver::HttpFetchId id = 0;
    on_io_thread(*loop, [&] {
        inside_call_ = true;
        // The id is known when the callback runs: it never runs from inside start().
        auto known = std::make_shared<driver::HttpFetchId>(0);
        id = client->start(std::move(request), [this, known](driver::HttpResult result) {
            if (hook) hook(result);
            const std::lock_guard lock(mutex_);
            wrong_call_ = wrong_call_ || inside_call_ || !loop->on_io_thread();
            ++calls_;
            results_[*known] = std::move(result);
            changed_.notify_all();
        });
        *known = id;
        inside_call_ = false;
    });
    return id;
}

void HttpHarness::cancel(driver::HttpFetchId id) {
    on_io_thread(*loop, [&] {
        inside_call_ = true;
        client->cancel(id);
        inside_call_ = false;
    });
}

double HttpHarness::destroy() {
    double milliseconds = 0;
    on_io_thread(*loop, [&] {
        const auto begin = std::chrono::steady_clock::now();
        client = nullptr;
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - begin;
        milliseconds = took.count();
    });
    return milliseconds;
}

driver::HttpResult HttpHarness::wait(driver::HttpFetchId id) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kHttpPatience, [&] { return results_.count(id) > 0; })) {
        throw std::runtime_error("no result of the fetch");
    }
    return results_.at(id);
}

std::size_t HttpHarness::results() {
    const std::lock_guard lock(mutex_);
    return calls_;
}

bool HttpHarness::wrong_call() {
    const std::lock_guard lock(mutex_);
    return wrong_call_;
}

std::string url_of(std::uint16_t port, std::string_view target, bool tls) {
    return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port) +
           std::string(target);
}

std::string answer_of(std::string_view body, std::string_view status,
                      std::string_view extra_headers) {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           std::string(extra_headers) + "\r\n" + std::string(body);
}

ScriptedServer::Script always(std::string answer) {
    return [answer = std::move(answer)](ServerConnection& connection) {
        for (;;) {
            connection.read_head();
            connection.write(answer);
        }
    };
}

bool wait_lines_released() {
    const auto limit = std::chrono::steady_clock::now() + kHttpPatience;
    while (driver::cpprest_unreleased_http_lines() > 0) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::yield();
    }
    return true;
}

std::size_t thread_count() {
    std::size_t count = 0;
    DIR* const tasks = ::opendir("/proc/self/task");
    while (const dirent* const entry = ::readdir(tasks)) count += entry->d_name[0] != '.' ? 1 : 0;
    ::closedir(tasks);
    return count;
}

bool wait_thread_count(std::size_t count) {
    const auto limit = std::chrono::steady_clock::now() + kHttpPatience;
    while (thread_count() != count) {
        if (std::chrono::steady_clock::now() > limit) return false;
        std::this_thread::yield();
    }
    return true;
}

std::vector<std::uint16_t> listening_ports(std::uint16_t except) {
    std::vector<std::uint16_t> ports;
    DIR* const open = ::opendir("/proc/self/fd");
    while (const dirent* const entry = ::readdir(open)) {
        const int descriptor = std::atoi(entry->d_name);
        int listens = 0;
        socklen_t size = sizeof listens;
        sockaddr_in address{};
        socklen_t address_size = sizeof address;
        if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 &&
            listens != 0 &&
            ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &address_size) == 0 &&
            ntohs(address.sin_port) != except) {
            ports.push_back(ntohs(address.sin_port));
        }
    }
    ::closedir(open);
    return ports;
}

std::size_t peak_memory_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace graceline::tests
