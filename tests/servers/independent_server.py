"""A WebSocket server on python3-websockets for the tests: echo, push, ping, close.

Must end with its standard input and listen on 127.0.0.1 only.
"""
import asyncio
import ssl
import sys

import websockets


def argument(name):
    for each in sys.argv[1:]:
        if each.startswith(name + "="):
            return each[len(name) + 1:]
    return None


async def serve(socket, *_):
    try:
        async for message in socket:
            if message == "close me":
                await socket.close(4000, "asked for")
            elif message == "ping me":
                await (await socket.ping("from the server"))
                await socket.send("pong from the server")
            elif isinstance(message, str) and message.startswith("push "):
                for i in range(int(message[5:])):
                    await socket.send(f"pushed {i}")
            elif message == "fragments":
                await socket.send(["one ", "two ", "three"])
            else:
                await socket.send(message)
    except websockets.ConnectionClosed:
        pass
    print(f"closed {socket.close_code}", flush=True)


async def main():
    tls = None
    if argument("--cert"):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(argument("--cert"), argument("--key"))
    async with websockets.serve(
        serve, "127.0.0.1", 0, ssl=tls, subprotocols=["chat.v2"],
        compression="deflate" if "--deflate" in sys.argv else None, max_size=2**22,
    ) as server:
        print(f"listening {server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
