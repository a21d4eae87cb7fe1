// What the cpprest transport cannot do: the common case that it fails, and why.
// Must not hold an entry that passes (the run fails then), nor a reason that we could mend here.
#pragma once

#include <array>

#include "tests/driver/support/transports.hpp"

namespace graceline::tests {

inline constexpr std::string_view kNoStatus =
    "cpprestsdk does not give the HTTP status nor the headers of a refused upgrade: reported as "
    "connection_lost, so that the engine tries again";
inline constexpr std::string_view kWaitsForServer =
    "websocketpp ends a close handshake only when the server closes TCP, else after 5 s and then "
    "without the code; the engine's close time-out comes first";

inline constexpr std::array<KnownLimit, 15> kCpprestLimits = {{
    {"cpprest", "open: headers and subprotocols -> sent, the choice is reported",
     "cpprestsdk does not give the subprotocol that the server chose"},
    {"cpprest", "open: 503 with Retry-After in seconds -> http_status", kNoStatus},
    {"cpprest", "open: 429 with Retry-After as a date -> http_status", kNoStatus},
    {"cpprest", "open: redirect -> http_status, not followed", kNoStatus},
    {"cpprest", "open: answer in single bytes -> read whole", kNoStatus},
    {"cpprest", "open: refused with our token in the answer -> not in the text", kNoStatus},
    {"cpprest", "open: answer above the header limit -> handshake_invalid",
     "websocketpp's limit of 16,000 bytes is compiled in; an answer without end is left to its "
     "time-out of 5 s"},
    {"cpprest", "open: subprotocol nobody asked for -> handshake_invalid",
     "websocketpp accepts any subprotocol, and cpprestsdk does not show it"},
    {"cpprest", "talk: reads not wanted -> discarded, the close is still found", kWaitsForServer},
    {"cpprest", "end: close() -> after the data, ends with the answer", kWaitsForServer},
    {"cpprest", "end: close() while the listener is full -> the answer is read", kWaitsForServer},
    {"cpprest", "end: server closes with a code -> answered, closed_by_server", kWaitsForServer},
    {"cpprest", "end: server closes without a code -> 1005",
     "websocketpp answers a close frame without a code with 1000, and cpprestsdk gives only the "
     "code that was sent"},
    // Only for the invalid code in a close frame; transport_test.cpp shows the other faults.
    {"cpprest", "end: broken rules -> close frame with the code, protocol_error", kWaitsForServer},
    {"cpprest", "end: close() without an answer -> connection_lost",
     "websocketpp takes the end of the connection for the answer to its close frame"},
}};

}  // namespace graceline::tests
