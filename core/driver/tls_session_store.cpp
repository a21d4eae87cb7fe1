// A bounded map under a lock; it is touched once or twice a connection.
// Must not hand out sessions that may not be resumed.
#include "core/driver/tls_session_store.hpp"

#include <algorithm>
#include <utility>

namespace graceline::driver {

void TlsSessionStore::put(const std::string& peer, Session session) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMaxStoredSessions && !entries_.contains(peer)) {
        entries_.erase(std::min_element(
            entries_.begin(), entries_.end(),
            [](const auto& a, const auto& b) { return a.second.order < b.second.order; }));
    }
    entries_[peer] = Entry{std::move(session), next_order_++};
}

Session TlsSessionStore::find(const std::string& peer) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(peer);
    if (found == entries_.end()) return nullptr;
    SSL_SESSION* const session = found->second.session.get();
    if (SSL_SESSION_is_resumable(session) != 1) {
        entries_.erase(found);
        return nullptr;
    }
    SSL_SESSION_up_ref(session);
    return Session(session);
}

}  // namespace graceline::driver
