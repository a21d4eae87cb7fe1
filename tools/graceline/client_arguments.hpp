// The options that every command shares: those of the client, and of the output.
// Must not open connections; files are read by load_files() only.
#pragma once

#include <optional>
#include <string>

#include "graceline/graceline.hpp"
#include "tools/graceline/argument_cursor.hpp"
#include "tools/graceline/history_arguments.hpp"

namespace graceline::cli {

inline constexpr std::size_t kMaxFileBytes = 1'048'576;

struct ClientArguments {
    Options options;
    HistoryArguments history;
    bool json = false;
    std::optional<std::string> ca_file;
    std::optional<std::string> certificate_file;
    std::optional<std::string> key_file;
    std::optional<std::string> token_variable;
    std::optional<std::string> proxy_password_variable;
};

/// Takes the current option of the cursor when it is one of these; false when it is not.
bool take_client_argument(ArgumentCursor& cursor, ClientArguments& to);

/// Reads the files and environment variables that were named; throws UsageError.
void load_files(ClientArguments& arguments);

/// The part of a --help text that lists these options.
std::string client_arguments_help();

/// Only a URL's scheme and host may be shown: the rest may hold a token.
std::string url_for_people(const std::string& url);

}  // namespace graceline::cli
