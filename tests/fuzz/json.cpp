// Documents and pointers through the one JSON mapper, against a second parser's yes or no.
// Must not compare values: the second parser keeps the last of members with one name.
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/session/json_fields.hpp"
#include "core/session/outgoing_id.hpp"
#include "core/session/plain.hpp"
#include "core/websocket/utf8.hpp"
#include "tests/fuzz/byte_source.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/fuzz/targets.hpp"

namespace graceline::fuzz {
namespace {

using namespace session;

bool is_text(std::string_view text) {
    return websocket::is_utf8({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

struct Items final : JsonItemSink {
    void on_array() override { ++arrays; }
    void on_item(std::string_view json, std::span<const JsonText> fields) override {
        require(!json.empty(), "an item has a text");
        texts.emplace_back(json);
        for (const auto& field : fields) {
            if (field) require(is_text(*field), "a field of an item is UTF-8");
        }
    }
    int arrays = 0;
    std::vector<std::string> texts;
};

struct Reading {
    JsonResult result{};
    std::vector<std::optional<std::string>> fields;
    std::vector<std::string> items;
    bool operator==(const Reading&) const = default;
};

Reading read(JsonReader& reader, const JsonPlan& plan, const std::string& json) {
    std::vector<JsonText> texts(plan.fields());
    Items items;
    Reading reading;
    // Exactly as large as the document, so that reading past it is a fault under ASan.
    const std::vector<char> exact(json.begin(), json.end());
    reading.result = reader.read(plan, {exact.data(), exact.size()}, texts, &items);
    for (const auto& text : texts) {
        reading.fields.push_back(text ? std::optional<std::string>(*text) : std::nullopt);
        if (!text) continue;
        require(reading.result == JsonResult::ok, "no field of a document that is none");
        require(text->size() <= kMaxFieldBytes, "a field is short");
        require(is_text(*text), "a field is UTF-8");
    }
    if (reading.result == JsonResult::ok) reading.items = std::move(items.texts);
    require(items.arrays <= 1, "one array of items at most");
    return reading;
}

void compare_with_second_parser(const std::string& json, JsonResult ours) {
    // It takes a byte order mark, which RFC 8259 lets a parser ignore, takes NUL for the end, and
    // refuses half surrogates, which are JSON all the same.
    if (json.starts_with("\xEF\xBB\xBF") || json.find('\0') != std::string::npos ||
        json.find("\\u") != std::string::npos) {
        return;
    }
    const bool theirs = nlohmann::json::accept(json);
    // A number that no double can hold is JSON, and a field as it stands; it refuses that too.
    const bool numbers_fit = json.find_first_of("eE") == std::string::npos && json.size() < 300;
    if (ours == JsonResult::ok && numbers_fit) require(theirs, "what we take is JSON");
    if (ours == JsonResult::malformed) require(!theirs, "what we refuse is no JSON");
}

void write_id(const std::string& json) {
    OutgoingId writer("dedup");
    std::string payload = json;
    if (writer.write("id-1", payload)) {
        require(payload == json, "a payload that is refused stays as it was");
        return;
    }
    JsonReader reader;
    const auto reading = read(reader, JsonPlan({{"/dedup"}, {}, {}}), payload);
    require(reading.result == JsonResult::ok && reading.fields.front() == "id-1",
            "the id is a member of a document that is still JSON");
}

void map_plain(const std::vector<std::string>& pointers, const std::string& json) {
    PlainOptions options;
    if (!pointers.empty()) options.pointers.id = pointers[0];
    if (pointers.size() > 1) options.pointers.conversation = pointers[1];
    if (pointers.size() > 2) options.ack_pointer = pointers[2];
    if (plain_options_error(options)) return;
    Plain plain(options);
    const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(json.data()),
                                              json.size());
    Message message;
    const bool for_app = plain.map(Opcode::text, bytes, message);
    require(message.payload.data() == bytes.data() && message.payload.size() == bytes.size(),
            "the payload is the frame's own");
    const auto action = plain.poll_action();
    require(for_app != action.has_value(), "a message or an ack, never both");
}

}  // namespace

void json(const std::uint8_t* data, std::size_t size) {
    ByteSource source(data, size);
    JsonPlanOptions options;
    const std::size_t fields = source.below(4);
    for (std::size_t i = 0; i < fields; ++i) options.fields.push_back(source.text());
    if (source.flag()) {
        options.items = source.text();
        const std::size_t item_fields = source.below(3);
        for (std::size_t i = 0; i < item_fields; ++i) options.item_fields.push_back(source.text());
    }
    const std::string document = source.rest();
    if (!JsonPlan::error_in(options)) {
        const JsonPlan plan(options);
        JsonReader reader;
        const auto first = read(reader, plan, document);
        read(reader, plan, "{\"left\":[\"over\",{\"from\":\"before\"}]}");
        require(read(reader, plan, document) == first, "a reader keeps nothing of a document");
        compare_with_second_parser(document, first.result);
    }
    map_plain(options.fields, document);
    write_id(document);
}

}  // namespace graceline::fuzz
