"""An echo client on the Python binding that a fuzzing server drives: it asks for the number of cases, echoes in each, and asks for
the report.

Usage: client.py HOST PORT AGENT. Prints "ended CASE ERROR CLOSE_CODE" for each case, ERROR being a WS_ERR_ number or 0.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws

LIMIT = 64 << 20


def echo(ws: libws.Connection) -> tuple[int, int]:
    """Echoes until the connection ends; tells the error that ended it, 0 for a close frame, and the close code."""
    try:
        while True:
            ws.send(ws.recv())
    except libws.ConnectionClosed as end:
        return (0 if end.error_code == libws.WS_ERR_CLOSED else end.error_code), end.code


def main() -> int:
    if len(sys.argv) != 4:
        print("usage: client.py HOST PORT AGENT", file=sys.stderr)
        return 2
    host, port, agent = sys.argv[1:]
    url = f"ws://{host}:{port}"
    with libws.connect(f"{url}/getCaseCount") as ws:
        cases = int(ws.recv())
    for number in range(1, cases + 1):
        try:
            ws = libws.connect(f"{url}/runCase?case={number}&agent={quote(agent)}", max_message_bytes=LIMIT)
        except libws.WebSocketError as failure:
            print("ended", number, failure.error_code, 0, flush=True)
            continue
        with ws:
            print("ended", number, *echo(ws), flush=True)
    with libws.connect(f"{url}/updateReports?agent={quote(agent)}") as ws:
        echo(ws)
    return 0


if __name__ == "__main__":
    sys.exit(main())
