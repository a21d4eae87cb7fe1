// The command line of the dev server.
// Must not read files or open ports.
#include "tools/devserver/options.hpp"

#include <map>

#include "tools/devserver/limits.hpp"
#include "tools/devserver/text.hpp"

namespace graceline::devserver {

namespace {

std::uint16_t port_number(const std::string& name, const std::string& text) {
    const auto number = parse_number(text);
    if (!number || *number > 65'535) {
        throw OptionsError{name + " needs a port number from 0 to 65535 (0: any free one)"};
    }
    return static_cast<std::uint16_t>(*number);
}

std::string file_name(const std::string& name, const std::string& text) {
    if (text.empty()) throw OptionsError{name + " needs a file name"};
    return text;
}

std::string echo_path(const std::string& text) {
    if (!text.empty() && (text.front() != '/' || text.size() > kMaxRoomNameBytes)) {
        throw OptionsError{"--echo-path needs a path that starts with / (or nothing: no echo)"};
    }
    return text;
}

void add_token(Options& options, const std::string& text) {
    if (!is_name(text, kMaxTokenBytes) || options.tokens.size() >= kMaxTokenCount) {
        throw OptionsError{"--token needs text of 1 to 4096 bytes, at most 64 times"};
    }
    options.tokens.push_back(text);
}

void add_subprotocol(Options& options, const std::string& text) {
    const bool separators = text.find_first_of(" ,;\"") != std::string::npos;
    if (!is_name(text, kMaxSubprotocolBytes) || separators ||
        options.subprotocols.size() >= kMaxSubprotocolCount) {
        throw OptionsError{"--subprotocol needs a name of 1 to 128 characters, at most 16 times"};
    }
    options.subprotocols.push_back(text);
}

void set_host(const std::string& text) {
    if (text != "127.0.0.1") {
        throw OptionsError{"--host takes 127.0.0.1 only: this server is for one machine"};
    }
}

void set_id_key(Options& options, const std::string& text) {
    const auto number = parse_number(text);
    if (!number || *number == 0) throw OptionsError{"--id-key needs a whole number above 0"};
    options.id_key = static_cast<std::uint64_t>(*number);
}

using Flag = void (*)(Options&);
const std::map<std::string, Flag, std::less<>> kFlags = {
    {"--print-port", [](Options& o) { o.print_port = true; }},
    {"--exit-with-stdin", [](Options& o) { o.exit_with_stdin = true; }},
    {"--deflate", [](Options& o) { o.deflate = true; }},
    {"--tls-self-signed", [](Options& o) { o.tls_self_signed = true; }},
};

using Setter = void (*)(Options&, const std::string& value);
const std::map<std::string, Setter, std::less<>> kSetters = {
    {"--port", [](Options& o, auto& v) { o.port = port_number("--port", v); }},
    {"--control-port",
     [](Options& o, auto& v) { o.control_port = port_number("--control-port", v); }},
    {"--host", [](Options&, auto& v) { set_host(v); }},
    {"--port-file", [](Options& o, auto& v) { o.port_file = file_name("--port-file", v); }},
    {"--echo-path", [](Options& o, auto& v) { o.echo_path = echo_path(v); }},
    {"--subprotocol", [](Options& o, auto& v) { add_subprotocol(o, v); }},
    {"--token", [](Options& o, auto& v) { add_token(o, v); }},
    {"--admin-key", [](Options& o, auto& v) { o.admin_key = file_name("--admin-key", v); }},
    {"--cert", [](Options& o, auto& v) { o.certificate_file = file_name("--cert", v); }},
    {"--key", [](Options& o, auto& v) { o.key_file = file_name("--key", v); }},
    {"--write-cert",
     [](Options& o, auto& v) { o.write_certificate_file = file_name("--write-cert", v); }},
    {"--id-key", [](Options& o, auto& v) { set_id_key(o, v); }},
};

void check_together(const Options& options) {
    if (options.certificate_file.empty() != options.key_file.empty()) {
        throw OptionsError{"--cert and --key belong together"};
    }
    if (options.tls_self_signed && !options.certificate_file.empty()) {
        throw OptionsError{"--tls-self-signed and --cert exclude each other"};
    }
    if (!options.write_certificate_file.empty() && !options.tls_self_signed) {
        throw OptionsError{"--write-cert needs --tls-self-signed"};
    }
}

}  // namespace

std::variant<Options, OptionsHelp, OptionsError> parse_options(
    const std::vector<std::string>& arguments) {
    Options options;
    try {
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            std::string name = arguments[i];
            if (name == "--help" || name == "-h") return OptionsHelp{};
            const auto flag = kFlags.find(name);
            if (flag != kFlags.end()) {
                flag->second(options);
                continue;
            }
            std::optional<std::string> value;
            if (const auto equals = name.find('='); equals != std::string::npos) {
                value = name.substr(equals + 1);
                name.resize(equals);
            }
            const auto setter = kSetters.find(name);
            // Only the name is told: a mistyped option may carry a token.
            if (setter == kSetters.end()) throw OptionsError{"unknown option " + name};
            if (!value) {
                if (i + 1 == arguments.size()) throw OptionsError{name + " needs a value"};
                value = arguments[++i];
            }
            setter->second(options, *value);
        }
        check_together(options);
    } catch (const OptionsError& error) {
        return error;
    }
    return options;
}

std::string options_help() {
    return R"(graceline-devserver: a small chat server for trying and testing clients, in memory.

  --port N              port to listen on (default 8080; 0: any free one)
  --host 127.0.0.1      the only address it listens on
  --control-port N      a second port, plain HTTP, that faults and tokens never touch (0: any)
  --print-port          print the port alone as the first line
  --port-file FILE      write the port (and the control port, second line) to FILE
  --exit-with-stdin     end when standard input ends
  --token T             accept this token only (repeatable): Authorization: Bearer T or ?token=T
  --admin-key K         /faults needs the header X-Admin: K
  --subprotocol NAME    a WebSocket subprotocol to accept (repeatable)
  --deflate             offer permessage-deflate
  --echo-path PATH      WebSocket path that echoes frames (default /echo; empty: none)
  --tls-self-signed     TLS with a certificate made at start for localhost and 127.0.0.1
  --write-cert FILE     write that certificate, so that a client can trust it
  --cert FILE --key FILE  TLS with a PEM certificate chain and key
  --id-key N            the same message ids at every start
  --help                this text

With TLS the port still takes plain connections; the first byte decides.
Ready: one line "listening on ws://127.0.0.1:PORT/ws". SIGINT and SIGTERM stop it cleanly.
Exit codes: 0 stopped, 1 could not start (port, file, certificate), 2 bad command line.
)";
}

std::string usage_page() {
    return R"(graceline-devserver

  WebSocket  /ws?room=lobby[&room=other][&user=me]   messages as JSON text
  WebSocket  /raw?room=lobby                         messages as their bare body
  WebSocket  /echo                                   every frame comes back
  GET        /messages?conversation=lobby[&before=ID|&after=ID][&limit=1..100]
  GET        /conversations[?limit=1..50][&cursor=C]
  POST       /messages                               JSON: conversation, sender, body, client_id
  GET        /stats      GET /healthz
  GET POST DELETE /faults

Try (add -H "Authorization: Bearer TOKEN" when the server wants a token):

  curl -d '{"conversation":"lobby","sender":"me","body":"hello"}' http://127.0.0.1:8080/messages
  curl -H 'Content-Type: text/plain' -d 'hello' 'http://127.0.0.1:8080/messages?conversation=lobby'
  curl 'http://127.0.0.1:8080/messages?conversation=lobby&limit=5'
  curl 'http://127.0.0.1:8080/conversations'
  curl http://127.0.0.1:8080/stats

  curl -d '{"cut":true}' http://127.0.0.1:8080/faults            reset every WebSocket now
  curl -d '{"close":{"code":1012,"reason":"restart"}}' http://127.0.0.1:8080/faults
  curl -d '{"black_hole":true}' http://127.0.0.1:8080/faults     WebSockets stay open, but dead
  curl -d '{"refuse":true}' http://127.0.0.1:8080/faults         new connections closed at once
  curl -d '{"slow_ms":800}' http://127.0.0.1:8080/faults
  curl -d '{"status":{"code":503,"retry_after":2,"count":3}}' http://127.0.0.1:8080/faults
  curl -d '{"no_pong":true}' http://127.0.0.1:8080/faults
  curl -X DELETE http://127.0.0.1:8080/faults                    back to normal
)";
}

}  // namespace graceline::devserver
