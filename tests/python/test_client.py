"""connect: what it asks for, how it fails, and the arguments that it refuses before anything is sent."""

from __future__ import annotations

import errno
import socket
import threading
import time
from typing import Any, Dict

import libws
import pytest
from echoing import RawServer, answer_to, echo_server, read_head, url

NO_NAME = "x" * 64 + ".invalid"  # longer than a label may be, so that no name server is asked, and none has to answer in time


def test_the_request_says_what_was_asked_for() -> None:
    requests = []

    def serve(sock: Any) -> None:
        requests.append(read_head(sock).decode())
        sock.sendall(answer_to(requests[0].encode(), b"Sec-WebSocket-Protocol: b"))
        sock.recv(100)

    with RawServer(serve) as server:
        with libws.connect(
            server.url + "path/%20?q=1",
            subprotocols=["a", "b"],
            headers=[("X-One", "1"), ("X-One", "2")],
            origin="http://example.org",
            close_timeout=0.1,
        ) as ws:
            assert ws.subprotocol == "b"
            assert ws.peer_address == f"127.0.0.1:{server.port}"
    lines = requests[0].split("\r\n")
    assert lines[0] == "GET /path/%20?q=1 HTTP/1.1"
    for line in (f"Host: 127.0.0.1:{server.port}", "Origin: http://example.org", "Sec-WebSocket-Version: 13", "X-One: 1", "X-One: 2"):
        assert line in lines
    assert "Sec-WebSocket-Protocol: a, b" in lines


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 302),
    ],
)
def test_another_status_is_a_handshake_error(answer: bytes, status: int) -> None:
    with RawServer(lambda sock: (read_head(sock), sock.sendall(answer), sock.recv(10))) as server:
        with pytest.raises(libws.HandshakeError) as caught:
            libws.connect(server.url)
        assert caught.value.status == status
        assert caught.value.error_code == libws.WS_ERR_REFUSED


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm90IGl0\r\n\r\n",
    ],
)
def test_a_wrong_answer_is_a_handshake_error(answer: bytes) -> None:
    with RawServer(lambda sock: (read_head(sock), sock.sendall(answer), sock.recv(10))) as server:
        with pytest.raises(libws.HandshakeError) as caught:
            libws.connect(server.url)
        assert caught.value.error_code == libws.WS_ERR_HANDSHAKE


def test_an_unoffered_subprotocol_is_a_handshake_error() -> None:
    with RawServer(lambda sock: (sock.sendall(answer_to(read_head(sock), b"Sec-WebSocket-Protocol: x")), sock.recv(9))) as server:
        with pytest.raises(libws.HandshakeError):
            libws.connect(server.url)


def test_a_silent_server_is_a_timeout() -> None:
    with RawServer(lambda sock: (read_head(sock), sock.recv(1))) as server:
        began = time.monotonic()
        with pytest.raises(libws.WebSocketTimeout):
            libws.connect(server.url, timeout=0.2)
        assert 0.2 <= time.monotonic() - began < 5


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(libws.NetworkError) as caught:
            libws.connect(f"ws://127.0.0.1:{free.getsockname()[1]}/")
    assert caught.value.error_code == libws.WS_ERR_SYSTEM
    assert isinstance(caught.value, ConnectionError) and isinstance(caught.value, OSError)
    assert caught.value.errno == errno.ECONNREFUSED
    assert "connection refused" in str(caught.value)


def test_a_reason_that_is_seldom_heard() -> None:
    with libws.Loop() as loop, pytest.raises(libws.NetworkError) as caught:
        loop.listen_unix("/no/such/folder")
    assert caught.value.errno == errno.ENOENT
    with pytest.raises(libws.NetworkError) as caught:
        libws.connect(f"ws://{NO_NAME}/")
    assert caught.value.errno is None


def test_a_client_that_connects_again_needs_two_exceptions() -> None:
    """What may be over in a moment is a ConnectionError or a TimeoutError: refused, gone, silent, no such name, a bad answer."""
    with socket.socket() as free, RawServer(lambda sock: (read_head(sock), sock.recv(1))) as silent, RawServer(lambda sock: sock.close()) as rude:
        free.bind(("127.0.0.1", 0))
        for address in (f"ws://127.0.0.1:{free.getsockname()[1]}/", silent.url, rude.url, f"ws://{NO_NAME}/"):
            with pytest.raises((ConnectionError, TimeoutError)):
                libws.connect(address, timeout=0.5)


def test_a_connected_socket_can_be_given() -> None:
    with echo_server() as server:
        sock = socket.create_connection(("127.0.0.1", server.port))
        with libws.connect("ws://example.org/over", sock=sock) as ws:
            assert sock.fileno() == -1
            ws.send("x")
            assert ws.recv() == "x"
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(libws.HandshakeError):
            libws.connect("ws://example.org/", sock=ours)
        assert ours.fileno() >= 0


BAD: Dict[str, Dict[str, Any]] = {
    "a header with CR LF": {"headers": {"X-A": "1\r\nX-B: 2"}},
    "a header name with LF": {"headers": [("X\nA", "1")]},
    "a header that is ours": {"headers": {"Sec-WebSocket-Key": "x"}},
    "a subprotocol that is no token": {"subprotocols": ["a b"]},
    "a subprotocol with a comma": {"subprotocols": ["a,b"]},
    "an empty subprotocol": {"subprotocols": [""]},
    "a subprotocol twice": {"subprotocols": ["a", "a"]},
    "an origin with CR LF": {"origin": "http://x\r\nX-B: 2"},
    "a negative timeout": {"timeout": -1},
    "no timeout for closing": {"close_timeout": -1},
    "no bytes": {"max_message_bytes": 0},
    "negative bytes": {"max_message_bytes": -1},
    "too many bytes": {"max_message_bytes": 1 << 63},
}


@pytest.mark.parametrize("what", BAD)
def test_bad_arguments_send_nothing(what: str) -> None:
    arrived = threading.Event()
    with RawServer(lambda sock: sock.recv(1) and arrived.set()) as server:
        with pytest.raises(libws.InvalidArgumentError) as caught:
            libws.connect(server.url, **BAD[what])
        assert caught.value.error_code // 100 == 1
        with socket.create_connection(("127.0.0.1", server.port)) as probe:  # served after whatever came before it
            assert not arrived.is_set()
            probe.sendall(b"x")
            assert arrived.wait(10)


@pytest.mark.parametrize(
    "address",
    [
        "", "http://127.0.0.1/", "ws://", "ws:///path", "ws://h:99999/", "ws://h:x/", "ws://h/\r\nX: y", "ws://h/#frag",
        "ws://[::1", "ws://h/\0",
    ],  # fmt: skip
)
def test_bad_urls(address: str) -> None:
    with pytest.raises(libws.InvalidArgumentError) as caught:
        libws.connect(address)
    assert caught.value.error_code in (libws.WS_ERR_URL, libws.WS_ERR_ARGUMENT)


def test_wrong_types() -> None:
    for wrong_size in (5.0, "5", None):
        with pytest.raises(TypeError):
            libws.connect("ws://127.0.0.1/", max_message_bytes=wrong_size)  # type: ignore[arg-type]
    for wrong in (None, b"ws://127.0.0.1/", 1):
        with pytest.raises(TypeError):
            libws.connect(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        libws.connect("ws://127.0.0.1/", subprotocols=[1])  # type: ignore[list-item]


def test_ipv6_and_names() -> None:
    try:
        server = libws.serve(lambda ws: ws.send(ws.recv()), "::1")
    except libws.NetworkError:
        pytest.skip("this machine has no IPv6 loopback")
    with server.start(), libws.connect(f"ws://[::1]:{server.port}/") as ws:
        ws.send("six")
        assert ws.recv() == "six"
    with echo_server(host="") as server, libws.connect(f"ws://localhost:{server.port}/") as ws:
        ws.send("name")
        assert ws.recv() == "name"


def test_the_url_of_a_server_with_target() -> None:
    with echo_server(lambda ws: ws.send(f"{ws.request.path} {ws.request.query}")) as server:
        with libws.connect(url(server, "/a%20b?c=d&e")) as ws:
            assert ws.recv() == "/a%20b c=d&e"
