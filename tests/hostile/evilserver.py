"""A server on a bare socket that answers opening handshakes and frames as wrongly as it is told, for the clients under test."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable

import rawpeer

Behavior = Callable[["rawpeer.RawPeer", bytes], None]


def response(key: bytes, *, drop: tuple[str, ...] = (), change: dict[str, str] | None = None, extra: tuple[str, ...] = (),
             start: str = "HTTP/1.1 101 Switching Protocols") -> bytes:
    """A correct 101, less the fields in `drop`, with those in `change` changed and the lines in `extra` added."""
    fields = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": rawpeer.accept_key(key).decode()}
    fields.update(change or {})
    lines = [start, *(f"{name}: {value}" for name, value in fields.items() if name not in drop), *extra]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class EvilServer:
    """Listens on a free port and lets `behavior` handle each connection; it gets the request read so far.

    What the behavior raises is kept in `failures`; `requests` are the heads that came.
    """

    def __init__(self, behavior: Behavior) -> None:
        self.behavior = behavior
        self.requests: list[bytes] = []
        self.failures: list[BaseException] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with rawpeer.RawPeer(sock, masks=False) as peer:
            try:
                sock.settimeout(rawpeer.WAIT_S)
                head = b""
                while b"\r\n\r\n" not in head:
                    part = sock.recv(4096)
                    if not part:
                        break
                    head += part
                self.requests.append(head)
                self.behavior(peer, head)
            except BaseException as failure:
                self.failures.append(failure)

    def finish(self, within_s: float = rawpeer.WAIT_S) -> None:
        """Waits for the connections, then passes on what went wrong in a behavior."""
        for thread in self._threads:
            thread.join(within_s)
            assert not thread.is_alive(), "the behavior is not done"
        if self.failures:
            raise self.failures[0]

    def __enter__(self) -> EvilServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def key_of(request: bytes) -> bytes:
    """The key of a request."""
    found = re.search(rb"(?im)^sec-websocket-key:[ \t]*(\S+)[ \t]*\r$", request)
    assert found, request
    return found[1]


def path_of(request: bytes) -> bytes:
    return request.split(b" ", 2)[1]


def fuzzing(case: Callable[[rawpeer.RawPeer], None]) -> Behavior:
    """Behaves like a fuzzing server with one case, for clients that ask /getCaseCount, /runCase, /getCaseStatus and /updateReports."""

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        peer.send(response(key_of(request)))
        if path_of(request).startswith(b"/runCase"):
            case(peer)
            return
        if path_of(request).startswith(b"/getCaseCount"):
            peer.send_frame(rawpeer.TEXT, b"1")
        elif path_of(request).startswith(b"/getCaseStatus"):
            peer.send_frame(rawpeer.TEXT, b'{"behavior": "OK"}')
        peer.send_frame(rawpeer.CLOSE, rawpeer.close_payload(1000))
        peer.read_close()

    return behave
