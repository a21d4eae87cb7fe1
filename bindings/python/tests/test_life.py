"""Nothing leaks and nothing dangles: creating and closing, references, a fork.

Must bound its time: the repetitions are many, each is small.
"""
import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import weakref

import pytest

import graceline
import graceline.sync
from graceline import _core

URL = "ws://127.0.0.1:1/ws"
REPETITIONS = 10_000
ALLOWED_GROWTH_KB = 6_000


def resident_kb():
    with open("/proc/self/statm", encoding="utf-8") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def descriptors_and_threads():
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def threads_end(at_most):
    """The library's threads end with its last client, a moment later."""
    for _ in range(2_000_000):
        if descriptors_and_threads()[1] <= at_most:
            return True
    return False


def test_create_and_release_ten_thousand_times():
    keeper = graceline.Client(URL, auto_establish_socket_connection=False)
    for _ in range(REPETITIONS // 10):
        graceline.Client(URL, auto_establish_socket_connection=False)
    gc.collect()
    before, handles = resident_kb(), descriptors_and_threads()
    for _ in range(REPETITIONS):
        graceline.Client(URL, auto_establish_socket_connection=False)
    gc.collect()
    assert resident_kb() - before < ALLOWED_GROWTH_KB
    assert descriptors_and_threads()[1] <= handles[1]
    assert descriptors_and_threads()[0] <= handles[0] + 2
    del keeper


def test_start_and_close_ten_thousand_times():
    async def once():
        async with graceline.Client(URL, auto_establish_socket_connection=False):
            pass

    async def many(count):
        for _ in range(count):
            await once()
    asyncio.run(many(200))
    gc.collect()
    before, handles = resident_kb(), descriptors_and_threads()
    asyncio.run(many(REPETITIONS * 7 // 10))
    for _ in range(REPETITIONS * 3 // 10):
        with graceline.sync.Client(URL, auto_establish_socket_connection=False):
            pass
    gc.collect()
    assert resident_kb() - before < ALLOWED_GROWTH_KB
    assert descriptors_and_threads()[0] <= handles[0] + 4
    assert threads_end(handles[1] + 4)


@pytest.mark.parametrize("make", [graceline.Client, graceline.sync.Client])
def test_a_client_dies_with_its_last_reference(make):
    """No cycle keeps it: the collector of cycles is off."""
    gc.disable()
    try:
        client = make(URL, auto_establish_socket_connection=False)
        reference = weakref.ref(client)
        del client
        assert reference() is None
    finally:
        gc.enable()


async def test_a_used_client_leaves_nothing(devserver):
    async with graceline.Client(devserver.echo) as client:
        await client.connect()
        await client.send("x")
        await client.receive()
        events = client.events()
        messages = client.messages()
        assert messages is not None
    reference = weakref.ref(client)
    del client, messages, events
    gc.collect()
    assert reference() is None


async def test_references_of_messages(devserver):
    async with graceline.Client(devserver.echo, json_id_pointer="/id") as client:
        await client.connect()
        for number in range(100):
            client.send_nowait('{"id":"%d"}' % number)
        received = []
        async for message in client.messages():
            received.append(message)
            if len(received) == 100:
                break
        del message
        assert all(sys.getrefcount(each) == 3 for each in received)
        assert all(sys.getrefcount(each.data) == 2 for each in received)
        kept = received[0].data
        before = sys.getrefcount(kept)
        received.clear()
        assert sys.getrefcount(kept) == before - 1


async def test_stored_messages_do_not_hold_the_queue(flood_url):
    """An app that keeps all it receives goes on receiving."""
    url = f"{flood_url}/flood?size=100&count=100000"
    async with graceline.Client(url, receive_queue_bytes=65_536) as client:
        kept = []
        async for message in client.messages():
            kept.append(message)
            if len(kept) == 100_000:
                break
        assert len(kept) == 100_000


@pytest.mark.parametrize("kind", ["asyncio", "sync"])
def test_a_fork_is_detected(kind):
    program = textwrap.dedent(f"""
        import asyncio, gc, os, sys
        import graceline, graceline.sync

        async def main():
            client = graceline.Client("{URL}")
            client.start()
            return client
        client = asyncio.run(main()) if "{kind}" == "asyncio" else graceline.sync.Client("{URL}")
        if "{kind}" == "sync":
            client.start()
        child = os.fork()
        if child == 0:
            errors = 0
            calls = [lambda: client.connection_status, lambda: client.refresh_begin(),
                     lambda: graceline.Client("{URL}"), lambda: client.send_nowait("x")]
            for name in ("receive", "connect", "wait_connected", "disconnect", "ping"):
                if "{kind}" == "sync":
                    calls += [getattr(client, name)]
                else:
                    calls += [lambda name=name: asyncio.run(getattr(client, name)())]
            if "{kind}" == "sync":
                calls += [client.start, client.events, lambda: next(client.messages())]
            for call in calls:
                try:
                    call()
                except graceline.ForkedError as error:
                    errors += "spawn" in str(error)
            # The connection is the parent's: leaving a `with` block does nothing here.
            closed = client.close()
            if closed is not None:
                asyncio.run(closed)
            assert "in a fork" in repr(client)
            del client
            gc.collect()
            sys.exit(0 if errors == len(calls) else 1)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        client.refresh_begin()
        sys.exit(status)
        """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_fork_before_first_use_is_fine():
    program = textwrap.dedent(f"""
        import os, sys
        import graceline
        child = os.fork()
        if child == 0:
            graceline.Client("{URL}").refresh_begin()
            sys.exit(0)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """)
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


async def test_hooks_of_background_time():
    class Host:
        calls = []

        def begin(self):
            self.calls.append("begin")
            return 7, 5.0

        def end(self, identifier):
            self.calls.append(("end", identifier))

        def remaining(self):
            return 5.0

    host = Host()
    client = graceline.Client(URL, background_time=host)
    client.start()
    client.configure_services(graceline.ApplicationState.DID_BACKGROUND)
    assert client.background_time_remaining <= 5.0
    client.configure_services(graceline.ApplicationState.DID_BECOME_ACTIVE)
    await client.close()
    async with asyncio.timeout(10):
        while ("end", 7) not in host.calls:
            await asyncio.sleep(0)
    assert host.calls.count("begin") == host.calls.count(("end", 7)) == 1


def test_a_hook_that_raises_refuses(monkeypatch):
    class Host:
        def begin(self):
            raise RuntimeError("no")

        def end(self, identifier):
            raise AssertionError

        def remaining(self):
            return 0.0

    said = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: said.append(str(what.exc_value)))
    client = graceline.sync.Client(URL, background_time=Host())
    client.start()
    client.configure_services(graceline.ApplicationState.DID_BACKGROUND)
    assert client.info.task_cause == graceline.TaskCause.REFUSED
    assert "no" in said
    client.close()


def test_shutdown_closes_all():
    client = graceline.sync.Client(URL)
    client.start()
    graceline.shutdown()
    assert client.connection_status == graceline.ConnectionStatus.DISCONNECTED
    client.close()
    assert not _core.is_forked()
