"""Integers on their way to C: whatever does not fit is refused, since ctypes would keep its low 64 bits."""

from __future__ import annotations

from typing import Any

import libws
import pytest
from libws._checked import bounded, integer


class Index:
    def __index__(self) -> int:
        return 7


@pytest.mark.parametrize("value", [0, -1, 1 << 62, (1 << 63) - 1, -(1 << 63), True, Index()])
def test_integers_of_64_bits_pass(value: Any) -> None:
    assert integer(value, "n") == (7 if isinstance(value, Index) else value)
    assert type(integer(value, "n")) is int


@pytest.mark.parametrize("value", [1 << 63, -(1 << 63) - 1, 1 << 64, (1 << 64) + 5, 10**400])
def test_wider_ones_are_refused(value: int) -> None:
    with pytest.raises(libws.InvalidArgumentError, match="n must fit into 64 bits") as caught:
        integer(value, "n")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("value", [1.0, "1", None, b"1", [1]])
def test_what_is_no_integer_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError, match=f"n must be an int, not {type(value).__name__}"):
        integer(value, "n")


def test_bounds() -> None:
    assert [bounded(n, "n", 1, 3) for n in (1, 3)] == [1, 3]
    for outside in (0, 4, -(1 << 70)):
        with pytest.raises(libws.InvalidArgumentError, match="n must"):
            bounded(outside, "n", 1, 3)
    with pytest.raises(libws.InvalidArgumentError, match=r"^size must be 1 to 3 bytes, not 9$"):
        bounded(9, "size", 1, 3, " bytes")
