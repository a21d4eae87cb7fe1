// Figures for the choice of the JSON library: four fields out of messages of three sizes, by each
// way that either library offers. Prints one table. Must not assert: it measures.
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/session/json_fields.hpp"
#include "tests/session/allocation_counter.hpp"

namespace {

using graceline::session::JsonPlan;
using graceline::session::JsonReader;
using graceline::session::JsonText;
using graceline::session::testing::allocations;

constexpr std::array<const char*, 4> kPointers{"/id", "/room", "/from/name", "/at"};
constexpr int kRounds = 9;

std::string message_of(std::size_t size) {
    std::string json =
        R"({"id":"m-17","room":"r1","from":{"name":"Ann"},"at":1795451685,"items":[)";
    while (json.size() + 3 < size) {
        json += R"({"k":17,"v":-2.5,"ok":true,"s":"some text of a message"},)";
    }
    if (json.back() == ',') json.pop_back();
    return json + "]}";
}

struct Subject {
    const char* name;
    /// Sum of the lengths of the four fields, so that nothing is optimised away.
    std::function<std::size_t(const std::string&)> read;
};

std::size_t nlohmann_dom(const std::string& json) {
    const auto document = nlohmann::json::parse(json, nullptr, false);
    if (document.is_discarded()) return 0;
    static const std::array<nlohmann::json::json_pointer, 4> pointers{
        nlohmann::json::json_pointer(kPointers[0]), nlohmann::json::json_pointer(kPointers[1]),
        nlohmann::json::json_pointer(kPointers[2]), nlohmann::json::json_pointer(kPointers[3])};
    std::size_t sum = 0;
    for (const auto& pointer : pointers) {
        const auto& value = document.at(pointer);
        sum += value.is_string() ? value.get_ref<const std::string&>().size() : value.dump().size();
    }
    return sum;
}

/// The least that any mapper on nlohmann's SAX interface would do: follow keys, count lengths.
struct Sax final : nlohmann::json_sax<nlohmann::json> {
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t& value) override { return number(value); }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return ++depth != 0; }
    bool key(string_t& name) override {
        wanted = (depth == 1 && (name == "id" || name == "room" || name == "at")) ||
                 (depth == 2 && name == "name");
        return true;
    }
    bool end_object() override { return depth-- != 0; }
    bool start_array(std::size_t) override { return ++depth != 0; }
    bool end_array() override { return depth-- != 0; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
        return false;
    }
    bool number(const std::string& text) {
        if (wanted) sum += text.size();
        wanted = false;
        return true;
    }
    int depth = 0;
    bool wanted = false;
    std::size_t sum = 0;
};

std::size_t nlohmann_sax(const std::string& json) {
    Sax sax;
    return nlohmann::json::sax_parse(json, &sax) ? sax.sum : 0;
}

std::size_t simdjson_dom(const std::string& json) {
    static simdjson::dom::parser parser;
    simdjson::dom::element document;
    if (parser.parse(json).get(document) != simdjson::SUCCESS) return 0;
    std::size_t sum = 0;
    for (const auto* pointer : kPointers) {
        auto value = document.at_pointer(pointer);
        std::string_view text;
        std::uint64_t number = 0;
        if (value.get(text) == simdjson::SUCCESS)
            sum += text.size();
        else if (value.get(number) == simdjson::SUCCESS)
            sum += 10;
    }
    return sum;
}

/// On Demand's own pointers: one rewind each, stops at the value, does not look at the rest.
std::size_t simdjson_ondemand(const std::string& json) {
    static simdjson::ondemand::parser parser;
    static std::string padded;
    padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(json);
    simdjson::ondemand::document document;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return 0;
    std::size_t sum = 0;
    for (const auto* pointer : kPointers) {
        simdjson::ondemand::value value;
        if (document.at_pointer(pointer).get(value) != simdjson::SUCCESS) continue;
        std::string_view text;
        if (value.get_string().get(text) == simdjson::SUCCESS)
            sum += text.size();
        else
            sum += 10;
    }
    return sum;
}

/// What the library uses: On Demand, one walk over the whole document, everything checked.
std::size_t json_reader(const std::string& json) {
    static const JsonPlan plan({{kPointers.begin(), kPointers.end()}, std::nullopt, {}});
    static JsonReader reader;
    std::array<JsonText, 4> texts;
    if (reader.read(plan, json, texts) != graceline::session::JsonResult::ok) return 0;
    std::size_t sum = 0;
    for (const auto& text : texts) sum += text ? text->size() : 0;
    return sum;
}

/// By the process's own CPU time: other programs on the machine disturb it less than wall time.
double nanoseconds_of(const Subject& subject, const std::string& json, std::size_t repeats) {
    const auto begin = std::clock();
    std::size_t sum = 0;
    for (std::size_t i = 0; i < repeats; ++i) sum += subject.read(json);
    const auto spent = static_cast<double>(std::clock() - begin) * 1e9 / CLOCKS_PER_SEC;
    if (sum == 0) std::puts("a subject read nothing");
    return spent / static_cast<double>(repeats);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main() {
    const Subject subjects[] = {{"nlohmann DOM", nlohmann_dom},
                                {"nlohmann SAX", nlohmann_sax},
                                {"simdjson DOM", simdjson_dom},
                                {"simdjson On Demand, stops early", simdjson_ondemand},
                                {"JsonReader (On Demand, all checked)", json_reader}};
    std::printf("simdjson kernel: %s\n", simdjson::get_active_implementation()->name().c_str());
    for (const std::size_t size : {std::size_t{100}, std::size_t{1024}, std::size_t{100} * 1024}) {
        const auto json = message_of(size);
        const std::size_t repeats = 20'000'000 / (json.size() + 200);
        std::printf("\n%zu bytes%34s ns/message %8s MB/s  allocations/message\n", json.size(), "",
                    "");
        std::array<std::vector<double>, std::size(subjects)> times;
        std::array<double, std::size(subjects)> allocated{};
        // Interleaved, so that a busy machine hits all alike.
        for (int round = 0; round < kRounds; ++round) {
            for (std::size_t i = 0; i < std::size(subjects); ++i) {
                subjects[i].read(json);
                const auto before = allocations();
                times[i].push_back(nanoseconds_of(subjects[i], json, repeats));
                allocated[i] =
                    static_cast<double>(allocations() - before) / static_cast<double>(repeats);
            }
        }
        for (std::size_t i = 0; i < std::size(subjects); ++i) {
            const auto time = median(times[i]);
            std::printf("%-38s %12.0f %13.0f %20.1f\n", subjects[i].name, time,
                        static_cast<double>(json.size()) * 1000.0 / time, allocated[i]);
        }
    }
    return 0;
}
