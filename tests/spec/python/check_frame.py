"""WsFrame: its 5 fields and 15 methods."""

from __future__ import annotations

import libws
import pytest
from libws import WsFrame
from raw_end import server_end
from spec_items import proves

KINDS = {
    "is_control": {8, 9, 10},
    "is_text": {1},
    "is_binary": {2},
    "is_close": {8},
    "is_ping": {9},
    "is_pong": {10},
}


def failed(frame: WsFrame, code: int) -> bool:
    """Whether a constructor failed for this reason, with nothing to free."""
    return (frame.opcode, frame.payload, frame.payload_len, libws.last_error()) == (-1, b"", 0, code)


@proves("field WsFrame.opcode")
def opcode() -> None:
    frame = WsFrame.new(2)
    assert frame.opcode == 2
    frame.opcode = 0
    assert frame.opcode == 0


@proves("field WsFrame.payload", "field WsFrame.payload_len")
def payload() -> None:
    frame = WsFrame.binary(b"a\0b")
    assert (frame.payload, frame.payload_len) == (b"a\0b", 3)
    with pytest.raises(AttributeError):
        frame.payload = b"other"  # type: ignore[misc]


@proves("field WsFrame.is_final")
def is_final() -> None:
    frame = WsFrame.text("x")
    assert frame.is_final == 1
    frame.is_final = 0
    assert frame.is_final == 0
    with server_end() as (conn, raw):
        raw.send(1, b"frag", final=False)
        assert conn.recv_frame().is_final == 0
        raw.send(0, b"ment")
        assert conn.recv_frame().is_final == 1


@proves("field WsFrame.is_masked")
def is_masked() -> None:
    assert WsFrame.text("x").is_masked == 0
    with server_end() as (conn, raw):
        raw.send(1, b"hi")
        frame = conn.recv_frame()
        assert (frame.is_masked, frame.payload) == (1, b"hi")


@proves("method WsFrame.new")
def new() -> None:
    """Create a new WebSocket frame with custom opcode and payload."""
    for code in (0, 1, 2, 8, 9, 10):
        frame = WsFrame.new(code, b"\x03\xe8" if code == 8 else b"data")
        assert (frame.opcode, frame.is_final, frame.is_masked) == (code, 1, 0)
    assert WsFrame.new(2, b"abcdef", 3).payload == b"abc"
    assert WsFrame.new(2, bytearray(b"abc")).payload == WsFrame.new(2, memoryview(b"xabc")[1:]).payload == b"abc"
    data = bytearray(b"abc")
    frame = WsFrame.new(2, data)
    data[:] = b"xyz"
    assert frame.payload == b"abc"
    for reserved in (3, 7, 11, 15, 16, -1, 1 << 64):
        assert failed(WsFrame.new(reserved), libws.WS_ERR_ARGUMENT)
    for length in (-1, 4, 1 << 63):
        assert failed(WsFrame.new(2, b"abc", length), libws.WS_ERR_ARGUMENT)
    assert failed(WsFrame.new(9, bytes(126)), libws.WS_ERR_CONTROL_SIZE)
    with pytest.raises(TypeError):
        WsFrame.new(2, "text")  # type: ignore[arg-type]


@proves("method WsFrame.text")
def text() -> None:
    """Create a text frame from a string message."""
    frame = WsFrame.text("grüße \0 🎈")
    assert (frame.opcode, frame.payload, frame.is_final) == (1, "grüße \0 🎈".encode(), 1)
    assert WsFrame.text("").payload_len == 0
    assert failed(WsFrame.text("\ud800"), libws.WS_ERR_UTF8)
    with pytest.raises(TypeError):
        WsFrame.text(b"bytes")  # type: ignore[arg-type]


@proves("method WsFrame.binary")
def binary() -> None:
    """Create a binary frame from raw data."""
    assert (WsFrame.binary(b"\0\xff").opcode, WsFrame.binary(b"\0\xff").payload) == (2, b"\0\xff")
    assert WsFrame.binary(b"abcdef", 2).payload == b"ab"
    assert WsFrame.binary(b"").payload_len == 0
    assert failed(WsFrame.binary(b"abc", 4), libws.WS_ERR_ARGUMENT)
    assert failed(WsFrame.binary(b"abc", -1), libws.WS_ERR_ARGUMENT)


@proves("method WsFrame.ping")
def ping() -> None:
    """Create a ping frame with no payload."""
    frame = WsFrame.ping()
    assert (frame.opcode, frame.payload_len, frame.is_final) == (9, 0, 1)


@proves("method WsFrame.pong")
def pong() -> None:
    """Create a pong frame (response to ping)."""
    frame = WsFrame.pong()
    assert (frame.opcode, frame.payload_len, frame.is_final) == (10, 0, 1)


@proves("method WsFrame.close")
def close() -> None:
    """Create a close frame with a status code."""
    for code in (1000, 1003, 1007, 1014, 3000, 4999):
        frame = WsFrame.close(code)
        assert (frame.opcode, frame.payload) == (8, code.to_bytes(2, "big"))
    for code in (-1, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65536 + 1000, (1 << 64) + 1000):
        assert failed(WsFrame.close(code), libws.WS_ERR_CLOSE_CODE)


def _is(question: str) -> None:
    """Returns 1 if true, 0 otherwise."""
    for code in (0, 1, 2, 8, 9, 10):
        assert getattr(WsFrame.new(code), question)() == int(code in KINDS[question]), code
    assert getattr(WsFrame.new(3), question)() == 0, "a frame that could not be made is of no kind"


for _question in KINDS:
    proves(f"method WsFrame.{_question}")(lambda question=_question: _is(question))


@proves("method WsFrame.payload_text")
def payload_text() -> None:
    """Get payload as string (for text frames). Returns empty string if no payload."""
    assert WsFrame.text("grüße\0🎈").payload_text() == "grüße\0🎈"
    assert WsFrame.text("").payload_text() == ""
    assert WsFrame.ping().payload_text() == ""
    assert WsFrame.new(3).payload_text() == ""


@proves("method WsFrame.close_code")
def close_code() -> None:
    """Get close status code from close frame. Returns WS_CLOSE_NO_STATUS if not a close frame."""
    assert WsFrame.close(4999).close_code() == 4999
    assert WsFrame.new(8).close_code() == libws.WS_CLOSE_NO_STATUS
    assert WsFrame.text("\x03\xe8").close_code() == libws.WS_CLOSE_NO_STATUS
    assert WsFrame.new(3).close_code() == libws.WS_CLOSE_NO_STATUS


@proves("method WsFrame.drop")
def drop() -> None:
    """Free payload memory."""
    frame = WsFrame.binary(bytes(1 << 20))
    assert frame.drop() == 0
    assert (frame.payload, frame.payload_len) == (b"", 0)
    assert frame.drop() == 0
