"""Passes bytes-like objects to C, and C memory to Python, with no copy more than Python's own objects need."""

from __future__ import annotations

from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_ssize_t, c_void_p, py_object, pythonapi
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

if TYPE_CHECKING:  # whatever has a buffer: also arrays, mmap and ctypes objects
    from typing_extensions import Buffer

    BytesLike = Buffer
else:
    BytesLike = Union[bytes, bytearray, memoryview]


class _View(Structure):
    """Py_buffer, as every CPython since 3.0 lays it out."""

    _fields_ = [
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    ]


def _api(name: str, restype: Any, *argtypes: Any) -> Any:
    function = getattr(pythonapi, name)
    function.restype = restype
    function.argtypes = argtypes
    return function


_get_buffer = _api("PyObject_GetBuffer", c_int, py_object, POINTER(_View), c_int)
_release_buffer = _api("PyBuffer_Release", None, POINTER(_View))

bytes_at: Callable[[Optional[int], int], bytes] = _api("PyBytes_FromStringAndSize", py_object, c_void_p, c_ssize_t)
"""Copies memory into a bytes object: address, length in bytes."""


def copied(data: Any) -> bytes:
    """The bytes of whatever is bytes-like; TypeError when it is not, where bytes() itself would make something of a number or a list."""
    return data if type(data) is bytes else memoryview(data).tobytes()


def blank(length: int) -> bytes:
    """Makes a bytes object that nobody else has yet, for C to write into. Its content is arbitrary until then."""
    return bytes_at(None, length)


_decode = _api("PyUnicode_DecodeUTF8", py_object, c_void_p, c_ssize_t, c_char_p)


def text_at(address: int, length: int) -> str:
    """Decodes memory that holds valid UTF-8 into a str, without a bytes object between."""
    text: str = _decode(address, length, None)
    return text


def text_or_marks_at(address: int, length: int) -> str:
    """Decodes memory that may not be UTF-8, such as a fragment; what is invalid becomes U+FFFD."""
    text: str = _decode(address, length, b"replace")
    return text


def lend(data: Any, use: Callable[[Any, int], int]) -> int:
    """Calls use(address, length in bytes) while the memory of a bytes-like object is held; nothing is copied.

    Raises TypeError when data is not bytes-like and BufferError when its memory is not contiguous.
    """
    if type(data) is bytes:
        return use(data, len(data))
    if not isinstance(data, (bytes, bytearray, memoryview)):
        memoryview(data)  # the TypeError of whatever has no buffer
    view = _View()
    _get_buffer(data, byref(view), 0)
    try:
        return use(view.buf, view.len)
    finally:
        _release_buffer(byref(view))

