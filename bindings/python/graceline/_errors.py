"""What a call or a connection can raise; the errors of a status are in _generated.py.

Must not hold a secret: texts come from the library, which never writes one.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._generated import Reason, Status

__all__ = [
    "AuthenticationError", "ConnectionFailedError", "ForkedError", "GracelineError",
    "PingFailedError", "ProtocolError", "SendFailedError", "ServerRefusedError", "TlsError",
    "WrongLoopError",
]


class GracelineError(Exception):
    """Root of all errors of this package.

    status: the library's status, None for an error of a connection or of this package.
    reason: why, Reason.NONE when there is nothing to say.
    code: WebSocket close code, 0: none. http_status: HTTP status, 0: none.
    """

    status: Status | None = None

    def __init__(self, text: str = "", *, reason: int = 0, code: int = 0,
                 http_status: int = 0) -> None:
        super().__init__(text)
        self._reason = reason
        self.code = code
        self.http_status = http_status

    @property
    def reason(self) -> Reason:
        """Why it failed."""
        from ._generated import Reason
        return Reason(self._reason)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), self.args, self.__dict__)


class ForkedError(GracelineError, RuntimeError):
    """A call in the child of a fork, where the library's threads do not exist."""


class WrongLoopError(GracelineError, RuntimeError):
    """A client was used in another event loop than the one that it was started in."""


class ConnectionFailedError(GracelineError, ConnectionError):
    """The connection did not come up, or ended; reason, code and http_status say why.

    retry_in: seconds until the client tries again by itself, None: it does not.
    """

    def __init__(self, text: str = "", *, reason: int = 0, code: int = 0, http_status: int = 0,
                 retry_in: float | None = None) -> None:
        super().__init__(text, reason=reason, code=code, http_status=http_status)
        self.retry_in = retry_in


class AuthenticationError(ConnectionFailedError):
    """The server, or the proxy, did not accept who we are; or there was no token."""


class TlsError(ConnectionFailedError):
    """TLS failed: a certificate that is not trusted, a pin that does not match, a handshake."""


class ServerRefusedError(ConnectionFailedError):
    """The server answered the upgrade with an HTTP status, or closed the connection with a code."""


class ProtocolError(ConnectionFailedError):
    """The server broke a rule of the protocol, or a limit."""


class SendFailedError(GracelineError):
    """An accepted message was not sent, or not acknowledged; reason says why.

    message_id: the id that send() gave it.
    """

    def __init__(self, text: str = "", *, reason: int = 0, message_id: int = 0) -> None:
        super().__init__(text, reason=reason)
        self.message_id = message_id


class PingFailedError(GracelineError, ConnectionError):
    """A ping got no answer; reason says why."""
