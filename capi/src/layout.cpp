// Proves that what core/client writes is what the header says, byte by byte and number by number.
// Must not hold code: it only asserts.
#include <cstddef>

#include "core/client/event.hpp"
#include "core/client/event_page.hpp"
#include "core/engine/application_state.hpp"
#include "core/engine/continuity.hpp"
#include "core/engine/outbox.hpp"
#include "core/engine/output.hpp"
#include "core/engine/phase.hpp"
#include "core/engine/reason.hpp"
#include "core/engine/task.hpp"
#include "graceline/graceline.h"

namespace graceline {

#define SAME_SIZE(c_type, core_type) static_assert(sizeof(c_type) == sizeof(core_type))
#define SAME(c_type, core_type, member) \
    static_assert(offsetof(c_type, member) == offsetof(core_type, member))

SAME_SIZE(graceline_event, client::Event);
SAME(graceline_event, client::Event, type);
SAME(graceline_event, client::Event, flags);
SAME(graceline_event, client::Event, sequence);
SAME(graceline_event, client::Event, time_ms);
SAME(graceline_event, client::Event, data);
SAME(graceline_event, client::Event, size);
SAME(graceline_event, client::Event, fields);
SAME(graceline_event, client::Event, details);

SAME_SIZE(graceline_message_fields, client::EventFields);
SAME(graceline_message_fields, client::EventFields, id);
SAME(graceline_message_fields, client::EventFields, conversation);
SAME(graceline_message_fields, client::EventFields, sender);
SAME(graceline_message_fields, client::EventFields, time);

SAME_SIZE(graceline_event_details, client::EventDetails);
SAME(graceline_event_details, client::EventDetails, connection_status);
SAME(graceline_event_details, client::EventDetails, phase);
SAME(graceline_event_details, client::EventDetails, reason);
SAME(graceline_event_details, client::EventDetails, attempt);
SAME(graceline_event_details, client::EventDetails, close_code);
SAME(graceline_event_details, client::EventDetails, http_status);
SAME(graceline_event_details, client::EventDetails, task_cause);
SAME(graceline_event_details, client::EventDetails, gap_verdict);
SAME(graceline_event_details, client::EventDetails, return_verdict);
SAME(graceline_event_details, client::EventDetails, fate);
SAME(graceline_event_details, client::EventDetails, coalesced_count);
SAME(graceline_event_details, client::EventDetails, task_number);
SAME(graceline_event_details, client::EventDetails, gap_number);
SAME(graceline_event_details, client::EventDetails, first_id);
SAME(graceline_event_details, client::EventDetails, last_id);
SAME(graceline_event_details, client::EventDetails, retry_in_ms);
SAME(graceline_event_details, client::EventDetails, gap_ms);
SAME(graceline_event_details, client::EventDetails, round_trip_us);
SAME(graceline_event_details, client::EventDetails, text);
SAME(graceline_event_details, client::EventDetails, request_id);
SAME(graceline_event_details, client::EventDetails, request_status);
SAME(graceline_event_details, client::EventDetails, page);
SAME(graceline_event_details, client::EventDetails, fetch);
SAME(graceline_event_details, client::EventDetails, since_id);
SAME_SIZE(graceline_event_details, client::EventDetails);

SAME_SIZE(graceline_page, client::EventPage);
SAME(graceline_page, client::EventPage, kind);
SAME(graceline_page, client::EventPage, end);
SAME(graceline_page, client::EventPage, count);
SAME(graceline_page, client::EventPage, items);

SAME_SIZE(graceline_fetch, client::EventFetch);
SAME(graceline_fetch, client::EventFetch, limit);
SAME(graceline_fetch, client::EventFetch, conversation);
SAME(graceline_fetch, client::EventFetch, anchor_id);
SAME(graceline_fetch, client::EventFetch, anchor_time);
SAME(graceline_fetch, client::EventFetch, cursor);
SAME(graceline_fetch, client::EventFetch, url);

#define EQUAL(c_value, core_value) \
    static_assert(static_cast<int>(c_value) == static_cast<int>(core_value))

// The first and the last value of each twin; tests/checks compares every name between them.
EQUAL(GRACELINE_EVENT_MESSAGE, client::EventType::message);
EQUAL(GRACELINE_EVENT_CLOSED, client::EventType::closed);
EQUAL(GRACELINE_EVENT_REQUEST_COMPLETED, client::EventType::request_completed);
EQUAL(GRACELINE_FATE_ACKNOWLEDGED, engine::Fate::acknowledged);
EQUAL(GRACELINE_MESSAGE_FLAG_TEXT, client::message_flag::kText);
EQUAL(GRACELINE_MESSAGE_FLAG_BINARY, client::message_flag::kBinary);
EQUAL(GRACELINE_MESSAGE_FLAG_REPLAYED, client::message_flag::kReplayed);
EQUAL(GRACELINE_E_CLOSED, client::RequestStatus::closed);
EQUAL(GRACELINE_E_WINDOW_OVER, client::RequestStatus::window_over);
EQUAL(GRACELINE_E_TIMEOUT, client::RequestStatus::timeout);
EQUAL(GRACELINE_E_CANCELLED, client::RequestStatus::cancelled);
EQUAL(GRACELINE_E_HISTORY, client::RequestStatus::history);
EQUAL(GRACELINE_PAGE_KIND_CONVERSATIONS, history::Kind::conversations);
EQUAL(GRACELINE_PAGE_DIRECTION_NEXT, history::Direction::next);
EQUAL(GRACELINE_PAGE_END_UNPROVEN, history::End::unproven);
EQUAL(GRACELINE_HISTORY_SCOPE_PER_CONVERSATION, history::Scope::per_conversation);
EQUAL(GRACELINE_FATE_SENT, engine::Fate::sent);
EQUAL(GRACELINE_FATE_FAILED, engine::Fate::failed);
EQUAL(GRACELINE_APPLICATION_STATE_WILL_TERMINATE, engine::ApplicationState::will_terminate);
EQUAL(GRACELINE_CONNECTION_STATUS_FEATURE_THROTTLED, engine::ConnectionStatus::feature_throttled);
EQUAL(GRACELINE_PHASE_CLOSING, engine::Phase::closing);
EQUAL(GRACELINE_PHASE_CATCHING_UP, engine::Phase::catching_up);
EQUAL(GRACELINE_REASON_NOT_STARTED, engine::Reason::not_started);
EQUAL(GRACELINE_REASON_INTERNAL_ERROR, engine::Reason::internal_error);
EQUAL(GRACELINE_REASON_REQUEST_CANCELLED, engine::Reason::request_cancelled);
EQUAL(GRACELINE_NETWORK_METERED, engine::Network::metered);
EQUAL(GRACELINE_TASK_CAUSE_CLOSED, engine::TaskCause::closed);
EQUAL(GRACELINE_GAP_VERDICT_UNKNOWN, engine::GapVerdict::unknown);
EQUAL(GRACELINE_RETURN_VERDICT_REFRESH, engine::ReturnAdvice::refresh);
EQUAL(GRACELINE_DISPOSITION_TERMINAL, engine::Disposition::terminal);

}  // namespace graceline
