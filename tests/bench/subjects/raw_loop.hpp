// The limit: an epoll loop with the smallest parser that can count messages, plain or OpenSSL.
// Must not check anything that a real client has to check (UTF-8, limits, accept key): that is
// what makes it the limit and not a client.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace graceline::bench {

struct RawUrl {
    bool tls = false;
    std::string host;
    std::uint16_t port = 0;
    std::string target;
};
RawUrl parse_raw_url(const std::string& url);

// Outgoing bytes; allocated at the first use and freed when drained, so that idle costs nothing.
class RawBuffer {
  public:
    void append_frame(unsigned opcode, std::string_view payload);
    void append(std::string_view bytes);
    const unsigned char* data() const { return data_.get() + begin_; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }
    void consume(std::size_t size) { begin_ += size; }
    void clear() { begin_ = end_ = 0; }
    void swap(RawBuffer& other) noexcept;

  private:
    unsigned char* room(std::size_t size);

    std::unique_ptr<unsigned char[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// One TLS context a process, and the newest session ticket of its one server.
class RawTls {
  public:
    explicit RawTls(const std::string& ca_file);
    ~RawTls();
    RawTls(const RawTls&) = delete;
    RawTls& operator=(const RawTls&) = delete;

    SSL* make(const std::string& host, bool resume);

  private:
    static int on_new_session(SSL* ssl, SSL_SESSION* session);

    SSL_CTX* context_;
    SSL_SESSION* newest_ = nullptr;
};

class RawConnection {
  public:
    enum class State { connecting, tls, upgrading, open, closed };
    struct Batch {
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;
        bool closed = false;
        std::string_view last;
        std::string_view frames;  // Whole frames only, as they came.
    };
    static constexpr std::size_t kReadChunkBytes = std::size_t{128} * 1024;
    using ReadBuffer = std::array<unsigned char, kReadChunkBytes + 65536>;

    // `tls` may be null; `resume` offers the newest session.
    RawConnection(const RawUrl& url, RawTls* tls, bool resume);
    ~RawConnection();
    RawConnection(const RawConnection&) = delete;
    RawConnection& operator=(const RawConnection&) = delete;

    // Does what the socket allows. True when it has to be called again without waiting.
    bool on_ready(ReadBuffer& buffer);
    // Writes what is in `out` now; what does not fit stays there.
    void flush();
    bool wants_write() const;
    void abort();

    int descriptor() const { return descriptor_; }
    State state() const { return state_; }
    std::uint32_t armed_events = 0;
    RawBuffer out;
    // Called once a read chunk with what was in it.
    std::function<void(const Batch&)> on_batch;

    // Adds the text messages in `data` to `batch`; returns how many bytes whole frames have.
    static std::size_t walk_frames(const unsigned char* data, std::size_t size, Batch& batch);

  private:
    static constexpr int kReadsPerWakeup = 16;

    void start_upgrade();
    std::size_t walk(const unsigned char* data, std::size_t size);
    std::ptrdiff_t read_some(unsigned char* data, std::size_t size);

    int descriptor_ = -1;
    SSL* ssl_ = nullptr;
    State state_ = State::connecting;
    std::string request_;
    std::string tail_;
};

class RawLoop {
  public:
    RawLoop();
    ~RawLoop();
    RawLoop(const RawLoop&) = delete;
    RawLoop& operator=(const RawLoop&) = delete;

    void add(RawConnection& connection);
    void remove(RawConnection& connection);
    void rearm(RawConnection& connection);
    // Waits for events and handles them; returns early after wake().
    void run_once(int timeout_ms);
    // From any thread.
    void wake() const;

  private:
    int epoll_ = -1;
    int wake_ = -1;
    std::vector<RawConnection*> again_;
    std::unique_ptr<RawConnection::ReadBuffer> buffer_;
};

}  // namespace graceline::bench
