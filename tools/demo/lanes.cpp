// A stretch of the record as rows of characters, one column a slice of time.
// Must not print, nor know colours: it says what each cell means.
#include "tools/demo/lanes.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace graceline::demo {

const Glyphs kUnicodeGlyphs{
    "\u2588",
    "\u2592",
    "\u2591",
    "\u2501",
    "\u254c",
    "\u2022",
    {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"}};
const Glyphs kAsciiGlyphs{"#", "+", "b", "=", "-", "*", {"_", ".", ":", "-", "=", "+", "*", "#"}};

namespace {

struct Slice {
    Ms begin;
    Ms end;
};

// The value that stood longest in the slice is not what people look for: a short state would
// vanish. So the newest change inside the slice wins.
template <class T>
const Span<T>* span_in(const std::vector<Span<T>>& spans, Slice slice) {
    const Span<T>* found = nullptr;
    for (const auto& span : spans) {
        if (span.begin < slice.end && span.end >= slice.begin) found = &span;
    }
    return found;
}

Cell state_cell(ApplicationState state, const Glyphs& glyphs) {
    switch (state) {
        case ApplicationState::did_become_active:
            return {glyphs.full, Tone::good};
        case ApplicationState::did_background:
            return {glyphs.light, Tone::info};
        default:
            return {glyphs.half, Tone::warning};
    }
}

Cell status_cell(ConnectionStatus status, const Glyphs& glyphs) {
    switch (status) {
        case ConnectionStatus::connected:
            return {glyphs.line, Tone::good};
        case ConnectionStatus::connecting:
            return {glyphs.dashes, Tone::warning};
        case ConnectionStatus::feature_throttled:
            return {"~", Tone::warning};
        case ConnectionStatus::disconnected:
            break;
    }
    return {"x", Tone::bad};
}

Cell window_cell(const Record& record, Slice slice, const Glyphs& glyphs) {
    const WindowPoint* found = nullptr;
    for (const auto& point : record.window) {
        if (point.at < slice.end) found = &point;
    }
    if (found == nullptr || found->left <= 0 || record.grace <= 0) return {};
    const Ms level = std::min<Ms>(7, found->left * 8 / record.grace);
    return {glyphs.levels[static_cast<std::size_t>(level)], level < 2 ? Tone::warning : Tone::info};
}

bool is_in(const std::vector<Ms>& times, Slice slice) {
    return std::any_of(times.begin(), times.end(),
                       [slice](Ms at) { return at >= slice.begin && at < slice.end; });
}

Cell messages_cell(const std::vector<Ms>& deliveries, Slice slice, const Glyphs& glyphs) {
    static constexpr std::array kDigits{"2", "3", "4", "5", "6", "7", "8", "9"};
    const auto count = std::count_if(deliveries.begin(), deliveries.end(), [slice](Ms at) {
        return at >= slice.begin && at < slice.end;
    });
    if (count == 0) return {};
    if (count == 1) return {glyphs.dot, Tone::strong};
    if (count > 9) return {"+", Tone::strong};
    return {kDigits[static_cast<std::size_t>(count - 2)], Tone::strong};
}

Cell answer_cell(const std::vector<Span<bool>>& spans, Slice slice, Tone tone_of_yes) {
    const auto* span = span_in(spans, slice);
    if (span == nullptr) return {};
    return span->value ? Cell{"1", tone_of_yes} : Cell{"0", Tone::dim};
}

}  // namespace

std::vector<LaneRow> lanes_of(const Record& record, const std::vector<Ms>& deliveries, Ms begin,
                              Ms end, std::size_t columns, const Glyphs& glyphs) {
    const std::array<std::pair<const char*, std::function<Cell(Slice)>>, 6> rows{{
        {"app state",
         [&](Slice slice) {
             const auto* span = span_in(record.states, slice);
             return span == nullptr ? Cell{} : state_cell(span->value, glyphs);
         }},
        {"connection",
         [&](Slice slice) {
             const auto* span = span_in(record.statuses, slice);
             return span == nullptr ? Cell{} : status_cell(span->value, glyphs);
         }},
        {"window left", [&](Slice slice) { return window_cell(record, slice, glyphs); }},
        {"messages",
         [&](Slice slice) {
             if (is_in(record.replays, slice)) return Cell{"R", Tone::replayed};
             return messages_cell(deliveries, slice, glyphs);
         }},
        {"task enabled",
         [&](Slice slice) { return answer_cell(record.task_enabled, slice, Tone::good); }},
        {"needs refresh",
         [&](Slice slice) { return answer_cell(record.needs_refresh, slice, Tone::bad); }},
    }};
    std::vector<LaneRow> result;
    const Ms length = std::max<Ms>(1, end - begin);
    for (const auto& [label, cell] : rows) {
        LaneRow row{label, {}};
        for (std::size_t i = 0; i < columns; ++i) {
            const auto at = [&](std::size_t column) {
                return begin + length * static_cast<Ms>(column) / static_cast<Ms>(columns);
            };
            const Slice slice{at(i), at(i + 1)};
            row.cells.push_back(slice.begin > record.end ? Cell{} : cell(slice));
        }
        result.push_back(std::move(row));
    }
    return result;
}

}  // namespace graceline::demo
