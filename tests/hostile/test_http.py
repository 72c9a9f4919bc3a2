"""Plain HTTP on the port of an event loop: bodies that nobody reads, connections that go on, requests in a row, slow readers.

The chat servers answer pages, a health check and 404 besides their WebSocket; pages.py answers as many bytes as it is asked for.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import programs
import pytest
import rawpeer
from rawpeer import CLOSE, PING, TEXT, close_payload
from targets import MIB, Target

CHATS = [f"{language}-chat_server" for language in programs.LANGUAGES if programs.is_promised(language, "chat_server")]
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
GAVE_UP_S = 3.0  # without progress, in pages.py


class WebServer(Target):
    """A server that answers plain requests; all of its answers say how long they are."""

    def get(self, peer: rawpeer.RawPeer, request: bytes) -> bytes:
        peer.send(request)
        return self.answer(peer)

    def answer(self, peer: rawpeer.RawPeer, status: int = 200) -> bytes:
        head = peer.read_head()
        assert head.status == status, head
        return peer._take(int(head.one("Content-Length") or 0), time.monotonic() + rawpeer.WAIT_S)


class Chat(WebServer):
    """A chat server, where a guest hears what it says itself."""

    def check_alive(self) -> None:
        assert self.process is not None and self.process.is_alive(), f"{self.name} ended: {self.stderr()}"
        with self.dial() as peer:
            assert self.get(peer, HEALTH) == b"ok\n"
            self.chat(peer)

    def chat(self, peer: rawpeer.RawPeer) -> None:
        """Opens a WebSocket on a connection and says something."""
        peer.send(rawpeer.request(target="/chat?name=ann&room=tea"))
        self.chats(peer)

    def chats(self, peer: rawpeer.RawPeer) -> None:
        rawpeer.check_accepted(peer.read_head())
        peer.send_frame(TEXT, b"hello")
        peer.expect_message(TEXT, b"ann is here")
        peer.expect_message(TEXT, b"ann: hello")
        peer.send_frame(CLOSE, close_payload(1000))
        peer.expect_close_echo(close_payload(1000))


@pytest.fixture(scope="module", params=CHATS)
def chat(request) -> Iterator[Chat]:
    language, name = request.param.split("-")
    if request.config.getoption("--port"):
        pytest.skip("needs a chat server")
    if not programs.is_built(language, name):
        pytest.fail(f"{' '.join(programs.command(language, name))} is not there; run make first", pytrace=False)
    with programs.Program(programs.command(language, name, "0")) as program:
        found = Chat(request.param, program.host, program.port, program)
        for _ in range(40):
            found.check_alive()
        yield found


@pytest.fixture
def server(chat: Chat) -> Iterator[Chat]:
    """The server of a case, checked for harm afterwards."""
    yield chat
    chat.check_alive()


@pytest.fixture(scope="module")
def pages(request) -> Iterator[WebServer]:
    if request.config.getoption("--port"):
        pytest.skip("needs a server of pages")
    with programs.Program([sys.executable, "-u", str(Path(__file__).parent / "pages.py"), "0"]) as program:
        yield WebServer("pages", program.host, program.port, program)
        assert program.is_alive(), program.stderr()


SMUGGLED = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "fields, body",
    [
        (b"Content-Length: %d" % len(SMUGGLED), SMUGGLED),
        (b"Content-Length: 0", b""),
        (b"Content-Length: 10000000", bytes(2 * MIB)),
        (b"Content-Length: 1\r\nContent-Length: 2", SMUGGLED),
        (b"Content-Length: -1", SMUGGLED),
        (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: nonsense", SMUGGLED),
        (b"Expect: 100-continue\r\nContent-Length: 5", b"hello" + SMUGGLED),
    ],
    ids=["a request", "none", "long", "two lengths", "negative", "chunks", "both", "no coding", "expected"],
)
def test_body_is_no_request(server, fields, body):
    """A request with a body has one answer, which arrives whole, and the connection ends: no byte of the body is taken for a request."""
    with server.dial() as peer:
        peer.send(b"POST /health HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % fields)
        peer.send_until_refused(body)
        head = peer.read_head()
        assert head.one("Connection") == "close", head
        peer._take(int(head.one("Content-Length") or 0), time.monotonic() + 5)
        peer.finish()
        peer.expect_eof()


def test_connection_goes_on(server):
    """Two hundred requests of all kinds on one connection, the next one when the answer is there, and then a WebSocket."""
    with server.dial() as peer:
        for index in range(200):
            path, status = [(b"/health", 200), (b"/", 200), (b"/nothing", 404), (b"/metrics", 200)][index % 4]
            peer.send(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
            server.answer(peer, status)
        server.chat(peer)


@pytest.mark.parametrize("cut", [1, 7, 1000, 1 << 20])
def test_requests_in_a_row(server, cut):
    """A hundred requests without waiting, cut anywhere, an opening handshake and frames behind them: all answered, in order."""
    row = HEALTH * 100 + rawpeer.request(target="/chat?name=ann&room=tea")
    with server.dial() as peer:
        peer.send_in_chunks(row, list(range(cut, len(row), cut)))
        for _ in range(100):
            assert server.answer(peer) == b"ok\n"
        server.chats(peer)


def test_frames_behind_a_request(server):
    """Frames in the segment of the handshake wait for the verdict; before a request that gets none they are no HTTP."""
    with server.dial() as peer:
        peer.send(HEALTH + rawpeer.request(target="/chat?name=ann&room=tea") + peer.frame(PING, b"early"))
        assert server.answer(peer) == b"ok\n"
        rawpeer.check_accepted(peer.read_head())
        peer.expect_message_and_pong(TEXT, b"ann is here", b"early")
    with server.dial() as peer:
        peer.send(HEALTH + peer.frame(PING, b"early") + bytes(4))
        assert server.answer(peer) == b"ok\n"
        assert peer.read_head().status == 400


@pytest.mark.parametrize("last", [b"GET /heal", b"GET /health HTTP/1.1\r\nHost: x\r\n", b"\x16\x03\x01\x02\x00"], ids=["path", "head", "TLS"])
@pytest.mark.parametrize("how", ["finish", "reset", "close"])
def test_client_goes_in_the_middle(server, last, how):
    """A client that ends behind some requests and a part of one does no harm."""
    for _ in range(20):
        peer = server.dial()
        peer.send(HEALTH * 3 + last)
        if how == "finish":
            peer.finish()
            peer.expect_gone()
        getattr(peer, "reset" if how == "reset" else "close")()


def test_answers_that_nobody_reads(server):
    """Requests in a row for 8 MB of pages that wait for a reader: memory is bounded, others are served, and nothing is lost."""
    count = 6_000
    page = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    before = server.process.rss_bytes()
    with server.dial(receive_buffer=4096) as peer:
        sender = threading.Thread(target=peer.sock.sendall, args=(page * count,))
        peer.sock.settimeout(60)
        sender.start()
        server.check_alive()
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            assert server.process.rss_bytes() - before < 4 * MIB
            time.sleep(0.05)
        for _ in range(count):
            server.answer(peer)
        sender.join()


@pytest.mark.parametrize("field", [b"Connection: close\r\n", b""], ids=["close", "keep-alive"])
def test_slow_reader_gets_all(pages, field):
    """A long answer reaches a client that takes three seconds for it."""
    size, pieces = 8 * MIB, 32
    with pages.dial(receive_buffer=64 << 10) as peer:
        peer.send(b"GET /%d HTTP/1.1\r\nHost: x\r\n%s\r\n" % (size, field))
        head = peer.read_head()
        assert int(head.one("Content-Length") or 0) == size
        for _ in range(pieces):
            time.sleep(3 / pieces)
            assert peer._take(size // pieces, time.monotonic() + rawpeer.WAIT_S) == bytes(size // pieces)
        if field:
            peer.expect_eof()
        else:
            assert pages.get(peer, b"GET /3 HTTP/1.1\r\nHost: x\r\n\r\n") == bytes(3)


def test_readers_that_stop_are_given_up(pages):
    """An answer that nobody takes in is not kept for ever: the connection is closed behind what has left. What the Go heap does with the
    memory shows only later, if at all."""
    assert pages.process is not None
    size = 32 * MIB
    stalled = [pages.dial(receive_buffer=4096) for _ in range(3)]
    try:
        for peer in stalled:
            peer.send(b"GET /%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % size)
            peer.read_head()
        assert pages.process.socket_count() > len(stalled)
        deadline = time.monotonic() + 10 * GAVE_UP_S
        while pages.process.socket_count() > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert pages.process.socket_count() == 1, "more than the listener is left"
        assert len(stalled[0].expect_gone(rawpeer.WAIT_S)) < size
    finally:
        for peer in stalled:
            peer.close()
