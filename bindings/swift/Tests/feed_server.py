#!/usr/bin/env python3
"""A WebSocket server that offers numbered messages at a fixed rate and says at the end how many.

Must not send faster than asked, nor leave a number out: the receiver counts what is missing.
Prints its port and ends with its standard input. Serves /RATE/COUNT: COUNT texts of 100 bytes, each
its number in ten digits and padding, and then one that begins with "end ".
"""
import asyncio
import base64
import hashlib
import re
import sys

SIZE = 100
FRAME = 2 + SIZE
SLICE_S = 0.001
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frames(count):
    made = [b"\x81%c%010d" % (SIZE, number) + b"." * (SIZE - 10) for number in range(count)]
    made.append(b"\x81%cend " % SIZE + b"." * (SIZE - 4))
    return memoryview(b"".join(made))


async def serve(reader, writer):
    request = await reader.readuntil(b"\r\n\r\n")
    rate, count = (int(part) for part in re.match(rb"GET /(\d+)/(\d+)", request).groups())
    data = frames(count)
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", request).group(1)
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    while sent <= count:
        due = min(count + 1, int((loop.time() - began) * rate) + 1)
        if due > sent:
            writer.write(data[sent * FRAME:due * FRAME])
            sent = due
            await writer.drain()
        await asyncio.sleep(SLICE_S)
    await reader.read()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
