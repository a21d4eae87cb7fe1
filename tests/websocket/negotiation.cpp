// permessage-deflate: what is offered, and which answers fit (RFC 7692 7.1).
// Must not inflate anything (compression.cpp).
#include "core/websocket/extensions.hpp"
#include "core/websocket/handshake.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/server_frames.hpp"

namespace graceline::websocket::test {
namespace {

DeflateOptions offer() {
    DeflateOptions options;
    options.enabled = true;
    return options;
}

DeflateOptions strict_offer() {
    DeflateOptions options = offer();
    options.client_no_context_takeover = true;
    options.server_no_context_takeover = true;
    options.client_max_window_bits = 12;
    options.server_max_window_bits = 10;
    return options;
}

struct Answered {
    HandshakeError error = HandshakeError::none;
    std::optional<NegotiatedDeflate> agreed;
};

// By way of a whole handshake; `headers` are the extension headers' values.
Answered answer(const DeflateOptions& offered, const std::vector<std::string>& headers) {
    HandshakeRequest sent;
    sent.host = "example.com";
    sent.target = "/";
    sent.deflate = offered;
    std::string text =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_key(key_base64(sent.nonce)) + "\r\n";
    for (const std::string& header : headers) {
        text += "Sec-WebSocket-Extensions: " + header + "\r\n";
    }
    const Bytes bytes = bytes_of(text + "\r\n");
    HandshakeResponse response(sent);
    std::span<const std::uint8_t> input(bytes);
    const auto state = response.consume(input);
    CHECK((state == HandshakeResponse::State::accepted) ==
          (response.error() == HandshakeError::none));
    return {response.error(), response.deflate()};
}

TEST_CASE("deflate offer: options -> the header", "[websocket][deflate]") {
    CHECK(write_extension_offer({}).empty());
    CHECK(write_extension_offer(offer()) == "permessage-deflate; client_max_window_bits");
    CHECK(write_extension_offer(strict_offer()) ==
          "permessage-deflate; client_no_context_takeover; server_no_context_takeover; "
          "client_max_window_bits=12; server_max_window_bits=10");
    HandshakeRequest sent;
    sent.host = "h";
    sent.target = "/";
    sent.deflate = offer();
    CHECK(write_request(sent).find(
              "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n") !=
          std::string::npos);
}

TEST_CASE("deflate offer: options out of range -> refused", "[websocket][deflate]") {
    const auto refused = [](auto change) {
        HandshakeRequest sent;
        sent.host = "h";
        sent.target = "/";
        sent.deflate = offer();
        change(sent.deflate);
        return deflate_options_error(sent.deflate).has_value() && write_request(sent).empty();
    };
    CHECK_FALSE(refused([](DeflateOptions&) {}));
    CHECK(refused([](DeflateOptions& options) { options.client_max_window_bits = 8; }));
    CHECK(refused([](DeflateOptions& options) { options.client_max_window_bits = 16; }));
    CHECK(refused([](DeflateOptions& options) { options.server_max_window_bits = 7; }));
    CHECK(refused([](DeflateOptions& options) { options.server_max_window_bits = 16; }));
    CHECK(refused([](DeflateOptions& options) { options.level = -1; }));
    CHECK(refused([](DeflateOptions& options) { options.level = 10; }));
    CHECK(refused([](DeflateOptions& options) { options.max_ratio = 0; }));
    DeflateOptions off;
    off.level = 99;
    CHECK_FALSE(deflate_options_error(off).has_value());
}

TEST_CASE("deflate answer: within the offer -> agreed", "[websocket][deflate]") {
    CHECK_FALSE(answer(offer(), {}).agreed.has_value());
    CHECK(answer(offer(), {}).error == HandshakeError::none);

    const auto plain = answer(offer(), {"permessage-deflate"}).agreed;
    REQUIRE(plain.has_value());
    CHECK_FALSE(plain->client_no_context_takeover);
    CHECK_FALSE(plain->server_no_context_takeover);
    CHECK(plain->client_max_window_bits == 15);
    CHECK(plain->server_max_window_bits == 15);
    CHECK(plain->max_ratio == kDefaultMaxInflateRatio);

    const auto full = answer(offer(), {"permessage-deflate; client_no_context_takeover; "
                                       "server_no_context_takeover; client_max_window_bits=9; "
                                       "server_max_window_bits=8"})
                          .agreed;
    REQUIRE(full.has_value());
    CHECK(full->client_no_context_takeover);
    CHECK(full->server_no_context_takeover);
    CHECK(full->client_max_window_bits == 9);
    CHECK(full->server_max_window_bits == 8);

    const auto strict =
        answer(strict_offer(),
               {"permessage-deflate;server_no_context_takeover;server_max_window_bits=9"})
            .agreed;
    REQUIRE(strict.has_value());
    CHECK(strict->client_no_context_takeover);
    CHECK(strict->client_max_window_bits == 12);
    CHECK(strict->server_max_window_bits == 9);

    for (const char* spelling :
         {"Permessage-Deflate", "permessage-deflate ; server_max_window_bits = 15",
          "permessage-deflate;server_max_window_bits=\"15\"",
          "permessage-deflate;\tclient_max_window_bits=\"1\\5\""}) {
        INFO(spelling);
        CHECK(answer(offer(), {spelling}).agreed.has_value());
    }
}

TEST_CASE("deflate answer: beyond the offer -> the exact error", "[websocket][deflate][hostile]") {
    const std::vector<std::pair<const char*, HandshakeError>> rows{
        {"permessage-deflate; ", HandshakeError::bad_extension_parameters},
        {"permessage-deflate;", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; ; server_no_context_takeover",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate,", HandshakeError::bad_extension_parameters},
        {",permessage-deflate", HandshakeError::bad_extension_parameters},
        {"permessage-deflate server_no_context_takeover", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; mystery", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; mystery=1", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_no_context_takeover=1",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; client_no_context_takeover=true",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; client_no_context_takeover; client_no_context_takeover",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; client_max_window_bits", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=\"", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=\"\"",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=\"15",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=\"15\\",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=\"1 5\"",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=7", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=16", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=010",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=-9", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=1e1",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=99999999999999999999",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
         HandshakeError::bad_extension_parameters},
        {"permessage-deflate; client_max_window_bits=7", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; client_max_window_bits=16", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; client_max_window_bits=0", HandshakeError::bad_extension_parameters},
        {"permessage-deflate; =9", HandshakeError::bad_extension_parameters},
        {"permessage-deflate, permessage-deflate", HandshakeError::unexpected_extension},
        {"permessage-deflate, x-other", HandshakeError::unexpected_extension},
        {"x-other", HandshakeError::unexpected_extension},
        {"x-webkit-deflate-frame", HandshakeError::unexpected_extension},
        {"permessage-bzip2", HandshakeError::unexpected_extension},
        {"permessage-deflate2", HandshakeError::unexpected_extension},
    };
    for (const auto& [header, error] : rows) {
        INFO(header);
        const Answered answered = answer(offer(), {header});
        CHECK(std::string(to_string(answered.error)) == to_string(error));
        CHECK_FALSE(answered.agreed.has_value());
    }
    CHECK(answer(offer(), {"permessage-deflate", "permessage-deflate"}).error ==
          HandshakeError::unexpected_extension);
    CHECK(answer(offer(), {"permessage-deflate", ""}).error ==
          HandshakeError::bad_extension_parameters);
    CHECK(answer({}, {"permessage-deflate"}).error == HandshakeError::unexpected_extension);
}

TEST_CASE("deflate answer: less than the client demanded -> refused",
          "[websocket][deflate][hostile]") {
    const auto error = [](const char* header) { return answer(strict_offer(), {header}).error; };
    CHECK(error("permessage-deflate; server_no_context_takeover; server_max_window_bits=10") ==
          HandshakeError::none);
    CHECK(error("permessage-deflate") == HandshakeError::bad_extension_parameters);
    CHECK(error("permessage-deflate; server_no_context_takeover") ==
          HandshakeError::bad_extension_parameters);
    CHECK(error("permessage-deflate; server_max_window_bits=10") ==
          HandshakeError::bad_extension_parameters);
    CHECK(error("permessage-deflate; server_no_context_takeover; server_max_window_bits=11") ==
          HandshakeError::bad_extension_parameters);
    CHECK(error("permessage-deflate; server_no_context_takeover; server_max_window_bits=10; "
                "client_max_window_bits=13") == HandshakeError::bad_extension_parameters);
}

}  // namespace
}  // namespace graceline::websocket::test
