"""A program that ends while the feed runs; how, is said on the command line.

Must print "feeding" when messages come, and then end as it was told.
"""
import asyncio
import os
import signal
import sys
import threading

import graceline
import graceline.sync

MESSAGES_BEFORE_THE_END = 1000


class Enough(Exception):
    pass


def feed_asyncio(url, wakeup, ending):
    async def run():
        client = graceline.Client(url, wakeup=wakeup)
        client.start()
        count = 0
        async for _ in client.messages():
            count += 1
            if count == MESSAGES_BEFORE_THE_END:
                print("feeding", flush=True)
                if ending == "return":
                    return client
                end(ending)
    # The client outlives its loop, up to the interpreter's end.
    globals()["kept"] = asyncio.run(run())


def close_and_end(url, ending):
    """The client is closed and gone a moment before the interpreter is; its pump goes meanwhile."""
    async def run():
        async with graceline.Client(url, wakeup="thread") as client:
            await client.receive()
    asyncio.run(run())
    print("feeding", flush=True)
    if ending != "return":
        end(ending)


def feed_sync(url, ending):
    client = graceline.sync.Client(url)
    client.start()
    globals()["kept"] = client
    for count, _ in enumerate(client.messages(), 1):
        if count == MESSAGES_BEFORE_THE_END:
            break
    print("feeding", flush=True)
    if ending != "return":
        end(ending)


def feed_daemon(url, ending):
    """A daemon thread of the app goes on reading while the main thread ends."""
    enough = threading.Event()
    client = graceline.sync.Client(url)
    client.start()

    def consume():
        for count, _ in enumerate(client.messages(), 1):
            if count == MESSAGES_BEFORE_THE_END:
                enough.set()
    threading.Thread(target=consume, daemon=True).start()
    enough.wait()
    print("feeding", flush=True)
    if ending != "return":
        end(ending)


def end(ending):
    if ending == "exit":
        sys.exit(0)
    if ending == "raise":
        raise Enough
    if ending == "os_exit":
        os._exit(0)
    if ending == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    if ending == "terminate":
        os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    mode, how, address = sys.argv[1:]
    if mode == "sync":
        feed_sync(address, how)
    elif mode == "closed":
        close_and_end(address, how)
    elif mode == "daemon":
        feed_daemon(address, how)
    else:
        feed_asyncio(address, mode, how)
