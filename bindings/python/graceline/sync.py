"""The blocking twin of the asyncio client, for threads and scripts.

Must not be used inside an event loop: its calls wait for real.
"""
from __future__ import annotations

import concurrent.futures
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from . import _core
from ._base import BaseClient
from ._checks import max_count as checked_count, milliseconds, wrong_type
from ._dispatch import Dispatcher, Subscription, logger
from ._events import (ConversationsPage, Event, FetchNeededEvent, HttpAnswer, Message, Page,
                      TokenNeededEvent)
from ._generated import (ClosedError, ConnectionStatus, Fate, PageEnd, RequestTimeoutError,
                         StateError)
from ._options import Options, takes_options
from ._pump import Pump, watch

__all__ = ["Client", "ConversationsRequest", "MessagesRequest"]

MOST_IN_A_BATCH = 4096
CLOSE_MARGIN_S = 1.0

Future = concurrent.futures.Future


def _deadline(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    return time.monotonic() + milliseconds("timeout", timeout) / 1000


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _wait(promise: Future[Any], deadline: float | None) -> Any:
    try:
        return promise.result(_left(deadline))
    except concurrent.futures.TimeoutError:
        if promise.done():
            raise
        promise.cancel()
        raise RequestTimeoutError("no answer within the timeout") from None


class Client(BaseClient):
    """One connection with its window, its queue and its truth, for threads.

    Use it as `with Client(url, ...) as client`. Arguments are those of Options; everything may be
    called from several threads. A daemon thread takes the library's events. Timeouts are seconds,
    None: no bound; RequestTimeoutError (a TimeoutError) says that one passed.
    """

    @takes_options(Options)
    def __init__(self, options: Options) -> None:
        self._options = options
        self._core = _core.Client(options.to_core())
        watch(self._core)
        self._inbox = _core.Inbox()
        self._changed = threading.Condition(threading.RLock())
        self._dispatcher = Dispatcher(self._core)
        self._dispatcher.message_waiters_wake = _weakly(self, Client._notify)
        if callable(options.token):
            self._dispatcher.token_needed = _weakly(self, Client._answer_token)
        if options.history is not None and options.history.fetch is not None:
            self._dispatcher.fetch_needed = _weakly(self, Client._answer_fetch)
        self._pump: Pump | None = None

    # ------------------------------------------------------------------ life

    def __enter__(self) -> Client:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        if core is None or _core.is_forked():
            return
        if getattr(self, "_pump", None) is not None and not self._dispatcher.closed:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self)
        core.close()

    def start(self) -> None:
        """Starts the client; in auto mode it connects. Returns at once; again changes nothing."""
        self._refuse_fork()
        with self._changed:
            if self._pump is None:
                self._pump = Pump(self._core, self._inbox, _Courier(self).deliver)
                self._pump.start()
        self._core.start()

    def close(self) -> None:
        """Closes the connection in order and ends the client; everything pending is answered. In
        a fork's child nothing is done: the connection is the parent's."""
        if _core.is_forked():
            return
        promise: Future[None] = Future()
        with self._changed:
            waits = self._pump is not None and not self._dispatcher.closed
            if waits:
                self._dispatcher.closes.append(promise)
        self._core.close()
        if waits and threading.current_thread() is not self._pump:
            concurrent.futures.wait([promise], self._options.close_timeout + CLOSE_MARGIN_S)

    # ------------------------------------------------------------------ connection

    def connect(self, timeout: float | None = None) -> None:
        """Wants a connection, and returns when it is up. ConnectionFailedError: this attempt
        failed; unless its retry_in is None the client goes on trying by itself."""
        promise, deadline = self._promise(timeout)
        with self._changed:
            self._core.connect()
            if self.connection_status == ConnectionStatus.CONNECTED:
                return
            self._dispatcher.expect_connection(promise, patient=False)
        _wait(promise, deadline)

    def wait_connected(self, timeout: float | None = None) -> None:
        """Returns when the connection is up, however many attempts that takes.
        ConnectionFailedError: the client has given up."""
        promise, deadline = self._promise(timeout)
        with self._changed:
            if self.connection_status == ConnectionStatus.CONNECTED:
                return
            if self._dispatcher.given_up is not None:
                raise self._dispatcher.given_up
            self._dispatcher.expect_connection(promise, patient=True)
        _wait(promise, deadline)

    def disconnect(self, timeout: float | None = None) -> None:
        """Ends session and connection (close 1000); returns when it is down."""
        promise, deadline = self._promise(timeout)
        with self._changed:
            self._core.disconnect()
            if self.connection_status == ConnectionStatus.DISCONNECTED:
                return
            self._dispatcher.disconnects.append(promise)
        _wait(promise, deadline)

    def ping(self, timeout: float | None = None) -> float:
        """Measures the round trip, in seconds; in background it restarts the window."""
        promise, deadline = self._promise(timeout)
        with self._changed:
            self._core.ping()
            self._dispatcher.pings.append(promise)
        round_trip: float = _wait(promise, deadline)
        return round_trip

    def background_time_expiring(self) -> None:
        """The system takes the background time back: returns when the connection is closed."""
        self._core.background_time_expiring()

    # ------------------------------------------------------------------ messages

    def send(self, data: str | bytes | bytearray | memoryview, *,
             deduplication_id: str | None = None, expires_in: float | None = None,
             timeout: float | None = None) -> Fate:
        """Sends a message and returns its fate; errors as graceline.Client.send()."""
        promise, deadline = self._promise(timeout)
        with self._changed:
            identifier = self._send(data, deduplication_id, expires_in)
            self._dispatcher.fates[identifier] = promise
        fate: Fate = _wait(promise, deadline)
        return fate

    def send_nowait(self, data: str | bytes | bytearray | memoryview, *,
                    deduplication_id: str | None = None, expires_in: float | None = None) -> int:
        """As send(), without waiting: returns the message's id. Its fate comes as an event."""
        return self._send(data, deduplication_id, expires_in)

    def messages(self) -> Iterator[Message]:
        """Received messages, in order, each once. It ends when the client is closed, and raises
        ConnectionFailedError when the client has given up."""
        return _core.MessageIterator(self._inbox, self._next_message)

    def receive(self, timeout: float | None = None) -> Message:
        """The next message. ClosedError: there is none any more; ConnectionFailedError: the client
        has given up."""
        try:
            return self._next_message(timeout)
        except StopIteration:
            raise ClosedError("the client was closed") from None

    def take_messages(self, max_count: int = MOST_IN_A_BATCH) -> list[Message]:
        """The messages that are there, without waiting; up to max_count."""
        return self._inbox.take_batch(checked_count(max_count))

    def batches(self, max_count: int = MOST_IN_A_BATCH) -> Iterator[list[Message]]:
        """As messages(), in lists of what is there, up to max_count each."""
        return self._batches(checked_count(max_count))

    def _batches(self, max_count: int) -> Iterator[list[Message]]:
        while True:
            try:
                first = self._next_message()
            except StopIteration:
                return
            batch = self._inbox.take_batch(max_count - 1) if max_count > 1 else []
            batch.insert(0, first)
            yield batch

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Everything else that happens from this call on, in order; it ends after ClosedEvent.
        timeout: how long the iterator waits for one event before it ends."""
        self._refuse_fork()
        patience = None if timeout is None else milliseconds("timeout", timeout) / 1000
        subscription = Subscription(_weakly(self, Client._notify))
        with self._changed:
            if self._dispatcher.closed:
                subscription.end()
            else:
                self._dispatcher.subscriptions.add(subscription)
        return self._events(subscription, patience)

    def _events(self, subscription: Subscription, timeout: float | None) -> Iterator[Event]:
        while True:
            self._refuse_fork()
            with self._changed:
                there = self._changed.wait_for(
                    lambda: subscription.unread or subscription.closed, timeout)
                if not there or not subscription.unread:
                    return
                event = subscription.unread.popleft()
                self._changed.notify_all()
            yield event

    # ------------------------------------------------------------------ history

    def messages_request(self, *, conversation: str | None = None, limit: int = 30,
                         start_message_id: str | None = None,
                         start_time: str | None = None) -> MessagesRequest:
        """Pages of messages; limit: 1 to 100 a page. UnsupportedError: there is no history."""
        core = self._messages_request(limit, conversation, start_message_id, start_time)
        return MessagesRequest(core, self._fetch)

    def conversations_request(self, *, limit: int = 30) -> ConversationsRequest:
        """Pages of conversations; limit: 1 to 50 a page. UnsupportedError: there is no list."""
        return ConversationsRequest(self._conversations_request(limit), self._fetch)

    def _fetch(self, fetch: Callable[[], int], timeout: float | None) -> Any:
        promise, deadline = self._promise(timeout)
        with self._changed:
            identifier = fetch()
            self._dispatcher.requests[identifier] = promise
        return _wait(promise, deadline)

    # ------------------------------------------------------------------ the pump

    def _promise(self, timeout: float | None) -> tuple[Future[Any], float | None]:
        """What a call waits for, and until when; starts the client where that was not done."""
        deadline = _deadline(timeout)
        self._refuse_fork()
        if self._pump is None:
            self.start()
        return Future(), deadline

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _next_message(self, timeout: float | None = None) -> Message:
        deadline = _deadline(timeout)
        self._refuse_fork()
        with self._changed:
            while (message := self._inbox.take()) is None:
                if self._dispatcher.closed:
                    raise StopIteration
                if self._dispatcher.given_up is not None:
                    raise self._dispatcher.given_up
                if not self._changed.wait(_left(deadline)):
                    raise RequestTimeoutError("no message within the timeout")
            return message

    def _took(self, raw: list[tuple[Any, ...]]) -> bool:
        """On the pump's thread. False while a reader of events is far behind."""
        with self._changed:
            self._dispatcher.take(raw)
            self._changed.notify_all()
            self._dispatcher.emit_log_lines()
            return not self._dispatcher.full

    # ------------------------------------------------------------------ providers

    def _answer_token(self, event: TokenNeededEvent) -> None:
        threading.Thread(target=self._provide_token, args=(event.request_id,), daemon=True,
                         name="graceline-token").start()

    def _answer_fetch(self, event: FetchNeededEvent) -> None:
        threading.Thread(target=self._provide_page, args=(event,), daemon=True,
                         name="graceline-fetch").start()

    def _provide_token(self, request_id: int) -> None:
        assert callable(self._options.token)
        token: object = None
        try:
            token = self._options.token()
        except Exception as error:
            logger.warning("the token provider raised %s", type(error).__name__)
        self._give_token(request_id, token)

    def _provide_page(self, event: FetchNeededEvent) -> None:
        assert self._options.history is not None and self._options.history.fetch is not None
        answer = HttpAnswer(0)
        try:
            given = self._options.history.fetch(event)
            if not isinstance(given, HttpAnswer):
                raise wrong_type("fetch()", "HttpAnswer", given)
            answer = given
        except Exception as error:
            logger.warning("the history's fetch raised %s", type(error).__name__)
        self._give_page(event.request_id, answer)


class MessagesRequest:
    """Pages through messages, back and forth. `for page in request` goes back in time."""

    def __init__(self, core: _core.MessagesRequest,
                 fetch: Callable[[Callable[[], int], float | None], Any]) -> None:
        self._core = core
        self._fetch = fetch

    def fetch_previous(self, timeout: float | None = None) -> Page:
        """The next older page; the first one is the newest page, or the one before the start."""
        page: Page = self._fetch(self._core.fetch_previous, timeout)
        return page

    def fetch_next(self, timeout: float | None = None) -> Page:
        """The next newer page; without a start the first one is the newest page."""
        page: Page = self._fetch(self._core.fetch_next, timeout)
        return page

    def cancel(self) -> None:
        """Cancels the fetch under way, which another thread waits for. StateError: none is."""
        self._core.cancel()

    def __iter__(self) -> Iterator[Page]:
        while True:
            page = self.fetch_previous()
            if page.messages:
                yield page
            if page.end != PageEnd.NO or not page.messages:
                return


class ConversationsRequest:
    """Pages through conversations. `for page in request` goes through all of them."""

    def __init__(self, core: _core.ConversationsRequest,
                 fetch: Callable[[Callable[[], int], float | None], Any]) -> None:
        self._core = core
        self._fetch = fetch

    def fetch_next(self, timeout: float | None = None) -> ConversationsPage:
        """The next page."""
        page: ConversationsPage = self._fetch(self._core.fetch_next, timeout)
        return page

    def cancel(self) -> None:
        """Cancels the fetch under way. StateError: none is."""
        self._core.cancel()

    def __iter__(self) -> Iterator[ConversationsPage]:
        while True:
            page = self.fetch_next()
            if page.conversations:
                yield page
            if page.end != PageEnd.NO or not page.conversations:
                return


def _weakly(client: Client, method: Callable[..., None]) -> Callable[..., None]:
    reference = weakref.ref(client)

    def call(*arguments: Any) -> None:
        alive = reference()
        if alive is not None:
            method(alive, *arguments)
    return call


class _Courier:
    """From the pump's thread to the client, while there is one."""

    #: How long the pump waits before it asks a reader that is behind again.
    PATIENCE_S = 0.05

    def __init__(self, client: Client) -> None:
        self._client = weakref.ref(client)

    def deliver(self, raw: list[tuple[Any, ...]]) -> bool:
        """On the pump's thread."""
        client = self._client()
        if client is None:
            return False
        ready = client._took(raw)
        while not ready:
            changed = client._changed
            del client
            with changed:
                changed.wait(self.PATIENCE_S)
            client = self._client()
            if client is None:
                return False
            ready = not client._dispatcher.full
        return True
