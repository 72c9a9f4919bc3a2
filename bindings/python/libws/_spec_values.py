"""How the specified layer turns Python values into C's and failures into return values, keeping why for last_error()."""

from __future__ import annotations

import operator
import threading
from typing import Any, Callable, List, Optional, Tuple, TypeVar

from . import _abi as abi
from ._buffers import BytesLike, lend
from ._library import lib
from ._waiting import aside, has_failed
from .errors import last_message

Result = TypeVar("Result")


class _LastFailure(threading.local):
    code = abi.WS_ERR_NONE
    message = ""


_last = _LastFailure()


def last_error() -> int:
    """The code (WS_ERR_*) of the last call of the specified layer that failed in this thread; WS_ERR_NONE when none has."""
    return _last.code


def last_error_message() -> str:
    """One sentence about the last call of the specified layer that failed in this thread: which argument or rule, and the bound."""
    return _last.message


def error_name(code: int) -> str:
    """The name of an error code, such as "WS_ERR_CLOSED"."""
    name: bytes = lib.ws_error_name(number(code))
    return name.decode()


def noted(result: Result) -> Result:
    """Keeps the reason of a failure, and hands the result on."""
    if has_failed(result):
        _last.code, _last.message = lib.ws_last_error(), last_message()
    return result


def refused(result: Result, message: str) -> Result:
    """Notes why an argument was refused here, before the library could see it; hands the result of a failed call on."""
    _last.code, _last.message = abi.WS_ERR_ARGUMENT, message
    return result


def number(value: int) -> int:
    """An integer for C; what does not fit becomes -1, which no argument allows, instead of another number."""
    integer = operator.index(value)
    return integer if -(1 << 63) <= integer < 1 << 63 else -1


def lent(data: BytesLike, length: Optional[int], use: Callable[[Any, int], Result]) -> Result:
    """Calls use(address, length) on the first length bytes of data; more than there are becomes -1, which use must refuse."""
    results: List[Result] = []

    def call(address: Any, size: int) -> int:
        wanted = size if length is None else fitting(length, size)
        results.append(told_of_length(use(address, wanted), length, size))
        return 0

    lend(data, call)
    return results[0]


def fitting(length: int, size: int) -> int:
    """A length for C, -1 when there are only size bytes."""
    wanted = operator.index(length)
    return number(wanted) if wanted <= size else -1


def told_of_length(result: Result, length: Optional[int], size: int) -> Result:
    """Corrects what was noted of a failure when -1 stood for more bytes than there are, unless something else was wrong first."""
    if length is not None and length > size and has_failed(result) and _last.code == abi.WS_ERR_ARGUMENT:
        return refused(result, f"the length given is {operator.index(length)}; the data has {size} bytes")
    return result


def told_aside(call: Callable[[], Result], abandon: Callable[[], object], settle_s: float = 0) -> Result:
    """Makes a call that cannot be resumed so that signal handlers run meanwhile, and notes its failure."""

    def work() -> Tuple[Result, int, str]:
        result = call()
        return (result, lib.ws_last_error(), last_message()) if has_failed(result) else (result, 0, "")

    result, code, message = aside(work, lambda: void(abandon()), settle_s)
    if code:
        _last.code, _last.message = code, message
    return result


def void(_: object) -> None:
    """Drops a result."""


def utf8(msg: str) -> bytes:
    """A text for C. Surrogates stay what they are, so that the library finds them."""
    if not isinstance(msg, str):
        raise TypeError(f"a text must be a str, not {type(msg).__name__}")
    return msg.encode("utf-8", "surrogatepass")
