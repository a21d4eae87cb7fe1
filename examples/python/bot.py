#!/usr/bin/env python3
"""A bot for a room of the dev server: it answers "ping" and survives Ctrl-Z and a closed lid.

Must not print what others wrote; run it beside `graceline-devserver`.
"""
import asyncio
import json
import sys

import graceline
from graceline.lifecycle import Lifecycle

URL = "ws://127.0.0.1:8080/ws?room=lobby"


async def answer(client: graceline.Client) -> None:
    async for message in client.messages():
        said = json.loads(message.text)
        if said.get("body") == "ping":
            await client.send(json.dumps({"body": "pong", "sender": "bot"}))


async def watch(client: graceline.Client) -> None:
    async for event in client.events():
        if isinstance(event, graceline.ConnectionStatusEvent):
            print(f"{event.status}: {event.text}", flush=True)
        elif isinstance(event, graceline.ReturnVerdictEvent):
            print(f"after the return: {event.verdict}", flush=True)


async def main(url: str) -> None:
    async with graceline.Client(url, grace=30.0) as client:
        watching = asyncio.create_task(watch(client))
        with Lifecycle(client):
            try:
                await answer(client)
            except graceline.ConnectionFailedError as error:
                print(f"given up: {error} ({error.reason}, HTTP {error.http_status})")
            finally:
                watching.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else URL))
    except KeyboardInterrupt:
        pass
