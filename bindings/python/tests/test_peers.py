"""Against a server that is not ours: python3-websockets.

Must wait for conditions only.
"""
import asyncio
import os

import pytest
import websockets

import graceline


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_every_kind_and_size(compression):
    async def serve(peer):
        async for message in peer:
            await peer.send(message)

    async with websockets.serve(serve, "127.0.0.1", 0, compression=compression) as server:
        port = server.sockets[0].getsockname()[1]
        async with graceline.Client(f"ws://127.0.0.1:{port}",
                                    permessage_deflate=compression is not None) as client:
            await client.connect()
            # A message that compresses too well is refused, so the long ones are random.
            for data in ("", "x", "\u00e9\U0001f600" * 20, b"", os.urandom(70_000),
                         os.urandom(100_000).hex()):
                await client.send(data)
                assert (await client.receive()).data == data


async def test_the_servers_close_code_is_told():
    async def serve(peer):
        await peer.close(4403, "go away")

    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with graceline.Client(f"ws://127.0.0.1:{port}", token="t") as client:
            with pytest.raises(graceline.ConnectionFailedError) as caught:
                async with asyncio.timeout(20):
                    async for _ in client.messages():
                        pass
            assert caught.value.code == 4403
            assert isinstance(caught.value, graceline.AuthenticationError)


async def test_it_comes_back_by_itself():
    peers = []

    async def serve(peer):
        peers.append(peer)
        await peer.send(f"connection {len(peers)}")
        await peer.wait_closed()

    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with graceline.Client(f"ws://127.0.0.1:{port}", backoff_initial=0.01) as client:
            assert (await client.receive()).text == "connection 1"
            peers[0].transport.abort()
            assert (await client.receive()).text == "connection 2"
            assert client.needs_refresh
