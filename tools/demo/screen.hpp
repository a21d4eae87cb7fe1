// The terminal: log lines that stay, and below them lanes that grow. Plain lines without a
// terminal. Must not decide what is said.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tools/demo/lanes.hpp"
#include "tools/demo/record.hpp"

namespace graceline::demo {

class Screen {
  public:
    explicit Screen(std::FILE* out);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    /// True: lanes are redrawn in place, and single messages are seen there.
    bool is_live() const { return is_live_; }
    bool has_colours() const { return has_colours_; }
    const Glyphs& glyphs() const { return is_unicode_ ? kUnicodeGlyphs : kAsciiGlyphs; }
    /// Columns that lanes may take.
    std::size_t lane_columns() const;

    void text(std::string_view line = "", Tone tone = Tone::plain);
    /// One line of the log: time, what it is about, and what happened.
    void log(Ms at, std::string_view about, std::string_view what, Tone tone = Tone::plain);
    /// Replaces the part that grows; does nothing without a terminal.
    void draw(const std::vector<LaneRow>& rows, std::string_view status);
    /// The lanes as they are now stay; the growing part starts anew below.
    void keep(const std::vector<LaneRow>& rows);

    std::string painted(std::string_view text, Tone tone) const;

  private:
    std::string painted(const LaneRow& row) const;
    void erase_growing();
    void print_growing();

    std::FILE* out_;
    bool is_live_;
    bool has_colours_;
    bool is_unicode_;
    std::size_t columns_;
    std::vector<std::string> growing_;
    std::size_t growing_on_screen_ = 0;
};

}  // namespace graceline::demo
