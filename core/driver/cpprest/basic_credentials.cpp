// Base64 by OpenSSL.
// Must not keep a copy of what it is given.
#include "core/driver/cpprest/basic_credentials.hpp"

#include <openssl/evp.h>

namespace graceline::driver::cpprest {

std::string basic_credentials(const std::string& user, const std::string& password) {
    const std::string plain = user + ':' + password;
    std::string encoded(4 * ((plain.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                     reinterpret_cast<const unsigned char*>(plain.data()),
                                     static_cast<int>(plain.size()));
    encoded.resize(static_cast<std::size_t>(size));
    return "Basic " + encoded;
}

}  // namespace graceline::driver::cpprest
