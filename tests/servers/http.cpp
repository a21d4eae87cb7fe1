// A tiny blocking HTTP/1.1 client over a POSIX socket, for tests only.
// Must not grow: no TLS, no redirects, no chunks, one request a connection.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <stdexcept>

#include "tests/servers/devserver.hpp"

namespace graceline::tests {

namespace {

constexpr int kTimeoutSeconds = 70;  // above the longest wait that /stats takes
constexpr std::size_t kMaxReplyBytes = 16U * 1024 * 1024;

class Socket {
  public:
    explicit Socket(std::uint16_t port)
        : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (handle_ < 0) throw std::runtime_error("HTTP: no socket");
        const timeval timeout{kTimeoutSeconds, 0};
        ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
        ::setsockopt(handle_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(handle_);
            throw std::runtime_error("HTTP: cannot connect");
        }
    }
    ~Socket() { ::close(handle_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    // What cannot be sent may be answered all the same (413, for example), so errors wait for read.
    void send_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    // False at the end.
    bool receive(std::string& into) {
        char bytes[16 * 1024];
        const ssize_t count = ::recv(handle_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        into.append(bytes, static_cast<std::size_t>(count));
        return into.size() <= kMaxReplyBytes;
    }

  private:
    int handle_;
};

void parse_headers(std::string_view text, HttpReply& reply) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find("\r\n"));
        text.remove_prefix(std::min(text.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string name(line.substr(0, colon));
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        auto value = line.substr(colon + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        reply.headers.emplace_back(std::move(name), value);
    }
}

}  // namespace

std::string HttpReply::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

HttpReply http_request(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view body, const std::vector<std::string>& extra_headers) {
    std::string request;
    request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    request.append("Content-Length: ").append(std::to_string(body.size()));
    bool connection_given = false;
    for (const auto& line : extra_headers) {
        request.append("\r\n").append(line);
        connection_given = connection_given || line.starts_with("Connection:");
    }
    if (!connection_given) request.append("\r\nConnection: close");
    request.append("\r\n\r\n").append(body);
    Socket socket(port);
    socket.send_all(request);
    std::string answer;
    std::size_t head_size = std::string::npos;
    while (head_size == std::string::npos) {
        if (!socket.receive(answer)) throw std::runtime_error("HTTP: no complete answer");
        head_size = answer.find("\r\n\r\n");
    }
    HttpReply reply;
    const auto head = std::string_view(answer).substr(0, head_size);
    const auto first_end = std::min(head.find("\r\n"), head.size());
    if (!head.starts_with("HTTP/1.1 ")) throw std::runtime_error("HTTP: no status line");
    reply.status = std::atoi(answer.c_str() + sizeof "HTTP/1.1");
    parse_headers(head.substr(std::min(head.size(), first_end + 2)), reply);
    const auto length = std::strtoull(reply.header("content-length").c_str(), nullptr, 10);
    const bool has_body = method != "HEAD" && reply.status != 101;
    while (has_body && answer.size() < head_size + 4 + length) {
        if (!socket.receive(answer)) throw std::runtime_error("HTTP: the answer was cut off");
    }
    reply.body = answer.substr(head_size + 4);
    return reply;
}

}  // namespace graceline::tests
