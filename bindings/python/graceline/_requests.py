"""Requests of history for asyncio; the blocking ones stand in sync.py.

Must not fetch anything by itself: each page is asked for.
"""
from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from . import _core
from ._events import ConversationsPage, Page
from ._generated import PageEnd

__all__ = ["ConversationsRequest", "MessagesRequest"]

Fetch = Callable[[Callable[[], int], Callable[[], None]], Coroutine[Any, Any, Any]]


class MessagesRequest:
    """Pages through messages, back and forth. `async for page in request` goes back in time.

    Errors of a fetch: StateError (one is under way), UnsupportedError, ClosedError,
    WindowOverError (in background without a task), FullError; and of its end: HistoryError with
    reason and http_status, RequestTimeoutError, RequestCancelledError.
    """

    def __init__(self, core: _core.MessagesRequest, fetch: Fetch) -> None:
        self._core = core
        self._fetch = fetch

    async def fetch_previous(self) -> Page:
        """The next older page; the first one is the newest page, or the one before the start."""
        page: Page = await self._fetch(self._core.fetch_previous, self._core.cancel)
        return page

    async def fetch_next(self) -> Page:
        """The next newer page; without a start the first one is the newest page."""
        page: Page = await self._fetch(self._core.fetch_next, self._core.cancel)
        return page

    async def __aiter__(self) -> AsyncIterator[Page]:
        while True:
            page = await self.fetch_previous()
            if page.messages:
                yield page
            if page.end != PageEnd.NO or not page.messages:
                return


class ConversationsRequest:
    """Pages through conversations. `async for page in request` goes through all of them."""

    def __init__(self, core: _core.ConversationsRequest, fetch: Fetch) -> None:
        self._core = core
        self._fetch = fetch

    async def fetch_next(self) -> ConversationsPage:
        """The next page. Errors: as MessagesRequest."""
        page: ConversationsPage = await self._fetch(self._core.fetch_next, self._core.cancel)
        return page

    async def __aiter__(self) -> AsyncIterator[ConversationsPage]:
        while True:
            page = await self.fetch_next()
            if page.conversations:
                yield page
            if page.end != PageEnd.NO or not page.conversations:
                return
