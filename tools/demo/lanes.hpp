// A stretch of the record as rows of characters, one column a slice of time.
// Must not print, nor know colours: it says what each cell means.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/demo/record.hpp"

namespace graceline::demo {

enum class Tone { plain, dim, good, warning, bad, info, strong, replayed };

struct Cell {
    const char* text = " ";  // one column wide
    Tone tone = Tone::plain;
};

struct LaneRow {
    std::string label;
    std::vector<Cell> cells;
};

struct Glyphs {
    const char* full;
    const char* half;
    const char* light;
    const char* line;
    const char* dashes;
    const char* dot;
    const char* levels[8];
};

/// For terminals that show UTF-8, and for those that do not.
extern const Glyphs kUnicodeGlyphs;
extern const Glyphs kAsciiGlyphs;

/// `deliveries` are the times of the messages that arrived; where a replayed one was among them an
/// R stands instead of the number. Columns after the record's end are blank, so that rows can be
/// drawn while they grow.
std::vector<LaneRow> lanes_of(const Record& record, const std::vector<Ms>& deliveries, Ms begin,
                              Ms end, std::size_t columns, const Glyphs& glyphs);

}  // namespace graceline::demo
