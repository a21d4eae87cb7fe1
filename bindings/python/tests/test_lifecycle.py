"""Ctrl-Z and fg, and the machine's sleep as logind tells of it, on a private bus.

Must not touch the system's bus.
"""
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading

import pytest

import graceline
from graceline import ApplicationState, StateError
from graceline.lifecycle import Lifecycle

AWAY = [ApplicationState.WILL_RESIGN_ACTIVE, ApplicationState.DID_BACKGROUND]
BACK = [ApplicationState.WILL_ENTER_FOREGROUND, ApplicationState.DID_BECOME_ACTIVE]
BOUND_S = 10


class Recorder:
    def __init__(self):
        self.states = queue.Queue()

    def configure_services(self, state):
        self.states.put(state)

    def take(self, count):
        return [self.states.get(timeout=BOUND_S) for _ in range(count)]


@pytest.fixture
def bus(tmp_path):
    """A private dbus-daemon that lets anybody say anything."""
    daemon = shutil.which("dbus-daemon")
    assert daemon, "dbus-daemon is missing; scripts/setup python installs it"
    settings = tmp_path / "bus.conf"
    settings.write_text(f"""<busconfig><type>session</type>
        <listen>unix:path={tmp_path}/bus</listen><auth>EXTERNAL</auth>
        <policy context="default"><allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/><allow own="*"/></policy></busconfig>""")
    process = subprocess.Popen([daemon, f"--config-file={settings}", "--nofork",
                                "--print-address"], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(BOUND_S)
    process.stdout.close()


def emit(bus, begins):
    subprocess.run(["dbus-send", f"--bus={bus}", "--type=signal", "/org/freedesktop/login1",
                    "org.freedesktop.login1.Manager.PrepareForSleep", f"boolean:{begins}"],
                   check=True, timeout=BOUND_S)


def test_the_machine_sleeps(bus):
    recorder = Recorder()
    with Lifecycle(recorder, signals=False, bus_address=bus) as lifecycle:
        assert lifecycle.hears_of_sleep
        for _ in range(2):
            emit(bus, "true")
            assert recorder.take(2) == AWAY
            emit(bus, "false")
            assert recorder.take(2) == BACK
    assert not [each for each in threading.enumerate() if each.name == "graceline-sleep"]


def test_without_a_bus(tmp_path):
    with Lifecycle(Recorder(), signals=False,
                   bus_address=f"unix:path={tmp_path}/none") as lifecycle:
        assert not lifecycle.hears_of_sleep


def test_a_bus_that_talks_nonsense(tmp_path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{tmp_path}/bus")
    listener.listen()

    def talk():
        peer, _ = listener.accept()
        with peer:
            peer.recv(100)
            peer.sendall(b"OK 1234\r\n" + b"\xff" * 64)
    thread = threading.Thread(target=talk)
    thread.start()
    with Lifecycle(Recorder(), signals=False,
                   bus_address=f"unix:path={tmp_path}/bus") as lifecycle:
        assert not lifecycle.hears_of_sleep
    thread.join(BOUND_S)
    listener.close()


def test_stop_and_continue():
    program = textwrap.dedent("""
        import sys, threading
        from graceline.lifecycle import Lifecycle
        back = threading.Event()
        class Recorder:
            def configure_services(self, state):
                print(state, flush=True)
                if str(state) == "did_become_active":
                    back.set()
        with Lifecycle(Recorder(), sleep=False):
            print("ready", flush=True)
            while not back.wait(0.05):
                pass
        """)
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                               start_new_session=False)
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        rest = process.stdout.read()
        assert rest.split() == [str(state) for state in AWAY + BACK]
        assert process.wait(BOUND_S) == 0
    finally:
        process.kill()
        process.stdout.close()


def test_one_reporter_a_process():
    with Lifecycle(Recorder(), sleep=False):
        with pytest.raises(StateError, match="give all clients to one"):
            with Lifecycle(Recorder(), sleep=False):
                pass
    with Lifecycle(Recorder(), sleep=False):
        pass


@pytest.mark.parametrize("clients, bus, words", [
    ((), None, "clients: at least one"), (("x",), None, "clients: must be clients"),
    ((Recorder(),), b"unix:", "bus_address: must be str or None, not bytes")])
def test_bad_arguments(clients, bus, words):
    with pytest.raises(TypeError, match=words):
        Lifecycle(*clients, bus_address=bus)


def test_an_ignored_stop_stays_ignored():
    before = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        with Lifecycle(Recorder(), sleep=False):
            assert signal.getsignal(signal.SIGTSTP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTSTP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTSTP, before)


def test_a_real_client_behind_a_real_stop(devserver, tmp_path):
    """Stopped for longer than the window: what comes first afterwards says that it is over."""
    program = textwrap.dedent("""
        import asyncio, sys
        import graceline
        from graceline.lifecycle import Lifecycle
        async def main():
            async with graceline.Client(sys.argv[1], grace=0.05) as client:
                await client.connect()
                events = client.events()
                with Lifecycle(client, sleep=False):
                    print("ready", flush=True)
                    async for event in events:
                        if isinstance(event, graceline.BackgroundTaskEndedEvent):
                            print(event.cause, flush=True)
                        elif isinstance(event, graceline.ReturnVerdictEvent):
                            print(event.verdict, flush=True)
                            break
                await client.wait_connected()
        asyncio.run(main())
        """)
    process = subprocess.Popen([sys.executable, "-c", program, devserver.url()], text=True,
                               stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        # The window's clock goes on while the process stands still.
        over = graceline.now_ms() + 100
        while graceline.now_ms() < over:
            os.sched_yield()
        process.send_signal(signal.SIGCONT)
        assert process.stdout.read().split() == ["expired", "refresh"]
        assert process.wait(BOUND_S) == 0
    finally:
        process.kill()
        process.stdout.close()


def test_handlers_come_back():
    before = signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)
    with Lifecycle(Recorder(), sleep=False):
        assert signal.getsignal(signal.SIGTSTP) is not before[0]
    assert (signal.getsignal(signal.SIGTSTP), signal.getsignal(signal.SIGCONT)) == before
