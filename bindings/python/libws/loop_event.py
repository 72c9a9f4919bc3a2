"""What a Loop reports: events, their kinds, and a snapshot of its counters."""

from __future__ import annotations

from ctypes import c_int, c_ssize_t, c_void_p, py_object, pythonapi
from functools import partial
from typing import Any, Callable, Dict, NamedTuple, Tuple, Union

from . import _abi as abi

Data = Union[bytes, memoryview, str]

EVENT_UNSENT = -1
"""The kind of an event that the library does not know: a message given to Loop.send could not be sent; error tells why."""


class Event(NamedTuple):
    """One thing that happened on one connection of a Loop. It owns its data, which stays valid.

    kind is one of WS_EVENT_*, or EVENT_UNSENT. It is a tuple, so `kind, conn, data, *_ = event` works, too.
    """

    kind: int
    conn: int
    """The connection, for Loop.send and the like; 0 with WS_EVENT_DRAINED."""
    data: Data
    """The message: str for text, bytes for binary (or a memoryview, see Loop's view_over_bytes); the bytes of a part, ping or pong.
    The agreed subprotocol with WS_EVENT_OPEN, the reason with WS_EVENT_CLOSE, the target with WS_EVENT_REQUEST, the message with
    EVENT_UNSENT."""
    code: int
    """WS_EVENT_CLOSE: the close code (RFC 6455 §7.4). WS_EVENT_REQUEST: 0 for a proper opening handshake, else the HTTP
    status that it would be refused with (426 for a plain HTTP request). Else 0."""
    error: int
    """WS_EVENT_CLOSE: 0 when the closing handshake was clean, else one of WS_ERR_*. EVENT_UNSENT: one of WS_ERR_*."""
    status: int
    """WS_EVENT_CLOSE of a dialled connection: the HTTP status that the server refused with, else 0. WS_EVENT_PONG: the
    round-trip time in microseconds when it answers the loop's own ping, else -1."""
    flags: int
    """WS_PART_FIRST and WS_PART_FINAL; both of a whole message."""

    @property
    def is_text(self) -> bool:
        """Whether data is a str."""
        return isinstance(self.data, str)

    @property
    def is_final(self) -> bool:
        """Whether this is a whole message or the last part of one."""
        return bool(self.flags & abi.WS_PART_FINAL)


event_of: Callable[[Tuple[Any, ...]], Event] = partial(tuple.__new__, Event)
"""Makes an Event of a row of seven: what Event._make does, in half the time."""


_view: Any = pythonapi.PyMemoryView_FromMemory
_view.restype = py_object
_view.argtypes = (c_void_p, c_ssize_t, c_int)
_READ_ONLY = 0x100  # PyBUF_READ


def view_at(address: int, length: int) -> memoryview:
    """A read-only view of memory that is not Python's."""
    view: memoryview = _view(address, length, _READ_ONLY)
    return view


def unsent(conn: int, opcode: int, payload: bytes, error: int) -> Event:
    """The event for a message that could not be sent, with the message as it was given."""
    data: Data = payload.decode(errors="replace") if opcode == abi.WS_OPCODE_TEXT else payload
    return Event(EVENT_UNSENT, conn, data, 0, error, 0, 0)


class Metrics(NamedTuple):
    """A snapshot of a loop's counters. Times are in microseconds, sizes in bytes."""

    open: int
    """Connections that are open."""
    pending: int
    """Connections whose opening handshake is under way."""
    total: int
    """Connections ever accepted, adopted or dialled."""
    refused: int
    """Of them, those that never opened."""
    accepts_failed: int
    """Times the system refused to accept, out of descriptors for example."""
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    queue_bytes: int
    """Output that waits, of all connections."""
    refused_full: int
    """Messages refused because a queue was full."""
    dropped_newest: int
    dropped_oldest: int
    conflated: int
    closed_slow: int
    """Connections closed because they read too slowly."""
    round_trips: int
    rtt_p50_us: int
    rtt_p99_us: int
    memory_bytes: int
    closes: Dict[int, int]
    """How many connections ended with each close code; 3000 and 4000 stand for all of 3000-3999 and 4000-4999."""

    @classmethod
    def of(cls, raw: abi.WsMetrics) -> Metrics:
        """The snapshot that the library wrote."""
        names = [field[0] for field in raw._fields_]
        closes = {int(name[7:]): getattr(raw, name) for name in names if name[7:].isdigit()}
        return cls._make([*(getattr(raw, name) for name in cls._fields[:-1]), {code: n for code, n in closes.items() if n}])
