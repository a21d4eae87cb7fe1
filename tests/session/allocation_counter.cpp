// Replaces operator new by one that counts.
// Must not be linked into anything but test programs.
#include "tests/session/allocation_counter.hpp"

#include <cstdlib>
#include <new>

namespace {

std::uint64_t g_allocations = 0;

void* counted(std::size_t size) noexcept {
    ++g_allocations;
    return std::malloc(size != 0 ? size : 1);
}

void* counted_aligned(std::size_t size, std::align_val_t alignment) noexcept {
    ++g_allocations;
    void* memory = nullptr;
    if (posix_memalign(&memory, static_cast<std::size_t>(alignment), size != 0 ? size : 1) != 0) {
        return nullptr;
    }
    return memory;
}

void* or_throw(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

namespace graceline::session::testing {

std::uint64_t allocations() {
    return g_allocations;
}

}  // namespace graceline::session::testing

void* operator new(std::size_t size) {
    return or_throw(counted(size));
}
void* operator new[](std::size_t size) {
    return or_throw(counted(size));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return counted(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return counted(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return or_throw(counted_aligned(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return or_throw(counted_aligned(size, alignment));
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
