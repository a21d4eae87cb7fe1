// The newest TLS session of each host, so that a reconnect saves a round trip and a signature.
// Must not be shared between trust settings: what one setting accepted, another may refuse.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace graceline::driver {

inline constexpr std::size_t kMaxStoredSessions = 64;

struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, FreeSession>;

/// Any thread.
class TlsSessionStore {
  public:
    /// Replaces what was there. When it is full the one that was put first goes.
    void put(const std::string& peer, Session session);
    /// A reference of the caller's own, or null.
    Session find(const std::string& peer);

  private:
    struct Entry {
        Session session;
        std::uint64_t order = 0;
    };

    std::mutex mutex_;
    std::map<std::string, Entry> entries_;
    std::uint64_t next_order_ = 0;
};

}  // namespace graceline::driver
