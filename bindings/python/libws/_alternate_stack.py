"""Gives the signal handlers of Python 3.8 and 3.9 a stack of their own, as newer Pythons do.

While a thread is inside the library it may be on one of Go's stacks, which are small: a handler that runs there could write
over other memory. Python has asked the system for the alternate stack (SA_ONSTACK) only since 3.10. Where it does not,
signal.signal is wrapped so that each handler is registered again with that flag.
"""

from __future__ import annotations

import ctypes
import functools
import signal
import sys
from typing import Any

SA_ONSTACK = 0x08000000
_DEFAULT_OR_IGNORED = (None, 0, 1)  # NULL is SIG_DFL


class _Action(ctypes.Structure):
    """struct sigaction of glibc on 64-bit Linux."""

    _fields_ = [
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_uint64 * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    ]


def _move(number: int) -> None:
    """Registers the handler of one signal again, with SA_ONSTACK."""
    sigaction = ctypes.CDLL(None).sigaction
    action = _Action()
    if sigaction(number, None, ctypes.byref(action)) != 0 or action.handler in _DEFAULT_OR_IGNORED:
        return
    if not action.flags & SA_ONSTACK:
        action.flags |= SA_ONSTACK
        sigaction(number, ctypes.byref(action), None)


def move_handlers() -> None:
    """Moves every handler there is, and those to come, where this Python does not do so itself. Call it before loading Go."""
    if sys.version_info >= (3, 10):
        return
    for number in signal.valid_signals():
        _move(int(number))
    register = signal.signal

    @functools.wraps(register)
    def signal_on_alternate_stack(signalnum: Any, handler: Any) -> Any:
        before = register(signalnum, handler)
        _move(int(signalnum))
        return before

    signal.signal = signal_on_alternate_stack
