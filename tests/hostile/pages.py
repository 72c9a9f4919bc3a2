"""A web server on an event loop for test_http.py: GET /NUMBER is answered with so many bytes.

Usage: pages.py PORT. Whoever takes in nothing of an answer for three seconds is given up.
"""

from __future__ import annotations

import sys

import libws


class Pages(libws.LoopHandler):
    def on_request(self, loop: libws.Loop, event: libws.Event) -> None:
        size = loop.request(event.conn).path[1:]
        if size.isdigit():
            loop.respond(event.conn, 200, bytes(int(size)), {"Content-Type": "application/octet-stream"})
        else:
            loop.respond(event.conn, 404)


with libws.Loop(requests=True) as loop:
    loop.set_option(libws.WS_OPT_CLOSE_TIMEOUT_MS, 3000)
    print(f"listening on 127.0.0.1:{loop.listen('127.0.0.1', int(sys.argv[1]))}", flush=True)
    loop.run(Pages())
