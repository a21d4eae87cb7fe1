"""Many threads and loops over one extension, for ThreadSanitizer to watch.

Must end by itself and print "done".
"""
import asyncio
import sys
import threading

import graceline
import graceline.sync

MESSAGES = 300


class Host:
    def begin(self):
        return 1, 10.0

    def end(self, identifier):
        pass

    def remaining(self):
        return 10.0


def talk(url):
    with graceline.sync.Client(url, background_time=Host()) as client:
        client.connect(timeout=30)
        reader = threading.Thread(target=lambda: [client.receive(timeout=30)
                                                  for _ in range(MESSAGES)])
        reader.start()
        for number in range(MESSAGES):
            if number % 50 == 0:
                client.configure_services(graceline.ApplicationState.DID_BACKGROUND)
                client.configure_services(graceline.ApplicationState.DID_BECOME_ACTIVE)
                client.ping(timeout=30)
            client.send(str(number), timeout=30)
            client.background_task_enabled, client.info, client.statistics
        reader.join()


async def converse(url, wakeup):
    async with graceline.Client(url, wakeup=wakeup) as client:
        await client.connect()
        for number in range(MESSAGES):
            client.send_nowait(str(number))
        for _ in range(MESSAGES):
            await client.receive()


def main(url):
    threads = [threading.Thread(target=talk, args=(url,)) for _ in range(2)]
    threads += [threading.Thread(target=lambda kind=kind: asyncio.run(converse(url, kind)))
                for kind in ("descriptor", "thread")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(50):
        graceline.Client(url, auto_establish_socket_connection=False)
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
