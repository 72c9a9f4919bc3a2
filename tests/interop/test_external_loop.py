"""The loop's descriptor inside other event loops: plain epoll, and libuv where the example was built with it."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import programs
import pytest

websockets = pytest.importorskip("websockets", reason="Python websockets is not in this environment; `make venv` brings it")

TEXTS = ["hello", "", "Grüße", "x" * 300_000]


async def echo(port: int) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{port}/", max_size=None, compression=None) as ws:
        for text in TEXTS:
            await ws.send(text)
            assert await asyncio.wait_for(ws.recv(), 20) == text
        await asyncio.wait_for(await ws.ping(), 20)


async def crowd_and_end(server: programs.Program) -> int:
    """Many clients at a time; one that stays is told 1001 when the server is asked to end."""
    await asyncio.gather(*(echo(server.port) for _ in range(30)))
    stays = await websockets.connect(f"ws://127.0.0.1:{server.port}/", compression=None)
    server.signal(signal.SIGTERM)
    with pytest.raises(websockets.ConnectionClosed):
        await asyncio.wait_for(stays.recv(), 20)
    return stays.close_code


@pytest.mark.parametrize("inside", ["epoll", "libuv"])
def test_loop_inside_another(inside):
    if not programs.is_built("c", "external_loop"):
        pytest.fail("build/examples/c/external_loop is not there; run make first", pytrace=False)
    if inside == "libuv" and b"uv_run" not in Path(programs.command("c", "external_loop")[0]).read_bytes():
        pytest.skip("external_loop was built without libuv: `apt-get install libuv1-dev`")
    arguments = ["0", "--max-message", "1000000"] + (["--libuv"] if inside == "libuv" else [])
    with programs.Program(programs.command("c", "external_loop", *arguments)) as server:
        assert asyncio.run(crowd_and_end(server)) == 1001
        assert server.wait(10) == 0, server.stderr()
