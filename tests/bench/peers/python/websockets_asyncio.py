"""Echo server on websockets' asyncio implementation, as a contender: PORT."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def main(port: int) -> None:
    options = {"compression": None, "max_size": 64 << 20, "ping_interval": None, "backlog": 4096}
    async with serve(echo, "127.0.0.1", port, **options) as server:
        print(f"listening on 127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}", flush=True)
        await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
