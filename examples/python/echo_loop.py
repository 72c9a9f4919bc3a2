"""Echo server on the event loop: thousands of connections on one thread, or on LOOPS threads that share the port.

Usage: echo_loop.py PORT [LOOPS] [--host HOST] [--max-message BYTES] [--spin MICROSECONDS]
"""

import argparse
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws
from libws import WS_EVENT_MESSAGE


def serve(loop: libws.Loop) -> None:
    send = loop.send
    while True:
        for event in loop.poll():
            if event.kind == WS_EVENT_MESSAGE:
                send(event.conn, event.data)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("loops", type=int, nargs="?", default=1, help="how many loops, each on a thread")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=16 << 20, metavar="BYTES")
    arguments.add_argument("--spin", type=int, default=0, metavar="MICROSECONDS", help="probe for so long before sleeping")
    asked = arguments.parse_args()

    loops = []
    port = asked.port
    try:
        for _ in range(max(1, asked.loops)):
            # What is echoed is not looked at, so long messages need not be copied into bytes.
            most = asked.max_message
            loop = libws.Loop(max_message_bytes=most, queue_bytes=2 * most, spin_us=asked.spin, view_over_bytes=16384)
            port = loop.listen(asked.host, port, reuse_port=asked.loops > 1)
            loops.append(loop)
    except libws.WebSocketError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"listening on {asked.host}:{port}", flush=True)
    for loop in loops[1:]:
        threading.Thread(target=serve, args=(loop,), daemon=True).start()
    serve(loops[0])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
