// A program that ends in the middle of traffic, in several ways; started by hardship_test.
// Must not clean up before it ends: that is the point.
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "core/driver/asio_transport.hpp"
#include "core/driver/loop.hpp"

// This process ends in the middle of everything, on purpose: what it holds then is no leak.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() {
    return 1;
}

namespace {

using namespace graceline;

constexpr int kExitCode = 7;
constexpr int kStillRunningCode = 8;
constexpr int kLeftBehindCode = 9;

class Sink final : public driver::TransportListener {
  public:
    std::atomic<bool> opened{false};
    std::atomic<std::uint64_t> messages{0};
    std::uint64_t exit_after = 0;

    void on_progress(driver::OpeningStep) override {}
    void on_opened(const driver::Opened&) override { opened = true; }
    bool on_read_begin() override { return true; }
    void on_message(websocket::Opcode, std::span<const std::uint8_t>) override {
        if (++messages == exit_after) std::exit(kExitCode);
    }
    void on_part(const websocket::ReadEvent&) override {}
    void on_pong(std::span<const std::uint8_t>) override {}
    bool on_read_end(std::uint32_t, std::size_t) override { return true; }
    void on_flushed(std::uint64_t) override {}
    void on_ended(const driver::TransportFailure&) override {}
};

/// What a host program keeps in a static object and lets go of when it is destroyed.
struct Owner {
    std::shared_ptr<driver::Loop> loop;
    std::shared_ptr<driver::Transport> transport;
};
Owner static_owner;

std::atomic<Sink*> the_sink{nullptr};

/// What OpenSSL has allocated for the I/O thread and not freed again.
std::array<std::atomic<void*>, 64> watched_blocks;
thread_local bool watching = false;

void replace_block(void* before, void* after) {
    for (auto& slot : watched_blocks) {
        void* expected = before;
        if (slot.compare_exchange_strong(expected, after)) return;
    }
}
void* watched_malloc(std::size_t size, const char*, int) {
    void* const block = std::malloc(size);
    if (watching) replace_block(nullptr, block);
    return block;
}
void watched_free(void* block, const char*, int) {
    if (block != nullptr) replace_block(block, nullptr);
    std::free(block);
}
void* watched_realloc(void* block, std::size_t size, const char* file, int line) {
    void* const moved = watched_malloc(size, file, line);
    if (block == nullptr || moved == nullptr) return moved;
    std::memcpy(moved, block, std::min(size, malloc_usable_size(block)));
    watched_free(block, file, line);
    return moved;
}

/// The last thread ends, and takes its time over it, while the process does: what OpenSSL has for
/// the thread must be gone before OpenSSL is. The key is older than OpenSSL's, so its end is first.
int end_with_slow_thread() {
    static pthread_key_t key;
    pthread_key_create(&key,
                       [](void*) { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
    if (CRYPTO_set_mem_functions(watched_malloc, watched_realloc, watched_free) != 1) return 3;
    std::promise<void> done;
    driver::Loop::acquire()->post([&done] {
        pthread_setspecific(key, &key);
        watching = true;
        ERR_raise(ERR_LIB_USER, 1);
        ERR_clear_error();
        watching = false;
        done.set_value();
    });
    done.get_future().wait();
    return kExitCode;
}

/// Destroyed after all exit handlers that the driver and OpenSSL have registered: what still runs
/// then has time to run into what is no longer there, and is found out.
struct SlowEnd {
    ~SlowEnd() {
        const Sink* const sink = the_sink;
        if (sink == nullptr) {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            for (const auto& block : watched_blocks) {
                if (block != nullptr) std::_Exit(kLeftBehindCode);
            }
            return;
        }
        const std::uint64_t before = sink->messages;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (sink->messages != before) std::_Exit(kStillRunningCode);
    }
};
const SlowEnd slow_end;

}  // namespace

// Leaking is what this program is for; AddressSanitizer asks for this name.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
    return "detect_leaks=0";
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view mode = argv[3];
    if (mode == "slow-thread") return end_with_slow_thread();
    driver::TransportSettings settings;
    settings.secure = std::string_view(argv[2]) == "wss";
    settings.host = "127.0.0.1";
    settings.port = static_cast<std::uint16_t>(std::stoi(argv[1]));
    settings.host_header = "127.0.0.1";
    settings.target = "/";
    settings.tls.verify = false;

    auto* const sink = new Sink;
    the_sink = sink;
    auto* const owner = mode == "static-owner" ? &static_owner : new Owner;
    if (mode == "exit-from-listener") sink->exit_after = 20'000;
    owner->loop = driver::Loop::acquire();
    owner->loop->post([owner, sink, settings] {
        owner->transport = driver::make_asio_transport(
            owner->loop, std::make_shared<const driver::TransportSettings>(settings), *sink);
        owner->transport->open();
    });
    while (!sink->opened) std::this_thread::yield();
    const auto transport =
        mode == "static-owner"
            ? std::shared_ptr<driver::Transport>(owner->transport.get(), [](driver::Transport*) {})
            : owner->transport;
    // Threads of the host that go on sending until the process is gone.
    for (int i = 0; mode != "static-owner" && i < 2; ++i) {
        std::thread([transport] {
            const std::string text(200, 's');
            std::uint64_t offset = 0;
            for (;;) {
                transport->send(websocket::Opcode::text,
                                {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()},
                                offset);
                std::this_thread::yield();
            }
        }).detach();
    }
    const std::uint64_t enough = mode == "exit-from-listener" ? ~0ULL : 5'000;
    while (sink->messages < enough) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return kExitCode;
}
