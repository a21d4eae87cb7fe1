"""The blocking twin against the dev server.

Must wait for conditions only.
"""
import gc
import threading

import pytest

import graceline
import graceline.sync
from graceline import ApplicationState, ConnectionStatus, ConnectionStatusEvent, Fate, History


def test_echo_and_fates(devserver):
    with graceline.sync.Client(devserver.echo) as client:
        client.connect(timeout=10)
        assert client.send("one", timeout=10) == Fate.SENT
        assert client.send(b"two", timeout=10) == Fate.SENT
        assert [client.receive(timeout=10).data for _ in range(2)] == ["one", b"two"]
        assert client.ping(timeout=10) > 0
        with pytest.raises(TimeoutError):
            client.receive(timeout=0.01)


def test_messages_from_several_threads_come_once(devserver):
    taken, lock = [], threading.Lock()
    with graceline.sync.Client(devserver.echo) as client:
        client.connect(timeout=10)

        def consume():
            for message in client.messages():
                with lock:
                    taken.append(message.text)
                    if len(taken) == 1000:
                        enough.set()
        enough = threading.Event()
        threads = [threading.Thread(target=consume) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(1000):
            assert client.send(str(number), timeout=10) == Fate.SENT
        assert enough.wait(10)
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert sorted(taken, key=int) == [str(number) for number in range(1000)]


def test_a_flood_in_batches(flood_url):
    with graceline.sync.Client(f"{flood_url}/flood?size=100&count=200000") as client:
        count = 0
        for batch in client.batches():
            count += len(batch)
            if count == 200_000:
                break
    assert count == 200_000


def test_breaking_off_an_iteration_loses_nothing(devserver):
    with graceline.sync.Client(devserver.echo) as client:
        client.connect(timeout=10)
        for number in range(20):
            client.send(str(number), timeout=10)
        received = []
        while len(received) < 20:
            for message in client.messages():
                received.append(message.text)
                break
        assert received == [str(number) for number in range(20)]


def test_events_and_the_window(devserver):
    with graceline.sync.Client(devserver.url(), grace=0.2) as client:
        events = client.events(timeout=10)
        client.connect(timeout=10)
        client.configure_services(ApplicationState.DID_BACKGROUND)
        assert client.background_task_enabled
        for event in events:
            if isinstance(event, ConnectionStatusEvent) \
                    and event.status == ConnectionStatus.DISCONNECTED:
                break
        assert not client.background_task_enabled and client.needs_refresh
        client.configure_services(ApplicationState.DID_BECOME_ACTIVE)
        client.wait_connected(timeout=10)


def test_token_provider_and_history(make_devserver):
    server = make_devserver("--token", "right")
    history = History(**server.history())
    with graceline.sync.Client(server.url(), token=lambda: "right", history=history,
                               json_id_pointer="/id") as client:
        client.connect(timeout=10)
        pages = list(client.messages_request(conversation="lobby", limit=10))
        assert pages == []
        assert client.conversations_request().fetch_next(timeout=10).conversations == ()


def test_errors_are_typed():
    with graceline.sync.Client("ws://127.0.0.1:1/ws") as client:
        with pytest.raises(graceline.ConnectionFailedError) as caught:
            client.connect(timeout=10)
        assert caught.value.reason == graceline.Reason.CONNECT_FAILED
    for call in (lambda: client.send("too late"), client.receive, client.connect, client.ping,
                 client.disconnect, client.wait_connected, client.start):
        with pytest.raises(graceline.ClosedError):
            call()
    assert list(client.messages()) == list(client.batches()) == list(client.events()) == []


def test_a_client_that_is_forgotten_says_so(devserver):
    client = graceline.sync.Client(devserver.echo)
    client.start()
    with pytest.warns(ResourceWarning, match="sync.Client ws://.* was not closed"):
        del client
        gc.collect()


def test_the_twin_has_every_call():
    def public(kind):
        return {name for name in dir(kind) if not name.startswith("_")}
    assert public(graceline.sync.Client) == public(graceline.Client)
    # Tasks are cancelled, threads are not: the twin's requests have a call for it.
    for name in ("MessagesRequest", "ConversationsRequest"):
        ours, theirs = getattr(graceline.sync, name), getattr(graceline, name)
        assert public(ours) - {"cancel"} == public(theirs)


def test_what_a_provider_gives_is_checked_and_not_told(make_devserver, caplog):
    server = make_devserver("--token", "right")
    caplog.set_level("DEBUG", "graceline")
    answers = [{"token": "canary"}, "right"]
    with graceline.sync.Client(server.url(), token=lambda: answers.pop(0), backoff_initial=0.01,
                               history=History(fetch=lambda needed: graceline.HttpAnswer("canary"))
                               ) as client:
        client.wait_connected(timeout=10)
        with pytest.raises(graceline.HistoryError):
            client.messages_request().fetch_next(timeout=10)
    assert "what is no token: token: must be str or None, not dict" in caplog.text
    assert "what is no answer: http_status: must be int, not str" in caplog.text
    assert "canary" not in caplog.text
