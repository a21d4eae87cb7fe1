"""Bad input: ValueError and TypeError that name the argument and the rule, before anything starts.

Must cover each option, or say why not.
"""
import dataclasses
import inspect
import pickle

import pytest

import graceline
import graceline.sync
from graceline import _core, _options
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
    ({"grace": 100_000}, ValueError, "grace"),
    ({"grace": True}, TypeError, "grace"),
    ({"trust_time": None}, TypeError, "trust_time: must be a number of seconds, not NoneType"),
    ({"trust_time": 0.01}, ValueError, "trust_time"),
    ({"retry_attempts": 1.5}, TypeError, "retry_attempts: must be int, not float"),
    ({"outbox_messages": 2**40}, TypeError, "outbox_messages"),
    ({"auto_establish_socket_connection": 1}, TypeError, "must be bool, not int"),
    ({"initial_application_state": 1}, TypeError, "must be ApplicationState, not int"),
    ({"headers": {"Host": "x"}}, ValueError, "headers"),
    ({"headers": {"X": "a\r\nb"}}, ValueError, "headers"),
    ({"headers": "X: y"}, TypeError, "headers: must be a mapping"),
    ({"headers": {"X": 1}}, TypeError, "headers: must hold pairs"),
    ({"subprotocols": "chat"}, TypeError, "subprotocols: must be a sequence of str"),
    ({"connect_frames": [b"x"]}, TypeError, "connect_frames: must hold str only"),
    ({"ssl": object()}, TypeError, "ssl: must be graceline.Tls or None"),
    ({"ssl": graceline.Tls(pins=["sha256/short"])}, ValueError, "tls_pins"),
    ({"history": {}}, TypeError, "history: must be graceline.History or None"),
    ({"history": graceline.History(timeout="x")}, TypeError, "history.timeout"),
    ({"history": graceline.History(positions=[1])}, TypeError, "history.positions"),
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


async def test_bad_arguments_of_calls():
    client = graceline.Client(URL, auto_establish_socket_connection=False)
    for call, error, words in (
            (lambda: client.configure_services(2), TypeError, "state: must be ApplicationState"),
            (lambda: client.network_changed("off"), TypeError, "network: must be Network"),
            (lambda: client.mark_refreshed(77), ValueError, "mark"),
            (lambda: client.take_messages(0), ValueError, "max_count"),
            (lambda: client.messages_request(limit=5), graceline.UnsupportedError, ""),
            (lambda: client.provide_token(1, "x"), graceline.StateError, "")):
        with pytest.raises(error) as caught:
            call()
        assert words in str(caught.value)
    client.start()
    for keywords, data, error in (({}, 7, TypeError), ({"expires_in": 0}, "x", ValueError),
                                  ({"expires_in": "1"}, "x", TypeError),
                                  ({"deduplication_id": 3}, "x", TypeError)):
        with pytest.raises(error):
            await client.send(data, **keywords)
    await client.close()


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
