"""Sockets of TLS are refused wherever a socket is taken over, with nothing sent: the library would write in the clear."""

from __future__ import annotations

import socket
import ssl
from typing import Any, Callable, Iterator, Tuple

import libws
import pytest

TAKERS = [
    lambda sock: libws.connect("ws://h/", sock=sock, timeout=0.2, headers={"Authorization": "Bearer secret"}),
    libws.WsConnection.from_server,
    libws.WsConnection.from_client,
    lambda sock: libws.WsConnection.from_client(sock, "ws://h/"),
    lambda sock: libws.ws_upgrade(sock, b"GET / HTTP/1.1\r\n\r\n"),
]


@pytest.fixture
def ends() -> Iterator[Tuple[ssl.SSLSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    wrapped = context.wrap_socket(ours, do_handshake_on_connect=False)
    with wrapped, theirs:
        yield wrapped, theirs


@pytest.mark.parametrize("take", TAKERS)
def test_tls_sockets_are_refused(take: Callable[[Any], Any], ends: Tuple[ssl.SSLSocket, socket.socket]) -> None:
    wrapped, theirs = ends
    with pytest.raises(TypeError, match="TLS"):
        take(wrapped)
    assert wrapped.fileno() >= 0
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)

