"""Loop: many connections on the thread that polls, events and messages in batches. It looks like one descriptor."""

from __future__ import annotations

import asyncio
import ctypes
import socket
from types import TracebackType
from typing import Callable, List, Optional, Sequence, Type, TypeVar, Union

from . import _abi as abi
from ._buffers import BytesLike, copied
from ._checked import integer
from ._handover import hand_over
from ._library import lib
from ._owned import loop_adopt, loop_handshake, loop_listen_fd, loop_new, owned
from ._plain_socket import check_plain
from ._uncopyable import Uncopyable
from ._waiting import milliseconds
from .errors import ConnectionClosed, last_failure
from .loop_event import Event, Metrics
from .loop_handler import Detach, LoopHandler, attach, calls_of
from .loop_poll import Poller, checked
from .loop_send import encoded, topic_name
from .request import HeaderSource, Request, comma_list, header_lines, plain

_Self = TypeVar("_Self", bound="Loop")


class Loop(Poller, Uncopyable):
    """An event loop: listeners and connections (accepted, dialled or adopted) on whichever thread calls poll().

    Connections are ints, as events carry them. One thread polls at a time; every other call may be made from any thread, does
    not block, and wakes the poll when there is something for it to do. It is a context manager that closes itself.

    subprotocols are what a server offers, the preferred first, origins the only ones it accepts (others get 403; requests without an
    Origin header come from no browser and are accepted).
    A number of 0 means the default: max_message_bytes 16 MiB (more fails a connection with 1009); longer messages than
    stream_over_bytes come in parts as WS_EVENT_FRAGMENT (default: none do); queue_bytes 1 MiB of output may wait for a slow peer,
    beyond which queue_policy, one of WS_QUEUE_*, holds; max_connections 1,048,576; spin_us microseconds of probing before sleeping.
    With requests every HTTP request comes as WS_EVENT_REQUEST for accept(), refuse() or respond(). With view_over_bytes binary
    messages of at least so many bytes (4,096 or more) come as a memoryview of the library's own memory, which saves a copy: the next
    poll() and the end of the loop release it, so it and what was sliced from it must not be used any more; send() takes it.

    Raises InvalidArgumentError, NetworkError, ResourceError.
    """

    __slots__ = ("_stopped",)

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
        view_over_bytes: int = 0,
    ) -> None:
        super().__init__(integer(view_over_bytes, "view_over_bytes"))
        self._stopped = False
        options = abi.WsLoopOptions()
        options.struct_size = ctypes.sizeof(options)
        options.subprotocols = comma_list(subprotocols, "subprotocols")
        options.origins = comma_list(origins, "origins")
        options.max_message_bytes = integer(max_message_bytes, "max_message_bytes")
        options.max_frame_bytes = integer(max_frame_bytes or max_message_bytes, "max_frame_bytes")
        options.stream_over_bytes = integer(stream_over_bytes, "stream_over_bytes")
        options.queue_bytes = integer(queue_bytes, "queue_bytes")
        options.queue_policy = integer(queue_policy, "queue_policy")
        options.max_connections = integer(max_connections, "max_connections")
        options.spin_us = integer(spin_us, "spin_us")
        options.requests = int(requests)
        self._owner = owned(loop_new(options))
        self._handle = self._owner.value
        lib.ws_set(self._handle, abi.WS_OPT_INTERRUPTIBLE, 1)

    # --- where connections come from ----------------------------------------------------------------------------------

    def listen(self, host: str = "", port: int = 0, *, reuse_port: bool = False) -> int:
        """Listens on a TCP port, at an IP address, "localhost" or, with "", every address; returns the port.

        Port 0 takes any free one. With reuse_port several loops, in one process or many, share the port, and the system spreads
        connections over them. Raises InvalidArgumentError, NetworkError.
        """
        return checked(lib.ws_loop_listen(self._live(), plain(host, "host"), integer(port, "port"), bool(reuse_port)))

    def listen_unix(self, path: str) -> None:
        """Listens on a Unix socket; one that starts with @ is abstract. The file goes with the loop. Raises NetworkError."""
        checked(lib.ws_loop_listen_unix(self._live(), plain(path, "path")))

    def listen_socket(self, sock: socket.socket) -> None:
        """Accepts from a stream socket without TLS that listens already, such as an inherited one; it is detached on success."""
        check_plain(sock)
        checked(hand_over(sock, loop_listen_fd, (self._live(),), least=0).value)

    @property
    def port(self) -> int:
        """The port of the first TCP listener; 0 when there is none."""
        return checked(lib.ws_loop_port(self._live()))

    def adopt(self, sock: socket.socket, how: int = abi.WS_ADOPT_REQUEST, received: BytesLike = b"") -> int:
        """Takes over a connected stream socket without TLS, detached on success; returns the connection. WS_EVENT_OPEN follows.

        how is one of WS_ADOPT_*: who this end is and whether the opening handshake is done. received is what was read from
        the socket already. Raises InvalidArgumentError, ResourceError.
        """
        check_plain(sock)
        data, how = copied(received), integer(how, "how")
        return checked(hand_over(sock, loop_adopt, (self._live(),), (how, data, len(data))).value)

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
        a connected stream socket without TLS to use, detached on success. Raises InvalidArgumentError, ResourceError.
        """
        options = abi.WsConnectOptions()
        options.struct_size = ctypes.sizeof(options)
        options.subprotocols = comma_list(subprotocols, "subprotocols")
        options.headers = header_lines(headers)
        options.origin = None if origin is None else plain(origin, "origin")
        address = plain(url, "url")
        if sock is None:
            return checked(lib.ws_loop_connect(self._live(), address, options))
        check_plain(sock)
        return checked(hand_over(sock, loop_handshake, (self._live(),), (address, options)).value)

    # --- one connection -----------------------------------------------------------------------------------------------

    def close_conn(self, conn: int, code: int = abi.WS_CLOSE_NORMAL, reason: str = "") -> None:
        """Starts the closing handshake, behind what was sent; WS_EVENT_CLOSE follows (RFC 6455 §7.1.2).

        Allowed codes: 1000-1003, 1007-1014, 3000-4999; a reason has at most 123 bytes of UTF-8. Raises InvalidArgumentError,
        ConnectionClosed.
        """
        conn, code, text = integer(conn, "conn"), integer(code, "code"), plain(reason, "reason")
        self._settle()
        checked(lib.ws_loop_close_conn(self._handle, conn, code, text))

    def abort_conn(self, conn: int) -> None:
        """Cuts a connection off; WS_EVENT_CLOSE follows with 1006 and WS_ERR_CLOSED. Raises ConnectionClosed."""
        conn = integer(conn, "conn")
        self._settle()
        checked(lib.ws_loop_abort_conn(self._handle, conn))

    def pause(self, conn: int) -> None:
        """Stops reading a connection, which in time slows its peer down. Raises ConnectionClosed, StateError."""
        self._live()
        checked(lib.ws_pause(integer(conn, "conn")))

    def resume(self, conn: int) -> None:
        """Goes on reading a connection that was paused. Raises ConnectionClosed, StateError."""
        self._live()
        checked(lib.ws_resume(integer(conn, "conn")))

    def subscribe(self, conn: int, topic: str) -> None:
        """Makes a connection receive what is published to a topic. Raises InvalidArgumentError, ConnectionClosed."""
        checked(lib.ws_loop_subscribe(self._live(), integer(conn, "conn"), topic_name(topic)))

    def unsubscribe(self, conn: int, topic: str) -> None:
        """Ends a subscription; closing ends all of a connection's. Raises InvalidArgumentError, ConnectionClosed."""
        checked(lib.ws_loop_unsubscribe(self._live(), integer(conn, "conn"), topic_name(topic)))

    def is_open(self, conn: int) -> bool:
        """Whether messages can be sent on a connection."""
        return lib.ws_is_open(integer(conn, "conn")) == 1 and self._handle > 0

    def peer_address(self, conn: int) -> str:
        """Where the peer of a connection is: "192.0.2.1:1234". Raises ConnectionClosed."""
        self._live()
        address = lib.ws_peer_address(integer(conn, "conn"))
        if address is None:
            raise last_failure()
        return str(address, "utf-8", "replace")

    # --- requests -----------------------------------------------------------------------------------------------------

    def request(self, conn: int) -> Request:
        """What a connection of a server came with: a copy, good for ever. From WS_EVENT_REQUEST to the poll after WS_EVENT_OPEN.

        Raises ConnectionClosed, and StateError when it is too late.
        """
        conn = integer(conn, "conn")
        self._live()
        if lib.ws_request_method(conn) is None:
            raise last_failure()
        return Request(conn)

    def accept(self, conn: int, subprotocol: Optional[str] = None, headers: HeaderSource = ()) -> None:
        """Answers a WS_EVENT_REQUEST with 101; WS_EVENT_OPEN follows (RFC 6455 §4.2.2). Raises InvalidArgumentError, StateError."""
        chosen = None if subprotocol is None else plain(subprotocol, "subprotocol")
        conn, lines = integer(conn, "conn"), header_lines(headers)
        self._live()
        checked(lib.ws_accept_upgrade(conn, chosen, lines))

    def refuse(self, conn: int, status: int, body: Union[bytes, str] = b"", headers: HeaderSource = ()) -> None:
        """Answers a WS_EVENT_REQUEST with an HTTP status, 200 to 599, instead of a connection; see respond()."""
        self._answer(lib.ws_refuse, conn, status, body, headers)

    def respond(self, conn: int, status: int, body: Union[bytes, str] = b"", headers: HeaderSource = ()) -> None:
        """Answers a WS_EVENT_REQUEST as a web server does, status 200 to 599.

        Where HTTP allows it the client's next request follows on the same connection; otherwise it ends with WS_EVENT_CLOSE.
        Raises InvalidArgumentError, ConnectionClosed, StateError when there is nothing to answer.
        """
        self._answer(lib.ws_respond, conn, status, body, headers)

    def _answer(self, call: Callable[..., int], conn: int, status: int, body: Union[bytes, str], headers: HeaderSource) -> None:
        conn, status = integer(conn, "conn"), integer(status, "status")
        content, lines = encoded(body) if isinstance(body, str) else copied(body), header_lines(headers)
        self._live()
        checked(call(conn, status, lines, content, len(content)))

    # --- callbacks ----------------------------------------------------------------------------------------------------

    def run(self, handler: LoopHandler) -> None:
        """Polls and calls the handler's methods, until stop(), close(), or the end of a drain().

        Blocks like poll(). What the handler raises is raised here; the events behind it come with the next poll or run.
        """
        calls = calls_of(handler)
        events: List[Event] = []
        at = 0
        try:
            while True:  # going back from a condition would let what a signal handler raises pass finally, from Python 3.12 on
                if self._stopped or events and events[-1].kind == abi.WS_EVENT_DRAINED:
                    return
                try:
                    events = self.poll()
                    at = 0
                except ConnectionClosed:
                    if self.closed:
                        return
                    raise
                for event in events:
                    if self._stopped or self._closing:
                        return
                    at += 1
                    calls[event.kind](self, event)
        finally:
            self._kept[:0] = events[at:]
            self._stopped = False

    def stop(self) -> None:
        """Ends run(), or what attach() began, after the event that is being handled; what follows comes with the next poll.

        From any thread, a handler or a signal handler. When neither is under way it ends the next run() at once.
        """
        self._stopped = True
        self.wake()

    def attach(self, handler: LoopHandler, loop: Optional[asyncio.AbstractEventLoop] = None) -> Detach:
        """Serves this loop inside an asyncio loop (None: the running one): its thread calls the handler's methods.

        Returns a function that ends that, from any thread; stop() and close() end it, too. Exceptions of the handler go to the
        asyncio loop's exception handler. Sending and everything else works from coroutines of that loop. Does not block.
        """
        return attach(self, handler, loop or asyncio.get_running_loop())

    # --- the whole ----------------------------------------------------------------------------------------------------

    def set_option(self, option: int, value: int, conn: int = 0) -> None:
        """Sets one of WS_OPT_*, of the loop and its later connections or of one connection. Raises InvalidArgumentError."""
        checked(lib.ws_set(integer(conn, "conn") or self._live(), integer(option, "option"), integer(value, "value")))

    def get_option(self, option: int, conn: int = 0) -> int:
        """What an option is set to. Raises InvalidArgumentError."""
        return checked(lib.ws_get(integer(conn, "conn") or self._live(), integer(option, "option")))

    def metrics(self) -> Metrics:
        """A snapshot of what the loop has done and holds."""
        raw = abi.WsMetrics()
        checked(lib.ws_loop_metrics(self._live(), raw, ctypes.sizeof(raw)))
        return Metrics.of(raw)

    def drain(self, timeout: float = 10.0) -> None:
        """Begins a graceful end: stops listening and closes every connection with 1001; after timeout seconds they are cut.

        Go on polling: WS_EVENT_DRAINED tells that the last one is gone. Does not block.
        """
        self._settle()
        checked(lib.ws_loop_drain(self._handle, milliseconds(timeout)))

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<libws.Loop {'closed' if self._handle < 0 else 'open'}>"
