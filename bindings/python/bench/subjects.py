"""The measurements, written once for each library, each as its careful user would write it.

Must be run as a process of its own by bench.py: `subjects.py SUBJECT METRIC URL`; prints JSON.
"""
import asyncio
import json
import sys
import time

FLOOD = 1_000_000
FLOOD_SLOW = 150_000
ECHOES = 3_000
WARM_UP = 200
PAYLOAD = "x" * 100


def percentiles(samples):
    samples.sort()
    return {"p50_us": samples[len(samples) // 2] * 1e6,
            "p99_us": samples[len(samples) * 99 // 100] * 1e6}


async def count_messages(messages, wanted):
    """(rate, CPU a message) from the first message on."""
    count, began, cpu = 0, 0.0, 0.0
    async for message in messages:
        if count == 0:
            began, cpu = time.perf_counter(), time.process_time()
        count += len(message) if isinstance(message, list) else 1
        if count >= wanted:
            break
    return {"rate": (count - 1) / (time.perf_counter() - began), "count": count,
            "cpu_us": (time.process_time() - cpu) / count * 1e6}


async def graceline_(metric, url, count, wakeup="descriptor"):
    import graceline
    async with graceline.Client(url, wakeup=wakeup) as client:
        if metric == "echo":
            await client.connect()
            return await echo(client.send_nowait, client.receive)
        batches = metric == "batches"
        return await count_messages(client.batches() if batches else client.messages(), count)


async def thread(metric, url, count):
    return await graceline_(metric, url, count, "thread")


async def websockets_(metric, url, count):
    import websockets
    async with websockets.connect(url, compression=None) as client:
        if metric == "echo":
            return await echo(client.send, client.recv)
        return await count_messages(client, count)


async def aiohttp_(metric, url, count):
    import aiohttp
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as client:
        if metric == "echo":
            return await echo(client.send_str, client.receive)
        return await count_messages(client, count)


async def echo(send, receive):
    samples = []
    for number in range(ECHOES + WARM_UP):
        began = time.perf_counter()
        waiting = send(PAYLOAD)
        if not isinstance(waiting, int):
            await waiting
        await receive()
        if number >= WARM_UP:
            samples.append(time.perf_counter() - began)
    return percentiles(samples)


SUBJECTS = {"graceline": graceline_, "graceline_thread": thread, "websockets": websockets_,
            "aiohttp": aiohttp_}

if __name__ == "__main__":
    subject, chosen, address, messages = sys.argv[1:]
    print(json.dumps(asyncio.run(SUBJECTS[subject](chosen, address, int(messages)))))
