"""WsServer and ws_server, a listening server as the WebSocket API is specified (RFC 6455 §4.2).

Any thread may call anything. Signal handlers, Ctrl-C included, run while the main thread blocks. Failures are return values, as
in spec_frame.
"""

from __future__ import annotations

from typing import Optional

from . import _abi as abi
from ._library import lib
from ._owned import OwnedServer, server_accept, server_bind, server_bind_host
from ._spec_values import noted, number, refused, told_aside, utf8
from ._uncopyable import Uncopyable
from ._waiting import Patience, itself
from .spec_connection import WsConnection


class WsServer(Uncopyable):
    """A listening server: listener_fd, port, running."""

    __slots__ = ("__weakref__", "_accept_timeout_ms", "_handle", "_owner", "_patience")

    def __init__(self, owner: OwnedServer) -> None:
        self._handle = handle = owner.value
        self._owner = owner if handle > 0 else None  # with this object it goes
        self._accept_timeout_ms = abi.WS_TIMEOUT_NONE
        self._patience = Patience(handle, abi.WS_OPT_ACCEPT_TIMEOUT_MS)
        if handle > 0:
            lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, 1)

    @classmethod
    def bind(cls, port: int, host: Optional[str] = None) -> WsServer:
        """Creates a server on a port (0 to 65535; 0 picks a free one) of every interface, or of one host (ours).

        is_valid() is 0 when that failed.
        """
        wanted = number(port)
        if host is None:
            return cls(noted(server_bind(wanted)))
        name = utf8(host)
        if b"\0" in name:
            return cls(refused(OwnedServer(-1), "host has a NUL in it"))
        return cls(told_aside(lambda: server_bind_host(name, wanted), lambda: None))

    @property
    def listener_fd(self) -> int:
        """The descriptor of the listener, to be watched only; -1 when the server is closed or could not be bound."""
        return max(-1, lib.ws_server_listener_fd(self._handle))

    @property
    def port(self) -> int:
        """The port that the server is bound to, also when 0 was asked for; -1 when it is closed."""
        return max(-1, lib.ws_server_port(self._handle))

    @property
    def running(self) -> int:
        """1 while the server can accept, 0 once it is stopped or closed."""
        return max(0, lib.ws_server_running(self._handle))

    def is_valid(self) -> int:
        """1 if the listener was bound and is not closed, 0 otherwise."""
        return lib.ws_server_is_valid(self._handle)

    def accept(self) -> WsConnection:
        """Accepts a connection and performs the opening handshake; fd -1 on error, and then accept may be called again.

        Blocks until a client's handshake is over; stop() and close() end it at once.
        """
        return WsConnection(noted(self._patience.wait(server_accept, self._accept_timeout_ms, itself)), 1)

    def run_echo(self) -> int:
        """Serves one connection at a time, echoing its text and binary messages. 0 when stop() or close() ended it, or -1.

        Blocks. A signal handler that raises, as Ctrl-C does, ends it and stops the server as stop() does.
        """
        handle = self._handle

        def work() -> int:
            lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, 0)
            return lib.ws_server_run_echo(handle)

        return told_aside(work, lambda: lib.ws_server_stop(handle))

    def stop(self) -> int:
        """Ends accept and run_echo, those under way and later ones; from any thread or signal handler. 0 or -1."""
        return noted(lib.ws_server_stop(self._handle))

    def close(self) -> int:
        """Stops the server and closes its listener; accepted connections go on. 0, or -1 if it was closed before."""
        return noted(lib.ws_server_close(self._handle))

    def drop(self) -> int:
        """Releases the server: close, and nothing when it is closed already. 0; -1 when it never was one."""
        return noted(lib.ws_server_drop(self._handle))

    def set_option(self, option: int, value: int) -> int:
        """Sets one of WS_OPT_* for the server and the connections that it accepts from then on. 0 or -1. Ours."""
        wanted, wait_ms = number(option), number(value)
        result = noted(lib.ws_set(self._handle, wanted, wait_ms))
        if result == 0 and wanted == abi.WS_OPT_ACCEPT_TIMEOUT_MS:
            self._accept_timeout_ms = self._patience.set_ms = wait_ms
        return result

    def get_option(self, option: int) -> int:
        """The value of one of WS_OPT_*, or -1. Ours, beyond the specification."""
        value = noted(lib.ws_get(self._handle, number(option)))
        return self._accept_timeout_ms if value >= 0 and option == abi.WS_OPT_ACCEPT_TIMEOUT_MS else value

    def __repr__(self) -> str:
        return f"<WsServer port={self.port} running={self.running}>"


def ws_server(port: int, host: Optional[str] = None) -> WsServer:
    """Creates a server bound to a port of every interface, or of one host (ours): WsServer.bind(port, host)."""
    return WsServer.bind(port, host)
