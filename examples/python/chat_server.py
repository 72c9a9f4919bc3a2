"""A chat: rooms are topics, and one port serves the WebSockets, the page that talks to them, a health check and counters.

Usage: chat_server.py PORT [--host HOST] [--max-message BYTES]; then open http://127.0.0.1:PORT/?room=lobby&name=ann in a browser.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Dict, Tuple
from urllib.parse import parse_qs

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>chat</title></head>
<body><ul id="said"></ul><form id="form"><input id="text" autofocus autocomplete="off"><button>say</button></form><script>
const here = new URLSearchParams(location.search);
const ws = new WebSocket(`ws://${location.host}/chat${location.search}`);
const text = document.getElementById('text');
ws.onopen = () => { if (here.get('say')) ws.send(here.get('say')); };
ws.onmessage = (event) => {
  const line = document.createElement('li');
  line.textContent = event.data;
  document.getElementById('said').append(line);
  document.title = event.data;
};
ws.onclose = (event) => { document.title = `closed ${event.code}`; };
document.getElementById('form').onsubmit = (event) => {
  event.preventDefault();
  if (text.value) ws.send(text.value);
  text.value = '';
};
</script></body></html>
"""
PLAIN = {"Content-Type": "text/plain"}


def parameter(query: str, key: str, otherwise: str) -> str:
    """A value of the query: letters, digits and dashes, at most 32 of them."""
    found = re.match("[A-Za-z0-9-]{1,32}", parse_qs(query).get(key, [""])[0])
    return found[0] if found else otherwise


class Chat(libws.LoopHandler):
    def __init__(self) -> None:
        self.guests: Dict[int, Tuple[str, str]] = {}  # connection: room, name

    def on_request(self, loop: libws.Loop, event: libws.Event) -> None:
        request = loop.request(event.conn)
        if request.path == "/chat" and event.code == 0:
            self.guests[event.conn] = parameter(request.query, "room", "lobby"), parameter(request.query, "name", "somebody")
            loop.accept(event.conn)
        elif request.path == "/chat":
            loop.refuse(event.conn, event.code, "a WebSocket is needed here\n", PLAIN)
        elif request.path == "/":
            loop.respond(event.conn, 200, PAGE, {"Content-Type": "text/html; charset=utf-8"})
        elif request.path == "/health":
            loop.respond(event.conn, 200, "ok\n", PLAIN)
        elif request.path == "/metrics":
            m = loop.metrics()
            body = f"open {m.open}\ntotal {m.total}\nmessages_in {m.messages_in}\nmessages_out {m.messages_out}\n"
            loop.respond(event.conn, 200, body, PLAIN)
        else:
            loop.respond(event.conn, 404, "there is nothing here\n", PLAIN)

    def on_open(self, loop: libws.Loop, event: libws.Event) -> None:
        room, name = self.guests[event.conn]
        loop.subscribe(event.conn, room)
        loop.publish(room, f"{name} is here")

    def on_message(self, loop: libws.Loop, event: libws.Event) -> None:
        if not isinstance(event.data, str):
            loop.close_conn(event.conn, libws.WS_CLOSE_UNSUPPORTED, "text only")
            return
        room, name = self.guests[event.conn]
        loop.publish(room, f"{name}: {event.data}")

    def on_close(self, loop: libws.Loop, event: libws.Event) -> None:
        room, name = self.guests.pop(event.conn, ("", ""))
        if room:  # its subscriptions have ended already
            loop.publish(room, f"{name} has left")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=64 << 10, metavar="BYTES")
    asked = arguments.parse_args()
    try:
        libws.serve_loop(
            Chat,
            asked.host,
            asked.port,
            ready=lambda port: print(f"listening on {asked.host}:{port}", flush=True),
            requests=True,
            queue_policy=libws.WS_QUEUE_CLOSE_1013,  # whoever reads too slowly is to come back later
            max_message_bytes=asked.max_message,
        )
    except libws.WebSocketError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
