// One HTTP request to the dev server of the demo.
// Must not be used for anything but 127.0.0.1: no TLS, no redirects.
#include "tools/demo/http_call.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace graceline::demo {

namespace {

constexpr std::size_t kMaxAnswerBytes = 4'194'304;
constexpr int kTimeoutSeconds = 3;

class Socket {
  public:
    Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    bool connect(std::uint16_t port) const {
        const timeval timeout{kTimeoutSeconds, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
        ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                         sizeof(address)) == 0;
    }

    bool write(const std::string& bytes) const {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const auto count =
                ::send(descriptor_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (count <= 0) return false;
            done += static_cast<std::size_t>(count);
        }
        return true;
    }

    // All until the server closes, as "Connection: close" asks it to.
    bool read_all(std::string& to) const {
        std::array<char, 16'384> chunk{};
        while (to.size() < kMaxAnswerBytes) {
            const auto count = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
            if (count < 0) return false;
            if (count == 0) return true;
            to.append(chunk.data(), static_cast<std::size_t>(count));
        }
        return false;
    }

  private:
    int descriptor_;
};

}  // namespace

HttpAnswer http_call(std::uint16_t port, const std::string& method, const std::string& target,
                     const std::string& json_body) {
    std::string request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    request += "Connection: close\r\n";
    if (!json_body.empty()) {
        request += "Content-Type: application/json\r\nContent-Length: " +
                   std::to_string(json_body.size()) + "\r\n";
    }
    request += "\r\n" + json_body;
    const Socket socket;
    std::string answer;
    if (!socket.connect(port) || !socket.write(request) || !socket.read_all(answer)) {
        return {0, "the dev server does not answer"};
    }
    const std::size_t head = answer.find("\r\n\r\n");
    const std::size_t space = answer.find(' ');
    if (head == std::string::npos || space == std::string::npos || space > head) {
        return {0, "the dev server's answer is no HTTP"};
    }
    return {std::atoi(answer.c_str() + space + 1), answer.substr(head + 4)};
}

}  // namespace graceline::demo
