// The flags behind process.hpp, all of them atomics: they are read on threads that hold no lock.
// Must not wait for the GIL where somebody may wait for us.
#include "process.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "errors.hpp"

namespace graceline_python {

namespace {

constexpr auto kVisitsBound = std::chrono::milliseconds(1000);

std::atomic<bool> library_used{false};
std::atomic<bool> forked{false};
std::atomic<bool> exiting{false};
// Foreign threads in Python, and threads that wait for the GIL on their way back to it.
std::atomic<int> visits{0};
std::atomic<int> returning{0};
std::atomic<unsigned long> exiting_thread{0};

void in_child() {
    if (library_used.load(std::memory_order_relaxed)) {
        forked.store(true, std::memory_order_relaxed);
    }
}

[[noreturn]] void park() {
    for (;;) pause();
}

}  // namespace

void watch_forks() {
    static const int registered = pthread_atfork(nullptr, nullptr, &in_child);
    static_cast<void>(registered);
}

void note_library_used() noexcept {
    library_used.store(true, std::memory_order_relaxed);
}

bool is_forked() noexcept {
    return forked.load(std::memory_order_relaxed);
}

void check_fork() {
    if (is_forked()) throw Forked();
}

void begin_exit() {
    exiting_thread.store(PyThread_get_thread_ident());
    exiting.store(true);
    without_gil([] {
        const auto end = std::chrono::steady_clock::now() + kVisitsBound;
        while (visits.load() + returning.load() > 0 && std::chrono::steady_clock::now() < end) {
            std::this_thread::yield();
        }
    });
}

bool is_exiting() noexcept {
    return exiting.load();
}

void retake_gil(PyThreadState* state) {
    // Counted first, then asked, as a visit: who waits for the GIL when the interpreter ends would
    // be unwound, in a destructor too, and that ends the process.
    returning.fetch_add(1);
    if (exiting.load() && exiting_thread.load() != PyThread_get_thread_ident()) {
        returning.fetch_sub(1);
        park();
    }
    PyEval_RestoreThread(state);
    returning.fetch_sub(1);
}

Visit::Visit() noexcept {
    // Counted first, then asked: begin_exit() sets the flag first, then reads the count.
    visits.fetch_add(1);
    if (exiting.load() || is_forked() || Py_IsInitialized() == 0) {
        visits.fetch_sub(1);
        return;
    }
    state_ = PyGILState_Ensure();
    allowed_ = true;
}

Visit::~Visit() {
    if (!allowed_) return;
    PyGILState_Release(state_);
    visits.fetch_sub(1);
}

}  // namespace graceline_python
