// The OS background task of iOS for the Unity package: asked for, given back, and its expiry.
// Must call the library from the main thread only where it expires, and hold no managed pointer.
#import <UIKit/UIKit.h>

#include <stdint.h>

#include <mutex>
#include <set>

extern "C" int32_t graceline_client_background_time_expiring(void* client);

namespace {

std::mutex mutex_;
std::set<void*> clients_;

/// The system is about to take the time back: each client closes, bounded, and its end hook runs.
void expire() {
    std::set<void*> clients;
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        clients = clients_;
    }
    for (void* client : clients) graceline_client_background_time_expiring(client);
}

int64_t remaining_ms() {
    const NSTimeInterval seconds = [UIApplication sharedApplication].backgroundTimeRemaining;
    return seconds > 86400 ? -1 : static_cast<int64_t>(seconds * 1000);
}

uint64_t begin(void*, int64_t* out_remaining_ms) {
    const UIBackgroundTaskIdentifier task = [[UIApplication sharedApplication]
        beginBackgroundTaskWithName:@"org.graceline"
                  expirationHandler:^{
                    expire();
                  }];
    if (task == UIBackgroundTaskInvalid) return 0;
    *out_remaining_ms = remaining_ms();
    return static_cast<uint64_t>(task);
}

/// Runs on a thread of the library; UIApplication allows that for this one call.
void end(void*, uint64_t id) {
    [[UIApplication sharedApplication] endBackgroundTask:static_cast<UIBackgroundTaskIdentifier>(id)];
}

int64_t remaining(void*) { return remaining_ms(); }

}  // namespace

extern "C" {

void* graceline_unity_begin_hook() { return reinterpret_cast<void*>(&begin); }
void* graceline_unity_end_hook() { return reinterpret_cast<void*>(&end); }
void* graceline_unity_remaining_hook() { return reinterpret_cast<void*>(&remaining); }

void graceline_unity_attach(void* client) {
    const std::lock_guard<std::mutex> lock(mutex_);
    clients_.insert(client);
}

void graceline_unity_detach(void* client) {
    const std::lock_guard<std::mutex> lock(mutex_);
    clients_.erase(client);
}

}  // extern "C"
