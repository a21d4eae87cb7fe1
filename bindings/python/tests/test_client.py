"""The asyncio client against the dev server.

Must wait for conditions only.
"""
import asyncio
import gc
import json
import logging
import warnings

import pytest

import graceline
from graceline import (ApplicationState, BackgroundTaskEndedEvent, ConnectionStatus, Fate,
                       History, Reason, ReturnVerdict, ReturnVerdictEvent, TaskCause)

BOUND_S = 10.0


async def events_until(events, kind):
    """Takes events up to the first of this kind, which it returns."""
    async with asyncio.timeout(BOUND_S):
        async for event in events:
            if isinstance(event, kind):
                return event
    raise AssertionError(f"no {kind.__name__}")


@pytest.mark.parametrize("wakeup", ["descriptor", "thread"])
async def test_echo_and_fates(devserver, wakeup):
    async with graceline.Client(devserver.echo, wakeup=wakeup) as client:
        await client.connect()
        assert client.connection_status == ConnectionStatus.CONNECTED
        assert await client.send("text \u00e9") == Fate.SENT
        assert await client.send(b"\x00\xff") == Fate.SENT
        first, second = await client.receive(), await client.receive()
        assert (first.text, first.is_text) == ("text \u00e9", True)
        assert (second.data, second.is_text) == (b"\x00\xff", False)
        with pytest.raises(TypeError, match="binary message has no text"):
            second.text
        assert 0 < await client.ping() < BOUND_S
        assert client.info.peer == f"127.0.0.1:{devserver.port}"
        assert client.statistics.messages_sent_count == 2


@pytest.mark.parametrize("wakeup", ["descriptor", "thread"])
async def test_base_behaviour(devserver, wakeup):
    """SPEC section 2 in ten lines: a quick switch skips the refresh, a long one needs it."""
    async with graceline.Client(devserver.url(), grace=0.3, wakeup=wakeup) as client:
        events = client.events()
        await client.connect()
        client.configure_services(ApplicationState.WILL_RESIGN_ACTIVE)
        client.configure_services(ApplicationState.DID_BACKGROUND)
        assert client.background_task_enabled
        assert 0 < client.background_time_remaining <= 0.3
        client.configure_services(ApplicationState.DID_BECOME_ACTIVE)
        assert client.background_task_enabled
        verdict = await events_until(events, ReturnVerdictEvent)
        assert verdict.verdict == ReturnVerdict.SKIP
        client.configure_services(ApplicationState.DID_BACKGROUND)
        ended = await events_until(events, BackgroundTaskEndedEvent)
        if ended.cause == TaskCause.RETURNED:
            ended = await events_until(events, BackgroundTaskEndedEvent)
        assert ended.cause == TaskCause.EXPIRED
        assert not client.background_task_enabled
        assert client.connection_status == ConnectionStatus.DISCONNECTED
        client.configure_services(ApplicationState.DID_BECOME_ACTIVE)
        await client.wait_connected()
        assert client.needs_refresh and not client.background_task_enabled


async def test_manual_mode(devserver):
    async with graceline.Client(devserver.url(), auto_establish_socket_connection=False) as client:
        assert client.connection_status == ConnectionStatus.DISCONNECTED
        with pytest.raises(graceline.NotConnectedError):
            await client.send("nobody is there")
        await client.connect()
        await client.disconnect()
        assert client.info.reason == Reason.DISCONNECT_CALLED


async def test_a_refused_connection_is_a_typed_error(devserver):
    devserver.faults(status={"code": 503, "retry_after": 5})
    async with graceline.Client(devserver.url()) as client:
        with pytest.raises(graceline.ConnectionFailedError) as caught:
            await client.connect()
        assert caught.value.http_status == 503
        assert caught.value.retry_in is not None
        assert client.connection_status == ConnectionStatus.FEATURE_THROTTLED


async def test_nobody_listens():
    async with graceline.Client("ws://127.0.0.1:1/ws") as client:
        with pytest.raises(graceline.ConnectionFailedError) as caught:
            await client.connect()
        assert caught.value.reason == Reason.CONNECT_FAILED
        assert isinstance(caught.value, ConnectionError)


async def test_a_terminal_cause_ends_the_iteration(make_devserver):
    server = make_devserver("--token", "right")
    async with graceline.Client(server.url(), token="wrong") as client:
        with pytest.raises(graceline.AuthenticationError) as caught:
            async for _ in client.messages():
                pass
        assert caught.value.reason == Reason.AUTH_REFUSED
        assert caught.value.http_status == 401
        assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("kind", ["async", "plain"])
async def test_token_provider(make_devserver, kind):
    server = make_devserver("--token", "right")
    asked = []

    async def asynchronous():
        asked.append(1)
        return "right" if len(asked) > 1 else "stale"

    def plain():
        asked.append(1)
        return "right" if len(asked) > 1 else "stale"

    provider = asynchronous if kind == "async" else plain
    async with graceline.Client(server.url(), token=provider) as client:
        async with asyncio.timeout(BOUND_S):
            await client.wait_connected()
    assert len(asked) == 2


async def test_what_a_provider_gives_is_checked_and_not_told(make_devserver, caplog):
    server = make_devserver("--token", "right")
    caplog.set_level(logging.DEBUG, "graceline")
    answers = [{"token": "canary"}, "right"]
    async with graceline.Client(server.url(), token=lambda: answers.pop(0), backoff_initial=0.01,
                                history=History(fetch=lambda needed: "canary")) as client:
        async with asyncio.timeout(BOUND_S):
            await client.wait_connected()
            with pytest.raises(graceline.HistoryError):
                await client.messages_request().fetch_next()
    assert "what is no token: token: must be str or None, not dict" in caplog.text
    assert "canary" not in caplog.text


async def test_history(devserver):
    for number in range(5):
        devserver.publish(f"message {number}")
    history = History(**devserver.history())
    async with graceline.Client(devserver.url(), json_id_pointer="/id", history=history) as client:
        await client.connect()
        request = client.messages_request(conversation="lobby", limit=2)
        pages = [[json.loads(each.text)["body"] for each in page.messages]
                 async for page in request]
        assert [len(page) for page in pages] == [2, 2, 1]
        assert pages[0] == ["message 3", "message 4"] and pages[-1] == ["message 0"]
        conversations = await client.conversations_request().fetch_next()
        assert [each.id for each in conversations.conversations] == ["lobby"]


async def test_history_by_the_apps_own_http(devserver):
    asked = []

    async def fetch(needed):
        asked.append(needed)
        return graceline.HttpAnswer(200, json.dumps([{"id": "1", "text": "old"}]))

    history = History(fetch=fetch, json_id_pointer="/id", refuses_unknown_ids=True)
    async with graceline.Client(devserver.url(), history=history, json_id_pointer="/id") as client:
        await client.connect()
        page = await client.messages_request(limit=7).fetch_previous()
        assert [each.id for each in page.messages] == ["1"]
        assert page.messages[0].replayed
    assert asked[0].limit == 7


async def test_a_cancelled_wait_loses_nothing(devserver):
    async with graceline.Client(devserver.echo) as client:
        await client.connect()
        received = []
        for number in range(200):
            task = asyncio.ensure_future(client.receive())
            if number % 3:
                await asyncio.sleep(0)
            client.send_nowait(str(number))
            if number % 2:
                await asyncio.sleep(0)
            task.cancel()
            outcome = (await asyncio.gather(task, return_exceptions=True))[0]
            if not isinstance(outcome, BaseException):
                received.append(outcome.text)
        async with asyncio.timeout(BOUND_S):
            while len(received) < 200:
                received.append((await client.receive()).text)
        assert received == [str(number) for number in range(200)]


async def test_wait_for_on_the_iterator_loses_nothing(devserver):
    async with graceline.Client(devserver.echo) as client:
        await client.connect()
        for number in range(300):
            client.send_nowait(str(number))
        messages = client.messages()
        received = []
        while len(received) < 300:
            try:
                message = await asyncio.wait_for(anext(messages), 0.0001)
            except asyncio.TimeoutError:
                continue
            received.append(message.text)
        assert received == [str(number) for number in range(300)]


async def test_a_flood_does_not_starve_the_loop(flood_url):
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    async with graceline.Client(f"{flood_url}/flood?size=100&count=300000") as client:
        count = 0
        async for message in client.messages():
            assert len(message.data) == 100
            count += 1
            if count == 300_000:
                break
    task.cancel()
    assert turns > 10


async def test_back_pressure_loses_nothing(flood_url):
    """Nobody reads at first: the queue fills, the socket is not read, then everything comes."""
    url = f"{flood_url}/flood?size=100&count=300000"
    async with graceline.Client(url, receive_queue_bytes=65_536) as client:
        async with asyncio.timeout(BOUND_S):
            while client.statistics.reading_paused_count == 0:
                await asyncio.sleep(0)
        assert client.statistics.queue_peak_bytes < 1_000_000
        assert client.statistics.messages_received_count < 300_000
        count = 0
        async with asyncio.timeout(BOUND_S):
            async for batch in client.batches():
                count += len(batch)
                if count == 300_000:
                    break


async def test_close_answers_everything(devserver):
    devserver.faults(black_hole=True)
    client = graceline.Client(devserver.url(), close_timeout=0.2)
    client.start()
    waits = [asyncio.ensure_future(each) for each in (
        client.wait_connected(), client.receive(), client.send("waits in the outbox"))]
    await asyncio.sleep(0)
    await client.close()
    outcomes = await asyncio.gather(*waits, return_exceptions=True)
    assert all(isinstance(each, graceline.GracelineError) for each in outcomes), outcomes
    for call in (lambda: client.send("too late"), client.receive, client.connect, client.ping,
                 client.disconnect, client.wait_connected):
        with pytest.raises(graceline.ClosedError):
            await asyncio.wait_for(call(), BOUND_S)
    assert [each async for each in client.messages()] == []
    await client.close()


async def test_log_lines_go_to_logging(devserver, caplog):
    with caplog.at_level(logging.INFO, logger="graceline"):
        async with graceline.Client(devserver.url()) as client:
            await client.connect()
            # Lines come with the next events; the library's own thread writes them a little later.
            async with asyncio.timeout(BOUND_S):
                while not any("connected" in record.message for record in caplog.records):
                    await client.ping()


@pytest.mark.parametrize("wakeup", ["descriptor", "thread"])
async def test_events_that_nobody_reads_are_bounded(devserver, wakeup, monkeypatch):
    """A reader that is far behind stops the taking of events; nothing is lost when it reads on."""
    monkeypatch.setattr("graceline._dispatch.Subscription.MOST_UNREAD", 20)
    async with graceline.Client(devserver.echo, wakeup=wakeup, json_ack_pointer="/ack") as client:
        events = client.events()
        await client.connect()
        total = 0
        for number in range(300):
            total += 1
            client.send_nowait(json.dumps({"ack": str(number)}), deduplication_id=str(number))
            for _ in range(3):
                await asyncio.sleep(0)
        assert len(events.subscription.unread) <= 20 + 300
        fates = 0
        async with asyncio.timeout(BOUND_S):
            async for event in events:
                if isinstance(event, graceline.SendFateEvent):
                    fates += event.last_id - event.first_id + 1
                if fates == total:
                    break


async def test_timeouts_of_receive_do_not_pile_up(devserver):
    async with graceline.Client(devserver.echo) as client:
        await client.connect()
        for _ in range(100):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(client.receive(), 0.0001)
        assert len(client._waiters) == 0


async def test_another_loop_is_refused(devserver):
    async with graceline.Client(devserver.url()) as client:
        await client.connect()

        def elsewhere():
            async def use():
                with pytest.raises(graceline.WrongLoopError):
                    await client.ping()
            asyncio.run(use())
        await asyncio.get_running_loop().run_in_executor(None, elsewhere)


def test_asyncio_run_twice_and_two_clients(devserver):
    async def talk():
        async with graceline.Client(devserver.echo) as one, \
                graceline.Client(devserver.echo) as two:
            for client in (one, two):
                await client.connect()
                await client.send("hello")
            return [(await client.receive()).text for client in (one, two)]
    assert asyncio.run(talk()) == asyncio.run(talk()) == ["hello", "hello"]


def test_a_loop_that_closes_with_a_live_client(devserver):
    async def forget():
        client = graceline.Client(devserver.echo)
        client.start()
        await client.wait_connected()
        return client
    client = asyncio.run(forget())
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del client
        gc.collect()
    assert [each.category for each in caught] == [ResourceWarning]
