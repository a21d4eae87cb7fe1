"""The servers that the tests talk to, and where the build is.

Must not leave a server behind: each ends with its standard input or with its fixture.
"""
import asyncio
import json
import os
import subprocess
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("GRACELINE_TEST_RELEASE", ROOT / "build" / "release")).resolve()
WAIT_S = 10.0


def built(relative):
    path = BUILD / relative
    assert path.exists(), f"{path} was not built; scripts/test --lane python builds it"
    return path


class DevServer:
    """graceline-devserver on a free port, with its control port for faults."""

    def __init__(self, folder, *options):
        ports = folder / "ports"
        self._process = subprocess.Popen(
            [built("tools/devserver/graceline-devserver"), "--port", "0", "--control-port", "0",
             "--port-file", str(ports), "--exit-with-stdin", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process.stdout.readline()
        self.port, self._control = (int(line) for line in ports.read_text().split())

    def url(self, room="lobby", scheme="ws"):
        return f"{scheme}://127.0.0.1:{self.port}/ws?room={room}"

    @property
    def echo(self):
        return f"ws://127.0.0.1:{self.port}/echo"

    def history(self):
        base = f"http://127.0.0.1:{self.port}"
        return {"messages_url": f"{base}/messages{{?conversation,before,after,limit}}",
                "conversations_url": f"{base}/conversations{{?limit,cursor}}",
                "json_items_pointer": "/items", "json_complete_pointer": "/complete",
                "json_conversations_next_cursor_pointer": "/next"}

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._control}{path}", method=method,
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return json.loads(answer.read() or b"null")

    def publish(self, text, room="lobby"):
        return self.ask("POST", "/messages", {"conversation": room, "body": text})

    def faults(self, **faults):
        self.ask("POST", "/faults", faults)

    def stop(self):
        self._process.stdin.close()
        self._process.wait(WAIT_S)
        self._process.stdout.close()


@pytest.fixture
def devserver(tmp_path):
    server = DevServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def make_devserver(tmp_path):
    servers = []

    def make(*options):
        servers.append(DevServer(tmp_path, *options))
        return servers[-1]
    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def flood_url(tmp_path_factory):
    """An endless flood of 100-byte messages, and other paths of the bench server."""
    authority = tmp_path_factory.mktemp("flood") / "ca.pem"
    program = built("bindings/python/graceline_python_flood_server")
    process = subprocess.Popen([program, "--ca-file", str(authority)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = json.loads(process.stdout.readline())["plain"]
    yield f"ws://127.0.0.1:{port}"
    process.stdin.close()
    process.wait(WAIT_S)
    process.stdout.close()


async def until(condition, bound=WAIT_S):
    """Waits for a condition that other tasks make true."""
    async with asyncio.timeout(bound):
        while not condition():
            await asyncio.sleep(0)
