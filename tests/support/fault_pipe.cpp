// Reading and writing of one direction, on sockets that do not block.
// Must tell a broken connection from one that has ended in order.
#include "tests/support/fault_pipe.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace graceline::tests {

namespace {

constexpr std::size_t kPieceBytes = 16 * 1024;

bool only_not_now() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

FaultPipe::Clock::time_point FaultPipe::next_due() const {
    return pieces_.empty() || blocked_ ? Clock::time_point::max() : pieces_.front().due;
}

bool FaultPipe::read(Clock::time_point due) {
    Piece piece;
    piece.due = pieces_.empty() ? due : std::max(due, pieces_.back().due);
    piece.bytes.resize(kPieceBytes);
    const auto count = ::recv(from_, piece.bytes.data(), piece.bytes.size(), 0);
    if (count < 0) return only_not_now();
    if (count == 0) {
        ended_ = true;
        return true;
    }
    piece.bytes.resize(static_cast<std::size_t>(count));
    bytes_ += piece.bytes.size();
    pieces_.push_back(std::move(piece));
    return true;
}

bool FaultPipe::write(Clock::time_point now, std::size_t most) {
    blocked_ = false;
    while (most > 0 && has_due(now)) {
        auto& piece = pieces_.front();
        const auto size = std::min(most, piece.bytes.size() - piece.done);
        const auto count =
            ::send(to_, piece.bytes.data() + piece.done, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            blocked_ = only_not_now();
            return blocked_;
        }
        const auto sent = static_cast<std::size_t>(count);
        piece.done += sent;
        bytes_ -= sent;
        most -= sent;
        if (piece.done == piece.bytes.size()) pieces_.pop_front();
    }
    if (drained()) ::shutdown(to_, SHUT_WR);
    return true;
}

}  // namespace graceline::tests
