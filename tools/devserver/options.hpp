// The command line of the dev server.
// Must not read files or open ports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace graceline::devserver {

struct Options {
    std::uint16_t port = 8080;
    std::optional<std::uint16_t> control_port;
    bool print_port = false;
    std::string port_file;
    bool exit_with_stdin = false;
    bool deflate = false;
    std::string echo_path = "/echo";
    std::vector<std::string> subprotocols;
    std::vector<std::string> tokens;
    std::string admin_key;
    bool tls_self_signed = false;
    std::string certificate_file;
    std::string key_file;
    std::string write_certificate_file;
    std::uint64_t id_key = 0;  // 0: random

    bool tls() const { return tls_self_signed || !certificate_file.empty(); }
};

struct OptionsHelp {};
struct OptionsError {
    std::string text;
};

std::variant<Options, OptionsHelp, OptionsError> parse_options(
    const std::vector<std::string>& arguments);

std::string options_help();
// The plain-text page of `GET /`.
std::string usage_page();

}  // namespace graceline::devserver
