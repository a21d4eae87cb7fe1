/* The smallest host in C: connect, background, return, and ask whether to refresh.
 * Must not need more than graceline.h. Usage: example_c ws://127.0.0.1:8080/ws?room=lobby */
#include <stdio.h>

#include "graceline/graceline.h"

/* Takes events for a while, as an app's loop would. */
static void take_events(graceline_client* client, int64_t duration_ms) {
    const int64_t end_ms = graceline_now_ms() + duration_ms;
    for (int64_t left_ms = duration_ms; left_ms > 0; left_ms = end_ms - graceline_now_ms()) {
        graceline_batch* batch = NULL;
        if (graceline_client_poll(client, left_ms, 0, &batch) != GRACELINE_OK) return;
        const unsigned char* at = (const unsigned char*)graceline_batch_events(batch);
        for (uint32_t i = 0; i < graceline_batch_count(batch); ++i) {
            const graceline_event* event = (const graceline_event*)(const void*)at;
            if (event->type == GRACELINE_EVENT_MESSAGE)
                printf("message: %.*s\n", (int)event->size, (const char*)event->data);
            else if (event->type == GRACELINE_EVENT_CONNECTION_STATUS)
                printf("status: %s\n",
                       graceline_connection_status_name(
                           (graceline_connection_status)event->details->connection_status));
            at += graceline_batch_stride_bytes();
        }
        graceline_batch_release(batch);
    }
}

int main(int argc, char** argv) {
    graceline_options options;
    graceline_client* client = NULL;
    graceline_options_init(&options, sizeof options);
    options.url = argc > 1 ? argv[1] : "ws://127.0.0.1:8080/ws?room=lobby";
    if (graceline_client_create(&options, &client) != GRACELINE_OK) {
        fprintf(stderr, "%s\n", graceline_last_error_text());
        return 1;
    }
    graceline_client_start(client);
    take_events(client, 3000);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_DID_BACKGROUND);
    take_events(client, 5000); /* messages go on arriving, up to 30 s */
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_WILL_ENTER_FOREGROUND);
    graceline_client_configure_services(client, GRACELINE_APPLICATION_STATE_DID_BECOME_ACTIVE);
    puts(graceline_client_background_task_enabled(client) ? "skip the refresh" : "refresh");
    graceline_client_release(client);
    return 0;
}
