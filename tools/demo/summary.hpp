// The end of the demo: what the returns were told, and what became of every message.
// Must not judge better than the account does.
#pragma once

#include "tools/demo/ledger.hpp"
#include "tools/demo/record.hpp"
#include "tools/demo/screen.hpp"

namespace graceline::demo {

/// "a tenth of the usual 30 s" and the like.
std::string window_text(Ms grace);

void show_returns(Screen& screen, const Record& record);
void show_account(Screen& screen, const Account& account, int publish_failed_count);
/// The counts, one a line, and whether the two lists of ids are the same.
void show_proof(Screen& screen, const Account& account);

/// "#3 to #7, #9": the entries with this outcome, by their number.
std::string numbers_of(const Account& account, Outcome outcome);

/// One JSON object a line; throws std::runtime_error when the file cannot be written.
void write_ledger(const std::string& file_name, const Account& account);
void write_text(const std::string& file_name, const std::string& text);

}  // namespace graceline::demo
