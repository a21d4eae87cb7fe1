// A tiny blocking HTTP/1.1 client over a POSIX socket, for tests only.
// Must not grow: no TLS, no redirects, no chunks.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <stdexcept>

#include "tests/servers/devserver.hpp"
#include "tests/servers/http_connection.hpp"

namespace graceline::tests {

namespace {

constexpr int kTimeoutSeconds = 70;  // above the longest wait that /stats takes
constexpr std::size_t kMaxReplyBytes = 16U * 1024 * 1024;

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

HttpConnection::HttpConnection(std::uint16_t port)
    : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (handle_ < 0) throw std::runtime_error("HTTP: no socket");
    const timeval timeout{kTimeoutSeconds, 0};
    const int at_once = 1;
    ::setsockopt(handle_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(handle_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(handle_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(handle_);
        throw std::runtime_error("HTTP: cannot connect");
    }
}

HttpConnection::~HttpConnection() {
    ::close(handle_);
}

// What cannot be sent may be answered all the same (413, for example), so errors wait for read.
void HttpConnection::send(std::string_view method, std::string_view target, std::string_view body,
                          const std::vector<std::string>& extra_headers) {
    std::string request;
    request.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    request.append("Content-Length: ").append(std::to_string(body.size()));
    for (const auto& line : extra_headers) request.append("\r\n").append(line);
    request.append("\r\n\r\n").append(body);
    std::string_view rest = request;
    while (!rest.empty()) {
        const ssize_t sent = ::send(handle_, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool HttpConnection::receive() {
    char bytes[16 * 1024];
    const ssize_t count = ::recv(handle_, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(count));
    return received_.size() <= kMaxReplyBytes;
}

HttpReply HttpConnection::read(bool head) {
    std::size_t head_size = received_.find("\r\n\r\n");
    while (head_size == std::string::npos) {
        if (!receive()) throw std::runtime_error("HTTP: no complete answer");
        head_size = received_.find("\r\n\r\n");
    }
    HttpReply reply;
    const auto text = std::string_view(received_).substr(0, head_size);
    const auto first_end = std::min(text.find("\r\n"), text.size());
    if (!text.starts_with("HTTP/1.1 ")) throw std::runtime_error("HTTP: no status line");
    reply.status = std::atoi(received_.c_str() + sizeof "HTTP/1.1");
    parse_headers(text.substr(std::min(text.size(), first_end + 2)), reply);
    std::size_t length = std::strtoull(reply.header("content-length").c_str(), nullptr, 10);
    if (head || reply.status == 101) length = 0;
    while (received_.size() < head_size + 4 + length) {
        if (!receive()) throw std::runtime_error("HTTP: the answer was cut off");
    }
    reply.body = received_.substr(head_size + 4, length);
    received_.erase(0, head_size + 4 + length);
    return reply;
}

HttpReply http_request(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view body, const std::vector<std::string>& extra_headers) {
    auto headers = extra_headers;
    if (std::none_of(headers.begin(), headers.end(),
                     [](const std::string& line) { return line.starts_with("Connection:"); })) {
        headers.emplace_back("Connection: close");
    }
    HttpConnection connection(port);
    connection.send(method, target, body, headers);
    return connection.read(method == "HEAD");
}

}  // namespace graceline::tests
