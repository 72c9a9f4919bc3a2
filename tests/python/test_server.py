"""serve: requests and refusals, subprotocols and origins, handlers that raise, limits and shutdown."""

from __future__ import annotations

import errno
import gc
import logging
import os
import socket
import threading
import time
from typing import Any, List

import libws
import pytest
from echoing import WAIT_S, echo, echo_server, read_head, url
from libws._library import lib


def test_a_handler_sees_the_request() -> None:
    seen: List[libws.Request] = []
    with echo_server(lambda ws: seen.append(ws.request)) as server:
        with libws.connect(url(server, "/chat?room=1"), headers=[("X-A", "1"), ("x-a", "2"), ("Cookie", "c=d")], origin="http://o"):
            pass
    request = seen[0]
    assert (request.method, request.path, request.query) == ("GET", "/chat", "room=1")
    assert (request.origin, request.host) == ("http://o", f"127.0.0.1:{server.port}")
    assert request.headers["x-A"] == "1, 2"
    assert request.headers.get_all("X-A") == ["1", "2"]
    assert request.headers["COOKIE"] == "c=d" and "cookie" in request.headers
    assert "X-B" not in request.headers and request.headers.get("X-B") is None
    assert ("x-a", "2") in request.headers.fields()
    assert request.peer_address.startswith("127.0.0.1:")


def test_the_first_of_our_subprotocols_is_chosen() -> None:
    with echo_server(subprotocols=["x", "b", "a"]) as server:
        for offered, chosen in ((["a", "b"], "b"), (["c"], None), ([], None)):
            with libws.connect(url(server), subprotocols=offered) as ws:
                assert ws.subprotocol == chosen


def test_foreign_origins_get_403() -> None:
    with echo_server(origins=["http://good.example"]) as server:
        with libws.connect(url(server), origin="http://good.example") as ws:
            ws.send("x")
            assert ws.recv() == "x"
        with pytest.raises(libws.HandshakeError) as caught:
            libws.connect(url(server), origin="http://bad.example")
        assert caught.value.status == 403


def test_process_request_refuses_and_accepts() -> None:
    def judge(request: libws.Request) -> Any:
        if request.path == "/no":
            return libws.Refuse(401, "who are you?\n", {"WWW-Authenticate": "Basic"})
        if request.path == "/chosen":
            return libws.Accept("b", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return None

    with echo_server(subprotocols=["a", "b"], process_request=judge) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as raw:
            raw.sendall(
                b"GET /no HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            head = read_head(raw)
            assert head.startswith(b"HTTP/1.1 401 ") and b"\r\nWWW-Authenticate: Basic\r\n" in head
            assert raw.recv(100) == b"who are you?\n"
        with pytest.raises(libws.HandshakeError) as caught:
            libws.connect(url(server, "/no"))
        assert caught.value.status == 401
        for path, chosen in (("/", "a"), ("/chosen", "b")):
            with libws.connect(url(server, path), subprotocols=["b", "a"]) as ws:
                assert ws.subprotocol == chosen
                ws.send("x")
                assert ws.recv() == "x"
        with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as raw:
            raw.sendall(
                b"GET /chosen HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: b\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            head = read_head(raw)
            assert b"\r\nSet-Cookie: a=1\r\n" in head and b"\r\nSet-Cookie: b=2\r\n" in head


@pytest.mark.parametrize(
    "verdict",
    [
        RuntimeError("judge"),
        libws.Refuse(101),
        libws.Refuse(99999),
        libws.Refuse(400, headers={"X": "a\r\nY: b"}),
        libws.Accept("not offered"),
        libws.Accept(headers={"X\n": "a"}),
        "nonsense",
    ],
    ids=["an exception", "101", "no status", "a header in a header", "a subprotocol not offered", "a line break in a name", "nonsense"],
)
def test_process_request_that_fails_is_500(verdict: Any, caplog: pytest.LogCaptureFixture) -> None:
    def judge(request: libws.Request) -> Any:
        if request.path == "/good":
            return None
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    with caplog.at_level(logging.CRITICAL, "libws.server"), echo_server(process_request=judge) as server:
        with pytest.raises(libws.HandshakeError) as caught:
            libws.connect(url(server))
        assert caught.value.status == 500
        with libws.connect(url(server, "/good")) as ws:
            ws.send("others go on")
            assert ws.recv() == "others go on"


def test_a_handler_that_raises_is_contained(caplog: pytest.LogCaptureFixture) -> None:
    def handler(ws: libws.ServerConnection) -> None:
        if ws.recv() == "raise":
            raise LookupError("of the handler")
        ws.send("fine")

    with caplog.at_level(logging.DEBUG, "libws.server"), echo_server(handler) as server:
        with libws.connect(url(server)) as bystander:
            with libws.connect(url(server)) as ws:
                ws.send("raise")
                with pytest.raises(libws.ConnectionClosed) as caught:
                    ws.recv()
                assert caught.value.code == 1011
            bystander.send("x")
            assert bystander.recv() == "fine"
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


def test_a_client_that_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    def handler(ws: libws.ServerConnection) -> None:
        ws.recv()

    with caplog.at_level(logging.INFO, "libws.server"), echo_server(handler) as server:
        libws.connect(url(server)).close(4000)
        libws.connect(url(server)).abort()
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(b"no HTTP\r\n\r\n")
    assert caplog.records == []


def test_a_returning_handler_closes_with_1000() -> None:
    with echo_server(lambda ws: None) as server, libws.connect(url(server)) as ws:
        with pytest.raises(libws.ConnectionClosed) as caught:
            ws.recv()
        assert caught.value.code == 1000


def test_the_limit_is_for_each_message() -> None:
    with echo_server(max_message_bytes=100_000) as server:
        with libws.connect(url(server)) as ws:
            ws.send(bytes(100_000))
            assert len(ws.recv()) == 100_000
            ws.send(bytes(100_001))
            with pytest.raises(libws.ConnectionClosed) as caught:
                ws.recv()
            assert caught.value.code == 1009


def test_connections_beyond_the_limit_wait() -> None:
    with echo_server(max_connections=1) as server:
        first = libws.connect(url(server))
        with pytest.raises(libws.WebSocketTimeout):
            libws.connect(url(server), timeout=0.3)
        first.close()
        with libws.connect(url(server)) as ws:
            ws.send("now")
            assert ws.recv() == "now"


def test_shutdown_says_1001_and_waits_for_handlers() -> None:
    ended = threading.Event()

    def handler(ws: libws.ServerConnection) -> None:
        echo(ws)
        ended.set()

    server = libws.serve(handler).start()
    clients = [libws.connect(url(server)) for _ in range(5)]
    for ws in clients:
        ws.send("x")
        assert ws.recv() == "x"
    assert len(server.connections) == 5
    closer = threading.Thread(target=server.shutdown)
    closer.start()
    for ws in clients:
        with pytest.raises(libws.ConnectionClosed) as caught:
            ws.recv()
        assert caught.value.code == 1001
    closer.join(WAIT_S)
    assert ended.is_set() and not closer.is_alive()
    assert server.connections == ()
    with pytest.raises(libws.NetworkError):
        libws.connect(url(server))
    server.shutdown()


def test_shutdown_cuts_peers_that_do_not_answer() -> None:
    server = libws.serve(echo, close_timeout=0.2).start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as raw:
        raw.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        read_head(raw)
        raw.sendall(b"\x81\x80\0\0\0\0")
        assert raw.recv(2) == b"\x81\x00"
        began = time.monotonic()
        server.shutdown(1012, "restart")
        assert time.monotonic() - began < 5
        assert raw.recv(100) == b"\x88\x09\x03\xf4restart"
        assert raw.recv(1) == b""
    assert server.connections == ()


def test_shutdown_from_a_handler() -> None:
    server = libws.serve(lambda ws: server.shutdown())
    runner = threading.Thread(target=server.serve_forever, daemon=True)
    runner.start()
    with libws.connect(url(server)) as ws, pytest.raises(libws.ConnectionClosed):
        ws.recv()
    runner.join(WAIT_S)
    assert not runner.is_alive()


def test_a_listener_that_others_shut_down_ends_serving() -> None:
    server = libws.serve(echo, "127.0.0.1", 0)
    try:
        with socket.socket(fileno=os.dup(lib.ws_server_listener_fd(server._handle))) as listener:
            listener.shutdown(socket.SHUT_RDWR)
        with pytest.raises(libws.NetworkError) as refused:
            server.serve_forever()
        assert refused.value.errno == errno.EINVAL
    finally:
        server.shutdown()


@pytest.mark.parametrize("none", [None, float("inf"), 1e300])
def test_no_bound_for_anything(none: Any) -> None:
    with libws.serve(echo, open_timeout=none, close_timeout=none, send_timeout=none).start() as server:
        with libws.connect(url(server)) as ws:
            ws.send("x")
            assert ws.recv() == "x"
        if none is not None:
            server.shutdown(timeout=none)


def test_bad_arguments() -> None:
    for options in (
        {"port": -1},
        {"port": 65536},
        {"subprotocols": ["a b"]},
        {"subprotocols": ["a,b"]},
        {"origins": ["http://a\r\n"]},
        {"max_message_bytes": 0},
        {"max_connections": 0},
        {"max_message_bytes": (1 << 64) + 5},
        {"max_connections": 1 << 64},
        {"port": 1 << 64},
        {"open_timeout": -1},
        {"close_timeout": -1},
        {"host": "a\0b"},
    ):
        gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards
        before = libws.handle_count()
        with pytest.raises(libws.InvalidArgumentError):
            libws.serve(echo, **options)  # type: ignore[arg-type]
        assert libws.handle_count() <= before
    with pytest.raises(libws.NetworkError):
        libws.serve(echo, "no such host.invalid")
    with libws.serve(echo) as server:
        with pytest.raises(libws.NetworkError) as caught:
            libws.serve(echo, port=server.port)
        assert caught.value.errno == errno.EADDRINUSE and str(server.port) in str(caught.value)
        for wrong in ({"port": "80"}, {"port": 80.0}, {"max_message_bytes": 5.0}, {"max_connections": "1"}):
            with pytest.raises(TypeError):
                libws.serve(echo, **wrong)  # type: ignore[arg-type]
        for wrong_code in (1001.0, "1001", None):
            with pytest.raises(TypeError):
                server.shutdown(wrong_code)  # type: ignore[arg-type]
        for code, reason in ((1005, ""), (999, ""), (1 << 70, ""), (1000, "x" * 124)):
            with pytest.raises(libws.InvalidArgumentError):
                server.shutdown(code, reason)
    for begin in (server.serve_forever, server.start):
        with pytest.raises(libws.ConnectionClosed):
            begin()
