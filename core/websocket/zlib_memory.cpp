// Allocation hooks for zlib that refuse what exceeds the budget; zlib then reports Z_MEM_ERROR.
// Must not throw: the callers of these hooks are C.
#include "core/websocket/zlib_memory.hpp"

#include <zlib.h>

#include <cstring>
#include <new>

namespace graceline::websocket {
namespace {

void* allocate(void* opaque, unsigned items, unsigned item_bytes) {
    auto& budget = *static_cast<ZlibBudget*>(opaque);
    if (item_bytes != 0 && items > budget.left_bytes / item_bytes) return nullptr;
    const std::size_t bytes = static_cast<std::size_t>(items) * item_bytes;
    void* block = ::operator new(bytes, std::nothrow);
    if (block == nullptr) return nullptr;
    budget.left_bytes -= bytes;
    // Some zlib versions read parts of the window before they write them.
    std::memset(block, 0, bytes);
    return block;
}

void release(void* /*opaque*/, void* block) {
    ::operator delete(block);
}

}  // namespace

void use_budget(z_stream_s& stream, ZlibBudget& budget) {
    stream.zalloc = allocate;
    stream.zfree = release;
    stream.opaque = &budget;
}

}  // namespace graceline::websocket
