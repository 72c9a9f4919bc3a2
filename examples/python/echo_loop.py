"""Echo server on the event loop: thousands of connections on one thread, or on LOOPS threads that share the port.

Usage: echo_loop.py PORT [LOOPS] [--host HOST] [--max-message BYTES] [--spin MICROSECONDS]
SIGTERM and SIGINT end it gracefully: no new clients, 1001 "going away" to those that are there.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws
from libws import WS_EVENT_DRAINED, WS_EVENT_MESSAGE

DRAIN_S = 5  # that clients have to answer the close frame
stopping = False


def serve(loop: libws.Loop) -> None:
    send = loop.send
    draining = False
    while True:
        for event in loop.poll():
            if event.kind == WS_EVENT_MESSAGE:
                send(event.conn, event.data)
            elif event.kind == WS_EVENT_DRAINED:
                return
        if stopping and not draining:
            loop.drain(DRAIN_S)
            draining = True


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("loops", type=int, nargs="?", default=1, help="how many loops, each on a thread")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=0, metavar="BYTES", help="default: 16 MiB")
    arguments.add_argument("--spin", type=int, default=0, metavar="MICROSECONDS", help="probe for so long before sleeping")
    asked = arguments.parse_args()

    loops = []
    port = asked.port
    try:
        for _ in range(max(1, asked.loops)):
            # What is echoed is not looked at, so long messages need not be copied into bytes. Where longer ones are asked for,
            # an echo of the longest must find room behind others; else the default bounds what a peer that does not read costs.
            most = asked.max_message
            loop = libws.Loop(max_message_bytes=most, queue_bytes=2 * most, spin_us=asked.spin, view_over_bytes=16384)
            port = loop.listen(asked.host, port, reuse_port=asked.loops > 1)
            loops.append(loop)
    except libws.WebSocketError as error:
        print(error, file=sys.stderr)
        return 1

    def stop(*_: object) -> None:
        global stopping
        stopping = True
        for loop in loops:
            loop.wake()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"listening on {asked.host}:{port}", flush=True)
    threads = [threading.Thread(target=serve, args=(loop,), daemon=True) for loop in loops[1:]]
    for thread in threads:
        thread.start()
    serve(loops[0])
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
