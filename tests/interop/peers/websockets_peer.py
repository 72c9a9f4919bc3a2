"""Python websockets as a peer: `server PORT`, or `client HOST PORT STEP...` (see README.md)."""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

LIMIT = 64 << 20


async def answer(ws):
    async for message in ws:
        if message == "please fragment":
            await ws.send(["in ", "three ", "parts"])
        elif message == "please ping":
            await asyncio.wait_for(await ws.ping(b"knock"), 10)
            await ws.send("pong came")
        elif message == "please close":
            await ws.close(4002, "as you wish")
        else:
            await ws.send(message)


async def run_server(port):
    async with serve(answer, "127.0.0.1", port, max_size=LIMIT) as server:
        print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


async def expect(ws, want):
    got = await asyncio.wait_for(ws.recv(), 20)
    assert type(got) is type(want) and got == want, f"{got[:60]!r}… instead of {want[:60]!r}…"


async def step(ws, name):
    if name == "text":
        await ws.send("Grüße, 世界 👋")
        await expect(ws, "Grüße, 世界 👋")
    elif name == "binary":
        await ws.send(bytes(range(256)))
        await expect(ws, bytes(range(256)))
    elif name == "empty":
        for message in ("", b""):
            await ws.send(message)
            await expect(ws, message)
    elif name == "large":
        message = bytes(7 * i % 256 for i in range(1 << 20))
        await ws.send(message)
        await expect(ws, message)
    elif name == "fragments":
        await ws.send(["frag", "men", "ted"])
        await expect(ws, "fragmented")
    elif name == "ping":
        await asyncio.wait_for(await ws.ping(b"are you there"), 10)
    elif name == "close":
        await ws.close(4001, "that was all")
        assert ws.protocol.close_rcvd is not None and ws.protocol.close_rcvd.code == 4001, ws.protocol.close_rcvd
    elif name == "server-close":
        await ws.send("please close")
        try:
            await asyncio.wait_for(ws.recv(), 10)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None and (closed.rcvd.code, closed.rcvd.reason) == (4002, "as you wish"), closed
        else:
            raise AssertionError("a message came instead of a close")
    else:
        request, reply = {"server-fragments": ("please fragment", "in three parts"), "server-ping": ("please ping", "pong came")}[name]
        await ws.send(request)
        await expect(ws, reply)


async def run_client(host, port, steps):
    async with connect(f"ws://{host}:{port}/", max_size=LIMIT) as ws:
        for name in steps:
            await step(ws, name)
            print("ok", name, flush=True)


if sys.argv[1] == "server":
    asyncio.run(run_server(int(sys.argv[2])))
else:
    asyncio.run(run_client(sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
