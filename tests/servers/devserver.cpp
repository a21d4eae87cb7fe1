// The dev server as a test sees it: started on a free port, driven through its control port.
// Must not be used for anything but tests.
#include "tests/servers/devserver.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace graceline::tests {

namespace {

using nlohmann::json;

std::string new_certificate_file(const std::vector<std::string>& arguments) {
    const auto wanted = std::find(arguments.begin(), arguments.end(), "--tls-self-signed");
    if (wanted == arguments.end()) return {};
    static std::atomic<int> next{0};
    const auto name =
        "graceline-devserver-" + std::to_string(::getpid()) + "-" + std::to_string(next++) + ".pem";
    return (std::filesystem::temp_directory_path() / name).string();
}

ProcessOptions process_options(const std::vector<std::string>& arguments,
                               const std::string& certificate_file) {
    ProcessOptions options;
    options.program = DevServer::program();
    options.arguments = {"--port", "0", "--control-port", "0", "--exit-with-stdin"};
    options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
    if (!certificate_file.empty()) {
        options.arguments.insert(options.arguments.end(), {"--write-cert", certificate_file});
    }
    options.ready_prefix = "listening on ";
    return options;
}

// The number behind the last ':' of the text.
std::uint16_t port_in(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) throw std::runtime_error("dev server: no port told");
    return static_cast<std::uint16_t>(std::atoi(std::string(text.substr(colon + 1)).c_str()));
}

}  // namespace

DevServer::DevServer(std::vector<std::string> arguments)
    : DevServer(arguments, new_certificate_file(arguments)) {}

DevServer::DevServer(std::vector<std::string> arguments, std::string certificate_file)
    : ServerProcess(process_options(arguments, certificate_file)),
      certificate_file_(std::move(certificate_file)) {
    // "listening on ws://127.0.0.1:PORT/ws control http://127.0.0.1:PORT/"
    const std::string_view line = ready_line();
    const auto control = line.find(" control ");
    if (control == std::string_view::npos) throw std::runtime_error("dev server: no control port");
    port_ = port_in(line.substr(0, control));
    control_port_ = port_in(line.substr(control));
    tls_ = line.find("wss://") != std::string_view::npos;
}

DevServer::~DevServer() {
    stop();
    std::error_code ignored;
    if (!certificate_file_.empty()) std::filesystem::remove(certificate_file_, ignored);
}

std::string DevServer::program() {
    return GRACELINE_DEVSERVER_PATH;
}

std::string DevServer::url(std::string_view path_and_query) const {
    return std::string(tls_ ? "wss" : "ws") + "://127.0.0.1:" + std::to_string(port_) +
           std::string(path_and_query);
}

HttpReply DevServer::request(std::string_view method, std::string_view target,
                             std::string_view body) const {
    return http_request(control_port_, method, target, body);
}

std::string DevServer::http(std::string_view method, std::string_view target,
                            std::string_view body) const {
    auto reply = request(method, target, body);
    if (reply.status < 200 || reply.status > 299) {
        throw std::runtime_error("dev server answered " + std::to_string(reply.status) + ": " +
                                 reply.body);
    }
    return std::move(reply.body);
}

std::string DevServer::publish(std::string_view room, std::string_view body,
                               std::string_view sender, std::string_view client_id) const {
    json message = {{"conversation", room}, {"body", body}, {"sender", sender}};
    if (!client_id.empty()) message["client_id"] = client_id;
    return json::parse(http("POST", "/messages", message.dump())).at("id").get<std::string>();
}

void DevServer::faults(std::string_view switches) const {
    http("POST", "/faults", switches);
}

void DevServer::reset_faults() const {
    http("DELETE", "/faults");
}

DevServerStats DevServer::stats() const {
    const json all = json::parse(http("GET", "/stats"));
    DevServerStats stats;
    all.at("connections_now").get_to(stats.connections_now);
    all.at("connections_total").get_to(stats.connections_total);
    all.at("connections_refused").get_to(stats.connections_refused);
    all.at("websockets_now").get_to(stats.websockets_now);
    all.at("websockets_total").get_to(stats.websockets_total);
    all.at("upgrades_refused").get_to(stats.upgrades_refused);
    all.at("messages_published").get_to(stats.messages_published);
    all.at("messages_pushed").get_to(stats.messages_pushed);
    all.at("frames_received").get_to(stats.frames_received);
    all.at("duplicates").get_to(stats.duplicates);
    all.at("pings_received").get_to(stats.pings_received);
    all.at("pongs_received").get_to(stats.pongs_received);
    all.at("pongs_withheld").get_to(stats.pongs_withheld);
    all.at("slow_clients_closed").get_to(stats.slow_clients_closed);
    all.at("tls_handshakes").get_to(stats.tls_handshakes);
    all.at("tls_resumed").get_to(stats.tls_resumed);
    all.at("closes_total").get_to(stats.closes_total);
    for (const auto& close : all.at("closes")) {
        stats.closes.push_back({close.at("time").get<std::string>(), close.at("code").get<int>(),
                                close.at("reason").get<std::string>(),
                                close.at("by_server").get<bool>()});
    }
    return stats;
}

bool DevServer::wait_at_least(std::string_view field, std::int64_t value,
                              std::chrono::milliseconds within) const {
    return wait_for(field, "at_least", value, within);
}

bool DevServer::wait_equal(std::string_view field, std::int64_t value,
                           std::chrono::milliseconds within) const {
    return wait_for(field, "equals", value, within);
}

bool DevServer::wait_for(std::string_view field, std::string_view relation, std::int64_t value,
                         std::chrono::milliseconds within) const {
    const auto reply =
        request("GET", "/stats?wait_for=" + std::string(field) + "&" + std::string(relation) + "=" +
                           std::to_string(value) + "&timeout_ms=" + std::to_string(within.count()));
    if (reply.status == 408) return false;
    if (reply.status != 200) throw std::runtime_error("dev server: bad wait: " + reply.body);
    return true;
}

}  // namespace graceline::tests
