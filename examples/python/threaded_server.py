"""Echo server with a thread for each connection, on the pleasant layer. Usage: threaded_server.py PORT [--max-message BYTES]"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws


def echo(ws: libws.ServerConnection) -> None:
    for message in ws:
        ws.send(message)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=16 << 20, metavar="BYTES")
    asked = arguments.parse_args()

    try:
        server = libws.serve(echo, asked.host, asked.port, max_message_bytes=asked.max_message)
    except libws.WebSocketError as error:
        print(error, file=sys.stderr)
        return -1
    with server:
        print(f"listening on {asked.host}:{server.port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
