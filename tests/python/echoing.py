"""Servers and raw ends that the Python suite talks to: echo servers of the package, and peers that speak bytes."""

from __future__ import annotations

import hashlib
import base64
import re
import socket
import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Optional

import libws

WAIT_S = 10
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def echo(ws: libws.ServerConnection) -> None:
    for message in ws:
        ws.send(message)


@contextmanager
def echo_server(handler: Callable[[libws.ServerConnection], object] = echo, **options: Any) -> Iterator[libws.Server]:
    with libws.serve(handler, **options).start() as server:
        yield server


def url(server: libws.Server, target: str = "/") -> str:
    return f"ws://127.0.0.1:{server.port}{target}"


def answer_to(request: bytes, *extra: bytes) -> bytes:
    """The 101 response that a request asks for."""
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    assert key, request
    accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
    lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + accept]
    return b"\r\n".join([*lines, *extra, b"", b""])


def read_head(sock: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = sock.recv(1)
        if not part:
            break
        head += part
    return head


class RawServer:
    """A listener whose connections a function of a test serves with bytes, each in a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket], object]) -> None:
        self.requests: List[bytes] = []
        self._serve = serve
        self._open: List[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"ws://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(sock)
            threading.Thread(target=self._run, args=(sock,), daemon=True).start()

    def _run(self, sock: socket.socket) -> None:
        try:
            sock.settimeout(WAIT_S)  # it may have been closed already
            self._serve(sock)
        except OSError:
            pass

    def __enter__(self) -> RawServer:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in [self._listener, *self._open]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()


def silent_after_handshake(sock: socket.socket) -> None:
    """Opens the connection and never says a word; stays until the client goes."""
    sock.sendall(answer_to(read_head(sock)))
    sock.settimeout(None)
    while sock.recv(65536):
        pass


def never_reading(sock: socket.socket) -> None:
    """Opens the connection and reads nothing of it; stays until the test ends."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.sendall(answer_to(read_head(sock)))
    threading.Event().wait(60)


@contextmanager
def pair(handler: Optional[Callable[[libws.ServerConnection], object]] = None, **options: Any) -> Iterator[libws.Connection]:
    """A client connected to an echo server, or to another handler."""
    with echo_server(handler or echo) as server, libws.connect(url(server), **options) as ws:
        yield ws
