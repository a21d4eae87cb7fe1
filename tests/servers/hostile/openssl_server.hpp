// OpenSSL's own server program, one connection a process, spoken to through its pipes.
// Must not link a TLS server: what refuses and accepts here is a program that we did not write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/driver/support/certificates.hpp"
#include "tests/servers/process.hpp"

namespace graceline::tests {

/// A folder for keys and certificates, gone with the object.
class PemFolder {
  public:
    PemFolder();
    ~PemFolder();
    PemFolder(const PemFolder&) = delete;
    PemFolder& operator=(const PemFolder&) = delete;

    /// Writes the text to a file of its own; its path.
    std::string write(const std::string& pem);

  private:
    std::filesystem::path path_;
    int files_ = 0;
};

class OpensslServer {
  public:
    /// `extra`: further arguments. Throws when the program does not start.
    OpensslServer(const Certificate& certificate, const std::vector<std::string>& extra = {},
                  const std::vector<const Certificate*>& chain = {});

    std::uint16_t port() const { return port_; }
    PemFolder& folder() { return folder_; }
    /// Waits for the client's request and answers it with 101 and one text message. False: no
    /// request came within the time.
    bool upgrade(const std::string& message, std::chrono::milliseconds within);
    /// "TLSv1.3", of what the program printed; empty: no handshake was done.
    std::string printed(const std::string& prefix) const;

    static bool is_here();

  private:
    PemFolder folder_;
    std::unique_ptr<ServerProcess> process_;
    std::uint16_t port_ = 0;
};

}  // namespace graceline::tests
