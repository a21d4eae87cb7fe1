"""Tells clients of the life of the process: Ctrl-Z and fg, and the machine's sleep.

    with graceline.lifecycle.Lifecycle(client):
        ...

Must be the only reporter of app states in the process, and must run in the main thread. One object
reports to several clients; a second one that is entered meanwhile raises StateError.

SIGTSTP (Ctrl-Z) and SIGCONT: a stopped process runs nothing, so the window cannot be kept open:
the library closes in order what the grace allows when the process continues. Before it stops,
WILL_RESIGN_ACTIVE and DID_BACKGROUND are reported; after SIGCONT, WILL_ENTER_FOREGROUND and
DID_BECOME_ACTIVE.

logind's PrepareForSleep (Linux, where the system's D-Bus is there): the same around a sleep of the
machine. Without a D-Bus nothing is reported, and the library finds the sleep by its clock. A
SIGTSTP that the process ignores stays ignored.
"""
from __future__ import annotations

import logging
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Protocol

from ._checks import wrong_type
from ._dbus import SleepSignals
from ._generated import ApplicationState, ClosedError, StateError

__all__ = ["Lifecycle"]

logger = logging.getLogger("graceline")

_AWAY = (ApplicationState.WILL_RESIGN_ACTIVE, ApplicationState.DID_BACKGROUND)
_BACK = (ApplicationState.WILL_ENTER_FOREGROUND, ApplicationState.DID_BECOME_ACTIVE)
# The one that is entered, if any.
_entering = threading.Lock()
_entered: list[Lifecycle] = []


class _Client(Protocol):
    def configure_services(self, state: ApplicationState, /) -> None: ...


class Lifecycle:
    """Reports to the clients, at least one, while the context is entered. graceline.Client and
    graceline.sync.Client both fit.

    signals: SIGTSTP and SIGCONT; ValueError outside the main thread. sleep: PrepareForSleep.
    bus_address: a D-Bus address instead of the system's.
    """

    def __init__(self, *clients: _Client, signals: bool = True, sleep: bool = True,
                 bus_address: str | None = None) -> None:
        if not clients:
            raise TypeError("clients: at least one is needed")
        for client in clients:
            if not callable(getattr(client, "configure_services", None)):
                raise wrong_type("clients", "clients, with configure_services()", client)
        if bus_address is not None and not isinstance(bus_address, str):
            raise wrong_type("bus_address", "str or None", bus_address)
        self._clients = clients
        self._signals = signals and hasattr(signal, "SIGTSTP")
        self._sleep = sleep
        self._bus_address = bus_address
        self._before: dict[int, object] = {}
        self._bus: SleepSignals | None = None
        self._away = False
        self._lock = threading.RLock()

    @property
    def hears_of_sleep(self) -> bool:
        """Whether there is a D-Bus that tells of the machine's sleep."""
        return self._bus is not None

    def __enter__(self) -> Lifecycle:
        with _entering:
            if _entered:
                raise StateError("a Lifecycle is entered already: give all clients to one")
            if self._signals:
                self._hear_signals()
            _entered.append(self)
        if self._sleep:
            try:
                self._bus = SleepSignals(self._report_sleep, self._bus_address)
            except OSError as error:
                logger.info("no D-Bus, so a sleep is found by the clock: %s", error)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._bus is not None:
            self._bus.close()
            self._bus = None
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()
        with _entering:
            _entered.remove(self)

    def _hear_signals(self) -> None:
        for number in (signal.SIGTSTP, signal.SIGCONT):
            before = signal.getsignal(number)
            # Ignored, as under a shell without job control: then Ctrl-Z is not to stop us. None:
            # a handler that is not Python's, which could not be given back.
            if before is None or (number == signal.SIGTSTP and before is signal.SIG_IGN):
                continue
            signal.signal(number, self._on_signal)
            self._before[number] = before

    def report(self, away: bool) -> None:
        """Tells all clients, once for each change. A host with an own notion may call it too."""
        with self._lock:
            if away == self._away:
                return
            self._away = away
        for client in self._clients:
            for state in _AWAY if away else _BACK:
                try:
                    client.configure_services(state)
                except ClosedError:
                    pass

    def _report_sleep(self, begins: bool) -> None:
        self.report(begins)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGCONT:
            self.report(False)
            return
        self.report(True)
        # Stops for real, as it would have without us; goes on here after SIGCONT.
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._on_signal)
        self.report(False)
