"""Connection: one WebSocket connection in Python's own terms, with exceptions, str and bytes."""

from __future__ import annotations

import threading
import time
from ctypes import byref
from threading import get_ident
from types import TracebackType
from typing import Any, Callable, Iterator, NoReturn, Optional, Type, TypeVar, Union

from . import _abi as abi
from ._buffers import BytesLike, blank, lend
from ._checked import close_code, integer
from ._library import lib
from ._owned import OwnedConnection, OwnedFrame, content, payload_of, recv_message
from ._quick import INT_MAX, ROOM_SIZE, Room, number, recv_into, send_binary, send_text
from ._uncopyable import Uncopyable
from ._waiting import LOOKING, MAIN_THREAD, MOST_MS, Patience, aside, itself, milliseconds, resume
from .errors import ConnectionClosed, InvalidArgumentError, ProtocolError, WebSocketError, last_failure
from .request import Request, _text, utf8

Self = TypeVar("Self", bound="Connection")
Message = Union[str, bytes]
"""What recv gives: str for a text message, bytes for a binary one."""

_send_text = lib.ws_send_text_n
_send_binary = lib.ws_send_binary

_GOOD_ENDS = frozenset((abi.WS_CLOSE_NORMAL, abi.WS_CLOSE_GOING_AWAY, abi.WS_CLOSE_NO_STATUS))

GOODBYE_MS = 40
"""How long a close frame waits for another thread's message that the peer does not read."""

_TOO_LONG = 15
"""What ws_recv_into says in the place of an opcode."""

_FOREVER = abi.WS_TIMEOUT_NONE


class _Own(threading.local):
    """What each thread has of its own: a room to receive into, None for the main thread, whose waits signals end."""

    def __init__(self) -> None:
        self.room: Any = Room() if get_ident() != MAIN_THREAD else None


_own = _Own()


class Connection(Uncopyable):
    """One WebSocket connection. connect() and serve() make them; with closes them.

    Any thread may call anything: one thread receives at a time (a second gets BusyError), any number send and their messages
    never mix, close() from any thread wakes blocked calls within 100 ms. Signal handlers, Ctrl-C included, run while the
    main thread blocks. Iterating gives messages until the peer closes.

    subprotocol is the agreed one or None, peer_address is like "127.0.0.1:40000". close_code and close_reason are the peer's
    close frame's, None while there is none; a connection that ends without one has 1006.
    """

    __slots__ = (
        "__weakref__", "_argument", "_close_timeout_ms", "_handle", "_interruptible", "_leaving", "_owner", "_patience", "_recv_timeout_ms",
        "_send_timeout_ms",
        "close_code", "close_reason", "peer_address", "subprotocol",
    )  # fmt: skip

    def __init__(self, owner: OwnedConnection, *, close_timeout_ms: int, send_timeout_ms: int) -> None:
        self._owner = owner  # and with this object it goes
        self._handle = handle = owner.value
        self._argument = number(handle)  # the same, prepared for quick calls; of a closed connection the library says so
        self._interruptible = False
        self._leaving = False  # close() or abort() of this end has begun
        self._patience = Patience(handle, abi.WS_OPT_RECV_TIMEOUT_MS)
        self._recv_timeout_ms = _FOREVER  # of a recv that is given none
        self._close_timeout_ms = min(close_timeout_ms, MOST_MS)
        self._send_timeout_ms = send_timeout_ms
        self.close_code: Optional[int] = None
        self.close_reason: Optional[str] = None
        self.subprotocol: Optional[str] = _text(lib.ws_subprotocol(handle)) or None
        self.peer_address: str = _text(lib.ws_peer_address(handle))
        lib.ws_set(handle, abi.WS_OPT_CLOSE_TIMEOUT_MS, self._close_timeout_ms)
        lib.ws_set(handle, abi.WS_OPT_SEND_TIMEOUT_MS, send_timeout_ms)
        lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, 0)

    # --- receiving ----------------------------------------------------------------------------------------------------

    def recv(self, timeout: Optional[float] = None) -> Message:
        """Receives one message: str for text, bytes for binary. Fragments are put together, pings answered meanwhile.

        Blocks until it is there, at most timeout seconds (None: no bound; 0: what is there already). Raises
        WebSocketTimeout (nothing is lost, receive again), ConnectionClosed with the peer's code and reason, ProtocolError
        when the peer broke the protocol or a limit, BusyError when another thread is receiving. A signal handler that raises
        ends it; what had come by then is given to the next call.
        """
        if timeout is None and self._patience.set_ms == _FOREVER:
            room = _own.room
            if room is not None:  # the quick way: nothing bounds the wait, no signal ends it
                arrived = recv_into(self._argument, room, ROOM_SIZE)
                kind = arrived & 15
                if kind == 1:
                    text: str = room[: arrived >> 4].decode()
                    return text
                if kind == 2:
                    data: bytes = room[: arrived >> 4]
                    return data
                return self._arrived(arrived, room)
        limit_ms = self._recv_timeout_ms if timeout is None else milliseconds(timeout)
        if limit_ms == _FOREVER != self._recv_timeout_ms:
            limit_ms = MOST_MS  # longer than anybody waits, and not the bound that the quick way looks for
        if not self._interruptible and get_ident() == MAIN_THREAD:
            self._set_interruptible(True)
        got: Any = self._patience.wait(recv_message, limit_ms, content)
        if got.__class__ is OwnedFrame:  # no call of isinstance: a signal handler could run behind it, and raise the message away
            return self._ended(got, timeout)
        message: Message = got
        return message

    def _arrived(self, arrived: int, room: Any) -> Message:
        """Goes on after a quick call that brought no message: a long one, a close frame or a failure."""
        while arrived >= 0 and arrived & 15 == _TOO_LONG:  # it waits; once more when another thread took it and the next one is longer still
            size = arrived >> 4
            room = blank(size)
            arrived = recv_into(self._argument, room, number(size))
        if arrived < 0:
            return self._interrupted(None)
        data: bytes = room[: arrived >> 4]
        if arrived & 15 == abi.WS_OPCODE_CLOSE:
            self._note_close(data)
            self._raise_closed()
        return data.decode() if arrived & 15 == abi.WS_OPCODE_TEXT else data

    def _ended(self, frame: OwnedFrame, timeout: Optional[float]) -> Message:
        """Goes on after a receiving call that brought no message: a close frame or a failure."""
        if frame.opcode < 0:
            return self._interrupted(timeout)
        self._note_close(payload_of(frame))
        self._raise_closed()

    def _interrupted(self, timeout: Optional[float]) -> Message:
        """Goes on after a receiving call that failed: again when the main thread used the connection before, or another's bound cut it."""
        code = lib.ws_last_error()
        if code == abi.WS_ERR_INTERRUPTED:
            self._set_interruptible(False)
        elif code == abi.WS_ERR_TIMEOUT and timeout is None and self._recv_timeout_ms == _FOREVER:
            self._patience.doubt()
        else:
            self._fail()
        return self.recv(timeout)

    def __iter__(self) -> Iterator[Message]:
        """Gives messages until the connection closes.

        Ends quietly when the peer closed with 1000, 1001 or no code, or after close(); any other end is raised.
        """
        room = Room()  # a generator runs in one thread at a time
        where = byref(room)
        handle, patience = self._argument, self._patience
        while True:
            arrived = 0
            if patience.set_ms == _FOREVER and get_ident() != MAIN_THREAD:  # the quick way, as in recv
                arrived = recv_into(handle, where, ROOM_SIZE)
                kind = arrived & 15
                if kind == 1:
                    yield room[: arrived >> 4].decode()
                    continue
                if kind == 2:
                    yield room[: arrived >> 4]
                    continue
            try:
                message = self._arrived(arrived, room) if arrived else self.recv()
            except ConnectionClosed as end:
                if isinstance(end, ProtocolError) or (end.code not in _GOOD_ENDS and not self._leaving):
                    raise
                return
            yield message

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(self, message: Union[str, BytesLike]) -> None:
        """Sends one message: str as text; bytes, bytearray, memoryview and other buffers as binary, without copying them.

        Blocks until the socket took it; a buffer must not be changed meanwhile. When a signal handler raises, the message goes out
        whole all the same if a part of it was out, and else not at all. Raises InvalidArgumentError (a str with
        surrogates, a buffer that is not contiguous; nothing was sent), ConnectionClosed, WebSocketTimeout when a
        send_timeout was set: a message cut short by it fails the connection.
        """
        if not self._interruptible and get_ident() == MAIN_THREAD:
            self._set_interruptible(True)
        if type(message) is str:
            try:
                data = message.encode()
            except UnicodeEncodeError as error:
                raise InvalidArgumentError(f"a text message must be UTF-8: {error.reason}", abi.WS_ERR_UTF8) from None
            length = len(data)
            sent = send_text(self._argument, data, length) if length <= INT_MAX else _send_text(self._handle, data, length)
            if sent < 0:
                self._send_again(sent, _send_text, data, length)
        elif type(message) is bytes:
            length = len(message)
            sent = send_binary(self._argument, message, length) if length <= INT_MAX else _send_binary(self._handle, message, length)
            if sent < 0:
                self._send_again(sent, _send_binary, message, length)
        elif isinstance(message, str):
            self.send(str.__str__(message))  # the text that it is, not what a __str__ of its own says
        else:
            self._send_buffer(message, _send_binary)

    def ping(self, data: Union[str, BytesLike] = b"") -> None:
        """Sends a ping with at most 125 bytes (InvalidArgumentError for more). The pong is passed over by recv. Raises what send does."""
        self._send_buffer(utf8(data, "data") if isinstance(data, str) else data, lib.ws_send_ping_n)

    def pong(self, data: Union[str, BytesLike] = b"") -> None:
        """Sends a pong that nobody asked for, with at most 125 bytes; pings are answered by recv. Raises what ping does."""
        self._send_buffer(utf8(data, "data") if isinstance(data, str) else data, lib.ws_send_pong_n)

    def _send_buffer(self, data: Any, call: Callable[..., int]) -> None:
        if not self._interruptible and get_ident() == MAIN_THREAD:
            self._set_interruptible(True)

        def use(address: Any, length: int) -> int:
            sent = call(self._handle, address, length)
            if sent < 0:
                self._send_again(sent, call, address, length)
            return 0

        try:
            lend(data, use)
        except BufferError as error:
            raise InvalidArgumentError(f"the buffer cannot be sent: {error}", abi.WS_ERR_ARGUMENT) from None

    def _send_again(self, sent: int, call: Callable[..., int], address: Any, length: int) -> None:
        """Goes on after a call that failed: when it was interrupted it is made again, or its message waited for."""
        if sent < -1 or lib.ws_last_error() == abi.WS_ERR_INTERRUPTED:
            if resume(self._handle, time.monotonic(), sent, call, self._handle, address, length) >= 0:
                return
        self._fail()

    # --- the end ------------------------------------------------------------------------------------------------------

    def close(self, code: int = abi.WS_CLOSE_NORMAL, reason: str = "") -> None:
        """Closes the connection with a closing handshake (RFC 6455 §7.1.2) and releases it; a second call does nothing.

        Messages that still come are thrown away. Blocks until the peer's answer, at most close_timeout. The peer's code is
        in close_code after that, or 1006. Raises InvalidArgumentError, with nothing done, for a code that must not be sent
        (allowed: 1000-1003, 1007-1014, 3000-4999) or a reason over 123 bytes of UTF-8.
        """
        if not isinstance(reason, str):
            raise TypeError("reason must be a str")
        code, text = close_code(code), reason.encode("utf-8", "surrogatepass")
        handle = self._handle
        if handle < 0:
            return

        def work() -> None:
            if lib.ws_is_open(handle) == 1:
                self._set_interruptible(False)
                # A sender that is stuck is not waited for long; a close frame that finds no room goes out later all the same.
                lib.ws_set(handle, abi.WS_OPT_SEND_TIMEOUT_MS, GOODBYE_MS)
                if lib.ws_send_close_n(handle, code, text, len(text)) < 0:
                    failure = last_failure()
                    if isinstance(failure, InvalidArgumentError):
                        lib.ws_set(handle, abi.WS_OPT_SEND_TIMEOUT_MS, self._send_timeout_ms)
                        raise failure
            self._leaving = True
            state = lib.ws_state(handle)
            if state == abi.WS_STATE_OPEN:  # the sender is still stuck, and its peer would not read a close frame either
                lib.ws_force_close(handle)
            elif state == abi.WS_STATE_CLOSING and not self._drain(handle):
                lib.ws_set(handle, abi.WS_OPT_CLOSE_TIMEOUT_MS, 1)  # the peer had its time
            lib.ws_close(handle)
            self._forget()

        aside(work, lambda: self._cut(handle))

    def _drain(self, handle: int) -> bool:
        """Throws messages away until the peer's close frame comes; False when close_timeout is over before."""
        began = time.monotonic()
        while True:
            spent_ms = int((time.monotonic() - began) * 1000)
            if spent_ms >= self._close_timeout_ms:
                return False
            frame = self._patience.wait(recv_message, self._close_timeout_ms - spent_ms, itself)
            if frame.opcode < 0:  # the end, or another thread is receiving: ws_close waits for it and wakes it
                return lib.ws_last_error() != abi.WS_ERR_TIMEOUT
            if frame.opcode == abi.WS_OPCODE_CLOSE:
                self._note_close(payload_of(frame))
                return True

    def _cut(self, handle: int) -> None:
        lib.ws_drop(handle)
        self._forget()

    def _forget(self) -> None:
        self._handle = -1
        self._patience.forget()
        if self.close_code is None:
            self.close_code, self.close_reason = abi.WS_CLOSE_ABNORMAL, ""

    def abort(self) -> None:
        """Closes the socket at once, without a handshake, and releases the connection. Never blocks."""
        self._leaving = True
        if self._handle > 0:
            self._cut(self._handle)

    def _say_goodbye(self, code: int, reason: bytes) -> None:
        """Sends a close frame, without waiting long for a sender that is stuck. Any thread may receive the answer."""
        lib.ws_set(self._handle, abi.WS_OPT_SEND_TIMEOUT_MS, GOODBYE_MS)
        lib.ws_send_close_n(self._handle, code, reason, len(reason))

    def _shut(self) -> None:
        """Closes the socket and wakes whoever is blocked on it; the handle is left to the thread that uses it."""
        lib.ws_force_close(self._handle)

    @property
    def is_open(self) -> bool:
        """Whether messages may be sent. A peer that vanished is noticed by the next call that sends or receives."""
        return lib.ws_is_open(self._handle) == 1

    def fileno(self) -> int:
        """The descriptor of the socket, to be watched only; -1 when the connection is closed.

        It is readable when bytes come, not when a message is there: one may have been read already along with the one before,
        and a part of one is not enough. So after each message ask recv(0) for more before waiting for the descriptor.
        """
        return max(-1, lib.ws_fd(self._handle))

    def set_option(self, option: int, value: int) -> None:
        """Sets one of WS_OPT_*, in its own unit (bytes, milliseconds). Raises InvalidArgumentError, ConnectionClosed.

        WS_OPT_RECV_TIMEOUT_MS bounds each recv that is given no timeout.
        """
        option, value = integer(option, "option"), integer(value, "value")
        if lib.ws_set(self._handle, option, value) < 0:
            self._fail()
        if option == abi.WS_OPT_RECV_TIMEOUT_MS:
            self._recv_timeout_ms = self._patience.set_ms = value
        elif option == abi.WS_OPT_SEND_TIMEOUT_MS:
            self._send_timeout_ms = value
        elif option == abi.WS_OPT_CLOSE_TIMEOUT_MS:
            self._close_timeout_ms = value
        elif option == abi.WS_OPT_INTERRUPTIBLE:
            self._interruptible = value != 0

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Closes with 1000, or with 1011 when an exception leaves the with block."""
        failed = kind is not None and issubclass(kind, Exception) and not issubclass(kind, WebSocketError)
        self.close(abi.WS_CLOSE_UNEXPECTED if failed else abi.WS_CLOSE_NORMAL)

    def __repr__(self) -> str:
        return f"<Connection to {self.peer_address or 'a socket'}, {'open' if self.is_open else 'closed'}>"

    # --- inside -------------------------------------------------------------------------------------------------------

    def _set_interruptible(self, on: bool) -> None:
        if lib.ws_set(self._handle, abi.WS_OPT_INTERRUPTIBLE, LOOKING if on else 0) >= 0:
            self._interruptible = on

    def _note_close(self, payload: bytes) -> None:
        """Keeps the code and the reason of the peer's close frame (RFC 6455 §5.5.1)."""
        self.close_code = int.from_bytes(payload[:2], "big") if payload else abi.WS_CLOSE_NO_STATUS
        self.close_reason = payload[2:].decode()

    def _raise_closed(self) -> NoReturn:
        code = abi.WS_CLOSE_ABNORMAL if self.close_code is None else self.close_code
        reason = self.close_reason or ""
        told = f"the connection is closed: {code}" + (f" ({reason})" if reason else "")
        raise ConnectionClosed(told, abi.WS_ERR_CLOSED, code, reason)

    def _fail(self) -> NoReturn:
        """Raises what the last failed call of this thread says."""
        failure = last_failure()
        if failure.error_code in (abi.WS_ERR_CLOSED, abi.WS_ERR_HANDLE):
            self._raise_closed()
        if self._leaving and failure.error_code == abi.WS_ERR_BUSY:  # close() is receiving the peer's answer
            self._raise_closed()
        if isinstance(failure, ConnectionClosed) and self.close_code is None:
            self.close_code, self.close_reason = failure.code, failure.reason
        raise failure


class ServerConnection(Connection):
    """A connection that a client opened. request is what it asked for: path, query, headers, origin."""

    __slots__ = ("request",)

    def __init__(self, owner: OwnedConnection, *, close_timeout_ms: int, send_timeout_ms: int, request: Request) -> None:
        super().__init__(owner, close_timeout_ms=close_timeout_ms, send_timeout_ms=send_timeout_ms)
        self.request = request
