"""serve: a server with one thread for each connection, over ws_server_accept (RFC 6455 §4.2)."""

from __future__ import annotations

import errno
import logging
import sys
import threading
import time
from types import TracebackType
from typing import Callable, Dict, Optional, Sequence, Set, Type, TypeVar, Union

from . import _abi as abi
from ._checked import bounded, check_callable, close_code
from ._library import lib
from ._owned import OwnedConnection, OwnedServer, owned, server_bind_host
from ._uncopyable import Uncopyable
from ._waiting import LOOK_S, MOST_MS, Patience, aside, in_main_thread, itself, milliseconds
from .client import MAX_MESSAGE_BYTES, message_bytes
from .connection import ServerConnection
from .errors import ConnectionClosed, ForkedError, InvalidArgumentError, last_failure
from .request import Accept, Refuse, Request, comma_list, header_lines, plain

logger = logging.getLogger("libws.server")

Self = TypeVar("Self", bound="Server")
Handler = Callable[[ServerConnection], object]
Verdict = Union[None, Accept, Refuse]

REST_S = 0.1
"""How long accepting rests after the operating system refused, so that it does not spin."""
GONE = frozenset((errno.EBADF, errno.ENOTSOCK, errno.EINVAL))
"""Why a listener that others closed or shut down accepts nobody, and never will."""
LOOK_AGAIN_S = 0.002
"""How often shutdown() looks whether accepting has ended."""
WAKE_S = 0.1
"""How long threads of connections that were cut may take to end."""
NO_THREAD = ("can't start new thread",)
NO_MORE_THREADS = ("can't create new thread at interpreter shutdown",)
"""What Python raises when the system gives no thread, and from 3.12 on when it is ending itself, which is no trouble to report."""


class Server(Uncopyable):
    """A server that runs a handler in a thread of its own for each connection; serve() makes it.

    host and port are what it is bound to; the port is the real one when 0 was asked for. It accepts while serve_forever()
    runs, or after start(), which runs that in a thread. Leaving its with block shuts it down.
    """

    def __init__(
        self,
        owner: OwnedServer,
        handler: Handler,
        host: str,
        *,
        subprotocols: Sequence[str] = (),
        process_request: Optional[Callable[[Request], Verdict]] = None,
        close_timeout_ms: int = 1000,
        send_timeout_ms: int = abi.WS_TIMEOUT_NONE,
        max_connections: int = 1000,
    ) -> None:
        self._owner = owner  # and with this object it goes
        self._handle = owner.value
        self._handler = handler
        self._subprotocols = subprotocols
        self._process_request = process_request
        self._close_timeout_ms = close_timeout_ms
        self._send_timeout_ms = send_timeout_ms
        self._slots = threading.BoundedSemaphore(max_connections)
        # A signal handler may call shutdown() in the middle of anything that the same thread does here. So it meets no lock that it
        # would wait for: this one may be taken twice, and the rest are numbers and flags.
        self._lock = threading.RLock()
        self._threads: Dict[threading.Thread, Optional[ServerConnection]] = {}
        self._acceptors: Set[int] = set()  # identities of the threads that accept; 0: one that begins
        self._stopping = self._postponed = False  # shutdown() was called; by a signal handler that interrupted the acceptor
        self._farewell = (abi.WS_CLOSE_GOING_AWAY, "")  # what it tells the peers
        self._until = 0.0  # when it loses its patience
        self.host = host
        self.port = lib.ws_server_port(self._handle)

    @property
    def connections(self) -> Sequence[ServerConnection]:
        """The connections that are open now."""
        with self._lock:
            return tuple(ws for ws in self._threads.values() if ws is not None)

    # --- accepting ----------------------------------------------------------------------------------------------------

    def serve_forever(self) -> None:
        """Accepts connections until shutdown() is called from another thread, a handler or a signal handler.

        Blocks. After a signal handler's shutdown() it also closes the connections and waits for their handlers. Clients whose
        handshake fails are answered by the library and logged as debug messages. Beyond max_connections new clients wait in the
        listener's queue. Raises NetworkError when others closed or shut down the listener.
        """
        if self._handle < 0:
            raise ConnectionClosed("the server is shut down", abi.WS_ERR_CLOSED)
        lib.ws_set(self._handle, abi.WS_OPT_INTERRUPTIBLE, int(in_main_thread()))
        call = lib.ws_server_accept if self._process_request is None else lib.ws_server_accept_request
        patience = Patience(self._handle, abi.WS_OPT_ACCEPT_TIMEOUT_MS)
        accepted: Set[int] = set()  # and not yet in the hands of a thread
        self._acceptors.add(threading.get_ident())
        try:
            while not self._stopping:
                if not self._slots.acquire(timeout=LOOK_S):
                    continue
                handle = patience.wait(call, abi.WS_TIMEOUT_NONE, itself)
                if handle < 0:
                    self._slots.release()
                    self._consider_failure()
                    continue
                try:
                    accepted.add(handle)
                    self._spawn(handle, accepted)
                except BaseException:  # of a signal handler
                    if taken(accepted, handle):
                        lib.ws_drop(handle)
                    raise
        finally:
            for handle in patience.forget():
                lib.ws_drop(handle)
            self._acceptors -= {0, threading.get_ident()}
            if self._postponed:
                self._finish()

    def start(self: Self) -> Self:
        """Runs serve_forever() in a thread of its own, which does not keep the interpreter from ending. Does not block."""
        if self._handle < 0:
            raise ConnectionClosed("the server is shut down", abi.WS_ERR_CLOSED)
        self._acceptors.add(0)
        threading.Thread(target=self.serve_forever, name=f"libws-accept-{self.port}", daemon=True).start()
        return self

    def _consider_failure(self) -> None:
        """Goes on after one client's bad handshake at once, after a lack of resources in a moment, and not without a listener."""
        failure = last_failure()
        if failure.error_code == abi.WS_ERR_SYSTEM and getattr(failure, "errno", None) in GONE and not self._stopping:
            raise failure
        if failure.error_code in (abi.WS_ERR_HANDSHAKE, abi.WS_ERR_ORIGIN, abi.WS_ERR_ABNORMAL):
            logger.debug("a client's opening handshake failed: %s", failure)
        elif not self._stopping:
            logger.warning("accepting failed: %s", failure)
            time.sleep(REST_S)

    # --- one connection -----------------------------------------------------------------------------------------------

    def _spawn(self, handle: int, accepted: Set[int]) -> None:
        thread = threading.Thread(target=self._serve, args=(handle, accepted), name=f"libws-{self.port}", daemon=True)
        try:
            with self._lock:
                self._threads[thread] = None
            thread.start()
        except BaseException as error:
            if not taken(accepted, handle):
                raise  # a signal handler's, and the thread has begun
            lib.ws_drop(handle)
            self._leave(thread)
            if error.args not in (NO_THREAD, NO_MORE_THREADS):
                raise  # a signal handler's
            logger.log(logging.ERROR if error.args == NO_THREAD else logging.DEBUG, "no thread for a connection: %s", error)

    def _leave(self, thread: threading.Thread) -> None:
        with self._lock:
            known = self._threads.pop(thread, self) is not self
        if known:
            self._slots.release()

    def _serve(self, handle: int, accepted: Set[int]) -> None:
        """The whole life of one connection's thread."""
        if not taken(accepted, handle):
            return
        thread = threading.current_thread()
        try:
            ws = self._open(handle)
            if ws is not None:
                with self._lock:
                    self._threads[thread] = ws
                if self._stopping:  # shutdown() may have looked before this connection was known
                    ws.close(*self._farewell)
                else:
                    self._run(ws)
        except Exception:
            logger.exception("a connection ended in a defect")
            lib.ws_drop(handle)
        finally:
            self._leave(thread)

    def _open(self, handle: int) -> Optional[ServerConnection]:
        """Answers the request as process_request says; None when it was refused."""
        request = Request(handle)
        if self._process_request is not None and not self._answer(handle, request, self._process_request):
            lib.ws_drop(handle)
            return None
        owner = OwnedConnection(handle)
        return ServerConnection(owner, close_timeout_ms=self._close_timeout_ms, send_timeout_ms=self._send_timeout_ms, request=request)

    def _answer(self, handle: int, request: Request, process_request: Callable[[Request], Verdict]) -> bool:
        """Sends the answer to the request; True when it opened the connection."""
        try:
            verdict = process_request(request)
            if isinstance(verdict, Refuse):
                headers, body = header_lines(verdict.headers), verdict.body
                if lib.ws_refuse(handle, verdict.status, headers, body, len(body)) < 0:
                    failure = last_failure()
                    if isinstance(failure, InvalidArgumentError):
                        raise failure
                    logger.debug("the refusal of %r did not arrive: %s", request, failure)
                return False
            accept = Accept() if verdict is None else verdict
            chosen = accept.subprotocol or next((p for p in self._subprotocols if p in request.subprotocols), None)
            subprotocol = None if chosen is None else plain(chosen, "subprotocol")
            if lib.ws_accept_upgrade(handle, subprotocol, header_lines(accept.headers)) < 0:
                raise last_failure()
            return True
        except ConnectionClosed as end:
            logger.debug("%r is gone: %s", request, end)
        except Exception:
            logger.exception("process_request of %r failed", request)
            lib.ws_refuse(handle, 500, None, None, 0)
        return False

    def _run(self, ws: ServerConnection) -> None:
        """Runs the handler; what it raises ends this connection only."""
        code = abi.WS_CLOSE_NORMAL
        try:
            self._handler(ws)
        except Exception as error:
            if isinstance(error, ConnectionClosed) and not ws.is_open:
                logger.debug("%r: %s", ws, error)
            else:
                logger.exception("the handler of %r raised", ws)
                code = abi.WS_CLOSE_UNEXPECTED
        finally:
            ws.close(code)

    # --- the end ------------------------------------------------------------------------------------------------------

    def shutdown(
        self, code: int = abi.WS_CLOSE_GOING_AWAY, reason: str = "", timeout: Optional[float] = None
    ) -> None:
        """Stops accepting, closes every connection with code and reason, and waits for the handlers to end.

        After timeout seconds (None: close_timeout) the connections that are left are cut. May be called from any thread, a
        handler and a signal handler; a second call does nothing. In a signal handler that interrupts serve_forever() it returns
        at once, and serve_forever() does the rest before it ends. Raises InvalidArgumentError as Connection.close does.
        """
        code, text = close_code(code), reason.encode("utf-8", "surrogatepass")
        probe = lib.ws_frame_close(code)
        if probe.opcode < 0:
            failure = last_failure()
            if isinstance(failure, ForkedError):
                return  # the server is the parent's
            raise failure
        lib.ws_frame_drop(probe)
        if len(text) > 123:
            raise InvalidArgumentError("reason must have at most 123 bytes", abi.WS_ERR_CONTROL_SIZE)
        seconds = self._close_timeout_ms / 1000 if timeout is None else timeout
        until = time.monotonic() + min(milliseconds(seconds), MOST_MS) / 1000
        if self._handle < 0:
            return
        self._farewell, self._until = (code, reason), until
        self._stopping = True
        lib.ws_server_stop(self._handle)
        if threading.get_ident() in self._acceptors:
            self._postponed = True
        else:
            self._finish()

    def _finish(self) -> None:
        """Does what is left of shutdown() once accepting is stopped."""
        until, (code, reason) = self._until, self._farewell
        while self._acceptors and time.monotonic() < until + WAKE_S:
            time.sleep(LOOK_AGAIN_S)
        for ws in self.connections:
            ws._say_goodbye(code, reason.encode())
        self._await_handlers(until)
        for ws in self.connections:
            ws._shut()
        self._await_handlers(time.monotonic() + WAKE_S)
        handle, self._handle = self._handle, -1
        lib.ws_server_drop(handle)

    def _await_handlers(self, until: float) -> None:
        """Waits for the threads of connections to end."""
        with self._lock:
            threads = [thread for thread in self._threads if thread is not threading.current_thread()]
        for thread in threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.shutdown()

    def __repr__(self) -> str:
        return f"<Server on port {self.port}, {len(self.connections)} connections>"


def serve(
    handler: Handler,
    host: Optional[str] = "127.0.0.1",
    port: int = 0,
    *,
    subprotocols: Union[str, Sequence[str]] = (),
    origins: Union[str, Sequence[str]] = (),
    process_request: Optional[Callable[[Request], Verdict]] = None,
    open_timeout: Optional[float] = 10.0,
    close_timeout: Optional[float] = 1.0,
    send_timeout: Optional[float] = None,
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    max_connections: int = 1000,
) -> Server:
    """Binds a server that runs handler(ws) in a thread for each connection; serve_forever() or start() begins to accept.

    host "" or None is every interface, port 0 any free port. The first of subprotocols that a client offers is agreed on.
    origins is an allow-list such as ["https://example.org"]: pages from elsewhere get 403; a request without an Origin header comes
    from no browser and is let in, so the list is no authentication. process_request(request) is called in the connection's
    thread before the connection opens and returns None or Accept() to open it, Refuse(status, body, headers) not to. A handler
    that returns closes its connection with 1000; one that raises is logged ("libws.server") and closes it with 1011, and the
    others go on. Timeouts are in seconds, None for no bound; max_connections bounds threads.

    Raises InvalidArgumentError, NetworkError (the port is taken, or the host has no address).
    """
    check_callable(handler, "handler")
    if process_request is not None:
        check_callable(process_request, "process_request")
    most_bytes = message_bytes(max_message_bytes)
    ours = [subprotocols] if isinstance(subprotocols, str) else list(subprotocols)
    options = (
        (abi.WS_OPT_HANDSHAKE_TIMEOUT_MS, milliseconds(open_timeout, "open_timeout")),
        (abi.WS_OPT_MAX_MESSAGE_BYTES, most_bytes),
        (abi.WS_OPT_MAX_FRAME_BYTES, most_bytes),
    )
    close_timeout_ms = milliseconds(close_timeout, "close_timeout")
    send_timeout_ms = milliseconds(send_timeout, "send_timeout")
    most_connections, wanted_port = bounded(max_connections, "max_connections", 1, sys.maxsize), bounded(port, "port", 0, 65535)
    name = plain(host or "", "host")
    protocol_list, origin_list = comma_list(ours, "subprotocols"), comma_list(origins, "origins")

    owner = aside(lambda: owned(server_bind_host(name, wanted_port)), lambda: None)
    handle = owner.value
    results = [
        lib.ws_server_set_subprotocols(handle, protocol_list),
        lib.ws_server_set_origins(handle, origin_list),
        *(lib.ws_set(handle, option, value) for option, value in options),
    ]
    if min(results) < 0:
        raise last_failure()
    return Server(
        owner,
        handler,
        host or "",
        subprotocols=ours,
        process_request=process_request,
        close_timeout_ms=close_timeout_ms,
        send_timeout_ms=send_timeout_ms,
        max_connections=most_connections,
    )


def taken(handles: Set[int], handle: int) -> bool:
    """Takes a handle out of a set, and tells whether it was there: of several threads one gets it."""
    try:
        handles.remove(handle)
    except KeyError:
        return False
    return True
