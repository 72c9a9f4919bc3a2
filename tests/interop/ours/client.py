"""A client on the Python binding for the interoperation script: `client.py HOST PORT STEP...` (see ../README.md).

Messages and closes go through the pleasant layer; what only single frames show, through the specified one.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bindings" / "python"))
import libws

WAIT_S = 20


def expect(ws: libws.Connection, want: libws.Message) -> None:
    got = ws.recv(WAIT_S)
    assert type(got) is type(want) and got == want, f"{got[:60]!r}… instead of {want[:60]!r}…"


def expect_close(ws: libws.Connection, code: int, reason: str) -> None:
    try:
        got = ws.recv(WAIT_S)
    except libws.ConnectionClosed as end:
        assert (end.code, end.reason) == (code, reason), end
        assert not ws.is_open
    else:
        raise AssertionError(f"{got!r} came instead of a close")


def frames(host: str, port: int) -> libws.WsConnection:
    """A connection in the specified shape."""
    sock = socket.create_connection((host, port), WAIT_S)
    conn = libws.WsConnection.from_client(sock, f"ws://{host}:{port}/")
    assert conn.fd >= 0, libws.last_error_message()
    return conn


def fragments(host: str, port: int) -> None:
    conn = frames(host, port)
    for index, part in enumerate((b"frag", b"men", b"ted")):
        frame = libws.WsFrame.new(libws.WS_OPCODE_CONTINUATION if index else libws.WS_OPCODE_TEXT, part)
        frame.is_final = int(index == 2)
        assert conn.send_frame(frame) > 0, libws.last_error_message()
    text, final = "", 0
    while not final:
        frame = conn.recv_frame()
        assert frame.opcode in (libws.WS_OPCODE_TEXT, libws.WS_OPCODE_CONTINUATION), frame.opcode
        text, final = text + frame.payload_text(), frame.is_final
    assert text == "fragmented", text
    assert conn.close() == 0


def ping(host: str, port: int) -> None:
    conn = frames(host, port)
    assert conn.send_frame(libws.WsFrame.new(libws.WS_OPCODE_PING, b"are you there")) > 0, libws.last_error_message()
    frame = conn.recv_frame()
    assert frame.is_pong() == 1 and frame.payload == b"are you there", (frame.opcode, frame.payload)
    assert conn.close() == 0


def step(ws: libws.Connection, host: str, port: int, name: str) -> None:
    if name == "text":
        ws.send("Grüße, 世界 👋")
        expect(ws, "Grüße, 世界 👋")
    elif name == "binary":
        ws.send(memoryview(bytes(range(256))))
        expect(ws, bytes(range(256)))
    elif name == "empty":
        for message in ("", b""):
            ws.send(message)
            expect(ws, message)
    elif name == "large":
        message = bytes(7 * i % 256 for i in range(1 << 20))
        ws.send(bytearray(message))
        expect(ws, message)
    elif name == "fragments":
        fragments(host, port)
    elif name == "ping":
        ping(host, port)
    elif name == "server-close":
        ws.send("please close")
        expect_close(ws, 4002, "as you wish")
    elif name == "close":
        ws.close(4001, "that was all")
        assert ws.close_code == 4001, (ws.close_code, ws.close_reason)
    else:
        request, reply = {"server-fragments": ("please fragment", "in three parts"), "server-ping": ("please ping", "pong came")}[name]
        ws.send(request)
        expect(ws, reply)


def main() -> int:
    if len(sys.argv) < 4:
        print("usage: client.py HOST PORT STEP...", file=sys.stderr)
        return 2
    host, port = sys.argv[1], int(sys.argv[2])
    with libws.connect(f"ws://{host}:{port}/") as ws:
        for name in sys.argv[3:]:
            step(ws, host, port, name)
            print("ok", name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
