"""WsServer and ws_server: 3 fields, 7 methods and a function, with clients of the same package."""

from __future__ import annotations

import gc
import socket
import threading
from contextlib import contextmanager
from typing import Callable, Iterator, List

import libws
from libws import WsConnection, WsServer, ws_server
from spec_items import proves

BAD_PORTS = (-1, 65536, 1 << 64)


@contextmanager
def bound() -> Iterator[WsServer]:
    server = WsServer.bind(0, "127.0.0.1")
    assert server.is_valid() == 1, libws.last_error_message()
    yield server
    server.drop()


@contextmanager
def elsewhere(work: Callable[[], object]) -> Iterator[List[object]]:
    """Does work in another thread; what it returned is in the list when the block has ended."""
    results: List[object] = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()
    yield results
    thread.join(10)
    assert results, "the call did not end"


def client(server: WsServer) -> WsConnection:
    sock = socket.create_connection(("127.0.0.1", server.port))
    conn = WsConnection.from_client(sock, f"ws://127.0.0.1:{server.port}/")
    assert conn.fd >= 0, libws.last_error_message()
    return conn


@proves("field WsServer.listener_fd")
def listener_fd() -> None:
    with bound() as server:
        twin = socket.socket(fileno=server.listener_fd)
        assert twin.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        twin.detach()
        server.close()
        assert server.listener_fd == -1


@proves("field WsServer.port")
def port() -> None:
    with bound() as server:
        twin = socket.socket(fileno=server.listener_fd)
        assert server.port == twin.getsockname()[1] > 0
        twin.detach()
        server.close()
        assert server.port == -1


@proves("field WsServer.running")
def running() -> None:
    with bound() as server:
        assert server.running == 1
        server.stop()
        assert server.running == 0
    assert server.running == WsServer.bind(-1).running == 0


@proves("method WsServer.bind")
def bind() -> None:
    """Create and bind a WebSocket server on the given port."""
    with bound() as server:
        with socket.create_connection(("127.0.0.1", server.port)):
            pass
        taken = WsServer.bind(server.port, "127.0.0.1")
        assert (taken.is_valid(), taken.listener_fd, libws.last_error()) == (0, -1, libws.WS_ERR_SYSTEM)
    for bad in BAD_PORTS:
        assert (WsServer.bind(bad).is_valid(), libws.last_error()) == (0, libws.WS_ERR_ARGUMENT)
    everywhere = WsServer.bind(0)
    with socket.create_connection(("127.0.0.1", everywhere.port)):
        everywhere.close()


@proves("method WsServer.is_valid")
def is_valid() -> None:
    """Check if server is valid (listener bound successfully). Returns 1 if valid, 0 otherwise."""
    with bound() as server:
        assert server.is_valid() == 1
        server.close()
        assert server.is_valid() == 0
    assert WsServer.bind(65536).is_valid() == 0


@proves("method WsServer.accept")
def accept() -> None:
    """Accept a WebSocket connection (performs HTTP upgrade handshake). Returns WsConnection with fd=-1 on error."""
    with bound() as server:
        with elsewhere(lambda: client(server)) as clients:
            conn = server.accept()
        assert (conn.is_server, conn.is_open()) == (1, 1) and conn.fd >= 0
        other = clients[0]
        assert isinstance(other, WsConnection)
        other.send_text("hello")
        assert conn.recv_frame().payload_text() == "hello"
        other.drop()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as bad:
            bad.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
            failed = server.accept()
            assert (failed.fd, libws.last_error()) == (-1, libws.WS_ERR_HANDSHAKE)
            assert bad.recv(4096).startswith(b"HTTP/1.1 405 ")
        server.set_option(libws.WS_OPT_ACCEPT_TIMEOUT_MS, 1)
        assert (server.accept().fd, libws.last_error()) == (-1, libws.WS_ERR_TIMEOUT)
        server.stop()
        assert (server.accept().fd, libws.last_error()) == (-1, libws.WS_ERR_CLOSED)
        conn.drop()


@proves("method WsServer.run_echo")
def run_echo() -> None:
    """Run an echo server loop (convenience for simple servers). Accepts one connection at a time and echoes text and binary
    frames back."""
    with bound() as server, elsewhere(server.run_echo) as results:
        for _ in range(2):
            conn = client(server)
            conn.send_text("grüße")
            assert conn.recv_frame().payload_text() == "grüße"
            conn.send_binary(b"\0\xff")
            frame = conn.recv_frame()
            assert (frame.is_binary(), frame.payload) == (1, b"\0\xff")
            conn.close()
        server.stop()
    assert results == [0]
    with bound() as server:
        server.close()
        assert (server.run_echo(), libws.last_error()) == (-1, libws.WS_ERR_CLOSED)


@proves("method WsServer.stop")
def stop() -> None:
    """Stop the server."""
    with bound() as server, elsewhere(lambda: server.accept().fd) as results:
        with elsewhere(server.stop) as stopped:
            pass
        assert stopped == [0]
    assert results == [-1]
    with bound() as server:
        assert (server.stop(), server.stop()) == (0, 0)
        assert (server.running, server.is_valid()) == (0, 1)
        server.close()
        assert (server.stop(), libws.last_error()) == (-1, libws.WS_ERR_CLOSED)


@proves("method WsServer.close")
def close() -> None:
    """Close the server listener."""
    with bound() as server:
        number = server.port
        assert server.close() == 0
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", number)) != 0
        assert (server.close(), libws.last_error()) == (-1, libws.WS_ERR_CLOSED)


@proves("method WsServer.drop")
def drop() -> None:
    """Cleanup / destructor (calls close)."""
    with bound() as server:
        assert (server.drop(), server.is_valid()) == (0, 0)
        assert server.drop() == 0
    assert (WsServer.bind(-1).drop(), libws.last_error()) == (-1, libws.WS_ERR_HANDLE)
    gc.collect()  # what earlier tests left may go at any time
    before = libws.handle_count()
    server = WsServer.bind(0, "127.0.0.1")
    assert libws.handle_count() == before + 1
    del server
    assert libws.handle_count() == before


@proves("function ws_server")
def server_function() -> None:
    """Create a WebSocket server bound to a port."""
    server = ws_server(0)
    assert (server.is_valid(), server.running) == (1, 1) and server.port > 0
    server.close()
    for bad in BAD_PORTS:
        assert ws_server(bad).is_valid() == 0
