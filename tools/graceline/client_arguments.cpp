// The options that every command shares: those of the client, and of the output.
// Must not open connections; files are read by load_files() only.
#include "tools/graceline/client_arguments.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

namespace graceline::cli {

namespace {

Header header_of(const std::string& text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0) {
        throw UsageError{"--header needs 'Name: value'"};
    }
    const std::size_t begin = text.find_first_not_of(' ', colon + 1);
    return {text.substr(0, colon), begin == std::string::npos ? "" : text.substr(begin)};
}

template <class Value>
Value one_of(ArgumentCursor& cursor, const std::map<std::string, Value>& words) {
    const auto found = words.find(cursor.value());
    if (found != words.end()) return found->second;
    std::string known;
    for (const auto& [word, value] : words) known += (known.empty() ? "" : ", ") + word;
    throw UsageError{cursor.option() + " needs one of: " + known};
}

using Taker = void (*)(ArgumentCursor& cursor, ClientArguments& to);

const std::map<std::string, Taker>& connection_takers() {
    static const std::map<std::string, Taker> kTakers = {
        {"--json", [](auto&, auto& to) { to.json = true; }},
        {"--manual", [](auto&, auto& to) { to.options.auto_establish_socket_connection = false; }},
        {"--grace", [](auto& c, auto& to) { to.options.grace = c.duration_or_unlimited(); }},
        {"--trust-time", [](auto& c, auto& to) { to.options.trust_time = c.duration(); }},
        {"--state",
         [](auto& c, auto& to) {
             to.options.initial_application_state =
                 one_of<ApplicationState>(c, {{"active", ApplicationState::did_become_active},
                                              {"background", ApplicationState::did_background}});
         }},
        {"--token", [](auto& c, auto& to) { to.options.token = c.value(); }},
        {"--token-env", [](auto& c, auto& to) { to.token_variable = c.value(); }},
        {"--token-placement",
         [](auto& c, auto& to) {
             to.options.token_placement =
                 one_of<TokenPlacement>(c, {{"header", TokenPlacement::header},
                                            {"query", TokenPlacement::query},
                                            {"subprotocol", TokenPlacement::subprotocol},
                                            {"first-frame", TokenPlacement::first_frame}});
         }},
        {"--token-name", [](auto& c, auto& to) { to.options.token_name = c.value(); }},
        {"--header", [](auto& c, auto& to) { to.options.headers.push_back(header_of(c.value())); }},
        {"--subprotocol", [](auto& c, auto& to) { to.options.subprotocols.push_back(c.value()); }},
        {"--connect-frame",
         [](auto& c, auto& to) { to.options.connect_frames.push_back(c.value()); }},
        {"--deflate", [](auto&, auto& to) { to.options.permessage_deflate = true; }},
        {"--transport",
         [](auto& c, auto& to) {
             to.options.transport = one_of<Transport>(
                 c, {{"default", Transport::built_in}, {"cpprest", Transport::cpprest}});
         }},
        {"--connect-timeout", [](auto& c, auto& to) { to.options.connect_timeout = c.duration(); }},
        {"--close-timeout", [](auto& c, auto& to) { to.options.close_timeout = c.duration(); }},
        {"--ping-interval",
         [](auto& c, auto& to) { to.options.ping_interval = c.duration_or_unlimited(); }},
        {"--pong-timeout", [](auto& c, auto& to) { to.options.pong_timeout = c.duration(); }},
        {"--probe-timeout", [](auto& c, auto& to) { to.options.probe_timeout = c.duration(); }},
        {"--retry-attempts",
         [](auto& c, auto& to) {
             to.options.retry_attempts = static_cast<std::int32_t>(c.number(1, 1'000'000));
         }},
        {"--max-message-bytes",
         [](auto& c, auto& to) { to.options.max_message_bytes = c.number(125, 268'435'456); }},
    };
    return kTakers;
}

const std::map<std::string, Taker>& other_takers() {
    static const std::map<std::string, Taker> kTakers = {
        {"--allow-ws",
         [](auto&, auto& to) { to.options.allow_insecure_ws_beyond_loopback = true; }},
        {"--insecure", [](auto&, auto& to) { to.options.tls_insecure_skip_verification = true; }},
        {"--ca", [](auto& c, auto& to) { to.ca_file = c.value(); }},
        {"--no-system-store", [](auto&, auto& to) { to.options.tls_use_system_store = false; }},
        {"--cert", [](auto& c, auto& to) { to.certificate_file = c.value(); }},
        {"--key", [](auto& c, auto& to) { to.key_file = c.value(); }},
        {"--server-name", [](auto& c, auto& to) { to.options.tls_server_name = c.value(); }},
        {"--pin", [](auto& c, auto& to) { to.options.tls_pins.push_back(c.value()); }},
        {"--proxy", [](auto& c, auto& to) { to.options.proxy_url = c.value(); }},
        {"--proxy-user", [](auto& c, auto& to) { to.options.proxy_user = c.value(); }},
        {"--proxy-password-env", [](auto& c, auto& to) { to.proxy_password_variable = c.value(); }},
        {"--json-id", [](auto& c, auto& to) { to.options.json_id_pointer = c.value(); }},
        {"--json-conversation",
         [](auto& c, auto& to) { to.options.json_conversation_pointer = c.value(); }},
        {"--json-sender", [](auto& c, auto& to) { to.options.json_sender_pointer = c.value(); }},
        {"--json-time", [](auto& c, auto& to) { to.options.json_time_pointer = c.value(); }},
        {"--history-url", [](auto& c, auto& to) { to.history.url = c.value(); }},
        {"--conversation", [](auto& c, auto& to) { to.history.conversation = c.value(); }},
        {"--json-items", [](auto& c, auto& to) { to.history.items_pointer = c.value(); }},
        {"--json-complete", [](auto& c, auto& to) { to.history.complete_pointer = c.value(); }},
        {"--json-cursor", [](auto& c, auto& to) { to.history.cursor_pointer = c.value(); }},
        {"--log",
         [](auto& c, auto& to) {
             to.options.log_level = one_of<LogLevel>(c, {{"error", LogLevel::error},
                                                         {"warning", LogLevel::warning},
                                                         {"info", LogLevel::info},
                                                         {"debug", LogLevel::debug}});
         }},
    };
    return kTakers;
}

std::string file_text(const std::string& option, const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    if (!file) throw UsageError{option + ": the file cannot be read"};
    std::string text(kMaxFileBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad() || text.empty()) throw UsageError{option + ": the file holds nothing to read"};
    if (text.size() > kMaxFileBytes) {
        throw UsageError{option + ": the file is longer than " + std::to_string(kMaxFileBytes) +
                         " bytes"};
    }
    return text;
}

std::string variable_text(const std::string& option, const std::string& name) {
    const char* text = std::getenv(name.c_str());
    if (text == nullptr) throw UsageError{option + ": there is no such environment variable"};
    return text;
}

}  // namespace

bool take_client_argument(ArgumentCursor& cursor, ClientArguments& to) {
    for (const auto* takers : {&connection_takers(), &other_takers()}) {
        const auto found = takers->find(cursor.option());
        if (found == takers->end()) continue;
        found->second(cursor, to);
        return true;
    }
    return false;
}

void load_files(ClientArguments& arguments) {
    Options& options = arguments.options;
    if (arguments.certificate_file.has_value() != arguments.key_file.has_value()) {
        throw UsageError{"--cert and --key belong together"};
    }
    if (options.token && arguments.token_variable) {
        throw UsageError{"--token and --token-env exclude each other"};
    }
    if (arguments.ca_file) options.tls_ca_pem = file_text("--ca", *arguments.ca_file);
    if (arguments.certificate_file) {
        options.tls_client_certificate_pem = file_text("--cert", *arguments.certificate_file);
        options.tls_client_key_pem = file_text("--key", *arguments.key_file);
    }
    if (arguments.token_variable) {
        options.token = variable_text("--token-env", *arguments.token_variable);
    }
    if (arguments.proxy_password_variable) {
        options.proxy_password =
            variable_text("--proxy-password-env", *arguments.proxy_password_variable);
    }
}

std::string client_arguments_help() {
    return R"(Connection:
  --grace D|unlimited     the grace window (default 30s)
  --manual                nothing connects before `connect`
  --state active|background  the app state at the start (default active)
  --trust-time D          how fresh the newest frame must be to trust the socket (default 5s)
  --header 'Name: value'  a header of the upgrade and of the history's requests (repeatable)
  --subprotocol NAME      a WebSocket subprotocol to offer (repeatable)
  --connect-frame TEXT    a text frame to send after every connect (repeatable)
  --token T | --token-env NAME   the token, or the environment variable that holds it
  --token-placement P     header (default), query, subprotocol, first-frame
  --token-name NAME       the query parameter (default token)
  --deflate               offer permessage-deflate
  --transport T           default or cpprest
  --connect-timeout D  --close-timeout D  --ping-interval D|unlimited  --pong-timeout D
  --probe-timeout D  --retry-attempts N  --max-message-bytes N
TLS and proxy:
  --ca FILE               trust the certificates of this PEM file too
  --no-system-store       trust no others
  --pin sha256/BASE64     a pin of the server's public key (repeatable)
  --cert FILE --key FILE  the client's certificate and key (PEM)
  --server-name NAME      the name to verify (default: the URL's)
  --insecure              do not verify the server; tests only
  --allow-ws              allow ws:// to other machines than this one
  --proxy URL  --proxy-user NAME  --proxy-password-env NAME
Messages and output:
  --json-id POINTER  --json-conversation POINTER  --json-sender POINTER  --json-time POINTER
                          where a JSON message holds these fields (RFC 6901, e.g. /id)
  --json                  one JSON object a line
History, for missed messages and the command history:
  --history-url TEMPLATE  where it is: RFC 6570 with before, after, limit, conversation, cursor
                          (default: the dev server's, at the URL's origin, for the URL's room)
  --conversation NAME     which one, instead of the URL's room
  --json-items POINTER  --json-complete POINTER  --json-cursor POINTER
                          where a page holds its messages (/items), whether it is the last one
                          (/complete), and the cursor to go on with (none)
Log:
  --log LEVEL             the library's log on standard error: error, warning, info, debug
D is a duration: 500ms, 2s, 1.5s, 1m, 2h.
)";
}

std::string url_for_people(const std::string& url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return "(no URL)";
    const std::size_t end = url.find_first_of("/?#", scheme + 3);
    const std::string authority = url.substr(scheme + 3, end - (scheme + 3));
    const std::size_t at = authority.rfind('@');
    return url.substr(0, scheme + 3) +
           (at == std::string::npos ? authority : authority.substr(at + 1));
}

}  // namespace graceline::cli
