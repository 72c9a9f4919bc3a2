"""Gathers the messages that a Loop is given and hands them to the library in one call (RFC 6455 §6.1)."""

from __future__ import annotations

import ctypes
import sys
import threading
from array import array
from contextlib import contextmanager
from operator import index
from struct import Struct, pack
from struct import error as StructError
from typing import Any, Dict, Iterable, Iterator, List, Tuple, Union

from . import _abi as abi
from ._buffers import BytesLike, lend
from ._checked import integer
from ._fork import forked
from ._library import lib
from .errors import ConnectionClosed, InvalidArgumentError, WebSocketError, last_failure
from .loop_event import Event, unsent

Message = Union[str, BytesLike]
Entry = Tuple[int, int, bytes]  # connection, opcode, payload

BATCH = 1024
"""How many messages are gathered at most; more of them are handed over at once."""
LONG = 8192
"""From how many bytes on a message is not gathered but sent alone: a call costs less than copying it once more."""

_MOST = 3 * BATCH
_send_packed = lib.ws_loop_send_packed
_pack_one = Struct("3q").pack  # for the usual batch, without a format to be found first
_ANYWHERE = sys.version_info < (3, 10)
"""Whether this Python runs signal handlers between any two of its steps."""
_NO_ANSWER = -1
"""In place of the first result: the library was not given the batch, or its results were seen to. No error has the code 1."""
_TEXT = abi.WS_OPCODE_TEXT
_BINARY = abi.WS_OPCODE_BINARY


def encoded(text: str) -> bytes:
    """The UTF-8 of a text; InvalidArgumentError when it has surrogates."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidArgumentError(f"a text message must be UTF-8: {error.reason}", abi.WS_ERR_UTF8) from None


class Outbox:
    """The sending half of a Loop. Any thread may call it; nothing of it blocks.

    What is given to send() is gathered and handed over, in order, by the next poll() or flush(), or by any call about a
    connection whose effect must follow. So a message that cannot be sent is reported by an EVENT_UNSENT, not by an exception.
    """

    __slots__ = (
        "_answers", "_external", "_gather", "_gathered", "_given", "_handing", "_handle", "_kept", "_lent", "_results", "_rings",
        "_step", "_unsent",
    )  # fmt: skip

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._gathered: List[Any] = []  # connection, opcode, payload of each message, flat: no object for each to be made
        self._gather = self._gathered.extend
        self._unsent: List[Event] = []
        self._kept: List[Event] = []  # that run() or attach() was given and has not handled
        self._handing = threading.RLock()  # a signal handler may send while its thread hands over
        self._step = 0  # counts what hands over: a step that finds it changed has been overtaken by a signal handler
        self._given = 0  # messages, the first that are gathered, that the library was given last
        self._lent: Dict[int, Tuple[int, int, memoryview]] = {}  # views that the last poll gave, by id: address, length
        self._results = (ctypes.c_int64 * BATCH)(_NO_ANSWER)
        self._answers = memoryview(self._results).cast("B").cast("q")  # the same, which Python reads and writes faster
        self._rings = False  # the next message must ring: a poll may be waiting, or nobody polls again unasked
        self._external = False  # fileno() was asked for: another loop calls poll() when the descriptor is readable

    # --- one connection -----------------------------------------------------------------------------------------------

    def send(self, conn: int, message: Message) -> None:
        """Sends a message on a connection: str as text; bytes, bytearray, memoryview and other buffers as binary.

        It leaves with the next poll() or flush(), in one write with what else is sent on the connection. If the library
        does not take it (stale connection, full queue), the next poll() has an EVENT_UNSENT with it. Does not block. Raises
        TypeError or InvalidArgumentError (a str with surrogates, a buffer that is not contiguous) with nothing sent, and
        ConnectionClosed when the loop is closed.
        """
        if type(message) is bytes:
            if len(message) >= LONG:
                self._send_long(conn, _BINARY, message)
                return
            self._gather((conn, _BINARY, message))
        elif type(message) is str:
            payload = encoded(message)
            if len(payload) >= LONG:
                self._send_long(conn, _TEXT, payload)
                return
            self._gather((conn, _TEXT, payload))
        else:
            self._send_other(conn, message)
            return
        if self._rings or len(self._gathered) >= _MOST:
            self._ring()

    def send_text(self, conn: int, text: str) -> None:
        """Sends a text message; see send()."""
        if not isinstance(text, str):
            raise TypeError(f"text must be a str, not {type(text).__name__}")
        self.send(conn, text)

    def send_bytes(self, conn: int, data: BytesLike) -> None:
        """Sends a binary message; see send(). A buffer that may change is copied, or written at once when it is long."""
        if isinstance(data, str):
            raise TypeError("data must be bytes-like, not str")
        self.send(conn, data)

    def try_send(self, conn: int, message: Message, key: int = 0) -> int:
        """Sends a message and tells at once what became of it: the bytes it takes on the wire, 0 when the policy dropped it.

        With WS_QUEUE_CONFLATE a message that waits is replaced by the next one with the same key; 0 is no key. Does not
        block. Raises ConnectionClosed, StateError inside a fragmented message, InvalidArgumentError, and ResourceError with
        WS_ERR_QUEUE_FULL; the message is refused whole then.
        """
        opcode, payload = (_TEXT, encoded(message)) if isinstance(message, str) else (_BINARY, message)
        conn, key = integer(conn, "conn"), integer(key, "key")
        self._settle()
        return self._lend(payload, lambda address, length: lib.ws_loop_send_key(self._handle, conn, opcode, address, length, key))

    def send_fragment(self, conn: int, message: Message, *, first: bool = False, final: bool = False) -> int:
        """Sends one part of a message (RFC 6455 §5.4): the first part says whether it is text (str) or binary.

        Other messages on the connection fail until the part that is final. Returns and raises what try_send() does.
        """
        opcode, payload = (_TEXT, encoded(message)) if isinstance(message, str) else (_BINARY, message)
        if not first:
            opcode = abi.WS_OPCODE_CONTINUATION
        conn = integer(conn, "conn")
        self._settle()
        return self._lend(
            payload, lambda address, length: lib.ws_loop_send_fragment(self._handle, conn, opcode, address, length, bool(final))
        )

    def ping(self, conn: int, data: Message = b"") -> int:
        """Sends a ping with at most 125 bytes. The loop sends pings of its own, too. Returns and raises what try_send() does."""
        payload = encoded(data) if isinstance(data, str) else data
        conn = integer(conn, "conn")
        self._settle()
        return self._lend(payload, lambda address, length: lib.ws_loop_ping(self._handle, conn, address, length))

    # --- many connections ---------------------------------------------------------------------------------------------

    def broadcast(self, conns: Iterable[int], message: Message) -> int:
        """Sends one message, encoded once, to connections: a list, a set, whatever gives their numbers. Tells how many took it.

        Connections that are gone or full are passed over. Does not block. Raises TypeError and InvalidArgumentError, with nothing
        sent, and ConnectionClosed when the loop is closed.
        """
        if isinstance(conns, (bytes, bytearray, str)):
            raise TypeError(f"conns must be connections, not {type(conns).__name__}")
        try:
            numbers = array("q", conns)
        except OverflowError:
            raise InvalidArgumentError("conns has a number that no connection has", abi.WS_ERR_HANDLE) from None
        opcode, payload = (_TEXT, encoded(message)) if isinstance(message, str) else (_BINARY, message)
        if not numbers:
            self._settle()
            return self._lend(payload, lambda address, length: 0)
        first = ctypes.byref(ctypes.c_int64.from_buffer(numbers))
        self._settle()
        return self._lend(
            payload,
            lambda address, length: lib.ws_loop_broadcast(self._handle, first, len(numbers), opcode, address, length, None),
        )

    def publish(self, topic: str, message: Message, *, exclude: int = 0) -> int:
        """Sends one message, encoded once, to the subscribers of a topic, those of the process's other loops included.

        exclude is a connection that does not get it. Returns how many subscribers of this loop it goes to. Does not block.
        Raises InvalidArgumentError with nothing sent.
        """
        name, exclude = topic_name(topic), integer(exclude, "exclude")
        opcode, payload = (_TEXT, encoded(message)) if isinstance(message, str) else (_BINARY, message)
        self._settle()
        return self._lend(
            payload, lambda address, length: lib.ws_loop_publish(self._handle, name, opcode, address, length, exclude)
        )

    def flush(self) -> List[Event]:
        """Writes what was sent since the last poll() now. Returns an EVENT_UNSENT for each message that was not taken.

        Does not block. Raises ConnectionClosed when the loop is closed.
        """
        self._settle()
        if lib.ws_loop_flush(self._handle) < 0:
            raise last_failure()
        count = len(self._unsent)
        taken = self._unsent[:count]
        del self._unsent[:count]
        return taken

    @contextmanager
    def corked(self) -> Iterator[None]:
        """A block whose messages leave together at its end, as by flush(); for programs that watch fileno().

        Without it, what is sent between polls makes the descriptor readable, which costs a poll more.
        """
        self._rings = False
        try:
            yield
            if self._handle > 0:
                self._settle()
                if lib.ws_loop_flush(self._handle) < 0:
                    raise last_failure()
        finally:
            self._rings = True  # a poll may be waiting in another thread
            if (self._gathered or self._unsent or self._kept) and self._handle > 0:
                self._ring()

    # --- handing over -------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Hands over what was gathered, so that what comes next follows it."""
        if self._handle < 0:
            raise ConnectionClosed("the loop is closed", abi.WS_ERR_CLOSED)
        if self._gathered:
            self._hand_over()

    def _hand_over(self) -> None:
        """Hands over what was gathered: in order, each message once, even if signal handlers raise or hand over themselves.

        Messages stay gathered until the library has them, which its results tell in the moment it takes them. What must not
        come apart is done by statements that call nothing: no signal handler and no other thread runs between those, from Python
        3.10 on. Before, a handler that comes here leaves what it sent to the call that it interrupted.
        """
        if forked:
            raise self._failed()
        if _ANYWHERE and self._handing._is_owned():  # type: ignore[attr-defined]
            return
        while self._gathered:  # not inside the with block: what a handler raises where Python 3.12 goes back would pass its end
            with self._handing:
                step = self._step
                if self._answers[0] == _NO_ANSWER:
                    self._hand_batch(step)
                else:  # a signal handler raised in the moment after they were taken
                    self._let_go(step)

    def _hand_batch(self, step: int) -> None:
        batch = self._gathered[:_MOST]
        payloads = batch[2::3]
        batch[2::3] = map(len, payloads)
        count = len(payloads)
        try:
            packed = (_pack_one(*batch) if count == 1 else pack(f"{3 * count}q", *batch)) + b"".join(payloads)
        except BaseException as error:
            if not self._set_strangers_aside(step) or not isinstance(error, StructError):
                raise
            return
        size = len(packed)
        if self._step == step:
            step = self._step = step + 1
            self._given = count
            taken = _send_packed(self._handle, count, packed, size, self._results)
            if taken != count:
                if taken < 0:
                    raise last_failure()
                self._let_go(step)
            elif self._step == step:
                del self._gathered[: 3 * count]
                self._answers[0] = _NO_ANSWER
                self._step = step + 1

    def _let_go(self, step: int) -> None:
        """Forgets the messages that the library was given, but for those that it has not taken."""
        given = zip(_entries(self._gathered[: 3 * self._given]), self._results)
        failed = [unsent(*entry, -code) for entry, code in given if code < 0]
        if self._step == step:
            self._unsent += failed
            del self._gathered[: 3 * self._given]
            self._answers[0] = _NO_ANSWER
            self._step = step + 1

    def _set_strangers_aside(self, step: int) -> bool:
        """Takes what is no connection at all out of the first batch, so that it does not harm the others."""
        at, found = 0, False
        for conn, opcode, payload in list(_entries(self._gathered[:_MOST])):
            if _is_number(conn):
                at += 3
                continue
            failed = [unsent(conn, opcode, payload, abi.WS_ERR_HANDLE)]
            if self._step == step:
                self._unsent += failed
                del self._gathered[at : at + 3]
                step = self._step = step + 1
                found = True
        return found or self._step != step

    def _failed(self) -> WebSocketError:
        """Why nothing can be handed over."""
        lib.ws_loop_flush(self._handle)
        return last_failure()

    def _ring(self) -> None:
        """Brings a poll about for what was gathered, or hands it over since it is much."""
        if len(self._gathered) >= _MOST:
            self._settle()
        if self._rings:
            self._rings = False
            if self._handle < 0:
                self._rings = True
                del self._gathered[:]
                raise ConnectionClosed("the loop is closed", abi.WS_ERR_CLOSED)
            lib.ws_loop_wake(self._handle)

    def _send_long(self, conn: int, opcode: int, payload: Any) -> None:
        if type(payload) is bytes:
            self._send_now(conn, opcode, payload, len(payload), payload)
        else:
            self._lend(payload, lambda address, length: self._send_now(conn, opcode, address, length, payload))

    def _send_now(self, conn: int, opcode: int, address: Any, length: int, payload: Any) -> int:
        """Sends behind what was gathered; payload is what lies at the address, for the report when it is not taken."""
        if self._gathered or self._handle < 0:
            self._settle()
        sent = lib.ws_loop_send(self._handle, integer(conn, "conn"), opcode, address, length)
        if sent < 0:
            self._unsent.append(unsent(conn, opcode, bytes(payload), lib.ws_last_error()))
            self._ring()
        return 0

    def _send_other(self, conn: int, message: Any) -> None:
        lent = self._lent.get(id(message))
        if lent is not None:  # memory of the library itself, which need not be looked up
            self._send_now(conn, _BINARY, lent[0], lent[1], message)
            return
        if isinstance(message, str):
            self.send(conn, str.__str__(message))  # its own __str__ says something else: that of an Enum, its name
            return
        view = memoryview(message)
        if not view.c_contiguous:
            raise InvalidArgumentError("the buffer cannot be sent: it is not contiguous", abi.WS_ERR_ARGUMENT)
        if view.nbytes < LONG:
            self.send(conn, view.tobytes())
        else:
            self._send_long(conn, _BINARY, message if isinstance(message, (bytes, bytearray, memoryview)) else view)

    @staticmethod
    def _lend(payload: Any, use: Any) -> int:
        """Calls use(address, length) with the memory of a payload; raises what went wrong."""
        try:
            result = lend(payload, use)
        except BufferError as error:
            raise InvalidArgumentError(f"the buffer cannot be sent: {error}", abi.WS_ERR_ARGUMENT) from None
        if result < 0:
            raise last_failure()
        return result


def _entries(batch: List[Any]) -> Iterator[Entry]:
    """The messages of a flat batch."""
    return zip(batch[0::3], batch[1::3], batch[2::3])


def _is_number(conn: Any) -> bool:
    """Whether a connection is a number that the library can be asked about."""
    try:
        return -(1 << 63) <= index(conn) < 1 << 63
    except Exception:  # of its own __index__
        return False


def topic_name(topic: str) -> bytes:
    """A topic for C: 1 to 1,024 bytes of UTF-8 without NUL."""
    if not isinstance(topic, str):
        raise TypeError(f"topic must be a str, not {type(topic).__name__}")
    name = encoded(topic)
    if not 1 <= len(name) <= 1024 or b"\0" in name:
        raise InvalidArgumentError("topic must be 1 to 1024 bytes of UTF-8 without NUL", abi.WS_ERR_ARGUMENT)
    return name
