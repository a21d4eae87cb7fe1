// Debian's nginx with files of its own in a temporary folder, started by hand and stopped by id.
// Must never touch the system's nginx, its folders or its ports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tests/servers/process.hpp"

namespace graceline::tests {

class Nginx {
  public:
    // "" when it is not installed.
    static std::string program();

    // `server_block`: directives of the one server block, for example "gzip on;".
    // Throws std::runtime_error if it does not start.
    explicit Nginx(const std::string& server_block);
    ~Nginx();
    Nginx(const Nginx&) = delete;
    Nginx& operator=(const Nginx&) = delete;

    // "http://127.0.0.1:PORT" and the path.
    std::string url(std::string_view path) const;
    // The files under `root`, by their names.
    void write(const std::string& name, std::string_view text) const;
    std::filesystem::path folder() const { return folder_; }

    // Waits for "served PATH STATUS ENCODING LENGTH" with this beginning; "" when it does not come.
    // ENCODING and LENGTH are the answer's headers, "-" where it has none.
    std::string served(std::string_view beginning);
    // How many such lines there are by now.
    std::size_t count(std::string_view beginning) const;

  private:
    bool start(const std::string& server_block);

    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    std::unique_ptr<ServerProcess> process_;
};

}  // namespace graceline::tests
