// The calls of a client, each as thin as graceline.hpp's; what can wait lets the GIL go.
// Must not hold the GIL in a call that may wait, nor let it go in one that never does.
#include "client.hpp"

#include <pybind11/stl.h>

#include "errors.hpp"
#include "events.hpp"
#include "inbox.hpp"
#include "native_client.hpp"
#include "options.hpp"
#include "process.hpp"

namespace py = pybind11;
using namespace graceline;

namespace graceline_python {

namespace {

py::list poll(NativeClient& self, long long timeout_ms, py::handle inbox) {
    if (!is_inbox(inbox.ptr())) throw py::type_error("inbox: must be an Inbox");
    Client& client = self.get();
    Batch batch;
    if (timeout_ms == 0) {
        batch = client.poll();
    } else {
        without_gil([&] { batch = client.poll(Milliseconds(timeout_ms)); });
    }
    return take_events(std::move(batch), inbox);
}

// Text from str, bytes from everything with a buffer.
std::uint64_t send(NativeClient& self, py::handle data,
                   const std::optional<std::string>& deduplication_id, long long expires_in_ms) {
    Client& client = self.get();
    SendOptions options;
    options.deduplication_id = deduplication_id;
    if (expires_in_ms >= 0) options.expires_in = Milliseconds(expires_in_ms);
    if (PyUnicode_Check(data.ptr()) != 0) {
        Py_ssize_t size = 0;
        const char* const text = PyUnicode_AsUTF8AndSize(data.ptr(), &size);
        if (text == nullptr) throw py::error_already_set();
        return client.send({text, static_cast<std::size_t>(size)}, options);
    }
    Py_buffer view;
    if (PyObject_GetBuffer(data.ptr(), &view, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        throw py::type_error("data: must be str, or bytes and what else has a contiguous buffer");
    }
    const std::unique_ptr<Py_buffer, void (*)(Py_buffer*)> release(&view, &PyBuffer_Release);
    return client.send_binary(
        {static_cast<const char*>(view.buf), static_cast<std::size_t>(view.len)}, options);
}

py::dict connection_info(NativeClient& self) {
    const graceline_connection_info c = self.get().connection_info();
    using namespace py::literals;
    return py::dict("connection_status"_a = c.connection_status, "phase"_a = c.phase,
                    "reason"_a = c.reason, "attempt"_a = c.attempt, "close_code"_a = c.close_code,
                    "http_status"_a = c.http_status, "application_state"_a = c.application_state,
                    "network"_a = c.network, "tls_resumed"_a = c.tls_resumed != 0,
                    "trusted"_a = c.trusted != 0, "gap_open"_a = c.gap_open != 0,
                    "task_running"_a = c.task_running != 0, "task_cause"_a = c.task_cause,
                    "task_number"_a = c.task_number, "gap_number"_a = c.gap_number,
                    "connection_number"_a = c.connection_number, "retry_in_ms"_a = c.retry_in_ms,
                    "round_trip_us"_a = c.round_trip_us,
                    "last_frame_age_ms"_a = c.last_frame_age_ms, "transport"_a = c.transport,
                    "subprotocol"_a = c.subprotocol, "tls_version"_a = c.tls_version,
                    "peer"_a = c.peer, "text"_a = c.text);
}

py::dict statistics(NativeClient& self) {
    const graceline_statistics c = self.get().statistics();
    using namespace py::literals;
    return py::dict(
        "messages_received_count"_a = c.messages_received_count,
        "bytes_received"_a = c.bytes_received, "frames_received_count"_a = c.frames_received_count,
        "messages_sent_count"_a = c.messages_sent_count, "pings_sent_count"_a = c.pings_sent_count,
        "connections_count"_a = c.connections_count, "attempts_count"_a = c.attempts_count,
        "gaps_count"_a = c.gaps_count, "tasks_count"_a = c.tasks_count,
        "discarded_reads_count"_a = c.discarded_reads_count,
        "reading_paused_count"_a = c.reading_paused_count, "queue_bytes"_a = c.queue_bytes,
        "queue_peak_bytes"_a = c.queue_peak_bytes,
        "events_coalesced_count"_a = c.events_coalesced_count,
        "slow_hooks_count"_a = c.slow_hooks_count,
        "duplicates_dropped_count"_a = c.duplicates_dropped_count,
        "messages_replayed_count"_a = c.messages_replayed_count,
        "pages_fetched_count"_a = c.pages_fetched_count, "held_bytes"_a = c.held_bytes,
        "held_peak_bytes"_a = c.held_peak_bytes, "outbox_count"_a = c.outbox_count,
        "outbox_bytes"_a = c.outbox_bytes);
}

void provide_page(NativeClient& self, std::uint64_t request_id, int http_status,
                  const std::string& body, long long retry_after_ms) {
    std::optional<Milliseconds> retry_after;
    if (retry_after_ms >= 0) retry_after = Milliseconds(retry_after_ms);
    self.get().provide_page(request_id, http_status, body, retry_after);
}

// As ~NativeClient(): never in a fork's child, and without the GIL.
template <class Request>
struct Release {
    void operator()(Request* request) const {
        if (is_forked()) return;
        without_gil([request] { delete request; });
    }
};
template <class Request>
using Holder = std::unique_ptr<Request, Release<Request>>;

template <class Call>
auto waiting(Call call) {
    return [call](NativeClient& self) {
        Client& client = self.get();
        without_gil([&] { (client.*call)(); });
    };
}

}  // namespace

void bind_client(py::module_& module) {
    py::class_<NativeClient>(module, "Client", "One handle of the library.")
        .def(py::init([](const py::dict& options) {
                 return std::make_unique<NativeClient>(options_from(options));
             }),
             py::arg("options"))
        .def("start", waiting(&Client::start))
        .def("connect", waiting(&Client::connect))
        .def("disconnect", waiting(&Client::disconnect))
        .def("ping", waiting(&Client::ping))
        .def("background_time_expiring", waiting(&Client::background_time_expiring))
        .def("close", waiting(&Client::close))
        .def(
            "configure_services",
            [](NativeClient& self, int state) {
                Client& client = self.get();
                without_gil(
                    [&] { client.configure_services(static_cast<ApplicationState>(state)); });
            },
            py::arg("state"))
        .def(
            "network_changed",
            [](NativeClient& self, int network) {
                self.get().network_changed(static_cast<Network>(network));
            },
            py::arg("network"))
        .def("connection_status",
             [](NativeClient& self) { return static_cast<int>(self.get().connection_status()); })
        .def("background_task_enabled",
             [](NativeClient& self) { return self.get().background_task_enabled(); })
        .def("background_time_remaining_ms",
             [](NativeClient& self) { return self.get().background_time_remaining().count(); })
        .def("needs_refresh", [](NativeClient& self) { return self.get().needs_refresh(); })
        .def("refresh_begin", [](NativeClient& self) { return self.get().refresh_begin(); })
        .def(
            "mark_refreshed",
            [](NativeClient& self, std::uint64_t mark) { self.get().mark_refreshed(mark); },
            py::arg("mark"))
        .def("connection_info", &connection_info)
        .def("statistics", &statistics)
        .def("send", &send, py::arg("data"), py::arg("deduplication_id") = py::none(),
             py::arg("expires_in_ms") = -1)
        .def(
            "cancel_send", [](NativeClient& self, std::uint64_t id) { self.get().cancel_send(id); },
            py::arg("id"))
        .def(
            "provide_token",
            [](NativeClient& self, std::uint64_t request_id,
               const std::optional<std::string>& token) {
                self.get().provide_token(request_id, token);
            },
            py::arg("request_id"), py::arg("token"))
        .def("provide_page", &provide_page, py::arg("request_id"), py::arg("http_status"),
             py::arg("body"), py::arg("retry_after_ms") = -1)
        .def(
            "last_message_id",
            [](NativeClient& self, const std::optional<std::string>& conversation) {
                return self.get().last_message_id(conversation);
            },
            py::arg("conversation") = py::none())
        .def("poll", &poll, py::arg("timeout_ms"), py::arg("inbox"),
             "Takes what is ready: messages into the inbox, other events as a list of tuples.")
        .def("wake_descriptor", [](NativeClient& self) { return self.get().wake_descriptor(); })
        .def("take_log_lines", [](NativeClient& self) { return self.log().take(); });
}

void bind_requests(py::module_& module) {
    py::class_<MessagesRequest, Holder<MessagesRequest>>(module, "MessagesRequest",
                                                         "Pages through messages.")
        .def(py::init([](NativeClient& client, int limit,
                         const std::optional<std::string>& conversation,
                         const std::optional<std::string>& start_message_id,
                         const std::optional<std::string>& start_time) {
                 MessagesRequestOptions options{limit, conversation, start_message_id, start_time};
                 return Holder<MessagesRequest>(new MessagesRequest(client.get(), options));
             }),
             py::arg("client"), py::arg("limit"), py::arg("conversation") = py::none(),
             py::arg("start_message_id") = py::none(), py::arg("start_time") = py::none())
        .def("fetch_previous",
             [](MessagesRequest& self) {
                 check_fork();
                 return self.fetch_previous();
             })
        .def("fetch_next",
             [](MessagesRequest& self) {
                 check_fork();
                 return self.fetch_next();
             })
        .def("cancel", [](MessagesRequest& self) {
            check_fork();
            self.cancel();
        });
    py::class_<ConversationsRequest, Holder<ConversationsRequest>>(module, "ConversationsRequest",
                                                                   "Pages through conversations.")
        .def(py::init([](NativeClient& client, int limit) {
                 ConversationsRequestOptions options{limit};
                 return Holder<ConversationsRequest>(
                     new ConversationsRequest(client.get(), options));
             }),
             py::arg("client"), py::arg("limit"))
        .def("fetch_next",
             [](ConversationsRequest& self) {
                 check_fork();
                 return self.fetch_next();
             })
        .def("cancel", [](ConversationsRequest& self) {
            check_fork();
            self.cancel();
        });
}

}  // namespace graceline_python
