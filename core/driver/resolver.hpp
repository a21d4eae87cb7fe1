// Looks host names up without holding up anybody: on threads that exist only while there is work.
// Must not cache answers or know ports; an address literal never comes here.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/driver/loop.hpp"

namespace graceline::driver {

/// More lookups than this wait in turn; equal names wait together for one lookup. One, because the
/// library promises three threads in all.
inline constexpr std::size_t kMaxResolverThreads = 1;
/// Addresses of one name that are kept.
inline constexpr std::size_t kMaxAddresses = 16;

struct Resolved {
    std::vector<boost::asio::ip::address> addresses;  ///< In the system's order of preference.
    std::string error;                                ///< Not empty when there are none.
};

/// A lookup under way. Dropping it is all there is to cancelling: a late answer finds nobody.
class Lookup {
  public:
    using Done = std::function<void(const Resolved&)>;

    /// I/O thread; `done` is called there, unless the lookup was dropped before.
    static std::shared_ptr<Lookup> start(const std::shared_ptr<Loop>& loop, const std::string& host,
                                         Done done);

    explicit Lookup(Done done) : done_(std::move(done)) {}
    void answer(const Resolved& resolved);

  private:
    Done done_;
};

}  // namespace graceline::driver
