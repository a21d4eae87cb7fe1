// Replaces operator new by one that can fail.
// Must not be linked into anything but a test program.
#include "tests/capi/failing_new.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t t_left = 0;
thread_local bool t_counts = false;
thread_local bool t_failed = false;

bool fails() noexcept {
    if (!t_counts || t_left == 0 || --t_left != 0) return false;
    t_failed = true;
    return true;
}

void* allocate(std::size_t size) noexcept {
    return fails() ? nullptr : std::malloc(size != 0 ? size : 1);
}

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
    void* memory = nullptr;
    if (fails()) return nullptr;
    const bool ok =
        ::posix_memalign(&memory, static_cast<std::size_t>(alignment), size != 0 ? size : 1) == 0;
    return ok ? memory : nullptr;
}

void* or_throw(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

namespace graceline::tests {

void fail_allocation(std::uint64_t number) {
    t_left = number;
    t_failed = false;
}

bool allocation_failed() {
    return t_failed;
}

bool may_have_failed_with(int status) {
    constexpr int kNoMemory = -2;  // GRACELINE_E_NO_MEMORY
    return status == kNoMemory && allocation_failed();
}

FailingScope::FailingScope() {
    t_counts = true;
}

FailingScope::~FailingScope() {
    t_counts = false;
}

}  // namespace graceline::tests

void* operator new(std::size_t size) {
    return or_throw(allocate(size));
}
void* operator new[](std::size_t size) {
    return or_throw(allocate(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return or_throw(allocate(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return or_throw(allocate(size, alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
