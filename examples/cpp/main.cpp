// The smallest host in C++: connect, background, return, ask whether to refresh, and refresh.
// Must not need more than graceline.hpp. Usage: example_cpp ws://127.0.0.1:8080/ws?room=lobby
// (the dev server; the paths and fields of the history are the dev server's too).
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
            if (const auto done = event.as<graceline::RequestCompletedEvent>(); done && done->page)
                std::cout << "page: " << done->page->size() << " items\n";
        }
    }
}

// Older messages and the list of conversations; each fetch ends with a RequestCompletedEvent.
static void refresh(graceline::Client& client) {
    graceline::MessagesRequest messages(client);
    graceline::ConversationsRequest conversations(client);
    messages.fetch_previous();
    conversations.fetch_next();
    take_events(client, 2s);
}

int main(int argc, char** argv) try {
    graceline::HistoryOptions history;
    history.messages_url = "http://127.0.0.1:8080/messages?conversation=lobby{&before,after,limit}";
    history.conversations_url = "http://127.0.0.1:8080/conversations{?limit,cursor}";
    history.json_items_pointer = "/items";
    history.json_complete_pointer = "/complete";
    history.json_conversations_next_cursor_pointer = "/next";
    graceline::Options options;
    options.url = argc > 1 ? argv[1] : "ws://127.0.0.1:8080/ws?room=lobby";
    options.json_id_pointer = "/id";  // one id, live and in the history: nothing comes twice
    options.history = history;
    options.grace = 30s;  // the default, said aloud
    graceline::Client client(options);
    client.start();
    take_events(client, 3s);
    client.configure_services(ApplicationState::will_resign_active);
    client.configure_services(ApplicationState::did_background);
    take_events(client, 5s);  // messages go on arriving, up to 30 s
    client.configure_services(ApplicationState::will_enter_foreground);
    client.configure_services(ApplicationState::did_become_active);
    if (!client.background_task_enabled()) refresh(client);
} catch (const graceline::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
