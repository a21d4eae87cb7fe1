// An app for the freeze test: connects, goes to background, and says what it sees when it wakes.
// Must report the return only after its first events, as an app that was frozen does.
#include <cstdint>
#include <cstdio>

#include "graceline/graceline.h"

namespace {

bool g_seen_end = false;
bool g_connected = false;
bool g_verdict = false;

void show(const graceline_event& event, graceline_client* client) {
    if (event.type == GRACELINE_EVENT_MESSAGE) {
        std::printf("message %.*s\n", static_cast<int>(event.size),
                    reinterpret_cast<const char*>(event.data));
    } else if (event.type == GRACELINE_EVENT_BACKGROUND_TASK_ENDED) {
        g_seen_end = true;
        std::printf("background_task_ended %s\n",
                    graceline_task_cause_name(
                        static_cast<graceline_task_cause>(event.details->task_cause)));
    } else if (event.type == GRACELINE_EVENT_CONNECTION_STATUS) {
        g_connected = event.details->connection_status == GRACELINE_CONNECTION_STATUS_CONNECTED;
    } else if (event.type == GRACELINE_EVENT_RETURN_VERDICT) {
        g_verdict = true;
        std::printf("verdict %s enabled %d needs_refresh %d\n",
                    graceline_return_verdict_name(
                        static_cast<graceline_return_verdict>(event.details->return_verdict)),
                    static_cast<int>(graceline_client_background_task_enabled(client)),
                    static_cast<int>(graceline_client_needs_refresh(client)));
    }
    std::fflush(stdout);
}

void run_until(graceline_client* client, const bool& done) {
    while (!done) {
        graceline_batch* batch = nullptr;
        if (graceline_client_poll(client, 10'000, 0, &batch) != GRACELINE_OK || !batch) return;
        const auto* at = reinterpret_cast<const char*>(graceline_batch_events(batch));
        for (std::uint32_t i = 0; i < graceline_batch_count(batch); ++i) {
            show(*reinterpret_cast<const graceline_event*>(at), client);
            at += graceline_batch_stride_bytes();
        }
        graceline_batch_release(batch);
    }
}

}  // namespace

int main(int argc, char** argv) {
    graceline_options options;
    if (argc != 2 || graceline_options_init(&options, sizeof options) != GRACELINE_OK) return 2;
    options.url = argv[1];
    options.grace_ms = 300;
    graceline_client* client = nullptr;
    if (graceline_client_create(&options, &client) != GRACELINE_OK) return 1;
    graceline_client_start(client);
    run_until(client, g_connected);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_DID_BACKGROUND);
    std::puts("in background");
    std::fflush(stdout);
    run_until(client, g_seen_end);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
    run_until(client, g_verdict);
    graceline_client_release(client);
    return 0;
}
