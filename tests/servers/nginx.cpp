// Debian's nginx with files of its own in a temporary folder, started by hand and stopped by id.
// Must never touch the system's nginx, its folders or its ports.
#include "tests/servers/nginx.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace graceline::tests {

namespace {

constexpr int kPortsTried = 5;
constexpr std::chrono::milliseconds kLogWithin{5'000};

// nginx cannot choose a port itself; whoever takes it meanwhile makes us try another one.
std::uint16_t free_port() {
    const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    const bool ok = ::bind(handle, any, size) == 0 && ::getsockname(handle, any, &size) == 0;
    ::close(handle);
    if (!ok) throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

std::string configuration(const std::string& folder, std::uint16_t port,
                          const std::string& server_block) {
    std::string text = R"(daemon off;
master_process off;
pid FOLDER/nginx.pid;
error_log /dev/stdout notice;
events { worker_connections 64; }
http {
    client_body_temp_path FOLDER/temp-body;
    proxy_temp_path FOLDER/temp-proxy;
    fastcgi_temp_path FOLDER/temp-fastcgi;
    uwsgi_temp_path FOLDER/temp-uwsgi;
    scgi_temp_path FOLDER/temp-scgi;
    log_format told 'served $uri $status $sent_http_content_encoding $sent_http_content_length';
    access_log /dev/stdout told;
    types { application/json json; }
    server {
        listen 127.0.0.1:PORT;
        root FOLDER/root;
        BLOCK
    }
}
)";
    const auto put = [&](std::string_view name, const std::string& value) {
        for (auto at = text.find(name); at != std::string::npos;
             at = text.find(name, at + value.size())) {
            text.replace(at, name.size(), value);
        }
    };
    put("FOLDER", folder);
    put("PORT", std::to_string(port));
    put("BLOCK", server_block);
    return text;
}

}  // namespace

std::string Nginx::program() {
    for (const char* folder : {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"}) {
        const auto path = std::filesystem::path(folder) / "nginx";
        if (std::filesystem::exists(path)) return path.string();
    }
    return {};
}

Nginx::Nginx(const std::string& server_block) {
    auto name = (std::filesystem::temp_directory_path() / "graceline-nginx-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
    std::filesystem::create_directory(folder_ / "root");
    for (int i = 0; i < kPortsTried; ++i) {
        if (start(server_block)) return;
    }
    std::filesystem::remove_all(folder_);
    throw std::runtime_error("nginx does not start");
}

Nginx::~Nginx() {
    process_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

bool Nginx::start(const std::string& server_block) {
    port_ = free_port();
    std::ofstream(folder_ / "nginx.conf") << configuration(folder_.string(), port_, server_block);
    ProcessOptions options;
    options.program = program();
    options.arguments = {"-p", folder_.string(), "-c", (folder_ / "nginx.conf").string(),
                         "-e", "/dev/stdout"};
    options.ready_prefix = "2";  // each line of its log begins with the year
    try {
        process_ = std::make_unique<ServerProcess>(options);
    } catch (const std::runtime_error&) {
        return false;
    }
    // It is told after the port was opened; what goes wrong before is told instead.
    if (process_->ready_line().find("[notice]") != std::string::npos) return true;
    process_.reset();
    return false;
}

std::string Nginx::url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void Nginx::write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / "root" / name, std::ios::binary) << text;
}

std::string Nginx::served(std::string_view beginning) {
    return process_->wait_for_line(beginning, kLogWithin).value_or("");
}

std::size_t Nginx::count(std::string_view beginning) const {
    const auto lines = process_->output();
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(beginning); }));
}

}  // namespace graceline::tests
