// Every example of RFC 6455 1.3 and 5.7 and of RFC 7692 7.2.3, bytes as printed there.
// Must not add cases of our own: those are in the other files.
#include <algorithm>
#include <array>
#include <bit>

#include "core/websocket/handshake.hpp"
#include "core/websocket/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/websocket/read_log.hpp"

namespace graceline::websocket::test {
namespace {

using Events = std::vector<std::string>;

HandshakeRequest rfc_request() {
    HandshakeRequest request;
    request.host = "server.example.com";
    request.target = "/chat";
    request.headers = {{"Origin", "http://example.com"}};
    request.subprotocols = {"chat", "superchat"};
    const Bytes nonce = bytes_of("the sample nonce");
    std::copy(nonce.begin(), nonce.end(), request.nonce.begin());
    return request;
}

constexpr std::uint32_t mask_of(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    const std::array<std::uint8_t, 4> bytes{a, b, c, d};
    return std::bit_cast<std::uint32_t>(bytes);
}

Bytes client_frame(Opcode opcode, const Bytes& payload, std::uint32_t mask) {
    Bytes frame(frame_bytes(payload.size()));
    const std::size_t size = encode_frame(frame.data(), opcode, true, false, payload, mask);
    REQUIRE(size == frame.size());
    return frame;
}

TEST_CASE("handshake: the key of RFC 6455 1.3 -> the accept value printed there", "[websocket]") {
    CHECK(key_base64(rfc_request().nonce) == "dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("handshake: the request of RFC 6455 1.2 -> the same lines", "[websocket]") {
    CHECK(write_request(rfc_request()) ==
          "GET /chat HTTP/1.1\r\n"
          "Host: server.example.com\r\n"
          "Upgrade: websocket\r\n"
          "Connection: Upgrade\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Sec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Protocol: chat, superchat\r\n"
          "Origin: http://example.com\r\n\r\n");
}

TEST_CASE("handshake: the response of RFC 6455 1.2 -> accepted, subprotocol chat", "[websocket]") {
    HandshakeResponse response(rfc_request());
    const Bytes bytes = bytes_of(
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        "Sec-WebSocket-Protocol: chat\r\n\r\n");
    std::span<const std::uint8_t> input(bytes);
    CHECK(response.consume(input) == HandshakeResponse::State::accepted);
    CHECK(input.empty());
    CHECK(response.http_status() == 101);
    CHECK(response.subprotocol() == "chat");
    CHECK_FALSE(response.deflate().has_value());
}

TEST_CASE("reader: frames of RFC 6455 5.7 -> the messages described there", "[websocket]") {
    const Setup plain;
    CHECK(read_all_ways(plain, hex("81 05 48 65 6c 6c 6f")).events == Events{"text:Hello"});
    CHECK(read_all_ways(plain, hex("01 03 48 65 6c 80 02 6c 6f")).events == Events{"text:Hello"});
    CHECK(read_all_ways(plain, hex("89 05 48 65 6c 6c 6f")).events == Events{"ping:Hello"});
    const std::string small(256, 'b');
    CHECK(read_all_ways(plain, join({hex("82 7E 01 00"), bytes_of(small)})).events ==
          Events{"binary:" + small});
    const std::string large(65536, 'B');
    CHECK(read_all_ways(plain, join({hex("82 7F 00 00 00 00 00 01 00 00"), bytes_of(large)}))
              .events == Events{"binary:" + large});
}

TEST_CASE("writer: masked frames of RFC 6455 5.7 -> the same bytes", "[websocket]") {
    const std::uint32_t mask = mask_of(0x37, 0xfa, 0x21, 0x3d);
    CHECK(client_frame(Opcode::text, bytes_of("Hello"), mask) ==
          hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
    CHECK(client_frame(Opcode::pong, bytes_of("Hello"), mask) ==
          hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"));
}

TEST_CASE("reader: masked frames of RFC 6455 5.7 from a server -> refused", "[websocket]") {
    for (const char* frame :
         {"81 85 37 fa 21 3d 7f 9f 4d 51 58", "8a 85 37 fa 21 3d 7f 9f 4d 51 58"}) {
        CHECK(read_all_ways({}, hex(frame)).error == ProtocolError::masked_server_frame);
    }
}

TEST_CASE("inflater: one compressed block of RFC 7692 7.2.3.1 -> Hello", "[websocket][deflate]") {
    CHECK(read_all_ways(with_deflate(), hex("c1 07 f2 48 cd c9 c9 07 00")).events ==
          Events{"text:Hello"});
    CHECK(read_all_ways(with_deflate(), hex("41 03 f2 48 cd 80 04 c9 c9 07 00")).events ==
          Events{"text:Hello"});
}

TEST_CASE("inflater: a shared window of RFC 7692 7.2.3.2 -> Hello twice", "[websocket][deflate]") {
    const Bytes repeated_plainly = hex("c1 07 f2 48 cd c9 c9 07 00 c1 07 f2 48 cd c9 c9 07 00");
    const Bytes referring_back = hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00");
    CHECK(read_all_ways(with_deflate(), repeated_plainly).events ==
          Events{"text:Hello", "text:Hello"});
    CHECK(read_all_ways(with_deflate(), referring_back).events ==
          Events{"text:Hello", "text:Hello"});
    Setup no_takeover = with_deflate();
    no_takeover.deflate->server_no_context_takeover = true;
    CHECK(read_all_ways(no_takeover, repeated_plainly).events ==
          Events{"text:Hello", "text:Hello"});
    const ReadLog log = read_all_ways(no_takeover, referring_back);
    CHECK(log.events == Events{"text:Hello"});
    CHECK(log.error == ProtocolError::inflate_failed);
}

TEST_CASE("inflater: other block forms of RFC 7692 7.2.3 -> Hello", "[websocket][deflate]") {
    // 7.2.3.3: a block without compression.
    CHECK(read_all_ways(with_deflate(), hex("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00")).events ==
          Events{"text:Hello"});
    // 7.2.3.4: a block with BFINAL set.
    CHECK(read_all_ways(with_deflate(), hex("c1 08 f3 48 cd c9 c9 07 00 00")).events ==
          Events{"text:Hello"});
    // 7.2.3.5: two blocks in one message.
    CHECK(
        read_all_ways(with_deflate(), hex("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00")).events ==
        Events{"text:Hello"});
    // 7.2.3.6: an empty message, and an empty last fragment.
    CHECK(read_all_ways(with_deflate(), hex("c1 01 00")).events == Events{"text:"});
    CHECK(read_all_ways(with_deflate(), hex("41 06 f2 48 cd c9 c9 07 80 01 00")).events ==
          Events{"text:Hello"});
}

TEST_CASE("deflater: Hello twice -> the bytes of RFC 7692 7.2.3.2", "[websocket][deflate]") {
    Bytes out;
    Deflater shared({}, kDefaultDeflateLevel);
    REQUIRE(shared.deflate(bytes_of("Hello"), out));
    CHECK(out == hex("f2 48 cd c9 c9 07 00"));
    REQUIRE(shared.deflate(bytes_of("Hello"), out));
    CHECK(out == hex("f2 00 11 00 00"));
    REQUIRE(shared.deflate({}, out));
    CHECK(out == hex("00"));

    NegotiatedDeflate no_takeover;
    no_takeover.client_no_context_takeover = true;
    Deflater fresh(no_takeover, kDefaultDeflateLevel);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(fresh.deflate(bytes_of("Hello"), out));
        CHECK(out == hex("f2 48 cd c9 c9 07 00"));
    }
}

}  // namespace
}  // namespace graceline::websocket::test
