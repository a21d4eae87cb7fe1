// Draws the record of a run as one SVG picture.
// Must not read files or clocks: the same record gives the same picture.
#pragma once

#include <string>

#include "tools/demo/ledger.hpp"
#include "tools/demo/record.hpp"

namespace graceline::demo {

struct PictureTexts {
    std::string title;
    std::string subtitle;
    std::string footer;
};

/// `account` may have no entries (the messages are not ours); then `deliveries` are drawn.
std::string draw_svg(const Record& record, const Account& account,
                     const std::vector<Ms>& deliveries, const PictureTexts& texts);

}  // namespace graceline::demo
