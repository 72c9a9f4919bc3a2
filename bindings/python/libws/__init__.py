"""libws: WebSocket clients and servers (RFC 6455) on the engine of libws.so.

The pleasant layer: connect() and serve() give Connection objects that send and receive str and bytes and raise exceptions.
The event loop: Loop serves thousands of connections on one thread, with events and messages in batches.
The specified layer: WsFrame, WsConnection, WsServer, ws_server(), ws_upgrade() and the constants WS_*, with its return values.
"""

from __future__ import annotations

from . import _abi
from ._abi import *  # noqa: F403  # the constants WS_*
from ._buffers import BytesLike
from ._library import lib as _lib
from ._spec_values import error_name, last_error, last_error_message
from .client import connect
from .connection import Connection, Message, ServerConnection
from .errors import (
    BusyError,
    ConnectionClosed,
    ForkedError,
    HandshakeError,
    InvalidArgumentError,
    NetworkError,
    ProtocolError,
    ResourceError,
    StateError,
    WebSocketError,
    WebSocketTimeout,
)
from .loop import Loop
from .loop_event import EVENT_UNSENT, Event, Metrics
from .loop_handler import LoopHandler, serve_loop
from .request import Accept, Headers, Refuse, Request
from .server import Server, serve
from .spec_connection import WsConnection, ws_upgrade
from .spec_frame import WsFrame
from .spec_server import WsServer, ws_server

__version__: str = "0.1.0"

library_path: str = _lib.path
"""The libws.so in use."""


def version() -> str:
    """The release of the libws.so in use."""
    text: bytes = _lib.ws_version()
    return text.decode()


def handle_count() -> int:
    """How many connections and servers of this process are not closed, in every language, for tests that look for leaks."""
    return _lib.ws_handle_count()


__all__ = [
    "EVENT_UNSENT",
    "Accept",
    "BusyError",
    "BytesLike",
    "Connection",
    "ConnectionClosed",
    "Event",
    "ForkedError",
    "HandshakeError",
    "Headers",
    "InvalidArgumentError",
    "Loop",
    "LoopHandler",
    "Message",
    "Metrics",
    "NetworkError",
    "ProtocolError",
    "Refuse",
    "Request",
    "ResourceError",
    "Server",
    "ServerConnection",
    "StateError",
    "WebSocketError",
    "WebSocketTimeout",
    "WsConnection",
    "WsFrame",
    "WsServer",
    "connect",
    "error_name",
    "handle_count",
    "last_error",
    "last_error_message",
    "library_path",
    "serve",
    "serve_loop",
    "version",
    "ws_server",
    "ws_upgrade",
]
__all__ += _abi.__all__
