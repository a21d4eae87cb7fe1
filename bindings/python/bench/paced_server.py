#!/usr/bin/env python3
"""A WebSocket server that offers 100-byte messages at a fixed rate, from prebuilt frames.

Must be started by bench.py: it prints its port and ends with its standard input. It serves
/RATE/COUNT and then waits; it reads nothing but the upgrade request.
"""
import asyncio
import base64
import hashlib
import re
import sys

SIZE = 100
SLICE_S = 0.001
FRAME = bytes([0x81, SIZE]) + b"x" * SIZE
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def serve(reader, writer):
    request = await reader.readuntil(b"\r\n\r\n")
    rate, count = (int(part) for part in re.match(rb"GET /(\d+)/(\d+)", request).groups())
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", request).group(1)
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    while sent < count:
        due = min(count, int((loop.time() - began) * rate)) - sent
        if due > 0:
            writer.write(FRAME * due)
            sent += due
            await writer.drain()
        await asyncio.sleep(SLICE_S)
    await reader.read()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
