"""The same as offer.c on the Python binding: `offer.py HOST PORT` prints "blocking CODE [CHOSEN]" and "loop CODE [CHOSEN]"."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bindings" / "python"))
import libws

host, port = sys.argv[1:]
url = f"ws://{host}:{port}/"
offered = ["chat", "superchat"]

try:
    with libws.connect(url, subprotocols=offered) as ws:
        print("blocking", 0, ws.subprotocol or "")
except libws.WebSocketError as error:
    print("blocking", error.error_code)

with libws.Loop() as loop:
    loop.connect(url, subprotocols=offered)
    event = loop.poll(20)[0]
    if event.kind == libws.WS_EVENT_OPEN:
        print("loop", 0, event.data)
    else:
        print("loop", event.error)
