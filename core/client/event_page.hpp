// A page of history, and a page that the host shall fetch, in the layout of the C API.
// Must stay plain data behind one owner: a batch keeps it until it is given back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/client/event.hpp"
#include "core/history/page.hpp"
#include "core/history/walk.hpp"

namespace graceline::client {

/// What details.page points to.
struct EventPage {
    std::uint32_t struct_size = sizeof(EventPage);
    std::int32_t kind = 0;  ///< history::Kind
    std::int32_t end = 0;   ///< history::End
    std::uint32_t count = 0;
    const Event* items = nullptr;
};

/// What details.fetch points to.
struct EventFetch {
    std::uint32_t struct_size = sizeof(EventFetch);
    std::int32_t kind = 0;       ///< history::Kind
    std::int32_t direction = 0;  ///< history::Direction
    std::uint32_t limit = 0;
    const char* conversation = nullptr;
    const char* anchor_id = nullptr;
    const char* anchor_time = nullptr;
    const char* cursor = nullptr;
    const char* url = nullptr;
};

/// The page with its items as events.
class OwnedPage {
  public:
    OwnedPage(std::shared_ptr<const history::Page> page, history::Kind kind, history::End end,
              std::int64_t time_ms);
    const EventPage& page() const { return page_; }

  private:
    std::shared_ptr<const history::Page> source_;
    std::vector<Event> events_;
    std::vector<EventFields> fields_;
    std::vector<char> texts_;
    EventPage page_;
};

class OwnedFetch {
  public:
    OwnedFetch(history::Fetch fetch, std::string url);
    OwnedFetch(const OwnedFetch&) = delete;
    OwnedFetch& operator=(const OwnedFetch&) = delete;
    const EventFetch& fetch() const { return view_; }

  private:
    history::Fetch fetch_;
    std::string url_;
    EventFetch view_;
};

}  // namespace graceline::client
