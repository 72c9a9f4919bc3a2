"""What calls give that must be given back: frames with their payload, and handles, which go when nobody uses them.

ctypes makes these objects inside the call that gives them. So there is no moment in which a signal handler, Ctrl-C above all, could
raise away what nobody owns yet.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable, Type, TypeVar, Union

from . import _abi as abi
from ._buffers import _api, bytes_at, text_at
from ._library import lib
from .errors import last_failure

Result = TypeVar("Result")
Handle = TypeVar("Handle", bound="ctypes.c_int64")

_method: Callable[[Any], Any] = _api("PyInstanceMethod_New", ctypes.py_object, ctypes.py_object)
# __del__ is the library's function itself, not one of Python's: a signal handler would run in that, and what it raises be ignored.


class OwnedFrame(abi.WsFrame):
    """A WsFrame struct that frees its payload in the end: not under a call that works on it, and not never, when it gets lost."""

    __del__ = _method(lib.ws_frame_drop)


def content(frame: OwnedFrame) -> Union[str, bytes, OwnedFrame]:
    """The message that a receiving call gave; what is none stays a frame."""
    opcode = frame.opcode
    if opcode == abi.WS_OPCODE_TEXT:
        address = frame.payload
        return text_at(address, frame.payload_len) if address else ""
    return payload_of(frame) if opcode == abi.WS_OPCODE_BINARY else frame


def payload_of(frame: OwnedFrame) -> bytes:
    """A copy of the payload."""
    address = frame.payload
    return bytes_at(address, frame.payload_len) if address else b""


class OwnedConnection(ctypes.c_int64):
    """The handle of a connection, which is cut in the end. That does nothing when it was closed before, as with all of these."""

    __del__ = _method(lib.ws_drop)


class OwnedServer(ctypes.c_int64):
    """The handle of a server."""

    __del__ = _method(lib.ws_server_drop)


class OwnedLoop(ctypes.c_int64):
    """The handle of a loop."""

    __del__ = _method(lib.ws_loop_drop)


def owned(handle: Handle) -> Handle:
    """A handle that a call gave; when it failed, what the library says is raised."""
    try:
        if handle.value > 0:
            return handle
        raise last_failure()
    finally:
        del handle  # a traceback would keep it, and its end be a failed call at any time


_waits = ctypes.CDLL(lib.path)  # lets other Python threads run meanwhile
_holds = ctypes.PyDLL(lib.path)


def _giving(library: ctypes.CDLL, name: str, kind: Type[Result]) -> Callable[..., Result]:
    function: Any = library[name]  # a function object of its own: the one of lib keeps its result type
    function.restype = kind
    function.argtypes = getattr(lib, name).argtypes
    return function  # type: ignore[no-any-return]


recv_message = _giving(_waits, "ws_recv_message", OwnedFrame)
recv_frame = _giving(_waits, "ws_recv_frame", OwnedFrame)
connect_with = _giving(_waits, "ws_connect_with", OwnedConnection)
client_handshake = _giving(_waits, "ws_client_handshake", OwnedConnection)
from_client = _giving(_holds, "ws_from_client", OwnedConnection)
from_server = _giving(_holds, "ws_from_server", OwnedConnection)
upgrade = _giving(_waits, "ws_upgrade", OwnedConnection)
server_bind = _giving(_holds, "ws_server_bind", OwnedServer)
server_bind_host = _giving(_waits, "ws_server_bind_host", OwnedServer)
server_accept = _giving(_waits, "ws_server_accept", OwnedConnection)
loop_new = _giving(_holds, "ws_loop_new", OwnedLoop)


class Number(ctypes.c_int64):
    """A number that a loop gives, of a connection that the loop itself owns; an object for hand_over."""


loop_adopt = _giving(_holds, "ws_loop_adopt", Number)
loop_handshake = _giving(_holds, "ws_loop_handshake", Number)
loop_listen_fd = _giving(_holds, "ws_loop_listen_fd", Number)
