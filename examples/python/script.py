#!/usr/bin/env python3
"""A script without asyncio: sends a line, shows the newest page of the room, and ends.

Must not need more than the dev server: graceline-devserver --port 8080
"""
import json
import sys

import graceline
from graceline.sync import Client

SERVER = "127.0.0.1:8080"


def main(server: str) -> int:
    history = graceline.History(
        messages_url=f"http://{server}/messages{{?conversation,before,after,limit}}",
        json_items_pointer="/items", json_complete_pointer="/complete")
    try:
        with Client(f"ws://{server}/ws?room=lobby", history=history,
                    json_id_pointer="/id") as client:
            client.connect(timeout=10)
            fate = client.send(json.dumps({"body": "hello", "sender": "script"}), timeout=10)
            echo = client.receive(timeout=10)
            page = client.messages_request(conversation="lobby", limit=10).fetch_previous(10)
    except graceline.GracelineError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"{fate}; message {echo.id} came back; {len(page.messages)} in the room")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else SERVER))
