// The race of connects: one more every 250 ms or as soon as one fails; the first to succeed ends
// it. Must not leave a socket of the losers open.
#include "core/driver/connector.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "core/driver/platform/platform.hpp"

namespace graceline::driver {

std::vector<Tcp::endpoint> interleave(const std::vector<Tcp::endpoint>& endpoints) {
    std::vector<Tcp::endpoint> first;
    std::vector<Tcp::endpoint> second;
    for (const Tcp::endpoint& endpoint : endpoints) {
        const bool like_first = endpoint.protocol() == endpoints.front().protocol();
        (like_first ? first : second).push_back(endpoint);
    }
    std::vector<Tcp::endpoint> ordered;
    for (std::size_t i = 0; ordered.size() < endpoints.size(); ++i) {
        if (i < first.size()) ordered.push_back(first[i]);
        if (i < second.size()) ordered.push_back(second[i]);
    }
    return ordered;
}

Connector::Connector(std::shared_ptr<Loop> loop, std::vector<Tcp::endpoint> endpoints, Done done)
    : loop_(std::move(loop)),
      endpoints_(interleave(endpoints)),
      done_(std::move(done)),
      stagger_(*loop_, [this] { start_next(); }) {
    attempts_.reserve(endpoints_.size());
}

void Connector::start() {
    start_next();
}

void Connector::cancel() {
    done_ = nullptr;
    stagger_.arm(std::nullopt);
    ErrorCode ignored;
    for (Socket& socket : attempts_) socket.close(ignored);
}

void Connector::start_next() {
    if (!done_) return;
    const std::size_t index = attempts_.size();
    if (index == endpoints_.size()) return;
    const Tcp::endpoint& endpoint = endpoints_[index];
    attempts_.emplace_back(loop_->context());
    if (index + 1 < endpoints_.size()) stagger_.arm(now() + kConnectStagger);

    int system_error = 0;
    const bool ipv6 = endpoint.protocol() == Tcp::v6();
    const platform::NativeSocket handle = platform::open_stream_socket(ipv6, system_error);
    ErrorCode error;
    if (handle == platform::kNoSocket) {
        error.assign(system_error, boost::system::system_category());
    } else {
        attempts_.back().assign(endpoint.protocol(),
                                static_cast<Socket::native_handle_type>(handle), error);
    }
    if (error) {
        // Posted, so that it is not reported from inside start().
        boost::asio::post(loop_->context(), [self = shared_from_this(), index, error] {
            self->connected(index, error);
        });
        return;
    }
    attempts_.back().async_connect(endpoint,
                                   [self = shared_from_this(), index](const ErrorCode& result) {
                                       self->connected(index, result);
                                   });
}

void Connector::connected(std::size_t index, const ErrorCode& error) {
    if (!done_) return;
    if (!error) {
        finish(std::move(attempts_[index]), endpoints_[index], error);
        return;
    }
    ErrorCode ignored;
    attempts_[index].close(ignored);
    ++failures_;
    last_error_ = error;
    if (failures_ == endpoints_.size()) {
        finish(Socket(loop_->context()), endpoints_[index], last_error_);
    } else {
        start_next();
    }
}

void Connector::finish(Socket socket, const Tcp::endpoint& peer, const ErrorCode& error) {
    ErrorCode ignored;
    // The small frames of a chat must not wait for Nagle's algorithm.
    if (!error) socket.set_option(Tcp::no_delay(true), ignored);
    const Done done = std::move(done_);
    cancel();
    done(std::move(socket), peer, error);
}

}  // namespace graceline::driver
