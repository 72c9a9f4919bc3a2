"""Loop: many connections on the thread that polls, events and messages in batches. It looks like one descriptor."""

from __future__ import annotations

import ctypes
import pickle
import socket
import time
from threading import Lock, get_ident
from types import TracebackType
from typing import Any, List, Optional, Sequence, Type, Union

from . import _abi as abi
from ._buffers import BytesLike, bytes_at, text_at
from ._library import lib
from ._waiting import LOOK_MS, MAIN_THREAD, milliseconds
from .errors import BusyError, ConnectionClosed, InvalidArgumentError, last_failure
from .loop_event import Event, Metrics, event_of
from .loop_send import Outbox, encoded, topic_name
from .request import HeaderSource, Request, comma_list, header_lines, plain

PACK_BYTES = 256 << 10
"""Room for the events of one poll. Payloads that do not fit are fetched one by one."""
PACK_LIST_AT = 16384
"""Where in it the list of events begins; before are the addresses of the payloads that lie elsewhere."""

_poll_packed = lib.ws_loop_poll_packed
_decode = pickle.loads  # of what the library wrote, in the library's own words: lengths, numbers, texts and nothing that runs
_monotonic = time.monotonic
_NONE = abi.WS_TIMEOUT_NONE


class Loop(Outbox):
    """An event loop: listeners and connections (accepted, dialled or adopted) on whichever thread calls poll().

    Connections are ints, as events carry them. One thread polls at a time; every other call may be made from any thread, does
    not block, and wakes the poll when there is something for it to do. It is a context manager that closes itself.

    subprotocols are what a server offers, the preferred first, origins the only ones it accepts (others get 403).
    A number of 0 means the default: max_message_bytes 16 MiB (more fails a connection with 1009); longer messages than
    stream_over_bytes come in parts as WS_EVENT_FRAGMENT (default: none do); queue_bytes 1 MiB of output may wait for a slow peer,
    beyond which queue_policy, one of WS_QUEUE_*, holds; max_connections 1,048,576; spin_us microseconds of probing before sleeping.
    With requests every HTTP request comes as WS_EVENT_REQUEST for accept(), refuse() or respond().

    Raises InvalidArgumentError, NetworkError, ResourceError.
    """

    __slots__ = ("_closing", "_list", "_numbers", "_pack", "_poller", "_stopped", "_turn", "_woken", "__weakref__")

    def __init__(
        self,
        *,
        subprotocols: Union[str, Sequence[str]] = (),
        origins: Union[str, Sequence[str]] = (),
        max_message_bytes: int = 0,
        max_frame_bytes: int = 0,
        stream_over_bytes: int = 0,
        queue_bytes: int = 0,
        queue_policy: int = abi.WS_QUEUE_FAIL,
        max_connections: int = 0,
        spin_us: int = 0,
        requests: bool = False,
    ) -> None:
        super().__init__(-1)
        self._closing = self._stopped = self._woken = False
        self._poller = 0  # the thread that polls
        self._turn = Lock()  # held by it
        self._pack = (ctypes.c_int64 * (PACK_BYTES // 8))()
        self._numbers = memoryview(self._pack).cast("B").cast("q")
        self._list = memoryview(self._pack).cast("B")[PACK_LIST_AT:]
        options = abi.WsLoopOptions()
        options.struct_size = ctypes.sizeof(options)
        options.subprotocols = comma_list(subprotocols, "subprotocols")
        options.origins = comma_list(origins, "origins")
        options.max_message_bytes = max_message_bytes
        options.max_frame_bytes = max_frame_bytes or max_message_bytes
        options.stream_over_bytes = stream_over_bytes
        options.queue_bytes = queue_bytes
        options.queue_policy = queue_policy
        options.max_connections = max_connections
        options.spin_us = spin_us
        options.requests = int(requests)
        self._handle = _checked(lib.ws_loop_new(options))
        lib.ws_set(self._handle, abi.WS_OPT_INTERRUPTIBLE, 1)

    # --- where connections come from ----------------------------------------------------------------------------------

    def listen(self, host: str = "", port: int = 0, *, reuse_port: bool = False) -> int:
        """Listens on a TCP port, at an IP address, "localhost" or, with "", every address; returns the port.

        Port 0 takes any free one. With reuse_port several loops, in one process or many, share the port, and the system spreads
        connections over them. Raises InvalidArgumentError, NetworkError.
        """
        return _checked(lib.ws_loop_listen(self._live(), plain(host, "host"), port, int(reuse_port)))

    def listen_unix(self, path: str) -> None:
        """Listens on a Unix socket; one that starts with @ is abstract. The file goes with the loop. Raises NetworkError."""
        _checked(lib.ws_loop_listen_unix(self._live(), plain(path, "path")))

    def listen_socket(self, sock: socket.socket) -> None:
        """Accepts from a stream socket that listens already, such as an inherited one; it is detached on success."""
        _checked(lib.ws_loop_listen_fd(self._live(), sock.fileno()))
        sock.detach()

    @property
    def port(self) -> int:
        """The port of the first TCP listener; 0 when there is none."""
        return _checked(lib.ws_loop_port(self._live()))

    def adopt(self, sock: socket.socket, how: int = abi.WS_ADOPT_REQUEST, received: BytesLike = b"") -> int:
        """Takes over a connected stream socket, which is detached on success; returns the connection. WS_EVENT_OPEN follows.

        how is one of WS_ADOPT_*: who this end is and whether the opening handshake is done. received is what was read from
        the socket already. Raises InvalidArgumentError, ResourceError.
        """
        data = bytes(received)
        conn = _checked(lib.ws_loop_adopt(self._live(), sock.fileno(), how, data, len(data)))
        sock.detach()
        return conn

    def connect(
        self,
        url: str,
        *,
        subprotocols: Union[str, Sequence[str]] = (),
        headers: HeaderSource = (),
        origin: Optional[str] = None,
        sock: Optional[socket.socket] = None,
    ) -> int:
        """Begins to connect to "ws://host[:port][/path][?query]" and returns the connection at once.

        WS_EVENT_OPEN follows, or WS_EVENT_CLOSE with code 1006, the reason, and the HTTP status of a server that refused. sock is
        a connected stream socket to use, detached on success. Raises InvalidArgumentError, ResourceError.
        """
        options = abi.WsConnectOptions()
        options.struct_size = ctypes.sizeof(options)
        options.subprotocols = comma_list(subprotocols, "subprotocols")
        options.headers = header_lines(headers)
        options.origin = None if origin is None else plain(origin, "origin")
        address = plain(url, "url")
        if sock is None:
            return _checked(lib.ws_loop_connect(self._live(), address, options))
        conn = _checked(lib.ws_loop_handshake(self._live(), sock.fileno(), address, options))
        sock.detach()
        return conn

    # --- polling ------------------------------------------------------------------------------------------------------

    def poll(self, timeout: Optional[float] = None) -> List[Event]:
        """Writes what was sent, waits until something happens, and returns the events, at most 512.

        timeout is in seconds: None waits for ever, 0 not at all. The list is empty when the time is over and after wake().
        What does not fit comes with the next poll. Events own their data.

        Blocks; other threads run meanwhile. Signal handlers run at once, and what one raises, KeyboardInterrupt above all, ends
        the wait with nothing lost. Raises ConnectionClosed when the loop is or gets closed, BusyError while another thread polls.
        """
        limit_ms = _NONE if timeout is None else milliseconds(timeout, least=0)
        if not self._turn.acquire(False):
            raise BusyError("another thread polls this loop", abi.WS_ERR_BUSY)
        try:
            self._poller = thread = get_ident()
            look_ms = LOOK_MS if thread == MAIN_THREAD else _NONE
            left_ms = limit_ms
            began = _monotonic() if left_ms else 0.0
            while True:
                # First the bell, then the look: a message that another thread gathers after the look rings.
                self._rings = True
                if self._gathered:
                    self._hand_over()
                if self._unsent:
                    left_ms = 0
                wait_ms = left_ms if left_ms < look_ms else look_ms
                n = _poll_packed(self._handle, self._pack, PACK_BYTES, wait_ms)
                if self._closing:
                    raise ConnectionClosed("the loop was closed while it was polled", abi.WS_ERR_CLOSED)
                if n > 0:
                    rows = _decode(self._list) if not self._numbers[0] else _decode(self._list, buffers=self._elsewhere())
                    events = list(map(event_of, rows))
                    return self._take_unsent() + events if self._unsent else events
                if n < 0 and lib.ws_last_error() != abi.WS_ERR_INTERRUPTED:
                    raise last_failure()
                if self._unsent or self._woken or not left_ms:
                    self._woken = False
                    return self._take_unsent()
                passed_ms = (_monotonic() - began) * 1000
                if limit_ms != _NONE:
                    left_ms = max(0, limit_ms - int(passed_ms))
        finally:
            self._rings = self._external
            self._poller = 0
            if self._closing:
                self._shut()
            self._turn.release()

    def _elsewhere(self) -> List[Union[bytes, str]]:
        """The payloads that the library told by their addresses, copied."""
        numbers = self._numbers[1 : 1 + 3 * self._numbers[0]].tolist()
        at = iter(numbers)
        return [(text_at if text else bytes_at)(address, length) for address, length, text in zip(at, at, at)]

    def fileno(self) -> int:
        """A descriptor that selectors and asyncio's add_reader may watch for reading: whenever it is readable, poll(0).

        Timers and the work of other threads make it readable, too, and so does what is sent between polls.
        """
        fd = _checked(lib.ws_loop_fd(self._live()))
        self._external = True
        if self._poller == 0:
            self._rings = True
            if self._gathered or self._unsent:
                self._ring()
        return fd

    def wake(self) -> None:
        """Makes the poll that waits, or else the next one, return at once, with or without events. From any thread."""
        self._woken = True
        _checked(lib.ws_loop_wake(self._live()))

    # --- one connection -----------------------------------------------------------------------------------------------

    def close_conn(self, conn: int, code: int = abi.WS_CLOSE_NORMAL, reason: str = "") -> None:
        """Starts the closing handshake, behind what was sent; WS_EVENT_CLOSE follows (RFC 6455 §7.1.2).

        Allowed codes: 1000-1003, 1007-1014, 3000-4999; a reason has at most 123 bytes of UTF-8. Raises InvalidArgumentError,
        ConnectionClosed.
        """
        text = plain(reason, "reason")
        self._settle()
        _checked(lib.ws_loop_close_conn(self._handle, conn, code, text))

    def abort_conn(self, conn: int) -> None:
        """Cuts a connection off; WS_EVENT_CLOSE follows with 1006 and WS_ERR_CLOSED. Raises ConnectionClosed."""
        self._settle()
        _checked(lib.ws_loop_abort_conn(self._handle, conn))

    def pause(self, conn: int) -> None:
        """Stops reading a connection, which in time slows its peer down. Raises ConnectionClosed, StateError."""
        self._live()
        _checked(lib.ws_pause(conn))

    def resume(self, conn: int) -> None:
        """Goes on reading a connection that was paused. Raises ConnectionClosed, StateError."""
        self._live()
        _checked(lib.ws_resume(conn))

    def subscribe(self, conn: int, topic: str) -> None:
        """Makes a connection receive what is published to a topic. Raises InvalidArgumentError, ConnectionClosed."""
        _checked(lib.ws_loop_subscribe(self._live(), conn, topic_name(topic)))

    def unsubscribe(self, conn: int, topic: str) -> None:
        """Ends a subscription; closing ends all of a connection's. Raises InvalidArgumentError, ConnectionClosed."""
        _checked(lib.ws_loop_unsubscribe(self._live(), conn, topic_name(topic)))

    def is_open(self, conn: int) -> bool:
        """Whether messages can be sent on a connection."""
        return self._handle > 0 and lib.ws_is_open(conn) == 1

    def peer_address(self, conn: int) -> str:
        """Where the peer of a connection is: "192.0.2.1:1234". Raises ConnectionClosed."""
        self._live()
        address = lib.ws_peer_address(conn)
        if address is None:
            raise last_failure()
        return str(address, "utf-8", "replace")

    # --- requests -----------------------------------------------------------------------------------------------------

    def request(self, conn: int) -> Request:
        """What a connection of a server came with: a copy, good for ever. Raises ConnectionClosed, StateError."""
        self._live()
        if lib.ws_request_method(conn) is None:
            raise last_failure()
        return Request(conn)

    def accept(self, conn: int, subprotocol: Optional[str] = None, headers: HeaderSource = ()) -> None:
        """Answers a WS_EVENT_REQUEST with 101; WS_EVENT_OPEN follows (RFC 6455 §4.2.2). Raises InvalidArgumentError, StateError."""
        chosen = None if subprotocol is None else plain(subprotocol, "subprotocol")
        lines = header_lines(headers)
        self._live()
        _checked(lib.ws_accept_upgrade(conn, chosen, lines))

    def refuse(self, conn: int, status: int, body: Union[bytes, str] = b"", headers: HeaderSource = ()) -> None:
        """Answers a WS_EVENT_REQUEST with an HTTP status, 300 to 599, and closes. Raises InvalidArgumentError, StateError."""
        content, lines = encoded(body) if isinstance(body, str) else bytes(body), header_lines(headers)
        self._live()
        _checked(lib.ws_refuse(conn, status, lines, content, len(content)))

    def respond(self, conn: int, status: int, body: Union[bytes, str] = b"", headers: HeaderSource = ()) -> None:
        """Answers a WS_EVENT_REQUEST as a web server does, status 200 to 599; the client's next request may follow.

        Raises InvalidArgumentError, StateError.
        """
        content, lines = encoded(body) if isinstance(body, str) else bytes(body), header_lines(headers)
        self._live()
        _checked(lib.ws_respond(conn, status, lines, content, len(content)))

    # --- the whole ----------------------------------------------------------------------------------------------------

    def set_option(self, option: int, value: int, conn: int = 0) -> None:
        """Sets one of WS_OPT_*, of the loop and its later connections or of one connection. Raises InvalidArgumentError."""
        _checked(lib.ws_set(conn or self._live(), option, value))

    def get_option(self, option: int, conn: int = 0) -> int:
        """What an option is set to. Raises InvalidArgumentError."""
        return _checked(lib.ws_get(conn or self._live(), option))

    def metrics(self) -> Metrics:
        """A snapshot of what the loop has done and holds."""
        raw = abi.WsMetrics()
        _checked(lib.ws_loop_metrics(self._live(), raw, ctypes.sizeof(raw)))
        return Metrics.of(raw)

    def drain(self, timeout: float = 10.0) -> None:
        """Begins a graceful end: stops listening and closes every connection with 1001; after timeout seconds they are cut.

        Go on polling: WS_EVENT_DRAINED tells that the last one is gone. Does not block.
        """
        self._settle()
        _checked(lib.ws_loop_drain(self._handle, milliseconds(timeout)))

    def close(self) -> None:
        """Ends the loop at once: connections are cut off, memory is given back. A second call does nothing.

        A poll in another thread raises ConnectionClosed first; blocks until it has, which it does at once.
        """
        self._closing = True
        if not self._turn.acquire(False):
            if self._poller == get_ident():
                return  # a signal handler inside poll(), which closes when it ends
            lib.ws_loop_wake(self._handle)
            self._turn.acquire()
        try:
            self._shut()
        finally:
            self._turn.release()

    def _shut(self) -> None:
        handle, self._handle = self._handle, -1
        self._external = self._rings = True  # so that send() notices
        del self._gathered[:]
        if handle > 0:
            lib.ws_loop_drop(handle)

    @property
    def closed(self) -> bool:
        """Whether close() was called."""
        return self._closing

    def _live(self) -> int:
        if self._handle < 0:
            raise ConnectionClosed("the loop is closed", abi.WS_ERR_CLOSED)
        return self._handle

    def __enter__(self) -> Loop:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", -1)
        if handle > 0:
            lib.ws_loop_drop(handle)

    def __repr__(self) -> str:
        return f"<libws.Loop {'closed' if self._handle < 0 else 'open'}>"


def _checked(result: Any) -> int:
    """A result of the library that is not a failure; failures are raised."""
    if result < 0:
        raise last_failure()
    number: int = result
    return number


__all__ = ["InvalidArgumentError", "Loop"]
