"""A server on an event loop that does whatever its clients ask for, for the soak test: everything that loops offer on one port.

Usage: everything.py PORT. The first word of a text says what to do:
  echo TEXT      answers TEXT
  join TOPIC     subscribes; leave TOPIC ends it; tell TOPIC TEXT publishes TEXT
  parts TOPIC    sends a message in two parts and publishes to TOPIC in the middle of it
  queue POLICY   gives the connection a short queue with one of WS_QUEUE_*
  flood COUNT    sends so many messages of 10,000 bytes, with five keys
  rest           pauses the connection, until the next request or message of anybody
  visit          makes a blocking connection to this server, on another thread, and gives it up in one of three ways
Over plain HTTP: /bytes/COUNT answers so many bytes, /state what is held.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
from contextlib import suppress

import libws


class Server(libws.LoopHandler):
    def __init__(self, visits: queue.SimpleQueue[int]) -> None:
        self.resting: set[int] = set()
        self.visits = visits
        self.visited = 0

    def on_request(self, loop: libws.Loop, event: libws.Event) -> None:
        self.wake(loop)
        with suppress(libws.ConnectionClosed):  # it went behind its request
            path = loop.request(event.conn).path
            if path == "/ws" and event.code == 0:
                loop.accept(event.conn)
            elif path == "/state":
                loop.respond(event.conn, 200, json.dumps(self.state(loop)))
            elif path.startswith("/bytes/"):
                loop.respond(event.conn, 200, bytes(int(path[7:])))
            else:
                loop.refuse(event.conn, event.code or 404)

    def on_message(self, loop: libws.Loop, event: libws.Event) -> None:
        self.wake(loop)
        word, _, rest = event.data.partition(" ")
        try:
            getattr(self, f"do_{word}")(loop, event.conn, rest)
        except (libws.ConnectionClosed, libws.ResourceError):
            pass  # a client that does not read, under its policy

    def on_close(self, loop: libws.Loop, event: libws.Event) -> None:
        self.resting.discard(event.conn)

    def wake(self, loop: libws.Loop) -> None:
        while self.resting:
            with suppress(libws.ConnectionClosed):  # its end is among the events that follow
                loop.resume(self.resting.pop())

    def state(self, loop: libws.Loop) -> dict[str, int]:
        m = loop.metrics()
        return {
            "handles": libws.handle_count(),
            "open": m.open,
            "pending": m.pending,
            "queue_bytes": m.queue_bytes,
            "memory_bytes": m.memory_bytes,
            "unseen visits": self.visits.qsize(),
        }

    def do_echo(self, loop: libws.Loop, conn: int, rest: str) -> None:
        loop.send(conn, rest)

    def do_join(self, loop: libws.Loop, conn: int, rest: str) -> None:
        loop.subscribe(conn, rest)

    def do_leave(self, loop: libws.Loop, conn: int, rest: str) -> None:
        loop.unsubscribe(conn, rest)

    def do_tell(self, loop: libws.Loop, conn: int, rest: str) -> None:
        topic, _, text = rest.partition(" ")
        loop.publish(topic, text)

    def do_parts(self, loop: libws.Loop, conn: int, rest: str) -> None:
        loop.send_fragment(conn, "one ", first=True)
        loop.publish(rest, "news")
        loop.flush()
        loop.send_fragment(conn, "two", final=True)

    def do_queue(self, loop: libws.Loop, conn: int, rest: str) -> None:
        loop.set_option(libws.WS_OPT_QUEUE_BYTES, 50_000, conn)
        loop.set_option(libws.WS_OPT_QUEUE_POLICY, int(rest), conn)

    def do_flood(self, loop: libws.Loop, conn: int, rest: str) -> None:
        for index in range(int(rest)):
            loop.try_send(conn, bytes(10_000), key=index % 5 + 1)

    def do_rest(self, loop: libws.Loop, conn: int, rest: str) -> None:
        loop.pause(conn)
        self.resting.add(conn)

    def do_visit(self, loop: libws.Loop, conn: int, rest: str) -> None:
        self.visited += 1
        self.visits.put(self.visited)


def visit(url: str, visits: queue.SimpleQueue[int]) -> None:
    """Handles of blocking connections come and go beside those of the loop."""
    while True:
        number = visits.get()
        try:
            conn = libws.connect(url)
            conn.send("echo visit")
            conn.recv()
            if number % 3 == 0:
                conn.close()
            elif number % 3 == 1:
                conn.abort()
        except libws.WebSocketError as error:
            print(f"visit {number}: {error!r}", file=sys.stderr)
        conn = None  # or it is forgotten


with libws.Loop(requests=True) as loop:
    visits: queue.SimpleQueue[int] = queue.SimpleQueue()
    port = loop.listen("127.0.0.1", int(sys.argv[1]))
    threading.Thread(target=visit, args=(f"ws://127.0.0.1:{port}/ws", visits), daemon=True).start()
    print(f"listening on 127.0.0.1:{port}", flush=True)
    loop.run(Server(visits))
