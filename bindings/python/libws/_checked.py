"""Checks integers on their way to C: ctypes itself keeps the low 64 bits of any, so 2**64 + 5 would arrive as 5."""

from __future__ import annotations

import operator
from typing import Any

from ._abi import WS_ERR_ARGUMENT, WS_ERR_CLOSE_CODE
from .errors import InvalidArgumentError


def whole(value: int, name: str) -> int:
    """An integer of any size. Raises TypeError for what is none."""
    try:
        return int.__index__(operator.index(value))  # Python 3.8 and 3.9 leave a bool or an Enum what it is
    except TypeError:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}") from None


def integer(value: int, name: str) -> int:
    """An integer that C holds as it is. Raises TypeError for what is none, InvalidArgumentError for one of more than 64 bits."""
    number = whole(value, name)
    if not -(1 << 63) <= number < 1 << 63:
        raise InvalidArgumentError(f"{name} must fit into 64 bits, not {number}", WS_ERR_ARGUMENT)
    return number


def bounded(value: int, name: str, least: int, most: int, unit: str = "") -> int:
    """An integer from least to most; unit is how a message goes on behind the bounds."""
    number = integer(value, name)
    if not least <= number <= most:
        raise InvalidArgumentError(f"{name} must be {least} to {most}{unit}, not {number}", WS_ERR_ARGUMENT)
    return number


def close_code(value: int) -> int:
    """A close code, for the library to check: only one that C cannot hold is refused here (RFC 6455 §7.4)."""
    code = whole(value, "code")
    if not -(1 << 63) <= code < 1 << 63:
        raise InvalidArgumentError(f"code must be 1000-1003, 1007-1014 or 3000-4999, not {code}", WS_ERR_CLOSE_CODE)
    return code


def check_callable(value: Any, name: str) -> None:
    """Raises TypeError for what cannot be called, before somebody connects for whom it would be."""
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {type(value).__name__}")
