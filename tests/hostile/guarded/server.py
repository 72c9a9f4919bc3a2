"""An echo server on the Python binding with an allow-list of origins (https://example.com, https://b.example), two subprotocols
(v2, v1) and 400 ms for each message to come in.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bindings" / "python"))
import libws


def echo(ws: libws.Connection) -> None:
    ws.set_option(libws.WS_OPT_MESSAGE_TIMEOUT_MS, 400)
    for message in ws:
        ws.send(message)


with libws.serve(echo, origins=["https://example.com", "https://b.example"], subprotocols=["v2", "v1"]) as server:
    print(f"listening on 127.0.0.1:{server.port}", flush=True)
    server.serve_forever()
