"""An echo server's event loop inside asyncio, which runs other things meanwhile: here a clock that every client sees.

Usage: asyncio_loop.py PORT [--host HOST] [--every SECONDS]
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws


class Echo(libws.LoopHandler):
    def on_open(self, loop: libws.Loop, event: libws.Event) -> None:
        loop.subscribe(event.conn, "clock")

    def on_message(self, loop: libws.Loop, event: libws.Event) -> None:
        loop.send(event.conn, event.data)


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--every", type=float, default=1.0, metavar="SECONDS")
    asked = arguments.parse_args()

    with libws.Loop() as loop:
        port = loop.listen(asked.host, asked.port)
        detach = loop.attach(Echo())
        print(f"listening on {asked.host}:{port}", flush=True)
        try:
            while True:
                await asyncio.sleep(asked.every)
                loop.publish("clock", time.strftime("it is %H:%M:%S"))
        finally:
            detach()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(130)
