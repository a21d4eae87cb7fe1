"""Brings events to who waits for them; the same for the asyncio client and for its blocking twin.

Must not wait and must not know a thread or a loop: a promise is anything with the four verbs.
"""
from __future__ import annotations

import collections
import itertools
import logging
import weakref
from collections.abc import Callable
from typing import Any, Protocol

from . import _core
from ._errors import (AuthenticationError, ConnectionFailedError, PingFailedError, ProtocolError,
                      SendFailedError, ServerRefusedError, TlsError)
from ._events import (ClosedEvent, ConnectionStatusEvent, Event, FetchNeededEvent,
                      PingCompletedEvent, RequestCompletedEvent, SendFateEvent, TokenNeededEvent,
                      event_of)
from ._generated import (ERROR_OF_STATUS, ClosedError, ConnectionStatus, Fate, LogLevel, Phase,
                         Reason, Status)

logger = logging.getLogger("graceline")
# As libraries do: silent, until the app configures logging.
logger.addHandler(logging.NullHandler())

_LEVELS = {LogLevel.ERROR: logging.ERROR, LogLevel.WARNING: logging.WARNING,
           LogLevel.INFO: logging.INFO, LogLevel.DEBUG: logging.DEBUG}

# A disconnect for one of these is what the app, its user or its system wanted.
_WANTED_ENDS = frozenset({
    Reason.NONE, Reason.NOT_STARTED, Reason.DISCONNECT_CALLED, Reason.CLIENT_CLOSED,
    Reason.TERMINATING, Reason.BACKGROUND_EXPIRED, Reason.OS_EXPIRED, Reason.BACKGROUND_REFUSED,
    Reason.BACKGROUND_NOT_WANTED, Reason.NETWORK_OFF})

_ERROR_OF_REASON: dict[Reason, type[ConnectionFailedError]] = {
    Reason.AUTH_REFUSED: AuthenticationError,
    Reason.PROXY_AUTH_REFUSED: AuthenticationError,
    Reason.TOKEN_FAILED: AuthenticationError,
    Reason.TOKEN_TIMEOUT: AuthenticationError,
    Reason.TLS_FAILED: TlsError,
    Reason.CERTIFICATE_REFUSED: TlsError,
    Reason.PIN_MISMATCH: TlsError,
    Reason.HTTP_STATUS: ServerRefusedError,
    Reason.CLOSED_BY_SERVER: ServerRefusedError,
    Reason.PROTOCOL_ERROR: ProtocolError,
    Reason.HANDSHAKE_INVALID: ProtocolError,
    Reason.MESSAGE_TOO_BIG: ProtocolError,
}


class Promise(Protocol):
    """What asyncio.Future and concurrent.futures.Future have in common."""

    def done(self) -> bool: ...
    def set_result(self, result: Any, /) -> None: ...
    def set_exception(self, exception: BaseException, /) -> None: ...


def connection_error(event: ConnectionStatusEvent) -> ConnectionFailedError:
    """The exception that says why the connection is not up."""
    kind = _ERROR_OF_REASON.get(event.reason, ConnectionFailedError)
    text = event.text or _core.reason_text(int(event.reason))
    return kind(text, reason=event.reason, code=event.code, http_status=event.http_status,
                retry_in=event.retry_in)


def _error_of_request(event: RequestCompletedEvent) -> Exception:
    kind = ERROR_OF_STATUS.get(event.status, ClosedError)
    error = kind(event.text or _core.reason_text(int(event.reason)), reason=event.reason,
                 http_status=event.http_status)
    error.status = event.status
    return error


def fail(promise: Promise, error: BaseException) -> None:
    """Breaks a promise that nobody cancelled."""
    if not promise.done():
        promise.set_exception(error)


def keep(promise: Promise, result: Any) -> None:
    """Keeps a promise that nobody cancelled."""
    if not promise.done():
        promise.set_result(result)


class Subscription:
    """The events of one events() iterator that it has not taken yet."""

    #: With so many unread the client stops taking events, as the library's own queue does.
    MOST_UNREAD = 10_000

    def __init__(self, wake: Callable[[], None]) -> None:
        self.unread: collections.deque[Event] = collections.deque()
        self.closed = False
        self._wake = wake

    def add(self, event: Event) -> None:
        self.unread.append(event)
        self._wake()

    def end(self) -> None:
        self.closed = True
        self._wake()

    @property
    def full(self) -> bool:
        return len(self.unread) >= self.MOST_UNREAD


class Dispatcher:
    """Pending work of one client. Whoever calls it holds what guards it: the loop, or a lock."""

    def __init__(self, core: _core.Client) -> None:
        self.core = core
        self.closed = False
        #: Why nothing more will come, while the client has given up.
        self.given_up: ConnectionFailedError | None = None
        self.fates: dict[int, Promise] = {}
        self.pings: list[Promise] = []
        self.requests: dict[int, Promise] = {}
        self.disconnects: list[Promise] = []
        self.closes: list[Promise] = []
        #: Promises of a connection that is up, and the time from which on an event counts.
        self.connects: list[tuple[Promise, int, bool]] = []
        self.subscriptions: weakref.WeakSet[Subscription] = weakref.WeakSet()
        self.token_needed: Callable[[TokenNeededEvent], None] | None = None
        self.fetch_needed: Callable[[FetchNeededEvent], None] | None = None
        self.message_waiters_wake: Callable[[], None] = lambda: None

    @property
    def full(self) -> bool:
        """Whether a reader of events is so far behind that no more may be taken."""
        return any(subscription.full for subscription in self.subscriptions)

    def take(self, raw_events: list[tuple[Any, ...]]) -> None:
        """Everything but messages, in order."""
        for raw in raw_events:
            self._take_one(event_of(raw))

    def emit_log_lines(self) -> None:
        """The library's log lines since the last time, into `logging`."""
        for level, text in self.core.take_log_lines():
            logger.log(_LEVELS.get(LogLevel(level), logging.ERROR), "%s", text)

    def expect_connection(self, promise: Promise, *, patient: bool) -> None:
        """Kept when the connection is up. patient: an attempt that is followed by another one does
        not break it."""
        if self.closed:
            fail(promise, ClosedError("the client was closed"))
            return
        self.connects = [each for each in self.connects if not each[0].done()]
        self.connects.append((promise, _core.now_ms(), patient))

    def _take_one(self, event: Event) -> None:
        if isinstance(event, SendFateEvent):
            self._fate(event)
        elif isinstance(event, ConnectionStatusEvent):
            self._status(event)
        elif isinstance(event, PingCompletedEvent):
            self._ping(event)
        elif isinstance(event, RequestCompletedEvent):
            self._request(event)
        elif isinstance(event, ClosedEvent):
            self._closed()
        elif isinstance(event, TokenNeededEvent) and self.token_needed is not None:
            self.token_needed(event)
            return
        elif isinstance(event, FetchNeededEvent) and self.fetch_needed is not None:
            self.fetch_needed(event)
            return
        for subscription in list(self.subscriptions):
            subscription.add(event)
        if isinstance(event, ClosedEvent):
            for subscription in list(self.subscriptions):
                subscription.end()

    def _fate(self, event: SendFateEvent) -> None:
        if not self.fates:
            return
        for identifier in range(event.first_id, event.last_id + 1):
            promise = self.fates.pop(identifier, None)
            if promise is None:
                continue
            if event.fate == Fate.FAILED:
                text = event.text or _core.reason_text(int(event.reason))
                fail(promise, SendFailedError(text, reason=event.reason, message_id=identifier))
            else:
                keep(promise, event.fate)

    def _ping(self, event: PingCompletedEvent) -> None:
        pings, self.pings = self.pings, []
        for promise in pings:
            if event.round_trip is None:
                text = event.text or _core.reason_text(int(event.reason))
                fail(promise, PingFailedError(text, reason=event.reason))
            else:
                keep(promise, event.round_trip)

    def _request(self, event: RequestCompletedEvent) -> None:
        promise = self.requests.pop(event.request_id, None)
        if promise is None:
            return
        if event.status == Status.OK:
            keep(promise, event.page)
        else:
            fail(promise, _error_of_request(event))

    def _status(self, event: ConnectionStatusEvent) -> None:
        down = event.status == ConnectionStatus.DISCONNECTED
        self.given_up = None
        if down and event.reason not in _WANTED_ENDS:
            self.given_up = connection_error(event)
        if down:
            disconnects, self.disconnects = self.disconnects, []
            for promise in disconnects:
                keep(promise, None)
        self._settle_connects(event, down)
        if self.given_up is not None:
            self.message_waiters_wake()

    def _settle_connects(self, event: ConnectionStatusEvent, down: bool) -> None:
        waiting = event.phase in (Phase.BACKOFF, Phase.THROTTLED, Phase.NETWORK_OFF)
        left = []
        for promise, since, patient in self.connects:
            if event.time_ms < since:
                left.append((promise, since, patient))
            elif event.status == ConnectionStatus.CONNECTED:
                keep(promise, None)
            elif down or (waiting and not patient):
                fail(promise, connection_error(event))
            elif not promise.done():
                left.append((promise, since, patient))
        self.connects = left

    def _closed(self) -> None:
        self.closed = True
        closes, self.closes = self.closes, []
        disconnects, self.disconnects = self.disconnects, []
        for promise in itertools.chain(closes, disconnects):
            keep(promise, None)
        fates, self.fates = self.fates, {}
        requests, self.requests = self.requests, {}
        pings, self.pings = self.pings, []
        connects, self.connects = self.connects, []
        for promise in itertools.chain(fates.values(), requests.values(), pings,
                                       (each[0] for each in connects)):
            fail(promise, ClosedError("the client was closed"))
        self.message_waiters_wake()
