"""The client for asyncio.

Must not run anything of the app on another thread than its loop's, plain providers apart.
"""
from __future__ import annotations

import asyncio
import collections
import functools
import inspect
import warnings
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from types import TracebackType
from typing import Any

from . import _core
from ._base import BaseClient
from ._checks import max_count as checked_count, wrong_type
from ._dispatch import Dispatcher, logger
from ._errors import WrongLoopError
from ._events import Event, FetchNeededEvent, HttpAnswer, Message, TokenNeededEvent
from ._generated import ClosedError, ConnectionStatus, Fate, StateError
from ._options import Options, takes_options
from ._pump import Pump, watch
from ._requests import ConversationsRequest, MessagesRequest
from ._streams import Courier, Events

__all__ = ["Client"]

# A batch that async for and batches() hand out between two looks at the loop.
MOST_IN_A_BATCH = 4096
# Beyond the library's own bound for a close.
CLOSE_MARGIN_S = 1.0


class Client(BaseClient):
    """One connection with its window, its queue and its truth, for one event loop.

    Use it as `async with Client(url, ...) as client`: entering starts it, leaving closes it. All
    arguments are those of Options. TypeError and ValueError name the argument and the rule before
    anything is started. A client belongs to the loop in which it was started; WrongLoopError says
    so. Received messages that nobody takes fill a bounded queue; then the socket is not read.
    """

    @takes_options(Options)
    def __init__(self, options: Options) -> None:
        self._options = options
        self._core = _core.Client(options.to_core())
        watch(self._core)
        self._inbox = _core.Inbox(functools.partial(_next_message, weakref.ref(self)))
        self._dispatcher = Dispatcher(self._core)
        self._dispatcher.message_waiters_wake = _weakly(self, Client._wake_message_waiters)
        if callable(options.token):
            self._dispatcher.token_needed = _weakly(self, Client._answer_token)
        if options.history is not None and options.history.fetch is not None:
            self._dispatcher.fetch_needed = _weakly(self, Client._answer_fetch)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._descriptor = -1
        self._paused = False
        self._waiters: collections.deque[asyncio.Future[None]] = collections.deque()
        self._tasks: set[asyncio.Future[Any]] = set()

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Client:
        self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        await self.close()

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        loop = getattr(self, "_loop", None)
        if core is None or loop is None or self._dispatcher.closed or _core.is_forked():
            return
        warnings.warn(f"{self!r} was not closed", ResourceWarning, source=self)
        if self._descriptor >= 0 and not loop.is_closed():
            _forget_descriptor(loop, self._descriptor)
        core.close()

    def start(self) -> None:
        """Starts the client in the running loop; in auto mode it connects. Returns at once; a
        second start changes nothing. `async with` does it."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            self._listen(loop)
        self._check_loop()
        self._core.start()

    async def close(self) -> None:
        """Closes the connection in order and ends the client; everything pending is answered. In
        a fork's child nothing is done: the connection is the parent's."""
        if _core.is_forked():
            return
        if self._loop is None:
            self._core.close()
            return
        self._check_loop()
        if not self._dispatcher.closed:
            promise = self._promise()
            self._dispatcher.closes.append(promise)
            self._core.close()
            self._take_what_is_ready()
            bound = self._options.close_timeout + CLOSE_MARGIN_S
            await asyncio.wait([promise], timeout=bound)
            self._dispatcher.emit_log_lines()
        self._stop_listening()
        for task in list(self._tasks):
            task.cancel()

    # ------------------------------------------------------------------ connection

    async def connect(self) -> None:
        """Wants a connection, and returns when it is up.

        ConnectionFailedError: this attempt failed, with reason, code and http_status; unless its
        retry_in is None the client goes on trying by itself (see wait_connected()). In background
        this gives a fresh full window.
        """
        promise = self._started_promise()
        self._core.connect()
        if self.connection_status != ConnectionStatus.CONNECTED:
            self._dispatcher.expect_connection(promise, patient=False)
            await promise

    async def wait_connected(self) -> None:
        """Returns when the connection is up, however many attempts that takes.
        ConnectionFailedError: the client has given up, or is not to be connected."""
        promise = self._started_promise()
        if self.connection_status == ConnectionStatus.CONNECTED:
            return
        if self._dispatcher.given_up is not None:
            raise self._dispatcher.given_up
        self._dispatcher.expect_connection(promise, patient=True)
        await promise

    async def disconnect(self) -> None:
        """Ends session and connection (close 1000); returns when it is down."""
        promise = self._started_promise()
        self._core.disconnect()
        if self.connection_status != ConnectionStatus.DISCONNECTED:
            self._dispatcher.disconnects.append(promise)
            await promise

    async def ping(self) -> float:
        """Measures the round trip, in seconds; in background it restarts the window.
        NotConnectedError, WindowOverError, PingFailedError."""
        promise = self._started_promise()
        self._core.ping()
        self._dispatcher.pings.append(promise)
        round_trip: float = await promise
        return round_trip

    async def background_time_expiring(self) -> None:
        """The system takes the background time back: returns when the connection is closed."""
        loop = self._check_loop()
        await loop.run_in_executor(None, self._core.background_time_expiring)

    # ------------------------------------------------------------------ messages

    async def send(self, data: str | bytes | bytearray | memoryview, *,
                   deduplication_id: str | None = None, expires_in: float | None = None) -> Fate:
        """Sends a message (str: text, bytes: binary) and returns its fate: SENT, or ACKNOWLEDGED
        where the session has acks. While a connection is wanted and not up it waits in the outbox,
        at most expires_in seconds.

        SendFailedError: it was accepted and then failed. NotConnectedError: no connection is
        wanted. WindowOverError, FullError (the outbox is full), ClosedError, ValueError, TypeError.
        Cancelling the wait does not take the message back; cancel_send() does.
        """
        promise = self._started_promise()
        identifier = self._send(data, deduplication_id, expires_in)
        self._dispatcher.fates[identifier] = promise
        self._take_what_is_ready()
        fate: Fate = await promise
        return fate

    def send_nowait(self, data: str | bytes | bytearray | memoryview, *,
                    deduplication_id: str | None = None, expires_in: float | None = None) -> int:
        """As send(), without waiting: returns the message's id. Its fate comes as an event."""
        self._check_loop()
        return self._send(data, deduplication_id, expires_in)

    def messages(self) -> AsyncIterator[Message]:
        """Received messages, in order, each once. It ends when the client is closed, and raises
        ConnectionFailedError when the client has given up. All iterators of a client, receive(),
        batches() and take_messages() share one queue."""
        return self._inbox

    async def receive(self) -> Message:
        """The next message. A cancelled wait loses nothing. ClosedError: there is none any more;
        ConnectionFailedError: the client has given up."""
        try:
            return await _next_message(weakref.ref(self))
        except StopAsyncIteration:
            raise ClosedError("the client was closed") from None

    def batches(self, max_count: int = MOST_IN_A_BATCH) -> AsyncIterator[list[Message]]:
        """As messages(), in lists of what is there, up to max_count each: the fastest way."""
        return self._batches(checked_count(max_count))

    async def _batches(self, max_count: int) -> AsyncIterator[list[Message]]:
        while True:
            try:
                first = await _next_message(weakref.ref(self))
            except StopAsyncIteration:
                return
            batch = self._inbox.take_batch(max_count - 1) if max_count > 1 else []
            batch.insert(0, first)
            yield batch

    def take_messages(self, max_count: int = MOST_IN_A_BATCH) -> list[Message]:
        """The messages that are there, without waiting; up to max_count."""
        max_count = checked_count(max_count)
        if self._loop is not None:
            self._check_loop()
            self._take_what_is_ready()
        return self._inbox.take_batch(max_count)

    def events(self) -> AsyncIterator[Event]:
        """Everything else that happens from this call on, in order: statuses, tasks, verdicts,
        fates. It ends after ClosedEvent."""
        loop = asyncio.get_running_loop() if self._loop is None else self._check_loop()
        events = Events(loop, _weakly(self, Client._resume))
        if self._dispatcher.closed:
            events.subscription.end()
        else:
            self._dispatcher.subscriptions.add(events.subscription)
        return events

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

    async def _fetch(self, fetch: Callable[[], int], cancel: Callable[[], None]) -> Any:
        promise = self._started_promise()
        identifier = fetch()
        self._dispatcher.requests[identifier] = promise
        try:
            return await promise
        except asyncio.CancelledError:
            self._dispatcher.requests.pop(identifier, None)
            try:
                cancel()
            except (StateError, ClosedError):
                pass
            raise

    # ------------------------------------------------------------------ the loop

    def _check_loop(self) -> asyncio.AbstractEventLoop:
        self._refuse_fork()
        loop = asyncio.get_running_loop()
        if self._loop is None:
            raise StateError("the client was not started: use `async with`, or start()")
        if loop is not self._loop:
            raise WrongLoopError("this client belongs to another event loop")
        return loop

    def _promise(self) -> asyncio.Future[Any]:
        assert self._loop is not None
        return self._loop.create_future()

    def _started_promise(self) -> asyncio.Future[Any]:
        """A promise of a call, which starts the client where that was not done yet."""
        if self._loop is None:
            self.start()
        self._check_loop()
        return self._promise()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        wakeup = self._options.wakeup
        descriptor = self._core.wake_descriptor() if wakeup != "thread" else -1
        if descriptor >= 0:
            try:
                loop.add_reader(descriptor, _on_readable, weakref.ref(self))
                self._descriptor = descriptor
                return
            except NotImplementedError:
                pass
        if wakeup == "descriptor":
            raise NotImplementedError("this loop, or this system, has no add_reader()")
        Pump(self._core, self._inbox, Courier(loop, weakref.ref(self)).deliver).start()

    def _stop_listening(self) -> None:
        if self._descriptor >= 0 and self._loop is not None:
            self._loop.remove_reader(self._descriptor)
            self._descriptor = -1

    def _take_what_is_ready(self) -> None:
        if self._descriptor < 0 or self._paused or self._dispatcher.closed:
            return
        if self._dispatcher.full:
            self._paused = True
            assert self._loop is not None
            self._loop.remove_reader(self._descriptor)
            return
        try:
            raw = self._core.poll(0, self._inbox)
        except ClosedError:
            self._stop_listening()
            return
        self._took(raw)

    def _took(self, raw: list[tuple[Any, ...]]) -> None:
        if self._waiters and len(self._inbox):
            self._wake_message_waiters()
        if raw:
            self._dispatcher.take(raw)
        self._dispatcher.emit_log_lines()

    def _resume(self) -> None:
        if self._paused and not self._dispatcher.full and self._loop is not None:
            self._paused = False
            if self._descriptor >= 0:
                self._loop.add_reader(self._descriptor, _on_readable, weakref.ref(self))

    def _wake_message_waiters(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)

    async def _wait_for_messages(self) -> None:
        waiter = self._promise()
        self._waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            # Taken back, or repeated time-outs would pile up; a wake-up has done it already.
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            raise

    # ------------------------------------------------------------------ providers

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._loop is not None
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer_token(self, event: TokenNeededEvent) -> None:
        self._run(self._provide_token(event.request_id))

    def _answer_fetch(self, event: FetchNeededEvent) -> None:
        self._run(self._provide_page(event))

    async def _ask(self, provider: Callable[..., Any], *arguments: Any) -> Any:
        if inspect.iscoroutinefunction(provider):
            return await provider(*arguments)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(None, functools.partial(provider, *arguments))
        return await answer if inspect.isawaitable(answer) else answer

    async def _provide_token(self, request_id: int) -> None:
        assert callable(self._options.token)
        token: str | None = None
        try:
            token = await self._ask(self._options.token)
        except Exception as error:
            logger.warning("the token provider raised %s", type(error).__name__)
        self._give_token(request_id, token)

    async def _provide_page(self, event: FetchNeededEvent) -> None:
        assert self._options.history is not None and self._options.history.fetch is not None
        answer = HttpAnswer(0)
        try:
            given = await self._ask(self._options.history.fetch, event)
            if not isinstance(given, HttpAnswer):
                raise wrong_type("fetch()", "HttpAnswer", given)
            answer = given
        except Exception as error:
            logger.warning("the history's fetch raised %s", type(error).__name__)
        self._give_page(event.request_id, answer)


async def _next_message(reference: weakref.ref[Client]) -> Message:
    """What `async for` goes through when no message is there, or when the loop is due."""
    client = reference()
    if client is None:
        raise StopAsyncIteration
    client._check_loop()
    inbox = client._inbox
    if len(inbox):
        await asyncio.sleep(0)
    inbox.begin_slice()
    while (message := inbox.take()) is None:
        client._take_what_is_ready()
        if len(inbox):
            continue
        if client._dispatcher.closed:
            raise StopAsyncIteration
        if client._dispatcher.given_up is not None:
            raise client._dispatcher.given_up
        await client._wait_for_messages()
        inbox.begin_slice()
    return message


def _weakly(client: Client, method: Callable[..., None]) -> Callable[..., None]:
    """A call of a method that keeps nothing alive."""
    reference = weakref.ref(client)

    def call(*arguments: Any) -> None:
        alive = reference()
        if alive is not None:
            method(alive, *arguments)
    return call


def _on_readable(reference: weakref.ref[Client]) -> None:
    client = reference()
    if client is not None:
        client._take_what_is_ready()


def _forget_descriptor(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is loop or not loop.is_running():
        loop.remove_reader(descriptor)
    else:
        loop.call_soon_threadsafe(loop.remove_reader, descriptor)
