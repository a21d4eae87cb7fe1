// The terminal: log lines that stay, and below them lanes that grow. Plain lines without a
// terminal. Must not decide what is said.
#include "tools/demo/screen.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace graceline::demo {

namespace {

constexpr std::size_t kDefaultColumns = 80;
constexpr std::size_t kMinColumns = 50;
constexpr std::size_t kMaxColumns = 130;
constexpr std::size_t kLabelColumns = 17;

std::string variable(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? "" : text;
}

bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string text = variable(name);
        if (text.empty()) continue;
        return text.find("UTF-8") != std::string::npos || text.find("utf8") != std::string::npos ||
               text.find("UTF8") != std::string::npos || text.find("utf-8") != std::string::npos;
    }
    return false;
}

std::size_t terminal_columns(int descriptor) {
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultColumns;
    return std::clamp<std::size_t>(size.ws_col, kMinColumns, kMaxColumns);
}

const char* colour_of(Tone tone) {
    switch (tone) {
        case Tone::dim:
            return "\033[2m";
        case Tone::good:
            return "\033[32m";
        case Tone::warning:
            return "\033[33m";
        case Tone::bad:
            return "\033[31m";
        case Tone::info:
            return "\033[34m";
        case Tone::strong:
            return "\033[1m";
        case Tone::replayed:
            return "\033[35m";
        case Tone::plain:
            break;
    }
    return "";
}

// A line longer than the terminal would wrap, and the growing part could not be found again.
std::string cut_to(std::string_view text, std::size_t columns) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
        if (begins && count++ == columns) return std::string(text.substr(0, i));
    }
    return std::string(text);
}

}  // namespace

Screen::Screen(std::FILE* out)
    : out_(out),
      is_live_(::isatty(::fileno(out)) == 1 && variable("TERM") != "dumb" &&
               !variable("TERM").empty()),
      has_colours_(is_live_ && variable("NO_COLOR").empty()),
      is_unicode_(locale_is_utf8()),
      columns_(is_live_ ? terminal_columns(::fileno(out)) : 100) {
    if (is_live_) std::fputs("\033[?25l", out_);
}

Screen::~Screen() {
    if (is_live_) std::fputs("\033[?25h", out_);
    std::fflush(out_);
}

std::size_t Screen::lane_columns() const {
    return columns_ - kLabelColumns - 2;
}

void Screen::text(std::string_view line, Tone tone) {
    erase_growing();
    std::fprintf(out_, "%s\n", painted(line, tone).c_str());
    print_growing();
}

void Screen::log(Ms at, std::string_view about, std::string_view what, Tone tone) {
    std::array<char, 64> head{};
    std::snprintf(head.data(), head.size(), "%7.2f s  %-12.*s ", static_cast<double>(at) / 1'000.0,
                  static_cast<int>(about.size()), about.data());
    const std::size_t room = columns_ > 25 ? columns_ - 25 : 1;
    erase_growing();
    std::fprintf(out_, "%s%s\n", painted(head.data(), Tone::dim).c_str(),
                 painted(is_live_ ? cut_to(what, room) : std::string(what), tone).c_str());
    print_growing();
}

void Screen::draw(const std::vector<LaneRow>& rows, std::string_view status) {
    if (!is_live_) return;
    erase_growing();
    growing_.clear();
    growing_.emplace_back();
    for (const auto& row : rows) growing_.push_back(painted(row));
    growing_.push_back(painted(cut_to(status, columns_ - 1), Tone::strong));
    print_growing();
}

void Screen::keep(const std::vector<LaneRow>& rows) {
    erase_growing();
    growing_.clear();
    std::fputc('\n', out_);
    for (const auto& row : rows) std::fprintf(out_, "%s\n", painted(row).c_str());
    std::fflush(out_);
}

std::string Screen::painted(std::string_view text, Tone tone) const {
    if (!has_colours_ || tone == Tone::plain || text.empty()) return std::string(text);
    return colour_of(tone) + std::string(text) + "\033[0m";
}

std::string Screen::painted(const LaneRow& row) const {
    std::string text = "  " + row.label;
    text.resize(std::max(text.size(), kLabelColumns), ' ');
    text = painted(text, Tone::dim);
    Tone tone = Tone::plain;
    for (const auto& cell : row.cells) {
        if (has_colours_ && cell.tone != tone) {
            text += "\033[0m";
            text += colour_of(cell.tone);
            tone = cell.tone;
        }
        text += cell.text;
    }
    if (has_colours_) return text + "\033[0m";
    // Without colours the blank end says nothing.
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

void Screen::erase_growing() {
    if (growing_on_screen_ == 0) return;
    std::fprintf(out_, "\033[%zuA\r\033[J", growing_on_screen_);
    growing_on_screen_ = 0;
}

void Screen::print_growing() {
    for (const auto& line : growing_) std::fprintf(out_, "%s\n", line.c_str());
    growing_on_screen_ = growing_.size();
    std::fflush(out_);
}

}  // namespace graceline::demo
