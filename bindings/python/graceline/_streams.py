"""How events reach an asyncio client's loop and its readers.

Must not keep a client alive, and must not take an event before it is handed out.
"""
from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._dispatch import Subscription
from ._events import Event

if TYPE_CHECKING:
    from .client import Client


class Courier:
    """From a pump's thread into the loop: one call for all that came meanwhile."""

    #: How long the pump waits before it asks a reader that is behind again.
    PATIENCE_S = 0.05

    def __init__(self, loop: asyncio.AbstractEventLoop, client: weakref.ref[Client]) -> None:
        self._loop = loop
        self._client = client
        self._raw: list[tuple[Any, ...]] = []
        self._called = False
        self._pause = threading.Event()

    def deliver(self, raw: list[tuple[Any, ...]]) -> bool:
        """On the pump's thread."""
        self._raw.extend(raw)
        if not self._called:
            self._called = True
            try:
                self._loop.call_soon_threadsafe(self._arrive)
            except RuntimeError:
                return False
        while (client := self._client()) is not None:
            behind = client._dispatcher.full
            del client
            if not behind:
                return True
            self._pause.wait(self.PATIENCE_S)
        return False

    def _arrive(self) -> None:
        self._called = False
        raw, self._raw = self._raw, []
        client = self._client()
        if client is not None:
            client._took(raw)


class Events:
    """The iterator of events()."""

    def __init__(self, loop: asyncio.AbstractEventLoop, resume: Callable[..., None]) -> None:
        self._waiter: asyncio.Future[None] | None = None
        self._loop = loop
        self._resume = resume
        self.subscription = Subscription(self._wake)

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Event:
        subscription = self.subscription
        while not subscription.unread:
            if subscription.closed:
                raise StopAsyncIteration
            if self._waiter is None or self._waiter.done():
                self._waiter = self._loop.create_future()
            # A cancelled reader must not cancel what another one waits for.
            await asyncio.shield(self._waiter)
        event = subscription.unread.popleft()
        self._resume()
        return event

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
