"""Echo server on websockets' threading implementation, as a contender: PORT."""

from __future__ import annotations

import sys

from websockets.sync.server import ServerConnection, serve


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


with serve(echo, "127.0.0.1", int(sys.argv[1]), compression=None, max_size=64 << 20, ping_interval=None) as server:
    print(f"listening on 127.0.0.1:{server.socket.getsockname()[1]}", flush=True)
    server.serve_forever()
