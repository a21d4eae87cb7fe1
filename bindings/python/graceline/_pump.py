"""A thread that takes events where no loop can, and the end of the process for all clients.

Must not keep a client alive, and must be gone before the interpreter is.
"""
from __future__ import annotations

import atexit
import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

from . import _core
from ._generated import ClosedError

logger = logging.getLogger("graceline")

JOIN_S = 1.0
_pumps: weakref.WeakSet[Pump] = weakref.WeakSet()
_live: weakref.WeakSet[_core.Client] = weakref.WeakSet()


class Pump(threading.Thread):
    """Polls one client until its last event. `deliver` gets the events and may wait while the
    reader is behind; it gives False when there is nobody left to deliver to."""

    def __init__(self, core: _core.Client, inbox: _core.Inbox,
                 deliver: Callable[[list[tuple[Any, ...]]], bool]) -> None:
        super().__init__(name="graceline-pump", daemon=True)
        self._core = core
        self._inbox = inbox
        self._deliver = deliver
        _pumps.add(self)

    def run(self) -> None:
        try:
            while self._deliver(self._core.poll(-1, self._inbox)):
                pass
        except ClosedError:
            pass
        except Exception:
            logger.exception("the pump of a client has ended")


def watch(core: _core.Client) -> None:
    """Closes this client at the end of the process, when it is still there."""
    _live.add(core)


def _at_exit() -> None:
    """Connections are closed in order, waiting threads get their answer or are stopped for good."""
    if _core.is_forked():
        return
    pumps = list(_pumps)
    if _live:
        _core.shutdown()
    for core in list(_live):
        core.close()
    for pump in pumps:
        if pump.is_alive() and pump is not threading.current_thread():
            pump.join(JOIN_S)
    _core.begin_exit()


atexit.register(_at_exit)
