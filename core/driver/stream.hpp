// A connected socket, plain or with TLS: transfers that never block, and the waiting for more.
// Must not know WebSocket, and must not read ahead of what it is asked for.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/driver/asio_types.hpp"
#include "core/driver/platform/platform.hpp"
#include "core/driver/tls_stream.hpp"
#include "core/driver/transfer.hpp"

namespace graceline::driver {

class Stream final : public WriteSide {
  public:
    Stream(Socket socket, std::string peer)
        : socket_(std::move(socket)),
          handle_(static_cast<platform::NativeSocket>(socket_.native_handle())),
          peer_(std::move(peer)) {}
    /// TLS first: its BIO has the socket's number.
    ~Stream() { tls_.reset(); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    bool secure() const { return tls_ != nullptr; }
    TlsStream* tls() const { return tls_.get(); }
    void use_tls(std::unique_ptr<TlsStream> tls) { tls_ = std::move(tls); }
    platform::NativeSocket handle() const { return handle_; }
    const std::string& peer() const { return peer_; }

    StreamResult read(std::uint8_t* bytes, std::size_t size) {
        if (tls_) return tls_->read(bytes, size);
        return from(platform::receive_some(handle_, bytes, size), StreamStatus::wait_read);
    }
    StreamResult write(const std::uint8_t* bytes, std::size_t size) override {
        if (tls_) return tls_->write(bytes, size);
        return from(platform::send_some(handle_, bytes, size), StreamStatus::wait_write);
    }
    StreamResult try_write(const std::uint8_t* bytes, std::size_t size) override {
        if (tls_) return tls_->try_write(bytes, size);
        return from(platform::send_some(handle_, bytes, size), StreamStatus::wait_write);
    }

    template <typename Handler>
    void wait_readable(Handler&& handler) {
        socket_.async_wait(Socket::wait_read, std::forward<Handler>(handler));
    }
    template <typename Handler>
    void wait_writable(Handler&& handler) {
        socket_.async_wait(Socket::wait_write, std::forward<Handler>(handler));
    }

  private:
    static StreamResult from(const platform::Transfer& transfer, StreamStatus wait) {
        switch (transfer.status) {
            case platform::TransferStatus::moved:
                return {StreamStatus::moved, transfer.bytes, 0};
            case platform::TransferStatus::would_block:
                return {wait, 0, 0};
            case platform::TransferStatus::end_of_stream:
                return {StreamStatus::end_of_stream, 0, 0};
            case platform::TransferStatus::failed:
                break;
        }
        return {StreamStatus::failed, 0, transfer.error};
    }

    Socket socket_;
    platform::NativeSocket handle_;
    std::string peer_;
    std::unique_ptr<TlsStream> tls_;
};

}  // namespace graceline::driver
