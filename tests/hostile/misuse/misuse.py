"""Tries requests on the Python binding that must not be sent, `misuse.py HOST PORT`, and prints "NAME CODE" for each."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bindings" / "python"))
import libws

host, port = sys.argv[1:]


def attempt(name: str, path: str = "/", **options: object) -> None:
    try:
        libws.connect(f"ws://{host}:{port}{path}", **options)  # type: ignore[arg-type]
    except libws.WebSocketError as error:
        print(name, error.error_code)
    else:
        print(name, 0)


attempt("path-crlf", "/\r\nX-Evil: 1")
attempt("path-lf", "/\nX-Evil: 1")
attempt("path-nul", "/\0")
attempt("query-crlf", "/?a=\r\nX-Evil: 1")
attempt("header-value-cr", headers={"X-A": "a\rb"})
attempt("header-value-crlf", headers={"X-A": "a\r\nX-Evil: 1"})
attempt("header-value-nul", headers={"X-A": "a\0b"})
attempt("header-name-crlf", headers={"X-A: a\r\nX-Evil": "1"})
attempt("header-space-in-name", headers={"X A": "a"})
attempt("header-reserved", headers={"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
attempt("header-host", headers={"Host": "evil"})
attempt("subprotocol-crlf", subprotocols=["v1\r\nX-Evil: 1"])
attempt("subprotocol-space", subprotocols=["v 1"])
attempt("subprotocol-twice", subprotocols=["v1", "v1"])
attempt("origin-crlf", origin="https://a\r\nX-Evil: 1")
attempt("origin-nul", origin="https://a\0")
