// One visitor: the details of each kind of event in the order of the package's dataclasses.
// Must add or drop no detail there: a test compares the two.
#include "events.hpp"

#include <string_view>

#include "inbox.hpp"
#include "message.hpp"

namespace py = pybind11;
using namespace graceline;

namespace graceline_python {

namespace {

py::object text(std::string_view from) {
    PyObject* const made =
        PyUnicode_DecodeUTF8(from.data(), static_cast<Py_ssize_t>(from.size()), "replace");
    if (made == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(made);
}

py::object text(const std::optional<std::string_view>& from) {
    return from ? text(*from) : py::none();
}

py::object milliseconds(const std::optional<Milliseconds>& from) {
    return from ? py::object(py::int_(from->count())) : py::none();
}

template <class Enum>
py::int_ number(Enum value) {
    return py::int_(static_cast<long long>(value));
}

struct Details {
    py::tuple operator()(const ConnectionStatusEvent& e) const {
        return py::make_tuple(number(e.status), number(e.phase), number(e.reason), e.attempt,
                              milliseconds(e.retry_in), e.close_code, e.http_status);
    }
    py::tuple operator()(const BackgroundTaskBeganEvent& e) const {
        return py::make_tuple(e.task_number);
    }
    py::tuple operator()(const BackgroundTaskEndedEvent& e) const {
        return py::make_tuple(e.task_number, number(e.cause), number(e.reason));
    }
    py::tuple operator()(const GapVerdictEvent& e) const {
        return py::make_tuple(e.gap_number, number(e.verdict), e.length.count(), number(e.reason));
    }
    py::tuple operator()(const ReturnVerdictEvent& e) const {
        return py::make_tuple(number(e.verdict), number(e.reason));
    }
    py::tuple operator()(const RefreshNeededEvent& e) const {
        return py::make_tuple(number(e.reason), text(e.since_id));
    }
    py::tuple operator()(const SendFateEvent& e) const {
        return py::make_tuple(number(e.fate), e.first_id, e.last_id, number(e.reason));
    }
    py::tuple operator()(const PingCompletedEvent& e) const {
        const py::object round_trip =
            e.round_trip ? py::object(py::int_(e.round_trip->count())) : py::none();
        return py::make_tuple(round_trip, number(e.reason));
    }
    py::tuple operator()(const TokenNeededEvent& e) const { return py::make_tuple(e.request_id); }
    py::tuple operator()(const FetchNeededEvent& e) const {
        return py::make_tuple(e.request_id, number(e.kind), number(e.direction), e.limit,
                              text(e.conversation), text(e.anchor_id), text(e.anchor_time),
                              text(e.cursor), text(e.url));
    }
    py::tuple operator()(const RequestCompletedEvent& e) const {
        return py::make_tuple(e.request_id, number(e.status), number(e.reason), e.http_status,
                              milliseconds(e.retry_in));
    }
    py::tuple operator()(const ClosedEvent&) const { return py::tuple(); }
    py::tuple operator()(const UnknownEvent&) const { return py::tuple(); }
    py::tuple operator()(const MessageEvent&) const { return py::tuple(); }
};

// The page's items are events, of which messages are made as of live ones.
py::object page_of(const graceline_event_details& details) {
    if (details.page == nullptr) return py::none();
    const graceline_page& from = *details.page;
    py::list items;
    for (std::size_t i = 0; i < from.count; ++i) {
        PyObject* const message = new_message(*detail::step(from.items, i));
        if (message == nullptr) throw py::error_already_set();
        items.append(py::reinterpret_steal<py::object>(message));
    }
    return py::make_tuple(from.kind, from.end, items);
}

py::tuple tuple_of(const Event& event) {
    py::tuple details = event.visit(Details());
    if (event.type() == EventType::request_completed) {
        const graceline_event_details& c = *event.c_event().details;
        details = py::tuple(details + py::make_tuple(page_of(c)));
    }
    const py::tuple head =
        py::make_tuple(static_cast<unsigned>(event.type()), event.sequence(), event.time().count(),
                       event.coalesced_count(), text(event.text()));
    return py::tuple(head + details);
}

}  // namespace

py::list take_events(Batch batch, py::handle inbox) {
    py::list events;
    std::size_t messages = 0;
    for (const Event event : batch) {
        if (event.type() == EventType::message) {
            ++messages;
        } else {
            events.append(tuple_of(event));
        }
    }
    push(inbox.ptr(), std::move(batch), messages);
    return events;
}

}  // namespace graceline_python
