"""The same as server.py on an event loop; `loop.py PING_MS` also pings that often and waits so long for an answer."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bindings" / "python"))
import libws

loop = libws.Loop(origins=["https://example.com", "https://b.example"], subprotocols=["v2", "v1"])
loop.set_option(libws.WS_OPT_MESSAGE_TIMEOUT_MS, 400)
for ping_ms in map(int, sys.argv[1:]):
    loop.set_option(libws.WS_OPT_PING_INTERVAL_MS, ping_ms)
    loop.set_option(libws.WS_OPT_PING_TIMEOUT_MS, ping_ms)
print(f"listening on 127.0.0.1:{loop.listen('127.0.0.1')}", flush=True)
while True:
    for event in loop.poll():
        if event.kind == libws.WS_EVENT_MESSAGE:
            loop.send(event.conn, event.data)
