// The fuzz targets: each takes bytes, does something with them, and aborts where a promise breaks.
// Must not keep state from one call to the next, or a seed would not repeat a fault.
#pragma once

#include <cstddef>
#include <cstdint>

namespace graceline::fuzz {

void handshake(const std::uint8_t* data, std::size_t size);
void frames(const std::uint8_t* data, std::size_t size);
void inflate(const std::uint8_t* data, std::size_t size);
void options(const std::uint8_t* data, std::size_t size);
void json(const std::uint8_t* data, std::size_t size);
void pages(const std::uint8_t* data, std::size_t size);
void sequence(const std::uint8_t* data, std::size_t size);

}  // namespace graceline::fuzz
