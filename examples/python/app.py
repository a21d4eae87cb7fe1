#!/usr/bin/env python3
"""An app that goes to background and comes back: the base behaviour, in Python.

Must report the return, or the library would believe the app to be in background for ever.
"""
import asyncio
import sys

import graceline
from graceline import ApplicationState, History


async def show(client: graceline.Client) -> None:
    async for message in client.messages():
        print(f"message {message.id}", flush=True)


async def refresh(client: graceline.Client) -> None:
    """Older messages and the list of conversations; the first page marks the refresh."""
    page = await client.messages_request(conversation="lobby", limit=30).fetch_previous()
    conversations = await client.conversations_request().fetch_next()
    print(f"{len(page.messages)} messages, {len(conversations.conversations)} conversations")


async def main(server: str, seconds: float) -> None:
    history = History(
        messages_url=f"http://{server}/messages{{?conversation,before,after,limit}}",
        conversations_url=f"http://{server}/conversations{{?limit,cursor}}",
        json_items_pointer="/items", json_complete_pointer="/complete",
        json_conversations_next_cursor_pointer="/next")
    async with graceline.Client(f"ws://{server}/ws?room=lobby", grace=30.0,
                                json_id_pointer="/id", history=history) as client:
        await client.connect()
        showing = asyncio.create_task(show(client))
        client.configure_services(ApplicationState.WILL_RESIGN_ACTIVE)
        client.configure_services(ApplicationState.DID_BACKGROUND)
        await asyncio.sleep(seconds)  # messages go on arriving, up to 30 s
        client.configure_services(ApplicationState.WILL_ENTER_FOREGROUND)
        client.configure_services(ApplicationState.DID_BECOME_ACTIVE)
        if client.background_task_enabled:
            print("nothing was missed: skip the refresh")
        else:
            await refresh(client)
        showing.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8080",
                     float(sys.argv[2]) if len(sys.argv) > 2 else 5.0))
