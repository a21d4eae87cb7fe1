"""The options of a client: what graceline_options has, in seconds, and checked for its types here.

Must not check a rule that the library checks: it names the field and the rule by itself.
"""
from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, Union

from ._checks import milliseconds, optional_text, text, whole, wrong_type
from ._events import FetchNeededEvent, HttpAnswer
from ._generated import (ApplicationState, Disposition, HistoryScope, LogLevel, Session,
                         TokenPlacement, Transport)

__all__ = ["BackgroundTime", "DispositionRow", "Headers", "History", "Options", "Position", "Tls",
           "TokenProvider"]

Headers = Union[Mapping[str, str], Sequence[tuple[str, str]]]
#: Gives a token, or None: there is none now. A plain function runs in a thread of its own.
TokenProvider = Callable[[], Union[str, None, Awaitable[Union[str, None]]]]
#: Fetches a page by the app's own HTTP.
PageProvider = Callable[[FetchNeededEvent], Union[HttpAnswer, Awaitable[HttpAnswer]]]

logger = logging.getLogger("graceline")


class BackgroundTime(Protocol):
    """What a host's operating system grants in background. Most desktops and servers need none.

    begin() runs on the thread of the call that begins a task, end() on a thread of the library.
    """

    def begin(self) -> tuple[int, float | None]:
        """(id, seconds that remain or None: no limit); id 0: refused."""

    def end(self, identifier: int, /) -> None:
        """Gives the time back: once for each id that is not 0."""

    def remaining(self) -> float:
        """Seconds that remain now."""


@dataclasses.dataclass(frozen=True)
class Tls:
    """How wss:// is verified. Everything not said here is verified against the system's store.

    ca_pem: further trusted certificates, PEM text. pins: "sha256/BASE64" of a public key; give a
    backup too. server_name: to verify and send instead of the URL's host.
    """

    ca_pem: str | None = None
    client_certificate_pem: str | None = None
    client_key_pem: str | None = dataclasses.field(default=None, repr=False)
    server_name: str | None = None
    pins: Sequence[str] = ()
    use_system_store: bool = True
    insecure_skip_verification: bool = False
    resume_sessions: bool = True


@dataclasses.dataclass(frozen=True)
class DispositionRow:
    """One row more for the table of causes: a close code or an HTTP status, and what it means."""

    disposition: Disposition
    close_code: int = 0
    http_status: int = 0


@dataclasses.dataclass(frozen=True)
class Position:
    """The last message that the app has, of one conversation or, with None, of all."""

    last_message_id: str
    conversation: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class History:
    """Where older and missed messages are fetched: URL templates (RFC 6570), JSON pointers
    (RFC 6901), or the app's own HTTP.

    fetch: the app's own HTTP, called with what is needed; it answers with an HttpAnswer.
    host_fetches: without `fetch`, each need is an event and Client.provide_page() answers it.
    timeout: seconds for one page; 0.1 to 120. page_bytes: bound of one answer.
    """

    messages_url: str | None = None
    messages_previous_url: str | None = None
    messages_next_url: str | None = None
    conversations_url: str | None = None
    fetch: PageProvider | None = None
    host_fetches: bool = False
    headers: Headers = ()
    scope: HistoryScope = HistoryScope.ALL
    newest_first: bool = False
    refuses_unknown_ids: bool = False
    sends_token: bool = True
    positions: Sequence[Position] = ()
    json_items_pointer: str | None = None
    json_id_pointer: str | None = None
    json_conversation_pointer: str | None = None
    json_sender_pointer: str | None = None
    json_time_pointer: str | None = None
    json_body_pointer: str | None = None
    json_next_cursor_pointer: str | None = None
    json_previous_cursor_pointer: str | None = None
    json_complete_pointer: str | None = None
    json_conversations_items_pointer: str | None = None
    json_conversations_id_pointer: str | None = None
    json_conversations_time_pointer: str | None = None
    json_conversations_next_cursor_pointer: str | None = None
    json_conversations_complete_pointer: str | None = None
    timeout: float = 15.0
    page_bytes: int = 1_048_576


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """All options of a client. Durations are seconds; where None is allowed it means unlimited.

    The ranges are those of graceline_options in graceline.h; ValueError names option and rule.
    """

    #: ws:// or wss://, without credentials and fragment.
    url: str = dataclasses.field(kw_only=False)
    #: True: connect by itself from start. False: connect() and disconnect() do.
    auto_establish_socket_connection: bool = True
    #: How long the connection is kept in background: 0 to 86,400 s, None: no bound.
    grace: float | None = 30.0
    #: A socket is trusted when a frame was read within this time before a return.
    trust_time: float = 5.0
    initial_application_state: ApplicationState = ApplicationState.DID_BECOME_ACTIVE
    #: A text, or a function (plain or async) that is asked for one when it is needed.
    token: str | TokenProvider | None = dataclasses.field(default=None, repr=False)
    token_placement: TokenPlacement = TokenPlacement.HEADER
    token_name: str | None = None
    token_timeout: float = 15.0
    #: Each need is an event, and provide_token() answers it; `token` must be None.
    host_provides_token: bool = False
    headers: Headers = dataclasses.field(default=(), repr=False)
    subprotocols: Sequence[str] = ()
    #: Text frames sent after every connect.
    connect_frames: Sequence[str] = dataclasses.field(default=(), repr=False)
    ssl: Tls | None = None
    history: History | None = None
    refresh_by_fetch: bool = True
    #: Where the app stands: the id of the last message that it has.
    last_message_id: str | None = None
    initial_refresh_required: bool = False
    json_id_pointer: str | None = None
    json_conversation_pointer: str | None = None
    json_sender_pointer: str | None = None
    json_time_pointer: str | None = None
    json_ack_pointer: str | None = None
    json_outgoing_id_member: str | None = None
    permessage_deflate: bool = False
    deflate_no_context_takeover: bool = False
    ping_interval: float | None = 25.0
    pong_timeout: float = 10.0
    probe_timeout: float = 2.0
    resolve_timeout: float = 5.0
    connect_timeout: float = 15.0
    session_timeout: float = 10.0
    close_timeout: float = 1.0
    backoff_initial: float = 0.5
    backoff_max: float = 30.0
    #: Attempts in a row before the client gives up; 0: no limit.
    retry_attempts: int = 0
    retry_total: float | None = None
    dispositions: Sequence[DispositionRow] = ()
    max_message_bytes: int = 1_048_576
    #: Received and not read: when it is full the socket is not read.
    receive_queue_bytes: int = 4_194_304
    outbox_messages: int = 1_000
    outbox_bytes: int = 1_048_576
    max_fragments: int = 4_096
    #: "http://host:port"
    proxy_url: str | None = None
    proxy_user: str | None = None
    proxy_password: str | None = dataclasses.field(default=None, repr=False)
    allow_insecure_ws_beyond_loopback: bool = False
    transport: Transport = Transport.DEFAULT
    session: Session = Session.PLAIN
    #: None: as much as the logger "graceline" takes when the client is made.
    log_level: LogLevel | None = None
    background_time: BackgroundTime | None = None
    #: How the event loop hears of events: a descriptor (add_reader), a thread, or what fits.
    wakeup: Literal["auto", "descriptor", "thread"] = "auto"

    def to_core(self) -> dict[str, Any]:
        """The options as graceline._core takes them. Raises TypeError and ValueError."""
        values = convert(self, "")
        if self.wakeup not in ("auto", "descriptor", "thread"):
            raise ValueError('wakeup: must be "auto", "descriptor" or "thread"')
        if self.log_level is None:
            values["log_level"] = int(level_of_logger())
        if callable(self.token):
            if self.host_provides_token:
                raise ValueError("host_provides_token: must be False when token is a function")
            values["host_provides_token"] = True
        if self.history is not None and self.history.fetch is not None:
            if not callable(self.history.fetch):
                raise wrong_type("history.fetch", "a function or None", self.history.fetch)
            if self.history.host_fetches:
                raise ValueError("history.host_fetches: must be False when fetch is given")
            values["history"]["host_fetches"] = True
        if self.background_time is not None:
            for name in ("begin", "end", "remaining"):
                if not callable(getattr(self.background_time, name, None)):
                    raise TypeError(f"background_time: must have a method {name}()")
            values["background_time"] = _BackgroundTimeInMs(self.background_time)
        return values


class _BackgroundTimeInMs:
    def __init__(self, host: BackgroundTime) -> None:
        self._host = host

    def begin(self) -> tuple[int, int | None]:
        identifier, remaining = self._host.begin()
        return identifier, None if remaining is None else round(remaining * 1000)

    def end(self, identifier: int) -> None:
        self._host.end(identifier)

    def remaining(self) -> int:
        return round(self._host.remaining() * 1000)


def level_of_logger() -> LogLevel:
    """The library's level for what the logger takes."""
    for level, least in ((LogLevel.DEBUG, logging.DEBUG), (LogLevel.INFO, logging.INFO),
                         (LogLevel.WARNING, logging.WARNING)):
        if logger.isEnabledFor(least):
            return level
    return LogLevel.ERROR


# Options in seconds, and their names in milliseconds.
SECONDS = {name: f"{name}_ms" for name in (
    "grace", "trust_time", "token_timeout", "ping_interval", "pong_timeout", "probe_timeout",
    "resolve_timeout", "connect_timeout", "session_timeout", "close_timeout", "backoff_initial",
    "backoff_max", "retry_total", "timeout")}
HEADERS = {"headers"}
TEXTS = {"subprotocols", "connect_frames", "pins"}
# What to_core() and the client treat by hand.
BY_HAND = {"wakeup", "background_time", "fetch"}


def pairs(name: str, value: object) -> list[tuple[str, str]]:
    """Headers as a list of pairs."""
    items = list(value.items()) if isinstance(value, Mapping) else value
    if isinstance(items, (str, bytes)) or not isinstance(items, Sequence):
        raise wrong_type(name, "a mapping or a sequence of pairs of str", value)
    for pair in items:
        if not (isinstance(pair, tuple) and len(pair) == 2
                and all(isinstance(part, str) for part in pair)):
            raise TypeError(f"{name}: must hold pairs (name, value) of str")
        for part in pair:
            text(name, part)
    return list(items)


def texts(name: str, value: object) -> list[str]:
    """A sequence of str, which a str itself is not."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise wrong_type(name, "a sequence of str", value)
    if not all(isinstance(each, str) for each in value):
        raise TypeError(f"{name}: must hold str only")
    return [text(name, each) for each in value]


def records(name: str, value: object, kind: type) -> list[Any]:
    """A sequence of one class."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) \
            or not all(isinstance(each, kind) for each in value):
        raise TypeError(f"{name}: must be a sequence of {kind.__name__}")
    return list(value)


def plain(name: str, value: object, default: object) -> Any:
    """A bool, a number, an enum or a text, as the default says."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise wrong_type(name, "bool", value)
        return value
    if isinstance(default, enum.IntEnum):
        if not isinstance(value, type(default)):
            raise wrong_type(name, type(default).__name__, value)
        return int(value)
    if isinstance(default, int):
        return whole(name, value)
    return text(name, value)


def convert(source: Any, prefix: str) -> dict[str, Any]:
    """A dataclass of options as a dictionary for graceline._core."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(source):
        value = getattr(source, field.name)
        name = prefix + field.name
        if field.name in BY_HAND:
            continue
        if field.name in SECONDS:
            unlimited = field.default is None or field.name in ("grace", "ping_interval")
            values[SECONDS[field.name]] = milliseconds(name, value, unlimited=unlimited)
        elif field.name in HEADERS:
            values[field.name] = pairs(name, value)
        elif field.name in TEXTS:
            values[field.name] = texts(name, value)
        elif field.name == "positions":
            values["positions"] = [(optional_text(f"{name}.conversation", each.conversation),
                                    text(f"{name}.last_message_id", each.last_message_id))
                                   for each in records(name, value, Position)]
        elif field.name == "dispositions":
            values["dispositions"] = [
                (whole(f"{name}.close_code", each.close_code, most=0xFFFF),
                 whole(f"{name}.http_status", each.http_status, most=0xFFFF),
                 plain(f"{name}.disposition", each.disposition, Disposition.RETRY))
                for each in records(name, value, DispositionRow)]
        elif field.name == "history":
            if value is not None:
                if not isinstance(value, History):
                    raise wrong_type(name, "graceline.History or None", value)
                values["history"] = convert(value, "history.")
        elif field.name == "ssl":
            if value is not None:
                if not isinstance(value, Tls):
                    raise wrong_type(name, "graceline.Tls or None", value)
                values.update({f"tls_{key}": each
                               for key, each in convert(value, "ssl.").items()})
        elif field.name == "token" and callable(value):
            continue
        elif field.name == "log_level":
            if value is not None:
                values["log_level"] = plain(name, value, LogLevel.WARNING)
        elif value is not None or field.default is not None:
            values[field.name] = plain(name, value, field.default)
    return values


P = ParamSpec("P")
S = TypeVar("S")


def takes_options(make: Callable[P, Options]) -> Callable[
        [Callable[[S, Options], None]], Callable[Concatenate[S, P], None]]:
    """A constructor that is called with the arguments of Options, typed as they are."""
    def decorate(function: Callable[[S, Options], None]) -> Callable[Concatenate[S, P], None]:
        @functools.wraps(function)
        def construct(self: S, /, *arguments: P.args, **keywords: P.kwargs) -> None:
            function(self, make(*arguments, **keywords))
        ours = list(inspect.signature(function).parameters.values())[:1]
        theirs = list(inspect.signature(make).parameters.values())
        signature = inspect.Signature(ours + theirs)
        setattr(construct, "__signature__", signature)
        return construct
    return decorate
