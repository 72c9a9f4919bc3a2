"""The echo servers on event loops in every language: one loop or two on one port, and a graceful end when they are asked to end
(RFC 6455 §7.4.1: 1001, "going away").
"""

from __future__ import annotations

import asyncio
import signal

import programs
import pytest

websockets = pytest.importorskip("websockets", reason="Python websockets is not in this environment; `make venv` brings it")

LANGUAGES = (*programs.LANGUAGES, "cpp")
LIMIT_S = 20
TEXTS = ["hello", "", "Grüße", "x" * 100_000]


async def converse(port: int) -> websockets.ClientConnection:
    ws = await websockets.connect(f"ws://127.0.0.1:{port}/", max_size=None, compression=None)
    for text in TEXTS:
        await ws.send(text)
        assert await asyncio.wait_for(ws.recv(), LIMIT_S) == text
    return ws


async def told_to_end(server: programs.Program, number: int) -> set[int | None]:
    """The close codes of many clients that are there when the server is signalled."""
    clients = await asyncio.gather(*(converse(server.port) for _ in range(16)))
    server.signal(number)
    for ws in clients:
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(ws.recv(), LIMIT_S)
    return {ws.close_code for ws in clients}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("loops", ["1", "2"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_drains_when_told_to_end(language, loops, number):
    if not programs.is_built(language, "echo_loop"):
        pytest.fail(f"echo_loop in {language} is not there; run make first", pytrace=False)
    with programs.Program(programs.command(language, "echo_loop", "0", loops)) as server:
        assert asyncio.run(told_to_end(server, number)) == {1001}
        assert server.wait(LIMIT_S) == 0, server.stderr()
        assert server.stderr() == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_ends_at_once_without_connections(language):
    with programs.Program(programs.command(language, "echo_loop", "0", "2")) as server:
        server.signal(signal.SIGTERM)
        assert server.wait(LIMIT_S) == 0, server.stderr()
