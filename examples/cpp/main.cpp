// The smallest host in C++: connect, background, return, and ask whether to refresh.
// Must not need more than graceline.hpp. Usage: example_cpp ws://127.0.0.1:8080/ws?room=lobby
#include <chrono>
#include <iostream>

#include "graceline/graceline.hpp"

using namespace std::chrono_literals;
using graceline::ApplicationState;

// Takes events for a while, as an app's loop would.
static void take_events(graceline::Client& client, graceline::Milliseconds duration) {
    const auto end = graceline::now() + duration;
    for (auto left = duration; left > 0ms; left = end - graceline::now()) {
        for (const graceline::Event event : client.poll(left)) {
            if (const auto message = event.as<graceline::MessageEvent>())
                std::cout << "message: " << message->payload << '\n';
            if (const auto change = event.as<graceline::ConnectionStatusEvent>())
                std::cout << "status: " << name_of(change->status) << '\n';
        }
    }
}

int main(int argc, char** argv) try {
    graceline::Options options;
    options.url = argc > 1 ? argv[1] : "ws://127.0.0.1:8080/ws?room=lobby";
    options.grace = 30s;  // the default, said aloud
    graceline::Client client(options);
    client.start();
    take_events(client, 3s);
    client.configure_services(ApplicationState::will_resign_active);
    client.configure_services(ApplicationState::did_background);
    take_events(client, 5s);  // messages go on arriving, up to 30 s
    client.configure_services(ApplicationState::will_enter_foreground);
    client.configure_services(ApplicationState::did_become_active);
    std::cout << (client.background_task_enabled() ? "skip the refresh\n" : "refresh\n");
} catch (const graceline::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
