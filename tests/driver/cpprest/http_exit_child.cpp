// A program that ends in the middle of its fetches; started by http_exit_test.
// Must not clean up before it ends: that is the point.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "core/driver/cpprest/http_client.hpp"

// This process ends in the middle of everything, on purpose: what it holds then is no leak.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
    return 1;
}

namespace {

using namespace graceline;

constexpr int kExitCode = 7;
constexpr int kFetches = 6;

/// What a host program keeps in a static object and lets go of when it is destroyed.
struct Owner {
    std::shared_ptr<driver::Loop> loop;
    std::unique_ptr<driver::HttpClient> client;
};
Owner static_owner;

}  // namespace

/// URL, microseconds until the end, "main" or "callback" for where the end is called.
int main(int count, char** arguments) {
    if (count != 4) return 1;
    const std::string url = arguments[1];
    const bool in_callback = std::string_view(arguments[3]) == "callback";
    driver::HttpSettings settings;
    settings.tls.verify = false;
    settings.tls.use_system_store = false;
    static_owner.loop = driver::Loop::acquire();
    static_owner.client = driver::make_cpprest_http_client(static_owner.loop, settings);
    std::function<void()> fetch = [&] {
        driver::HttpRequest request;
        request.url = url;
        static_owner.client->start(request, [&](const driver::HttpResult&) {
            if (in_callback) std::exit(kExitCode);
            fetch();
        });
    };
    static_owner.loop->post([&] {
        for (int i = 0; i < kFetches; ++i) fetch();
    });
    std::this_thread::sleep_for(in_callback ? std::chrono::seconds(20)
                                            : std::chrono::microseconds(std::atoi(arguments[2])));
    std::exit(kExitCode);
}
