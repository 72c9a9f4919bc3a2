"""OwnedFrame: what receiving calls give, the struct together with its payload in C memory, which goes when nobody uses it."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from . import _abi as abi
from ._buffers import _api
from ._library import lib

_method: Callable[[Any], Any] = _api("PyInstanceMethod_New", ctypes.py_object, ctypes.py_object)


class OwnedFrame(abi.WsFrame):
    """A WsFrame struct that frees its payload in the end: not under a call that works on it, and not never, when it gets lost."""

    # The library's function itself, not one of Python's: a signal handler would run in that, and what it raises be ignored.
    __del__ = _method(lib.ws_frame_drop)


_calls = ctypes.CDLL(lib.path)  # lets other Python threads run meanwhile


def _owning(name: str) -> Callable[[int], OwnedFrame]:
    function: Any = _calls[name]  # a function object of its own: the one of lib keeps its result type
    function.restype = OwnedFrame
    function.argtypes = (ctypes.c_int64,)
    return function  # type: ignore[no-any-return]


recv_message = _owning("ws_recv_message")
recv_frame = _owning("ws_recv_frame")
