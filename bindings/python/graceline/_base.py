"""What the asyncio client and its blocking twin share: queries and calls that never wait.

Must not be used by itself: a client adds how it waits.
"""
from __future__ import annotations

import dataclasses
import logging
from typing import Any

from . import _core
from ._checks import milliseconds, optional_text, text, whole, wrong_type
from ._events import HttpAnswer
from ._generated import (ApplicationState, ClosedError, ConnectionStatus, Network, Phase, Reason,
                         StateError, TaskCause)
from ._options import Options

__all__ = ["ConnectionInfo", "Statistics"]

logger = logging.getLogger("graceline")

# What the library's own types hold; its rules are narrower, and it says them.
MOST_STATUS = 0xFFFF
MOST_LIMIT = 2**31 - 1

_MessagesRequest = _core.MessagesRequest
_ConversationsRequest = _core.ConversationsRequest


@dataclasses.dataclass(frozen=True)
class ConnectionInfo:
    """Everything about the connection now. Durations in seconds; None: there is none."""

    connection_status: ConnectionStatus
    phase: Phase
    reason: Reason
    attempt: int
    code: int
    http_status: int
    application_state: ApplicationState
    network: Network
    tls_resumed: bool
    trusted: bool
    gap_open: bool
    task_running: bool
    task_cause: TaskCause
    task_number: int
    gap_number: int
    connection_number: int
    retry_in: float | None
    round_trip: float | None
    last_frame_age: float | None
    transport: str
    subprotocol: str
    tls_version: str
    peer: str
    text: str


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Counters since the client was made; what ends in _bytes is bytes."""

    messages_received_count: int
    bytes_received: int
    frames_received_count: int
    messages_sent_count: int
    pings_sent_count: int
    connections_count: int
    attempts_count: int
    gaps_count: int
    tasks_count: int
    discarded_reads_count: int
    reading_paused_count: int
    queue_bytes: int
    queue_peak_bytes: int
    events_coalesced_count: int
    slow_hooks_count: int
    duplicates_dropped_count: int
    messages_replayed_count: int
    pages_fetched_count: int
    held_bytes: int
    held_peak_bytes: int
    outbox_count: int
    outbox_bytes: int


def _known(value: int, unit: int) -> float | None:
    return None if value < 0 else value / unit


def info_of(raw: dict[str, Any]) -> ConnectionInfo:
    """The dataclass of what graceline._core says."""
    return ConnectionInfo(
        connection_status=ConnectionStatus(raw["connection_status"]), phase=Phase(raw["phase"]),
        reason=Reason(raw["reason"]), attempt=raw["attempt"], code=raw["close_code"],
        http_status=raw["http_status"],
        application_state=ApplicationState(raw["application_state"]),
        network=Network(raw["network"]), tls_resumed=raw["tls_resumed"], trusted=raw["trusted"],
        gap_open=raw["gap_open"], task_running=raw["task_running"],
        task_cause=TaskCause(raw["task_cause"]), task_number=raw["task_number"],
        gap_number=raw["gap_number"], connection_number=raw["connection_number"],
        retry_in=_known(raw["retry_in_ms"], 1000), round_trip=_known(raw["round_trip_us"], 10**6),
        last_frame_age=_known(raw["last_frame_age_ms"], 1000), transport=raw["transport"],
        subprotocol=raw["subprotocol"], tls_version=raw["tls_version"], peer=raw["peer"],
        text=raw["text"])


def check_state(state: object) -> ApplicationState:
    """An app state, and nothing else."""
    if not isinstance(state, ApplicationState):
        raise wrong_type("state", "ApplicationState", state)
    return state


def expires_in_ms(expires_in: float | None) -> int:
    """Seconds, None: never."""
    value = milliseconds("expires_in", expires_in)
    if value == 0:
        raise ValueError("expires_in: must be more than 0 s, or None")
    return value


class BaseClient:
    """Queries, reports and calls that return at once."""

    _core: _core.Client
    _options: Options

    def __repr__(self) -> str:
        # Without the query, which may hold a token.
        url = self._options.url.partition("?")[0]
        status = "in a fork" if _core.is_forked() else self.connection_status
        return f"<{type(self).__module__}.{type(self).__name__} {url} {status}>"

    def _refuse_fork(self) -> None:
        """ForkedError in a fork's child, before a lock is taken that nobody there would let go."""
        if _core.is_forked():
            self._core.connection_status()

    @property
    def connection_status(self) -> ConnectionStatus:
        """The published status."""
        return ConnectionStatus(self._core.connection_status())

    @property
    def info(self) -> ConnectionInfo:
        """Everything about the connection now."""
        return info_of(self._core.connection_info())

    @property
    def statistics(self) -> Statistics:
        """Counters since the client was made."""
        return Statistics(**self._core.statistics())

    @property
    def background_task_enabled(self) -> bool:
        """True: updates are continuous, skip the refresh. False: refresh (also before the first
        time in background)."""
        return self._core.background_task_enabled()

    @property
    def background_time_remaining(self) -> float | None:
        """Seconds that are left of the window; 0: none. None: unlimited or not yet started."""
        return _known(self._core.background_time_remaining_ms(), 1000)

    @property
    def needs_refresh(self) -> bool:
        """True: a gap is not closed, what is on screen may be stale."""
        return self._core.needs_refresh()

    def configure_services(self, state: ApplicationState) -> None:
        """Reports an app state; also the return must be reported. Returns at once, WILL_TERMINATE
        within 250 ms."""
        self._core.configure_services(int(check_state(state)))

    def refresh_begin(self) -> int:
        """Takes a mark before the app refreshes by its own means."""
        return self._core.refresh_begin()

    def mark_refreshed(self, mark: int) -> None:
        """Closes the gaps that had ended when the mark was taken. ValueError: never given."""
        self._core.mark_refreshed(whole("mark", mark))

    def network_changed(self, network: Network) -> None:
        """Reports the network: OFF, nothing is tried; anything else skips a backoff."""
        if not isinstance(network, Network):
            raise wrong_type("network", "Network", network)
        self._core.network_changed(int(network))

    def cancel_send(self, message_id: int) -> None:
        """Takes back a message that still waits in the outbox; its fate is then FAILED.
        StateError: it is on its way, or has its fate."""
        self._core.cancel_send(whole("message_id", message_id))

    def last_message_id(self, conversation: str | None = None) -> str | None:
        """The position: what to give as `last_message_id` at the app's next start."""
        return self._core.last_message_id(optional_text("conversation", conversation))

    def provide_token(self, request_id: int, token: str | None) -> None:
        """Answers a TokenNeededEvent; None: there is no token now. StateError: too late."""
        self._core.provide_token(whole("request_id", request_id), optional_text("token", token))

    def provide_page(self, request_id: int, http_status: int, body: bytes | str = b"", *,
                     retry_after: float | None = None) -> None:
        """Answers a FetchNeededEvent. http_status 0: there was no answer. retry_after: seconds.
        StateError: nobody waits for the page any more."""
        if not isinstance(body, bytes):
            text("body", body, "bytes or str")
        self._core.provide_page(whole("request_id", request_id),
                                whole("http_status", http_status, most=MOST_STATUS), body,
                                milliseconds("retry_after", retry_after))

    def _give_token(self, request_id: int, token: Any) -> None:
        """What a provider gave, or None."""
        try:
            try:
                self.provide_token(request_id, token)
            except (TypeError, ValueError) as error:
                logger.warning("the token provider gave what is no token: %s", error)
                self.provide_token(request_id, None)
        except (StateError, ClosedError):
            logger.info("a token came when nobody waited for it any more")

    def _give_page(self, request_id: int, answer: HttpAnswer) -> None:
        """What the app's own HTTP gave."""
        try:
            try:
                self.provide_page(request_id, answer.http_status, answer.body,
                                  retry_after=answer.retry_after)
            except (TypeError, ValueError) as error:
                logger.warning("the history's fetch gave what is no answer: %s", error)
                self.provide_page(request_id, 0)
        except (StateError, ClosedError):
            logger.info("a page came when nobody waited for it any more")

    def _send(self, data: str | bytes | bytearray | memoryview, deduplication_id: str | None,
              expires_in: float | None) -> int:
        if isinstance(data, str):
            text("data", data)
        return self._core.send(data, optional_text("deduplication_id", deduplication_id),
                               expires_in_ms(expires_in))

    def _messages_request(self, limit: int, conversation: str | None,
                          start_message_id: str | None,
                          start_time: str | None) -> _MessagesRequest:
        return _MessagesRequest(self._core, whole("limit", limit, most=MOST_LIMIT),
                                optional_text("conversation", conversation),
                                optional_text("start_message_id", start_message_id),
                                optional_text("start_time", start_time))

    def _conversations_request(self, limit: int) -> _ConversationsRequest:
        return _ConversationsRequest(self._core, whole("limit", limit, most=MOST_LIMIT))
