"""Graceline: a WebSocket connection that lives through a grace window in background.

`Client` is for asyncio, `graceline.sync.Client` for threads and scripts. Durations are seconds.
"""
from . import _core, _errors, _events, _generated
from ._base import ConnectionInfo, Statistics
from ._checks import in_our_words
from ._errors import *  # noqa: F403 (the names of __all__)
from ._events import *  # noqa: F403
from ._generated import *  # noqa: F403
from ._generated import ABI_VERSION, ERROR_OF_STATUS, VERSION
from ._errors import ForkedError, GracelineError
from ._options import (BackgroundTime, DispositionRow, History, Options, Position, Tls,
                       TokenProvider)
from ._requests import ConversationsRequest, MessagesRequest
from .client import Client

__version__ = VERSION
__all__ = [
    "ABI_VERSION", "BackgroundTime", "Client", "ConnectionInfo", "ConversationsRequest",
    "DispositionRow", "History", "MessagesRequest", "Options", "Position", "Statistics", "Tls",
    "TokenProvider", "VERSION", "build_features", "now_ms", "shutdown",
]
__all__ += _errors.__all__
__all__ += _events.__all__
__all__ += _generated.__all__


def _error(status: int | None, text: str) -> GracelineError:
    if status is None:
        return ForkedError(text)
    kind = ERROR_OF_STATUS.get(status, GracelineError)
    error = kind(in_our_words(text))
    if status in ERROR_OF_STATUS:
        error.status = Status(status)  # noqa: F405
    return error


_core.set_error_factory(_error)


def now_ms() -> int:
    """Milliseconds on the library's clock, which counts sleep; only differences have a meaning."""
    return _core.now_ms()


def build_features() -> list[str]:
    """What this build holds: "transport=default", "http=cpprest" and so on."""
    return _core.build_features().split()


def shutdown() -> None:
    """Closes every client of the process within 250 ms."""
    _core.shutdown()
