// What a host reads of a batch.
// Must not copy events: the host walks the memory that core/client wrote.
#include "core/client/batch.hpp"

#include "graceline/graceline.h"

namespace {

const graceline::client::Batch* batch_of(const graceline_batch* batch) {
    return reinterpret_cast<const graceline::client::Batch*>(batch);
}

}  // namespace

extern "C" {

uint32_t graceline_batch_count(const graceline_batch* batch) {
    return batch ? batch_of(batch)->count() : 0;
}

const graceline_event* graceline_batch_events(const graceline_batch* batch) {
    // The same layout, proven in layout.cpp.
    return batch ? reinterpret_cast<const graceline_event*>(batch_of(batch)->events()) : nullptr;
}

uint32_t graceline_batch_stride_bytes(void) {
    return static_cast<uint32_t>(sizeof(graceline::client::Event));
}

void graceline_batch_release(graceline_batch* batch) {
    if (batch) graceline::client::BatchReturn{}(reinterpret_cast<graceline::client::Batch*>(batch));
}

}  // extern "C"
