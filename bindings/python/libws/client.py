"""connect: opens a connection to a server (RFC 6455 §4.1)."""

from __future__ import annotations

import socket
from typing import Optional, Sequence, Union

from . import _abi as abi
from ._checked import bounded
from ._handover import hand_over
from ._owned import OwnedConnection, client_handshake, connect_with, owned
from ._plain_socket import check_plain
from ._waiting import MOST_MS, SETTLE_S, aside, milliseconds
from .connection import Connection
from .request import HeaderSource, comma_list, header_lines, plain

MAX_MESSAGE_BYTES = 16 << 20
"""Largest message received by default."""


def connect(
    url: str,
    *,
    subprotocols: Union[str, Sequence[str]] = (),
    headers: HeaderSource = (),
    origin: Optional[str] = None,
    timeout: Optional[float] = 10.0,
    close_timeout: Optional[float] = 1.0,
    send_timeout: Optional[float] = None,
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    sock: Optional[socket.socket] = None,
) -> Connection:
    """Opens a connection to "ws://host[:port][/path][?query]".

    timeout bounds resolving, connecting and the opening handshake together, close_timeout the closing handshake,
    send_timeout each send; all in seconds, None for no bound. A received message over max_message_bytes fails the connection
    with 1009. sock is a connected stream socket, without TLS, to use instead of connecting; on success it is detached.

    Blocks; Ctrl-C ends it at once. Raises InvalidArgumentError (nothing was sent), HandshakeError (status tells what the
    server answered instead of 101), WebSocketTimeout, NetworkError, ConnectionClosed when the server vanished.
    """
    if sock is not None:
        check_plain(sock)
    options = abi.WsConnectOptions()
    options.timeout_ms = min(milliseconds(timeout), MOST_MS)
    options.subprotocols = comma_list(subprotocols, "subprotocols")
    options.headers = header_lines(headers)
    options.origin = None if origin is None else plain(origin, "origin")
    options.max_message_bytes = options.max_frame_bytes = message_bytes(max_message_bytes)
    address = plain(url, "url")
    close_timeout_ms, send_timeout_ms = milliseconds(close_timeout, "close_timeout"), milliseconds(send_timeout, "send_timeout")

    def work() -> OwnedConnection:
        if sock is None:
            return owned(connect_with(address, options))
        return owned(hand_over(sock, client_handshake, after=(address, options)))

    def abandon() -> None:
        if sock is not None:
            shut_down(sock)

    return Connection(aside(work, abandon, 0 if sock is None else SETTLE_S), close_timeout_ms=close_timeout_ms, send_timeout_ms=send_timeout_ms)


def shut_down(sock: socket.socket) -> None:
    """Ends what another thread does on a socket; the socket object stays the caller's."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def message_bytes(value: int) -> int:
    """A limit for received messages: at least 1 byte, at most what the library takes."""
    return bounded(value, "max_message_bytes", 1, abi.WS_LENGTH_MAX, " bytes")
