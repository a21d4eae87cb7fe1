// A host in Objective-C: a class of its own around the module, on whatever runtime is there.
// Must not need Foundation: the module is C, and must be enough.
@import CGraceline;
#include <objc/runtime.h>

__attribute__((objc_root_class)) @interface Host {
    Class isa;
    graceline_client *client;
}
+ (Host *)hostWithURL:(const char *)url;
- (graceline_status)tell:(graceline_application_state)state;
- (BOOL)mayTrustScreen;
- (unsigned)eventsUntilClosed;
@end

@implementation Host
+ (Host *)hostWithURL:(const char *)url {
    graceline_options options;
    graceline_options_init(&options, sizeof options);
    options.url = url;
    options.auto_establish_socket_connection = 0;
    Host *host = class_createInstance(self, 0);
    if (graceline_client_create(&options, &host->client) == GRACELINE_OK) return host;
    object_dispose((id)host);
    return (Host *)0;
}

- (graceline_status)tell:(graceline_application_state)state {
    return graceline_client_configure_services(client, state);
}

- (BOOL)mayTrustScreen {
    return graceline_client_background_task_enabled(client) != 0;
}

- (unsigned)eventsUntilClosed {
    unsigned count = 0;
    graceline_client_close(client);
    for (;;) {
        graceline_batch *batch = 0;
        graceline_status status = graceline_client_poll(client, 5000, 0, &batch);
        count += batch ? graceline_batch_count(batch) : 0;
        graceline_batch_release(batch);
        if (status != GRACELINE_OK) break;
    }
    graceline_client_release(client);
    client = 0;
    return count;
}
@end

int main(void) {
    if ([Host hostWithURL:"http://not-a-websocket"]) return 1;
    Host *host = [Host hostWithURL:"ws://127.0.0.1:1/ws"];
    if (!host) return 2;
    if ([host tell:GRACELINE_APPLICATION_STATE_WILL_RESIGN_ACTIVE] != GRACELINE_OK) return 3;
    if ([host tell:GRACELINE_APPLICATION_STATE_DID_BACKGROUND] != GRACELINE_OK) return 4;
    if ([host mayTrustScreen]) return 5;
    if ([host tell:(graceline_application_state)77] != GRACELINE_E_INVALID_ARGUMENT) return 6;
    if ([host eventsUntilClosed] == 0) return 7;
    object_dispose((id)host);
    return 0;
}
