// What came of one attempt to move bytes through a stream, plain or encrypted.
// Must not say why a stream failed in more than the system's number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graceline::driver {

/// TLS may have to write before it can read, and the other way round.
enum class StreamStatus : std::uint8_t { moved, wait_read, wait_write, end_of_stream, failed };

struct StreamResult {
    StreamStatus status = StreamStatus::failed;
    std::size_t bytes = 0;
    int error = 0;  ///< The system's; 0 when TLS itself failed.
};

/// Where frames go.
class WriteSide {
  public:
    /// I/O thread.
    virtual StreamResult write(const std::uint8_t* bytes, std::size_t size) = 0;
    /// Any thread, while nobody closes the stream. Waits for nobody: it may say "not now".
    virtual StreamResult try_write(const std::uint8_t* bytes, std::size_t size) = 0;

  protected:
    ~WriteSide() = default;
};

}  // namespace graceline::driver
