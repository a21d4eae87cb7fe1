// The BIO method, made once and never freed: connections may outlive static objects.
// Must not buffer: what it says it wrote is in the kernel.
#include "core/driver/tls_bio.hpp"

namespace graceline::driver {
namespace {

TlsBioState* state_of(BIO* bio) {
    return static_cast<TlsBioState*>(BIO_get_data(bio));
}

int finish(BIO* bio, const platform::Transfer& transfer, int retry_flag) {
    BIO_clear_retry_flags(bio);
    TlsBioState* const state = state_of(bio);
    switch (transfer.status) {
        case platform::TransferStatus::moved:
            return static_cast<int>(transfer.bytes);
        case platform::TransferStatus::would_block:
            BIO_set_flags(bio, retry_flag | BIO_FLAGS_SHOULD_RETRY);
            return -1;
        case platform::TransferStatus::end_of_stream:
            state->end_of_stream = true;
            return 0;
        case platform::TransferStatus::failed:
            break;
    }
    if (state->error == 0) state->error = transfer.error;
    return -1;
}

int write(BIO* bio, const char* bytes, int size) {
    if (bytes == nullptr || size <= 0) return 0;
    return finish(
        bio,
        platform::send_some(state_of(bio)->socket, reinterpret_cast<const std::uint8_t*>(bytes),
                            static_cast<std::size_t>(size)),
        BIO_FLAGS_WRITE);
}

int read(BIO* bio, char* bytes, int size) {
    if (bytes == nullptr || size <= 0) return 0;
    return finish(
        bio,
        platform::receive_some(state_of(bio)->socket, reinterpret_cast<std::uint8_t*>(bytes),
                               static_cast<std::size_t>(size)),
        BIO_FLAGS_READ);
}

long control(BIO* bio, int command, long, void*) {
    switch (command) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_EOF:
            return state_of(bio)->end_of_stream ? 1 : 0;
        default:
            return 0;
    }
}

BIO_METHOD* make_method() {
    BIO_METHOD* const method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "graceline socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_write(method, write);
    BIO_meth_set_read(method, read);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

BIO* make_tls_bio(TlsBioState& state) {
    static BIO_METHOD* const method = make_method();
    BIO* const bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &state);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace graceline::driver
