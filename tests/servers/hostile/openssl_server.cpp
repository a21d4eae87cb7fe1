// Starts `openssl s_server` on a free port and reads it from its ready line.
// Must not leave a key behind: the folder is removed with the server.
#include "tests/servers/hostile/openssl_server.hpp"

#include <stdlib.h>

#include <fstream>
#include <stdexcept>

#include "tests/servers/hostile/cases.hpp"
#include "tests/servers/hostile/raw_server.hpp"

namespace graceline::tests {

namespace {

constexpr const char* kReady = "ACCEPT ";

}  // namespace

PemFolder::PemFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "graceline-pem-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for certificates");
    path_ = name;
}

PemFolder::~PemFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string PemFolder::write(const std::string& pem) {
    const auto path = path_ / (std::to_string(++files_) + ".pem");
    std::ofstream(path) << pem;
    return path.string();
}

OpensslServer::OpensslServer(const Certificate& certificate, const std::vector<std::string>& extra,
                             const std::vector<const Certificate*>& chain) {
    ProcessOptions options;
    options.program = "openssl";
    options.ready_prefix = kReady;
    options.arguments = {"s_server",
                         "-accept",
                         "127.0.0.1:0",
                         "-naccept",
                         "1",
                         "-cert",
                         folder_.write(certificate.pem()),
                         "-key",
                         folder_.write(certificate.key_pem())};
    std::string links;
    for (const auto* link : chain) links += link->pem();
    if (!links.empty()) {
        options.arguments.insert(options.arguments.end(), {"-cert_chain", folder_.write(links)});
    }
    options.arguments.insert(options.arguments.end(), extra.begin(), extra.end());
    process_ = std::make_unique<ServerProcess>(options);
    const auto& line = process_->ready_line();
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
}

bool OpensslServer::upgrade(const std::string& message, std::chrono::milliseconds within) {
    const auto key = process_->wait_for_line("Sec-WebSocket-Key: ", within);
    if (!key) return false;
    const std::string request = "GET / HTTP/1.1\r\n" + *key + "\n\r\n";
    return process_->write_stdin(good_answer(request) + hostile::text_frame(message));
}

std::string OpensslServer::printed(const std::string& prefix) const {
    const auto line = process_->wait_for_line(prefix, std::chrono::milliseconds(0));
    return line ? line->substr(prefix.size()) : "";
}

bool OpensslServer::is_here() {
    ProcessOptions options;
    options.program = "openssl";
    options.arguments = {"version"};
    options.ready_prefix = "OpenSSL ";
    try {
        const ServerProcess process(options);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

}  // namespace graceline::tests
