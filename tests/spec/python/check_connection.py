"""WsConnection and ws_upgrade: 4 fields, 13 methods and a function, on socket pairs with a raw other end."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from typing import Callable, List

import libws
import pytest
from libws import WsConnection, WsFrame, ws_upgrade
from raw_end import KEY, RawEnd, client_end, server_end
from spec_items import proves

REQUEST = (
    b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ACCEPTED = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # the answer that RFC 6455 §1.3 gives for that key


def closed() -> WsConnection:
    """A connection that was open once."""
    with server_end() as (conn, _):
        assert conn.force_close() == 0
    return conn


def never() -> WsConnection:
    """A connection that could not be made."""
    return WsConnection.from_server(-1)


def refuses(call: Callable[[], int], code: int) -> None:
    assert call() == -1
    assert libws.last_error() == code, libws.last_error_message()


def refuses_when_over(send: Callable[[WsConnection], int]) -> None:
    """Returns -1 on error: closed connections, and those that never were."""
    refuses(lambda: send(closed()), libws.WS_ERR_CLOSED)
    refuses(lambda: send(never()), libws.WS_ERR_HANDLE)


@proves("field WsConnection.fd")
def fd() -> None:
    ours, theirs = socket.socketpair()
    number = ours.fileno()
    with theirs:
        conn = WsConnection.from_server(number)
        ours.detach()
        assert conn.fd == number
        conn.force_close()
        assert conn.fd == -1
    assert never().fd == -1


@proves("field WsConnection.is_server")
def is_server() -> None:
    with server_end() as (server, _), client_end() as (client, _):
        assert (server.is_server, client.is_server) == (1, 0)
        server.force_close()
        assert server.is_server == 1


@proves("field WsConnection.state")
def state() -> None:
    with server_end() as (conn, raw):
        assert conn.state == libws.WS_STATE_OPEN
        assert conn.send_close(1000) > 0
        assert conn.state == libws.WS_STATE_CLOSING
        raw.send(8, b"\x03\xe8")
        raw.sock.shutdown(socket.SHUT_WR)
        assert conn.recv_frame().is_close() == 1
        assert conn.state == libws.WS_STATE_CLOSED
    assert closed().state == never().state == libws.WS_STATE_CLOSED


@proves("field WsConnection.mask_key")
def mask_key() -> None:
    with client_end() as (conn, raw):
        assert conn.mask_key == 0
        keys = set()
        for _ in range(8):
            conn.send_text("x")
            key = int.from_bytes(raw.recv().key, "big")
            assert conn.mask_key == key
            keys.add(key)
        assert len(keys) == 8
    with server_end() as (conn, _):
        assert conn.mask_key == 0, "a server masks nothing"
    assert closed().mask_key == 0


@proves("method WsConnection.from_server")
def from_server() -> None:
    """Create a server-side WebSocket connection from an already-accepted TCP socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as theirs:
        accepted, _ = listener.accept()
        conn = WsConnection.from_server(accepted)
        assert accepted.fileno() == -1, "the descriptor is the connection's now"
        assert (conn.is_open(), conn.is_server) == (1, 1)
        raw = RawEnd(theirs, masks=True)
        assert conn.send_text("x") == 3
        assert not raw.recv().is_masked
        conn.drop()
        assert raw.is_at_end()
    with open(os.devnull) as file:
        assert WsConnection.from_server(file).fd == -1
        assert libws.last_error() == libws.WS_ERR_ARGUMENT
        assert file.read() == "", "on failure the descriptor stays the caller's"
    assert WsConnection.from_server(1 << 70).fd == -1


@proves("method WsConnection.from_client")
def from_client() -> None:
    """Create a client-side WebSocket connection."""
    with client_end() as (conn, raw):
        assert (conn.is_open(), conn.is_server) == (1, 0)
        assert conn.send_text("x") == 7
        assert raw.recv().is_masked
    assert WsConnection.from_client(-1).fd == -1
    assert libws.last_error() == libws.WS_ERR_ARGUMENT


@proves("method WsConnection.is_open")
def is_open() -> None:
    """Check if connection is open. Returns 1 if open, 0 otherwise."""
    with server_end() as (conn, _):
        assert conn.is_open() == 1
        conn.send_close(1000)
        assert conn.is_open() == 0
    assert closed().is_open() == never().is_open() == 0


@proves("method WsConnection.send_frame")
def send_frame() -> None:
    """Send a WebSocket frame. Returns bytes sent on success, -1 on error."""
    with server_end() as (conn, raw):
        start = WsFrame.text("frag")
        start.is_final = 0
        start.is_masked = 1
        for frame, final in ((start, False), (WsFrame.ping(), True), (WsFrame.new(0, b"ment"), True)):
            sent = conn.send_frame(frame)
            got = raw.recv()
            assert sent == got.size > 0
            assert (got.opcode, got.payload, got.is_final) == (frame.opcode, frame.payload, final)
            assert not got.is_masked, "the mask is as the role demands"
        refuses(lambda: conn.send_frame(WsFrame.new(0, b"nothing to go on with")), libws.WS_ERR_STATE)
        refuses(lambda: conn.send_frame(WsFrame.new(3)), libws.WS_ERR_ARGUMENT)
        refuses(lambda: conn.send_frame(WsFrame.new(1, b"\xff")), libws.WS_ERR_UTF8)
        refuses(lambda: conn.send_frame(WsFrame.new(8, b"\x03\xed")), libws.WS_ERR_CLOSE_CODE)
        with pytest.raises(TypeError):
            conn.send_frame("frame")  # type: ignore[arg-type]
        assert raw.nothing_came()
    refuses_when_over(lambda conn: conn.send_frame(WsFrame.ping()))


@proves("method WsConnection.send_text")
def send_text() -> None:
    """Send a text message. Returns bytes sent on success, -1 on error."""
    with server_end() as (conn, raw):
        for msg in ("grüße \0 🎈", "", "x" * 70, "x" * 200):
            sent = conn.send_text(msg)
            got = raw.recv()
            assert (got.opcode, got.payload, got.is_final, got.size) == (1, msg.encode(), True, sent)
        refuses(lambda: conn.send_text("lone \udc80 surrogate"), libws.WS_ERR_UTF8)
        with pytest.raises(TypeError):
            conn.send_text(b"bytes")  # type: ignore[arg-type]
        assert raw.nothing_came()
    refuses_when_over(lambda conn: conn.send_text("x"))


@proves("method WsConnection.send_binary")
def send_binary() -> None:
    """Send binary data. Returns bytes sent on success, -1 on error."""
    with server_end() as (conn, raw):
        for data in (b"\0\xff", b"", bytearray(b"array"), memoryview(b"xview")[1:], b"x" * 1000):
            sent = conn.send_binary(data)
            got = raw.recv()
            assert (got.opcode, got.payload, got.is_final, got.size) == (2, bytes(data), True, sent)
        assert conn.send_binary(b"abcdef", 3) == 5
        assert raw.recv().payload == b"abc"
        refuses(lambda: conn.send_binary(b"abc", 4), libws.WS_ERR_ARGUMENT)
        refuses(lambda: conn.send_binary(b"abc", -1), libws.WS_ERR_ARGUMENT)
        assert raw.nothing_came()
    refuses_when_over(lambda conn: conn.send_binary(b"x"))


@proves("method WsConnection.send_ping")
def send_ping() -> None:
    """Send a ping frame. Returns bytes sent on success, -1 on error."""
    with server_end() as (conn, raw):
        assert conn.send_ping() == 2
        assert raw.recv()[:2] == (9, b"")
    refuses_when_over(WsConnection.send_ping)


@proves("method WsConnection.send_pong")
def send_pong() -> None:
    """Send a pong frame (response to ping). Returns bytes sent on success, -1 on error."""
    with server_end() as (conn, raw):
        raw.send(9, b"first")
        raw.send(9, b"latest")
        assert [conn.recv_frame().payload for _ in range(2)] == [b"first", b"latest"]
        assert conn.send_pong() == 2 + len(b"latest")
        assert raw.recv()[:2] == (10, b"latest")
        assert conn.send_pong() == 2
        assert raw.recv()[:2] == (10, b"")
    refuses_when_over(WsConnection.send_pong)


@proves("method WsConnection.send_close")
def send_close() -> None:
    """Send a close frame with status code. Returns bytes sent on success, -1 on error."""
    with server_end() as (conn, raw):
        for code in (0, 999, 1004, 1006, 1015, 2999, 5000, -1, (1 << 64) + 1000):
            refuses(lambda code=code: conn.send_close(code), libws.WS_ERR_CLOSE_CODE)
        assert raw.nothing_came()
        assert conn.send_close(3000) == 4
        assert raw.recv()[:2] == (8, (3000).to_bytes(2, "big"))
        refuses(lambda: conn.send_text("too late"), libws.WS_ERR_CLOSED)
    refuses_when_over(lambda conn: conn.send_close(1000))


@proves("method WsConnection.recv_frame")
def recv_frame() -> None:
    """Receive a WebSocket frame. Returns frame with opcode=-1 on error or connection closed. Automatically handles close
    handshake and responds to close frames."""
    with server_end() as (conn, raw):
        raw.send(1, b"fr", final=False)
        raw.send(9, b"ping")
        raw.send(0, b"ag")
        raw.send(2, bytes(65536))
        frames = [conn.recv_frame() for _ in range(4)]
        assert [(f.opcode, f.payload_len, f.is_final) for f in frames] == [(1, 2, 0), (9, 4, 1), (0, 2, 1), (2, 65536, 1)]
        raw.send(8, b"\x0f\xa0bye")
        raw.sock.shutdown(socket.SHUT_WR)
        last = conn.recv_frame()
        assert (last.is_close(), last.close_code(), last.payload) == (1, 4000, b"\x0f\xa0bye")
        assert raw.recv()[:2] == (8, b"\x0f\xa0")
        after = conn.recv_frame()
        assert (after.opcode, libws.last_error()) == (-1, libws.WS_ERR_CLOSED)
    with server_end() as (conn, raw):
        raw.sock.close()
        assert (conn.recv_frame().opcode, libws.last_error()) == (-1, libws.WS_ERR_ABNORMAL)
    with server_end() as (conn, raw):
        raw.sock.sendall(b"\x81\x02hi")  # a client has to mask
        raw.sock.shutdown(socket.SHUT_WR)
        assert (conn.recv_frame().opcode, libws.last_error()) == (-1, libws.WS_ERR_PROTOCOL)
        assert raw.recv().payload[:2] == (1002).to_bytes(2, "big")
    with server_end() as (conn, raw):
        raw.sock.sendall(b"\x82\xff" + (65537).to_bytes(8, "big") + KEY)
        raw.sock.shutdown(socket.SHUT_WR)
        assert (conn.recv_frame().opcode, libws.last_error()) == (-1, libws.WS_ERR_PEER_TOO_LARGE)
    assert never().recv_frame().opcode == closed().recv_frame().opcode == -1


@proves("method WsConnection.close")
def close() -> None:
    """Close the WebSocket connection gracefully (sends close frame if open)."""
    with server_end() as (conn, raw):
        results: List[int] = []
        closer = threading.Thread(target=lambda: results.append(conn.close()))
        closer.start()
        assert raw.recv()[:2] == (8, b"\x03\xe8")
        raw.send(8, b"\x03\xe8")
        raw.sock.shutdown(socket.SHUT_WR)
        closer.join(10)
        assert results == [0]
        assert raw.is_at_end()
        assert (conn.fd, conn.is_open()) == (-1, 0)
        refuses(conn.close, libws.WS_ERR_CLOSED)
    with server_end() as (conn, raw):
        began = time.monotonic()
        assert conn.close() == 0, "a peer that never answers is waited for in bounded time"
        assert time.monotonic() - began < 5
        assert raw.recv()[:2] == (8, b"\x03\xe8")
    refuses(never().close, libws.WS_ERR_HANDLE)


@proves("method WsConnection.force_close")
def force_close() -> None:
    """Force close without handshake (immediately closes TCP socket)."""
    with server_end() as (conn, raw):
        assert conn.force_close() == 0
        assert raw.is_at_end(), "no close frame was sent"
        assert conn.fd == -1
        refuses(conn.force_close, libws.WS_ERR_CLOSED)
    refuses(never().force_close, libws.WS_ERR_HANDLE)


@proves("method WsConnection.drop")
def drop() -> None:
    """Cleanup / destructor (calls force_close)."""
    with server_end() as (conn, raw):
        assert conn.drop() == 0
        assert raw.is_at_end()
        assert conn.drop() == 0
    gc.collect()  # what earlier tests left may go at any time
    before = libws.handle_count()
    with server_end() as (conn, raw):
        assert libws.handle_count() == before + 1
        del conn
    refuses(never().drop, libws.WS_ERR_HANDLE)


@proves("function ws_upgrade")
def upgrade() -> None:
    """Perform server-side handshake on an existing TCP connection (for integrating with existing HTTP servers). Returns
    WsConnection with fd=-1 on failure."""
    frame = b"\x81\x82" + KEY + bytes(a ^ b for a, b in zip(b"hi", KEY))
    for known in (len(REQUEST), 20, 0, len(REQUEST) + len(frame)):
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.settimeout(10)
            data = REQUEST + frame
            theirs.sendall(data[known:])
            number = ours.fileno()
            conn = ws_upgrade(ours, data, known)
            assert (conn.fd, conn.is_server, conn.is_open()) == (number, 1, 1)
            assert conn.recv_frame().payload_text() == "hi", "bytes behind the request are the first frames"
            answer = theirs.recv(4096)
            assert answer.startswith(b"HTTP/1.1 101 ") and ACCEPTED in answer
            conn.drop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        bad = REQUEST.replace(b"websocket", b"otherthing")
        theirs.shutdown(socket.SHUT_WR)
        assert ws_upgrade(ours, bad).fd == -1
        assert libws.last_error() == libws.WS_ERR_HANDSHAKE
        assert theirs.recv(4096).startswith(b"HTTP/1.1 4")
        assert ours.fileno() >= 0, "on failure the descriptor stays the caller's"
        assert ws_upgrade(ours, bad, len(bad) + 1).fd == -1
        assert libws.last_error() == libws.WS_ERR_ARGUMENT
    assert ws_upgrade(-1, REQUEST).fd == -1
