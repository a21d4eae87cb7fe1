"""Just as much D-Bus as it takes to hear one signal: connect, say hello, ask for it, read.

Must not send anything else and must not trust what it reads: a message that is odd is skipped.
"""
from __future__ import annotations

import os
import socket
import struct
import threading
import urllib.parse
from collections.abc import Callable

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
MATCH = ("type='signal',interface='org.freedesktop.login1.Manager',member='PrepareForSleep',"
         "path='/org/freedesktop/login1'")
CONNECT_S = 2.0
MOST_BYTES = 1 << 20
METHOD_CALL, SIGNAL = 1, 4
PATH, INTERFACE, MEMBER, DESTINATION, SIGNATURE = 1, 2, 3, 6, 8


def _socket_address(address: str) -> str:
    """The path of the first unix socket of a D-Bus address list, with NUL for an abstract one."""
    for each in address.split(";"):
        kind, _, rest = each.partition(":")
        if kind != "unix":
            continue
        keys = dict(pair.partition("=")[::2] for pair in rest.split(","))
        if "path" in keys:
            return urllib.parse.unquote(keys["path"])
        if "abstract" in keys:
            return "\0" + urllib.parse.unquote(keys["abstract"])
    raise OSError(f"no unix socket in the D-Bus address {address!r}")


def _pad(data: bytes, boundary: int) -> bytes:
    return data + b"\0" * (-len(data) % boundary)


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def _call(serial: int, member: str, argument: str | None = None) -> bytes:
    """A call of the bus itself, with at most one string."""
    body = b"" if argument is None else _text(argument)
    fields = b""
    entries = [(PATH, b"o", "/org/freedesktop/DBus"), (DESTINATION, b"s", "org.freedesktop.DBus"),
               (INTERFACE, b"s", "org.freedesktop.DBus"), (MEMBER, b"s", member)]
    for code, signature, value in entries:
        fields = _pad(fields, 8) + bytes([code, 1]) + signature + b"\0" + _text(value)
    if argument is not None:
        fields = _pad(fields, 8) + bytes([SIGNATURE, 1]) + b"g\0" + b"\x01s\0"
    head = struct.pack("<cBBBIII", b"l", METHOD_CALL, 0, 1, len(body), serial, len(fields))
    return _pad(head + fields, 8) + body


def _fields(data: bytes, order: str) -> dict[int, str]:
    """The header fields that are text, by code."""
    found: dict[int, str] = {}
    at = 0
    while at + 4 <= len(data):
        at += -at % 8
        code, size = data[at], data[at + 1]
        signature = data[at + 2:at + 2 + size]
        at += 3 + size
        if signature in (b"s", b"o"):
            at += -at % 4
            length = struct.unpack_from(order + "I", data, at)[0]
            found[code] = data[at + 4:at + 4 + length].decode("utf-8", "replace")
            at += 5 + length
        elif signature == b"g":
            length = data[at]
            found[code] = data[at + 1:at + 1 + length].decode("utf-8", "replace")
            at += 2 + length
        elif signature == b"u":
            at += -at % 4 + 4
        else:
            break
    return found


class SleepSignals:
    """Calls back with True before the machine sleeps and with False after it, on a thread."""

    def __init__(self, callback: Callable[[bool], None], address: str | None = None) -> None:
        self._callback = callback
        chosen = address or os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_BUS
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.settimeout(CONNECT_S)
            self._socket.connect(_socket_address(chosen))
            self._greet()
            self._socket.settimeout(None)
        except (OSError, struct.error) as error:
            self._socket.close()
            raise OSError(str(error)) from error
        self._thread = threading.Thread(target=self._read, name="graceline-sleep", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hears no more."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if threading.current_thread() is not self._thread:
            self._thread.join(CONNECT_S)
        self._socket.close()

    def _greet(self) -> None:
        who = str(os.getuid()).encode().hex()
        self._socket.sendall(f"\0AUTH EXTERNAL {who}\r\n".encode())
        line = b""
        while not line.endswith(b"\r\n"):
            byte = self._socket.recv(1)
            if not byte or len(line) > 512:
                raise OSError("the bus closed the connection")
            line += byte
        if not line.startswith(b"OK"):
            raise OSError("the bus did not accept this user")
        self._socket.sendall(b"BEGIN\r\n" + _call(1, "Hello") + _call(2, "AddMatch", MATCH))
        # The second answer says that the match stands: no signal is missed after this.
        for _ in range(3):
            kind, fields, _ = self._message()
            if kind == 2 and SIGNATURE not in fields:
                return
        raise OSError("the bus did not answer")

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise OSError("the bus closed the connection")
            data += part
        return data

    def _message(self) -> tuple[int, dict[int, str], bytes]:
        head = self._exactly(16)
        order = "<" if head[:1] == b"l" else ">"
        body_size, _, fields_size = struct.unpack_from(order + "III", head, 4)
        if body_size > MOST_BYTES or fields_size > MOST_BYTES:
            raise OSError("a message of the bus is too big")
        padded = fields_size + -(16 + fields_size) % 8
        rest = self._exactly(padded + body_size)
        return head[1], _fields(rest[:fields_size], order), rest[padded:]

    def _read(self) -> None:
        try:
            while True:
                kind, fields, body = self._message()
                if kind == SIGNAL and fields.get(MEMBER) == "PrepareForSleep" \
                        and fields.get(SIGNATURE) == "b" and len(body) == 4:
                    self._callback(any(body))
        except (OSError, struct.error, IndexError):
            return
