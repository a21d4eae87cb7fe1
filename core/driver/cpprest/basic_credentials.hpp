// The value of an Authorization header for a user and a password (RFC 7617).
// Must not be given to anything but a header.
#pragma once

#include <string>

namespace graceline::driver::cpprest {

/// "Basic ..."
std::string basic_credentials(const std::string& user, const std::string& password);

}  // namespace graceline::driver::cpprest
