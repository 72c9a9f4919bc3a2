"""Bytes-like objects on their way to C: their own memory is lent, held meanwhile, and given back on every path."""

from __future__ import annotations

import array
import ctypes
import mmap
from typing import Any

import pytest
from libws._buffers import bytes_at, lend, text_at, text_or_marks_at


def test_the_memory_itself_is_lent() -> None:
    data = bytearray(b"abcdef")
    address = ctypes.addressof(ctypes.c_char.from_buffer(data))
    seen = []
    assert lend(data, lambda at, size: seen.append((at, size)) or 7) == 7
    assert lend(memoryview(data)[2:5], lambda at, size: seen.append((at, size)) or 0) == 0
    assert seen == [(address, 6), (address + 2, 3)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"bytes", b"bytes"),
        (b"", b""),
        (bytearray(), b""),
        (memoryview(b"read only")[5:], b"only"),
        (array.array("H", [1, 2]), array.array("H", [1, 2]).tobytes()),
        (memoryview(array.array("d", [0.5])), array.array("d", [0.5]).tobytes()),
        (mmap.mmap(-1, 3), b"\0\0\0"),
        ((ctypes.c_char * 3)(b"x", b"y", b"z"), b"xyz"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_buffer(data: Any, expected: bytes) -> None:
    copies = []
    lend(data, lambda at, size: copies.append(at if isinstance(at, bytes) else bytes_at(at, size)) or 0)
    assert copies == [expected]


def test_a_buffer_is_held_until_the_call_is_over() -> None:
    data = bytearray(b"abc")

    def grow(*_: object) -> int:
        data.append(1)
        return 0

    with pytest.raises(BufferError):
        lend(data, grow)
    data.append(1)
    with pytest.raises(KeyError):
        lend(data, lambda *_: {}[0])
    data.append(1)


def test_what_is_refused() -> None:
    for wrong in ("text", 1, None, [1], object()):
        with pytest.raises(TypeError):
            lend(wrong, lambda *_: 0)
    with pytest.raises(BufferError):
        lend(memoryview(b"abcdef")[::2], lambda *_: 0)


def test_c_memory_becomes_python_objects() -> None:
    data = ctypes.create_string_buffer("grüße\0🎈".encode() + b"\xff")
    address, size = ctypes.addressof(data), len(data) - 2
    assert bytes_at(address, size) == "grüße\0🎈".encode()
    assert text_at(address, size) == "grüße\0🎈"
    assert text_or_marks_at(address, size + 1) == "grüße\0🎈\ufffd"
    with pytest.raises(UnicodeDecodeError):
        text_at(address, size + 1)
    assert (bytes_at(address, 0), text_at(address, 0)) == (b"", "")
