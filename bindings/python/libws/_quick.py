"""The calls that every message goes through, without the conversion that ctypes makes of each argument of each call.

The functions here have no argtypes: a call gives them what needs no conversion, which takes half the time. That is a handle or
a size prepared once with number(), a ctypes array or byref() of one, a bytes object, and an int of at most INT_MAX: ctypes
passes it as an int of C, which libffi extends to the int64_t of the parameter. Everything else belongs to _library.lib.
"""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from ._library import lib

_calls = ctypes.CDLL(lib.path)  # lets other Python threads run meanwhile


def _bare(name: str) -> Callable[..., int]:
    function: Any = _calls[name]  # a function object of its own: the one of lib keeps its argtypes
    function.restype = ctypes.c_int64
    return function  # type: ignore[no-any-return]


number: Callable[[int], Any] = ctypes.c_int64.from_param
"""Prepares a number as an argument, once for many calls."""

INT_MAX = 0x7FFFFFFF

recv_into = _bare("ws_recv_into")
"""recv_into(number(handle), room, ROOM_SIZE)"""
send_text = _bare("ws_send_text_n")
"""send_text(number(handle), data, len(data))"""
send_binary = _bare("ws_send_binary")

ROOM_BYTES = 8192
"""How long messages on the quick way are at most. A slice of the room is a bytes object, made without detours."""
ROOM_SIZE = number(ROOM_BYTES)

Room: Callable[[], Any] = ctypes.c_char * ROOM_BYTES
"""Makes a room that one thread at a time receives into and slices the message from."""
