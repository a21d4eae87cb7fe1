"""Plays one scenario of tests/scenarios through the package's public asyncio client.

Must know every verb and every member, or fail.
"""
import asyncio
import json

import graceline
from graceline import ApplicationState, HistoryScope, Network

from journal import Journal, message, ms
from world import world

# The turns of the loop that carry what is ready through every waiting coroutine.
TURNS = 8
LONG_AFTER_MS = 20_000
MS_OPTIONS = {f"{name}_ms": name for name in (
    "grace", "trust_time", "ping_interval", "pong_timeout", "probe_timeout", "close_timeout",
    "backoff_initial", "backoff_max")}
OPTIONS = {
    "url", "auto_establish_socket_connection", "token", "host_provides_token", "retry_attempts",
    "outbox_messages", "connect_frames", "json_id_pointer", "json_conversation_pointer",
    "json_ack_pointer", "json_outgoing_id_member", "json_sender_pointer", "json_time_pointer",
    "last_message_id", "initial_refresh_required", "refresh_by_fetch"}
HISTORY_OPTIONS = {"host_fetches", "refuses_unknown_ids", "json_items_pointer", "json_id_pointer",
                   "json_complete_pointer", "json_next_cursor_pointer"}


class Failure(AssertionError):
    """What was expected, and what came."""


def differs(what, expected, got):
    return Failure(f"{what}: expected {json.dumps(expected)}, got {json.dumps(got)}")


class HostTime:
    """The system's background time, as a scenario wants it."""

    def __init__(self):
        self.grants = True
        self.remaining_ms = 0
        self.begun = 0
        self.ended = 0

    def set(self, members):
        known(members, {"grants", "remaining_ms"}, "background_time")
        self.grants = members.get("grants", self.grants)
        self.remaining_ms = members.get("remaining_ms", self.remaining_ms)

    def begin(self):
        if not self.grants:
            return 0, None
        self.begun += 1
        return self.begun, self.remaining_ms / 1000

    def end(self, identifier):
        self.ended += 1

    def remaining(self):
        return self.remaining_ms / 1000


def known(members, names, of):
    unknown = set(members) - set(names)
    if unknown:
        raise Failure(f"unknown member of {of}: {sorted(unknown)}")


def seconds(milliseconds):
    return None if milliseconds == -1 else milliseconds / 1000


def options_of(members, time):
    options = {}
    for name, value in members.items():
        if name in MS_OPTIONS:
            options[MS_OPTIONS[name]] = seconds(value)
        elif name in OPTIONS:
            options[name] = value
        elif name == "initial_application_state":
            options[name] = ApplicationState[value.upper()]
        elif name == "background_time":
            time.set(value)
            options[name] = time
        elif name == "history":
            history = {key: each for key, each in value.items() if key != "scope"}
            known(history, HISTORY_OPTIONS, "history")
            if "scope" in value:
                history["scope"] = HistoryScope[value["scope"].upper()]
            options[name] = graceline.History(**history)
        else:
            raise Failure(f"unknown member of create: {name}")
    return options


class Player:
    def __init__(self):
        self.client = None
        self.time = HostTime()
        self.journal = Journal()
        self.requests = {}
        self.mark = 0
        self.tasks = set()
        self.calls = {name: getattr(self, f"call_{name}") for name in (
            "create", "start", "connect", "disconnect", "ping", "close", "state", "network",
            "background_time_expiring", "send", "refresh_begin", "mark_refreshed", "provide_token",
            "provide_page", "fetch_previous", "fetch_next", "fetch_conversations")}
        self.others = {name: getattr(self, f"see_{name}") for name in (
            "background_time", "expect", "expect_messages", "expect_events", "forget_events",
            "world")}

    async def settle(self):
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if self.client is not None:
            self.journal.messages += [message(each) for each in self.client.take_messages()]
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def begin(self, coroutine):
        """Starts a call that waits for its end, and gives the error of its beginning."""
        completed = self.journal.completed
        task = asyncio.ensure_future(coroutine)
        self.tasks.add(task)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if not task.done() or task.cancelled():
            return
        error = task.exception()
        if isinstance(error, (ValueError, TypeError)):
            raise error
        if getattr(error, "status", None) is not None and self.journal.completed == completed:
            raise error

    async def step(self, step):
        step = dict(step)
        wanted = step.pop("error", None)
        if len(step) != 1:
            raise Failure(f"not one verb: {sorted(step)}")
        (verb, members), = step.items()
        if verb in self.others:
            if wanted is not None:
                raise Failure(f"{verb} has no error")
            await self.settle()
            await self.others[verb](members)
            await self.settle()
            return
        if verb not in self.calls:
            raise Failure(f"unknown verb: {verb}")
        got = "ok"
        try:
            await self.calls[verb](members)
        except graceline.GracelineError as error:
            got = "internal" if error.status is None else str(error.status)
        except (ValueError, TypeError):
            got = "invalid_argument"
        if got != (wanted or "ok"):
            raise differs(verb, wanted or "ok", got)
        world({"advance_ms": 0})
        await self.settle()

    async def call_create(self, members):
        self.client = graceline.Client(**options_of(members, self.time))
        self.reader = asyncio.ensure_future(self.read(self.client.events()))

    async def read(self, events):
        async for event in events:
            self.journal.add(event)

    async def call_start(self, members):
        known(members, (), "start")
        self.client.start()

    async def call_connect(self, members):
        known(members, (), "connect")
        await self.begin(self.client.connect())

    async def call_disconnect(self, members):
        known(members, (), "disconnect")
        await self.begin(self.client.disconnect())

    async def call_ping(self, members):
        known(members, (), "ping")
        await self.begin(self.client.ping())

    async def call_close(self, members):
        known(members, (), "close")
        await self.begin(self.client.close())

    async def call_state(self, name):
        if name.upper() not in ApplicationState.__members__:
            raise Failure(f"no such state: {name}")
        self.client.configure_services(ApplicationState[name.upper()])

    async def call_network(self, name):
        self.client.network_changed(Network[name.upper()])

    async def call_background_time_expiring(self, members):
        known(members, (), "background_time_expiring")
        await self.client.background_time_expiring()

    async def call_send(self, members):
        known(members, {"text", "deduplication_id", "expires_in_ms"}, "send")
        await self.begin(self.client.send(
            members["text"], deduplication_id=members.get("deduplication_id"),
            expires_in=seconds(members.get("expires_in_ms", -1))))

    async def call_refresh_begin(self, members):
        known(members, (), "refresh_begin")
        self.mark = self.client.refresh_begin()

    async def call_mark_refreshed(self, members):
        known(members, (), "mark_refreshed")
        self.client.mark_refreshed(self.mark)

    async def call_provide_token(self, members):
        known(members, {"token"}, "provide_token")
        self.client.provide_token(self.journal.token_question, members.get("token"))

    async def call_provide_page(self, members):
        known(members, {"http_status", "retry_after_ms", "body"}, "provide_page")
        questions = self.journal.page_questions
        body = json.dumps(members["body"]) if "body" in members else ""
        self.client.provide_page(questions.pop(0) if questions else 0,
                                 members.get("http_status", 200), body,
                                 retry_after=seconds(members.get("retry_after_ms", -1)))

    def request(self, kind, members, names):
        known(members, names, kind)
        key = (kind, json.dumps(members, sort_keys=True))
        if key not in self.requests:
            self.requests[key] = getattr(self.client, kind)(**members)
        return self.requests[key]

    async def call_fetch_previous(self, members):
        request = self.request("messages_request", members, {"conversation", "limit"})
        await self.begin(request.fetch_previous())

    async def call_fetch_next(self, members):
        request = self.request("messages_request", members, {"conversation", "limit"})
        await self.begin(request.fetch_next())

    async def call_fetch_conversations(self, members):
        await self.begin(self.request("conversations_request", members, {"limit"}).fetch_next())

    async def see_background_time(self, members):
        self.time.set(members)

    async def see_expect(self, members):
        client, info = self.client, self.client.info
        left = client.background_time_remaining
        queries = {
            "connection_status": lambda: str(client.connection_status),
            "phase": lambda: str(info.phase), "reason": lambda: str(info.reason),
            "application_state": lambda: str(info.application_state),
            "task_cause": lambda: str(info.task_cause),
            "background_task_enabled": lambda: client.background_task_enabled,
            "needs_refresh": lambda: client.needs_refresh, "trusted": lambda: info.trusted,
            "gap_open": lambda: info.gap_open, "task_running": lambda: info.task_running,
            "background_time_remaining_ms": lambda: -1 if left is None else ms(left),
            "attempt": lambda: info.attempt, "http_status": lambda: info.http_status,
            "close_code": lambda: info.code,
            "last_message_id": lambda: client.last_message_id(),
            "background_time_begun": lambda: self.time.begun,
            "background_time_ended": lambda: self.time.ended}
        known(members, queries, "expect")
        for name, expected in members.items():
            got = queries[name]()
            if got != expected or isinstance(got, bool) != isinstance(expected, bool):
                raise differs(name, expected, got)

    async def see_expect_messages(self, expected):
        got, self.journal.messages = self.journal.messages, []
        compare("messages", expected, got)

    async def see_expect_events(self, expected):
        got, self.journal.events = self.journal.events, []
        compare("events", expected, got)

    async def see_forget_events(self, members):
        known(members, (), "forget_events")
        self.journal.forget()

    async def see_world(self, command):
        try:
            world(command)
        except AssertionError as error:
            raise Failure(f"world: expected {json.dumps(command)}, got {error}") from None

    async def end(self):
        if self.client is None:
            return
        closing = asyncio.ensure_future(self.client.close())
        await self.settle()
        world({"advance_ms": LONG_AFTER_MS})
        await closing
        self.reader.cancel()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(self.reader, *self.tasks, return_exceptions=True)


def compare(what, expected, got):
    """Lists as long as each other; of each object only what is named counts."""
    if len(expected) != len(got):
        raise differs(f"number of {what}", expected, got)
    for wanted, came in zip(expected, got):
        for name, value in wanted.items():
            if name not in came:
                raise differs(f"{what}, {name}", wanted, came)
            if name == "page" and value is not None and came[name] is not None:
                known(value, {"end", "items"}, "page")
                if "end" in value and value["end"] != came[name]["end"]:
                    raise differs("page, end", wanted, came)
                if "items" in value:
                    compare("items", value["items"], came[name]["items"])
            elif came[name] != value or isinstance(value, bool) != isinstance(came[name], bool):
                raise differs(f"{what}, {name}", wanted, came)


async def play(scenario):
    """None, or the text of the first failure, with the number of its step."""
    world({"reset": True})
    player = Player()
    try:
        for number, step in enumerate(scenario["steps"], 1):
            try:
                await player.step(step)
            except AssertionError as failure:
                return f"step {number} {json.dumps(step)}: {failure}"
    finally:
        await player.end()
    return None
