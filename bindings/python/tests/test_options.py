"""Bad input: ValueError and TypeError that name the argument and the rule, before anything starts.

Must cover each option, or say why not.
"""
import dataclasses
import inspect
import pickle

import pytest

import graceline
import graceline.sync
from graceline import _checks, _core, _options
from graceline._events import KINDS, event_of

URL = "ws://127.0.0.1:1/ws"


@pytest.mark.parametrize("make", [graceline.Client, graceline.sync.Client])
@pytest.mark.parametrize("options, error, words", [
    ({"url": "http://x"}, ValueError, "url: the scheme"),
    ({"url": "ws://user:secret@127.0.0.1"}, ValueError, "url"),
    ({"url": 7}, TypeError, "url: must be str, not int"),
    ({"url": "ws://example.org"}, ValueError, "allow_insecure_ws_beyond_loopback"),
    ({"grace": "3"}, TypeError, "grace: must be a number of seconds or None, not str"),
    ({"grace": -1}, ValueError, "grace: must be a finite number"),
    ({"grace": float("nan")}, ValueError, "grace: must be a finite number"),
    ({"grace": 100_000}, ValueError, "grace: must be from 0 to 86400 s, or None"),
    ({"grace": True}, TypeError, "grace"),
    ({"trust_time": None}, TypeError, "trust_time: must be a number of seconds, not NoneType"),
    ({"trust_time": 0.01}, ValueError, "trust_time: must be from 0.1 to 600 s"),
    ({"retry_attempts": 1.5}, TypeError, "retry_attempts: must be int, not float"),
    ({"outbox_messages": 2**40}, ValueError, "outbox_messages: is out of range"),
    ({"retry_attempts": -1}, ValueError, "retry_attempts: must be from 0"),
    ({"url": "ws://127.0.0.1/\ud800"}, ValueError, "url: holds half of a surrogate pair"),
    ({"background_time": object()}, TypeError, "background_time: must have a method begin()"),
    ({"history": graceline.History(fetch=3)}, TypeError, "history.fetch: must be a function"),
    ({"history": graceline.History(fetch=print, host_fetches=True)}, ValueError,
     "history.host_fetches: must be False when fetch is given"),
    ({"token": print, "host_provides_token": True}, ValueError,
     "host_provides_token: must be False when token is a function"),
    ({"token": "t", "host_provides_token": True}, ValueError, "token: must be None together"),
    ({"auto_establish_socket_connection": 1}, TypeError, "must be bool, not int"),
    ({"initial_application_state": 1}, TypeError, "must be ApplicationState, not int"),
    ({"headers": {"Host": "x"}}, ValueError, "headers"),
    ({"headers": {"X": "a\r\nb"}}, ValueError, "headers"),
    ({"headers": "X: y"}, TypeError, "headers: must be a mapping"),
    ({"headers": {"X": 1}}, TypeError, "headers: must hold pairs"),
    ({"subprotocols": "chat"}, TypeError, "subprotocols: must be a sequence of str"),
    ({"connect_frames": [b"x"]}, TypeError, "connect_frames: must hold str only"),
    ({"ssl": object()}, TypeError, "ssl: must be graceline.Tls or None"),
    ({"ssl": graceline.Tls(pins=["sha256/short"])}, ValueError, "ssl.pins[0]: must be"),
    ({"ssl": graceline.Tls(ca_pem=b"x")}, TypeError, "ssl.ca_pem: must be str, not bytes"),
    ({"history": {}}, TypeError, "history: must be graceline.History or None"),
    ({"history": graceline.History(timeout="x")}, TypeError, "history.timeout"),
    ({"history": graceline.History(positions=[1])}, TypeError, "history.positions"),
    ({"history": graceline.History(positions=[graceline.Position(1)])}, TypeError,
     "history.positions.last_message_id: must be str, not int"),
    ({"dispositions": [graceline.DispositionRow(graceline.Disposition.RETRY, 70_000)]}, ValueError,
     "dispositions.close_code: must be from 0 to 65535"),
    ({"dispositions": [graceline.DispositionRow(1, 4000)]}, TypeError,
     "dispositions.disposition: must be Disposition, not int"),
    ({"token": b"x"}, TypeError, "token: must be str, not bytes"),
    ({"token": "a\nb"}, ValueError, "token"),
    ({"json_id_pointer": "id"}, ValueError, "json_id_pointer"),
    ({"dispositions": [graceline.DispositionRow(graceline.Disposition.RETRY)]}, ValueError,
     "dispositions"),
    ({"wakeup": "magic"}, ValueError, "wakeup"),
    ({"nonsense": 1}, TypeError, "nonsense"),
], ids=lambda value: str(value)[:40] if isinstance(value, dict) else "")
def test_bad_option(make, options, error, words):
    with pytest.raises(error) as caught:
        make(**{"url": URL, **options})
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


BAD_CALLS = [
    (lambda c: c.configure_services(2), TypeError, "state: must be ApplicationState, not int"),
    (lambda c: c.network_changed("off"), TypeError, "network: must be Network, not str"),
    (lambda c: c.mark_refreshed(77), ValueError, "mark: "),
    (lambda c: c.mark_refreshed("x"), TypeError, "mark: must be int, not str"),
    (lambda c: c.take_messages(0), ValueError, "max_count: must be at least 1"),
    (lambda c: c.take_messages("x"), TypeError, "max_count: must be int, not str"),
    (lambda c: c.batches(0), ValueError, "max_count: must be at least 1"),
    (lambda c: c.messages_request(limit=0), ValueError, "limit: must be from 1 to 100"),
    (lambda c: c.messages_request(limit="5"), TypeError, "limit: must be int, not str"),
    (lambda c: c.messages_request(conversation=7), TypeError, "conversation: must be str or None"),
    (lambda c: c.messages_request(start_message_id=7), TypeError, "start_message_id: must be str"),
    (lambda c: c.messages_request(start_time=7), TypeError, "start_time: must be str or None"),
    (lambda c: c.conversations_request(limit=51), ValueError, "limit: must be from 1 to 50"),
    (lambda c: c.conversations_request(limit=True), TypeError, "limit: must be int, not bool"),
    (lambda c: c.last_message_id(5), TypeError, "conversation: must be str or None, not int"),
    (lambda c: c.cancel_send(-1), ValueError, "message_id: must be from 0"),
    (lambda c: c.provide_token(1, "x"), graceline.StateError, "request_id: "),
    (lambda c: c.provide_token("x", "secret"), TypeError, "request_id: must be int, not str"),
    (lambda c: c.provide_token(1, b"secret"), TypeError, "token: must be str or None, not bytes"),
    (lambda c: c.provide_page(1, "x", "secret"), TypeError, "http_status: must be int, not str"),
    (lambda c: c.provide_page(1, 70_000), ValueError, "http_status: must be from 0 to 65535"),
    (lambda c: c.provide_page(1, 200, {"secret": 1}), TypeError, "body: must be bytes or str"),
    (lambda c: c.provide_page(1, 200, retry_after=-1), ValueError, "retry_after: must be a finite"),
]
BAD_SENDS = [
    ({"data": 7}, TypeError, "data: must be str, or bytes"),
    ({"data": "secret \ud800"}, ValueError, "data: holds half of a surrogate pair"),
    ({"data": "x", "expires_in": 0}, ValueError, "expires_in: must be more than 0 s"),
    ({"data": "x", "expires_in": 1e9}, ValueError, "expires_in: must be from 0.001 to 604800 s"),
    ({"data": "x", "expires_in": "1"}, TypeError, "expires_in: must be a number of seconds"),
    ({"data": "x", "deduplication_id": 3}, TypeError, "deduplication_id: must be str or None"),
]


@pytest.mark.parametrize("make", [graceline.Client, graceline.sync.Client])
async def test_bad_arguments_of_calls(make):
    client = make(URL, auto_establish_socket_connection=False,
                  history=graceline.History(messages_url="http://127.0.0.1:1/m{?limit}",
                                            conversations_url="http://127.0.0.1:1/c{?limit}"))
    if make is graceline.Client:
        client.start()
    for call, error, words in BAD_CALLS:
        with pytest.raises(error) as caught:
            call(client)
        assert words in str(caught.value) and "secret" not in str(caught.value)
    for arguments, error, words in BAD_SENDS:
        for send in (client.send, client.send_nowait):
            with pytest.raises(error) as caught:
                sent = send(**arguments)
                if make is graceline.Client:
                    await sent
            assert words in str(caught.value) and "secret" not in str(caught.value)
    assert make is graceline.Client or client._pump is None or client.statistics.outbox_count == 0
    closed = client.close()
    if make is graceline.Client:
        await closed


@pytest.mark.parametrize("name", ["connect", "wait_connected", "disconnect", "ping", "receive"])
@pytest.mark.parametrize("timeout, error", [("1", TypeError), (-1, ValueError)])
def test_a_bad_timeout_is_refused_before_anything_starts(name, timeout, error):
    client = graceline.sync.Client(URL)
    calls = [getattr(client, name), client.events,
             lambda timeout: client.send("x", timeout=timeout)]
    for call in calls:
        with pytest.raises(error, match="^timeout: must be a"):
            call(timeout=timeout)
    assert client._pump is None and client.statistics.attempts_count == 0
    client.close()


async def test_a_request_without_a_history_says_so():
    client = graceline.Client(URL, auto_establish_socket_connection=False)
    with pytest.raises(graceline.UnsupportedError, match="created without history"):
        client.messages_request(limit=5)


@pytest.mark.parametrize("said, here", [
    ("grace_ms: must be from 0 to 86400000, or GRACELINE_UNLIMITED",
     "grace: must be from 0 to 86400 s, or None"),
    ("history.timeout_ms: must be from 100 to 9000", "history.timeout: must be from 0.1 to 9 s"),
    ("outbox_messages: must be from 1 to 1000000", "outbox_messages: must be from 1 to 1000000"),
    ("backoff_max_ms: must not be less than backoff_initial_ms",
     "backoff_max: must not be less than backoff_initial"),
    ("tls_pins: need verification, which tls_insecure_skip_verification turns off",
     "ssl.pins: need verification, which ssl.insecure_skip_verification turns off"),
    ("a text without a name, 250 ms", "a text without a name, 250 ms"),
])
def test_the_librarys_rules_in_our_words(said, here):
    assert _checks.in_our_words(said) == here


def test_a_client_before_start_says_so():
    client = graceline.Client(URL)
    assert client.connection_status == graceline.ConnectionStatus.DISCONNECTED


def names_of(kind):
    return {field.name for field in dataclasses.fields(kind)}


def test_every_option_of_the_library_is_an_option_here():
    known = set(_core.option_names())
    ours = set()
    for name in names_of(graceline.Options) - {"wakeup", "ssl"}:
        ours.add(_options.SECONDS.get(name, name))
    for name in names_of(graceline.Tls):
        ours.add(f"tls_{name}")
    for name in names_of(graceline.History) - {"fetch"}:
        ours.add("history." + _options.SECONDS.get(name, name))
    assert ours == known


def test_defaults_are_the_librarys():
    ours = graceline.Options(URL, history=graceline.History(), ssl=graceline.Tls(),
                             log_level=graceline.LogLevel.WARNING).to_core()
    flat = {**ours, **{f"history.{name}": value for name, value in ours["history"].items()}}
    library = _core.default_options()
    assert {name: flat[name] for name in library} == library


def test_the_signature_is_that_of_options():
    ours = list(inspect.signature(graceline.Client).parameters)
    assert ours == list(inspect.signature(graceline.Options).parameters)


@pytest.mark.parametrize("make", [graceline.Client, graceline.sync.Client])
def test_a_client_says_where_it_goes_and_how_it_is(make):
    client = make("ws://127.0.0.1:1/ws?token=canary", token="canary")
    assert repr(client) == f"<{make.__module__}.Client ws://127.0.0.1:1/ws disconnected>"


def test_secrets_are_not_in_a_repr():
    options = graceline.Options(URL, token="canary", headers={"X": "canary"},
                                proxy_password="canary", connect_frames=["canary"],
                                ssl=graceline.Tls(client_key_pem="canary"))
    assert "canary" not in repr(options)


def test_events_have_the_details_that_the_extension_gives():
    for number, (kind, converters) in KINDS.items():
        details = dataclasses.fields(kind)[4:]
        assert len(details) == len(converters), kind
    raw = (99, 1, 2, 3, "text", "more")
    assert event_of(raw).type == 99


def test_unknown_numbers_of_enums_are_kept():
    reason = graceline.Reason(12345)
    assert (int(reason), reason.name) == (12345, "UNKNOWN_12345")
    assert str(graceline.ConnectionStatus.CONNECTED) == "connected"


def test_errors_can_be_pickled():
    error = graceline.SendFailedError("why", reason=graceline.Reason.SEND_CANCELLED, message_id=7)
    again = pickle.loads(pickle.dumps(error))
    assert (again.reason, again.message_id, str(again)) == (error.reason, 7, "why")


def test_messages_can_be_made_by_hand():
    message = graceline.Message("text", id="7", replayed=True)
    assert message == graceline.Message("text", "7", replayed=True) != graceline.Message("text")
    assert pickle.loads(pickle.dumps(message)) == message
    assert len({message, graceline.Message("text", "7", replayed=True)}) == 1
    assert "text" == message.text and message.id == "7" and message.replayed
    assert "secret" not in repr(graceline.Message("secret"))
    with pytest.raises(TypeError, match="data: must be str or bytes, not int"):
        graceline.Message(7)
    with pytest.raises(TypeError, match="id: must be str or None"):
        graceline.Message("x", id=7)
    match message:
        case graceline.Message(data):
            assert data == "text"
