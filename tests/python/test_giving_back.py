"""What the library gives belongs to somebody from the first moment on: no signal handler, Ctrl-C or traceback keeps it from going."""

from __future__ import annotations

import _thread
import gc
import os
import signal
import socket
import threading
import weakref
from types import SimpleNamespace
from typing import Any, Callable, Dict, Iterator, List

import pytest

import libws
from children import Child, exact
from echoing import RawServer, read_head
from libws import _waiting, client

MAKERS = {
    "connect": "kept.append(libws.connect(url))",
    "connect on a socket": "libws.connect(url, sock=given())",
    "with connect": "with libws.connect(url, close_timeout=0.1): pass",
    "serve": "kept.append(libws.serve(list))",
    "Loop": "kept.append(libws.Loop())",
    "with Loop": "with libws.Loop() as own: own.listen('127.0.0.1')",
    "Loop.adopt": "loop.adopt(given(), libws.WS_ADOPT_CLIENT)",
    "Loop.connect on a socket": "loop.connect(url, sock=given())",
    "Loop.listen_socket": "kept.append(libws.Loop()); kept[-1].listen_socket(given(listening))",
    "from_client": "libws.WsConnection.from_client(given())",
    "from_client with a url": "libws.WsConnection.from_client(given(), url)",
    "ws_upgrade": "libws.ws_upgrade(given(), b'GET / HTTP/1.0\\r\\n\\r\\n')",
    "ws_server": "kept.append(libws.ws_server(0, '127.0.0.1'))",
    "accept": "knock(); acceptor.accept()",
    "serve_loop": "libws.serve_loop(Ending)",
}


@exact
@pytest.mark.parametrize("how", MAKERS)
def test_a_handler_that_raises_anywhere_leaks_nothing(how: str) -> None:
    """A socket is the caller's or the library's afterwards, never both's: both would close it, the second time somebody else's."""
    code = f"""
    import gc, os, random, signal, socket, sys, threading, time
    import libws

    class Stop(BaseException): pass

    def stop(*_):
        if armed.pop() if armed else False: raise Stop

    def fresh():
        return socket.create_connection(("127.0.0.1", acceptor.port if {how!r} == "accept" else server.port))

    def listening():
        return socket.create_server(("127.0.0.1", 0))

    def given(make=fresh):
        return sockets[make].pop()

    def knock():
        knocking = given()
        knocking.sendall(b"GET / HTTP/1.1\\r\\nHost: h\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n")

    class Ending(libws.LoopHandler):
        def on_unsent(self, loop, event): loop.stop()

    def count():
        return libws.handle_count(), len(os.listdir("/proc/self/fd"))

    def calm():
        kept.clear()
        gc.collect()
        return count()

    armed, kept, stops, raised, turn = [], [], 0, [], 0
    server = libws.serve(lambda ws: list(ws), max_connections=2000).start()
    url = "ws://127.0.0.1:%d/" % server.port
    acceptor = libws.ws_server(0, "127.0.0.1")
    loop = libws.Loop()
    signal.signal(signal.SIGALRM, stop)
    longest, end = 100e-6, time.monotonic() + 25
    sys.unraisablehook = lambda what: raised.append(what.exc_type)
    before = calm()
    while stops < 250 and time.monotonic() < end:
        turn += 1
        made = {{make: [make()] for make in (fresh, listening)}} if "given" in {MAKERS[how]!r} or "knock" in {MAKERS[how]!r} else {{}}
        sockets = {{make: list(some) for make, some in made.items()}}
        nodes = [(sock, os.fstat(sock.fileno()).st_ino) for some in made.values() for sock in some]
        try:
            armed.append(True)
            signal.setitimer(signal.ITIMER_REAL, random.uniform(10e-6, longest))
            {MAKERS[how]}
            armed.clear()
            longest *= 0.98
        except Stop:
            stops += 1
            longest = min(longest * 1.03, 4e-3)
        except libws.WebSocketError:
            armed.clear()
        signal.setitimer(signal.ITIMER_REAL, 0)
        kept.clear()
        for sock, node in nodes:
            assert sock.fileno() == -1 or os.fstat(sock.fileno()).st_ino == node, "the library has closed it"
            sock.close()
        for _ in range(3):
            while {how!r}.startswith("Loop.") and loop.poll(0): pass
    assert stops > 100, (stops, turn)
    end = time.monotonic() + 20
    acceptor.close()
    acceptor = libws.ws_server(0, "127.0.0.1")
    if {how!r}.startswith("Loop."):
        loop.close()
        loop = libws.Loop()
    after = calm()
    while after != before and time.monotonic() < end:  # a thread whose caller a handler took away may still be at work
        time.sleep(0.01)
        after = calm()
    print(after[0] - before[0], after[1] - before[1], set(raised) <= {{Stop}})
    """
    with Child(code) as child:
        assert child.finish() == ["0 0 True"]


def refused(sock: socket.socket) -> None:
    read_head(sock)
    sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


FAILING: Dict[str, Callable[[str, Any], object]] = {
    "connect": lambda url, sock: libws.connect(url, sock=sock),
    "from_client": lambda url, sock: libws.WsConnection.from_client(sock, url),
    "a bad argument": lambda url, sock: libws.connect("nonsense", sock=sock),
}


@pytest.fixture
def late_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keeps threads of the library that have said that they are done from ending, as a busy machine may."""
    locks: List[Any] = []
    looked = threading.Event()

    class Lock:
        def __init__(self) -> None:
            self._lock = _thread.allocate_lock()
            self.acquire = self._lock.acquire
            locks.append(self)

        def release(self) -> None:
            self._lock.release()
            if self is locks[0]:
                looked.wait(20)

    monkeypatch.setattr(_waiting, "_thread", SimpleNamespace(allocate_lock=Lock, start_new_thread=_thread.start_new_thread))
    yield
    assert len(locks) == 2, "no thread was made"
    looked.set()


def keeps_no_socket_open(port: int, fail: Callable[[Any], object]) -> None:
    gc.disable()
    try:
        sock = socket.create_connection(("127.0.0.1", port))
        lost = weakref.ref(sock)
        fail(sock)
        assert sock.fileno() >= 0, "it stays the caller's"
        sock.close()
        del sock
        assert lost() is None
    finally:
        gc.enable()


@pytest.mark.usefixtures("late_threads")
@pytest.mark.parametrize("how", FAILING)
def test_what_failed_keeps_no_socket_open(how: str) -> None:
    """An exception that is over takes what it held along, without the garbage collector's help."""
    with RawServer(refused) as server:

        def fail(sock: Any) -> None:
            try:
                FAILING[how](server.url, sock)
            except libws.WebSocketError:
                pass

        keeps_no_socket_open(server.port, fail)


@pytest.mark.usefixtures("late_threads")
def test_what_a_handler_ended_keeps_no_socket_open(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stop

    def interrupting(sock: socket.socket) -> None:
        read_head(sock)
        os.kill(os.getpid(), signal.SIGUSR1)
        sock.recv(1)

    def fail(sock: Any) -> None:
        try:
            libws.connect(server.url, sock=sock)
        except Stop:
            return
        raise AssertionError("no signal came")

    monkeypatch.setattr(client, "SETTLE_S", 20)
    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with RawServer(interrupting) as server:
            keeps_no_socket_open(server.port, fail)
    finally:
        signal.signal(signal.SIGUSR1, before)
