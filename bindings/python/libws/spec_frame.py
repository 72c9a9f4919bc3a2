"""WsFrame, one frame as the WebSocket API is specified (RFC 6455 §5).

Failures are return values in the specified layer, never exceptions: -1, a frame with opcode -1, a connection with fd -1, a
server that is not valid; last_error() and last_error_message() tell why. A value of the wrong type is a TypeError all the same.
"""

from __future__ import annotations

from ctypes import byref
from typing import Optional

from . import _abi as abi
from ._buffers import BytesLike, bytes_at, text_or_marks_at
from ._library import lib
from ._owned import OwnedFrame
from ._spec_values import lent, noted, number, utf8
from ._uncopyable import Uncopyable


class WsFrame(Uncopyable):
    """One frame (RFC 6455 §5.2): opcode, payload, payload_len, is_final, is_masked.

    Its memory is the library's and is freed by drop(), or with the object, but never under a call that another thread makes with
    it. A frame that could not be made has opcode -1.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: abi.WsFrame) -> None:
        self._raw = raw if type(raw) is OwnedFrame else OwnedFrame.from_buffer(raw)  # the same struct, with an owner

    @classmethod
    def new(cls, opcode: int, payload: BytesLike = b"", payload_len: Optional[int] = None) -> WsFrame:
        """Creates a frame with any opcode and a copy of the payload (of its first payload_len bytes), is_final 1.

        opcode -1 when the opcode is reserved, payload_len is not 0 to len(payload), or a control frame's is over 125.
        """
        return cls(lent(payload, payload_len, lambda at, size: noted(lib.ws_frame_new(number(opcode), at, size))))

    @classmethod
    def text(cls, msg: str) -> WsFrame:
        """Creates a text frame from a string. opcode -1 when msg holds surrogates, which UTF-8 has no form for."""
        data = utf8(msg)
        return cls(noted(lib.ws_frame_text_n(data, len(data))))

    @classmethod
    def binary(cls, data: BytesLike, len: Optional[int] = None) -> WsFrame:
        """Creates a binary frame from a copy of data, or of its first len bytes. opcode -1 when len is out of its bounds."""
        return cls(lent(data, len, lambda at, size: noted(lib.ws_frame_binary(at, size))))

    @classmethod
    def ping(cls) -> WsFrame:
        """Creates a ping frame with no payload."""
        return cls(lib.ws_frame_ping())

    @classmethod
    def pong(cls) -> WsFrame:
        """Creates a pong frame with no payload."""
        return cls(lib.ws_frame_pong())

    @classmethod
    def close(cls, status_code: int) -> WsFrame:
        """Creates a close frame with a status code: 1000-1003, 1007-1014 or 3000-4999.

        opcode -1 for any other. One without a code is WsFrame.new(WS_OPCODE_CLOSE, b"", 0).
        """
        return cls(noted(lib.ws_frame_close(number(status_code))))

    @property
    def opcode(self) -> int:
        """One of WS_OPCODE_*, or -1: the call that made the frame failed."""
        return int(self._raw.opcode)

    @opcode.setter
    def opcode(self, value: int) -> None:
        self._raw.opcode = number(value)

    @property
    def payload(self) -> bytes:
        """The payload, unmasked; each access makes a copy."""
        raw = self._raw
        return bytes_at(raw.payload, raw.payload_len) if raw.payload else b""

    @property
    def payload_len(self) -> int:
        """Length of the payload in bytes."""
        return int(self._raw.payload_len)

    @property
    def is_final(self) -> int:
        """1 if the FIN bit is set. Set it to 0 to send a fragment that others follow."""
        return int(self._raw.is_final)

    @is_final.setter
    def is_final(self, value: int) -> None:
        self._raw.is_final = number(value)

    @property
    def is_masked(self) -> int:
        """1 if the MASK bit was set. Sending masks as the role demands, whatever this says."""
        return int(self._raw.is_masked)

    @is_masked.setter
    def is_masked(self, value: int) -> None:
        self._raw.is_masked = number(value)

    def is_control(self) -> int:
        """1 if this is a control frame (opcode >= 8), 0 otherwise."""
        return lib.ws_frame_is_control(byref(self._raw))

    def is_text(self) -> int:
        """1 if this is a text frame, 0 otherwise."""
        return lib.ws_frame_is_text(byref(self._raw))

    def is_binary(self) -> int:
        """1 if this is a binary frame, 0 otherwise."""
        return lib.ws_frame_is_binary(byref(self._raw))

    def is_close(self) -> int:
        """1 if this is a close frame, 0 otherwise."""
        return lib.ws_frame_is_close(byref(self._raw))

    def is_ping(self) -> int:
        """1 if this is a ping frame, 0 otherwise."""
        return lib.ws_frame_is_ping(byref(self._raw))

    def is_pong(self) -> int:
        """1 if this is a pong frame, 0 otherwise."""
        return lib.ws_frame_is_pong(byref(self._raw))

    def payload_text(self) -> str:
        """The payload as a string, empty when there is none. Bytes that are not UTF-8, as in a fragment, become U+FFFD."""
        raw = self._raw
        return text_or_marks_at(raw.payload, raw.payload_len) if raw.payload else ""

    def close_code(self) -> int:
        """The status code of a close frame; WS_CLOSE_NO_STATUS if this is not one or it has none."""
        return lib.ws_frame_close_code(byref(self._raw))

    def drop(self) -> int:
        """Frees the payload, at the latest when calls that use it end; 0. A second drop does nothing."""
        raw = self._raw
        self._raw = OwnedFrame(raw.opcode, 0, 0, raw.is_final, raw.is_masked)
        return 0

    def __repr__(self) -> str:
        return f"<WsFrame opcode={self.opcode} payload_len={self.payload_len} is_final={self.is_final}>"
