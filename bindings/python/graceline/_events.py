"""What happened, as frozen dataclasses: one class a kind of event, in the order of the library.

Must hold the details of graceline_core's tuples in their order; a test compares them.
"""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ._core import Message
from ._generated import (ConnectionStatus, EventType, Fate, GapVerdict, PageDirection, PageEnd,
                         PageKind, Phase, Reason, ReturnVerdict, Status, TaskCause)

__all__ = [
    "BackgroundTaskBeganEvent", "BackgroundTaskEndedEvent", "ClosedEvent", "ConnectionStatusEvent",
    "Conversation", "Event", "FetchNeededEvent", "GapVerdictEvent", "HttpAnswer", "Message",
    "Page", "ConversationsPage", "PingCompletedEvent", "RefreshNeededEvent",
    "RequestCompletedEvent", "ReturnVerdictEvent", "SendFateEvent", "TokenNeededEvent",
    "UnknownEvent",
]


@dataclasses.dataclass(frozen=True)
class Event:
    """What all events have. time_ms: on the clock of graceline.now_ms().

    coalesced_count: events of this kind that this one stands for. text: for people.
    """

    sequence: int
    time_ms: int
    coalesced_count: int
    text: str


@dataclasses.dataclass(frozen=True)
class ConnectionStatusEvent(Event):
    """The status changed. retry_in: seconds, None: no retry is planned."""

    status: ConnectionStatus
    phase: Phase
    reason: Reason
    attempt: int
    retry_in: float | None
    code: int
    http_status: int


@dataclasses.dataclass(frozen=True)
class BackgroundTaskBeganEvent(Event):
    """A background task began."""

    task_number: int


@dataclasses.dataclass(frozen=True)
class BackgroundTaskEndedEvent(Event):
    """A background task ended, once, with its first cause."""

    task_number: int
    cause: TaskCause
    reason: Reason


@dataclasses.dataclass(frozen=True)
class GapVerdictEvent(Event):
    """What is known of the messages of one gap. length: seconds."""

    gap_number: int
    verdict: GapVerdict
    length: float
    reason: Reason


@dataclasses.dataclass(frozen=True)
class ReturnVerdictEvent(Event):
    """What to do after a return: SKIP the refresh, or REFRESH."""

    verdict: ReturnVerdict
    reason: Reason


@dataclasses.dataclass(frozen=True)
class RefreshNeededEvent(Event):
    """Something was missed. since_id: the position; fetch what is newer."""

    reason: Reason
    since_id: str | None


@dataclasses.dataclass(frozen=True)
class SendFateEvent(Event):
    """What became of the messages first_id to last_id."""

    fate: Fate
    first_id: int
    last_id: int
    reason: Reason


@dataclasses.dataclass(frozen=True)
class PingCompletedEvent(Event):
    """A ping was answered. round_trip: seconds, None: it failed."""

    round_trip: float | None
    reason: Reason


@dataclasses.dataclass(frozen=True)
class TokenNeededEvent(Event):
    """Answer with provide_token(). Only with host_provides_token."""

    request_id: int


@dataclasses.dataclass(frozen=True)
class FetchNeededEvent(Event):
    """A page that the app shall fetch; a cursor wins over the anchors.

    url: where a template was given: expanded, without the token.
    """

    request_id: int
    kind: PageKind
    direction: PageDirection
    limit: int
    conversation: str | None
    anchor_id: str | None
    anchor_time: str | None
    cursor: str | None
    url: str | None


@dataclasses.dataclass(frozen=True)
class HttpAnswer:
    """What the app's own HTTP got. http_status 0: there was no answer.

    retry_after: seconds that the server advised, or None.
    """

    http_status: int
    body: bytes | str = b""
    retry_after: float | None = None


@dataclasses.dataclass(frozen=True)
class Conversation:
    """One conversation of a list. data: the server's own JSON."""

    id: str
    data: str | bytes
    server_time: str | None


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of messages, oldest first. end: whether it was the last in its direction."""

    messages: tuple[Message, ...]
    end: PageEnd


@dataclasses.dataclass(frozen=True)
class ConversationsPage:
    """A page of conversations, in the server's order."""

    conversations: tuple[Conversation, ...]
    end: PageEnd


@dataclasses.dataclass(frozen=True)
class RequestCompletedEvent(Event):
    """A fetch ended. retry_in: seconds that the server advised. page: None, it failed."""

    request_id: int
    status: Status
    reason: Reason
    http_status: int
    retry_in: float | None
    page: Page | ConversationsPage | None


@dataclasses.dataclass(frozen=True)
class ClosedEvent(Event):
    """The last event of a client."""


@dataclasses.dataclass(frozen=True)
class UnknownEvent(Event):
    """An event that this package does not know: the library is newer."""

    type: int


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _seconds_of_us(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1_000_000


def _same(value: Any) -> Any:
    return value


def _page(raw: tuple[int, int, list[Message]] | None) -> Page | ConversationsPage | None:
    if raw is None:
        return None
    kind, end, items = raw
    if kind == PageKind.MESSAGES:
        return Page(tuple(items), PageEnd(end))
    return ConversationsPage(
        tuple(Conversation(item.id or "", item.data, item.server_time) for item in items),
        PageEnd(end))


Converter = Callable[[Any], Any]
# Kind of event -> its class, and what makes each detail of the number or text that came.
KINDS: dict[int, tuple[type[Event], tuple[Converter, ...]]] = {
    EventType.CONNECTION_STATUS: (
        ConnectionStatusEvent,
        (ConnectionStatus, Phase, Reason, _same, _seconds, _same, _same)),
    EventType.BACKGROUND_TASK_BEGAN: (BackgroundTaskBeganEvent, (_same,)),
    EventType.BACKGROUND_TASK_ENDED: (BackgroundTaskEndedEvent, (_same, TaskCause, Reason)),
    EventType.GAP_VERDICT: (GapVerdictEvent, (_same, GapVerdict, _seconds, Reason)),
    EventType.RETURN_VERDICT: (ReturnVerdictEvent, (ReturnVerdict, Reason)),
    EventType.REFRESH_NEEDED: (RefreshNeededEvent, (Reason, _same)),
    EventType.SEND_FATE: (SendFateEvent, (Fate, _same, _same, Reason)),
    EventType.PING_COMPLETED: (PingCompletedEvent, (_seconds_of_us, Reason)),
    EventType.CLOSED: (ClosedEvent, ()),
    EventType.TOKEN_NEEDED: (TokenNeededEvent, (_same,)),
    EventType.FETCH_NEEDED: (
        FetchNeededEvent,
        (_same, PageKind, PageDirection, _same, _same, _same, _same, _same, _same)),
    EventType.REQUEST_COMPLETED: (
        RequestCompletedEvent, (_same, Status, Reason, _same, _seconds, _page)),
}


def event_of(raw: tuple[Any, ...]) -> Event:
    """The typed event of a tuple of graceline._core."""
    row = KINDS.get(raw[0])
    if row is None:
        return UnknownEvent(raw[1], raw[2], raw[3], raw[4], raw[0])
    kind, converters = row
    return kind(*raw[1:5], *[make(value) for make, value in zip(converters, raw[5:], strict=True)])
