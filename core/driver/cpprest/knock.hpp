// One connection at the relay's door until it has shown the secret or is sent away.
// Must not say why it is sent away: nobody but our own cpprestsdk object has business here.
#pragma once

#include <boost/asio/streambuf.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/driver/asio_types.hpp"
#include "core/driver/cpprest/limits.hpp"

namespace graceline::driver::cpprest {

/// I/O thread only. Stays alive by its own reads and writes.
class Knock : public std::enable_shared_from_this<Knock> {
  public:
    /// `authorization`: the whole value of the header that opens the door.
    Knock(Socket socket, std::string authorization, std::function<void(Socket)> entered);
    void start();
    void close();

  private:
    void judge(std::size_t head_bytes);

    Socket socket_;
    std::string authorization_;
    std::function<void(Socket)> entered_;
    boost::asio::streambuf buffer_{kMaxConnectRequestBytes};
};

}  // namespace graceline::driver::cpprest
