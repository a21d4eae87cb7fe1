/* The smallest host in C: connect, background, return, ask whether to refresh, and refresh.
 * Must not need more than graceline.h. Usage: example_c ws://127.0.0.1:8080/ws?room=lobby
 * (the dev server; the paths and fields of the history are the dev server's too). */
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
            else if (event->type == GRACELINE_EVENT_REQUEST_COMPLETED && event->details->page)
                printf("page: %u items\n", (unsigned)event->details->page->count);
            at += graceline_batch_stride_bytes();
        }
        graceline_batch_release(batch);
    }
}

/* Older messages and the list of conversations; each fetch ends with a REQUEST_COMPLETED event. */
static void refresh(graceline_client* client) {
    graceline_messages_request* messages = NULL;
    graceline_conversations_request* conversations = NULL;
    graceline_messages_request_create(client, NULL, &messages);
    graceline_conversations_request_create(client, NULL, &conversations);
    graceline_messages_request_fetch_previous(messages, NULL);
    graceline_conversations_request_fetch_next(conversations, NULL);
    take_events(client, 2000);
    graceline_messages_request_release(messages);
    graceline_conversations_request_release(conversations);
}

int main(int argc, char** argv) {
    graceline_history_options history;
    graceline_options options;
    graceline_client* client = NULL;
    graceline_history_options_init(&history, sizeof history);
    history.messages_url = "http://127.0.0.1:8080/messages?conversation=lobby{&before,after,limit}";
    history.conversations_url = "http://127.0.0.1:8080/conversations{?limit,cursor}";
    history.json_items_pointer = "/items";
    history.json_complete_pointer = "/complete";
    history.json_conversations_next_cursor_pointer = "/next";
    graceline_options_init(&options, sizeof options);
    options.url = argc > 1 ? argv[1] : "ws://127.0.0.1:8080/ws?room=lobby";
    options.json_id_pointer = "/id"; /* one id, live and in the history: nothing comes twice */
    options.history = &history;
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
    if (!graceline_client_background_task_enabled(client)) refresh(client);
    graceline_client_release(client);
    return 0;
}
