"""The other end of a connection under test: plain bytes on a socket pair, written and read frame by frame."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager
from typing import Iterator, NamedTuple, Tuple

from libws import WsConnection

KEY = b"\x0a\x0b\x0c\x0d"
WAIT_S = 10


class RawFrame(NamedTuple):
    opcode: int
    payload: bytes
    is_final: bool
    is_masked: bool
    key: bytes
    size: int  # of the whole frame on the wire


def encode(opcode: int, payload: bytes = b"", *, final: bool = True, masked: bool = True) -> bytes:
    """A frame as RFC 6455 §5.2 writes it; masked ones come from clients."""
    head = bytes([opcode | (0x80 if final else 0)])
    mask = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([mask | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([mask | 127]) + struct.pack(">Q", len(payload))
    return head + KEY + apply(KEY, payload) if masked else head + payload


def apply(key: bytes, payload: bytes) -> bytes:
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


class RawEnd:
    """The raw end of a socket pair."""

    def __init__(self, sock: socket.socket, masks: bool) -> None:
        self.sock = sock
        self.masks = masks
        sock.settimeout(WAIT_S)

    def send(self, opcode: int, payload: bytes = b"", *, final: bool = True) -> None:
        self.sock.sendall(encode(opcode, payload, final=final, masked=self.masks))

    def read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise EOFError(f"the connection ended after {data!r}")
            data += part
        return data

    def recv(self) -> RawFrame:
        first, second = self.read(2)
        size, length = 2, second & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.read(2))
            size += 2
        elif length == 127:
            (length,) = struct.unpack(">Q", self.read(8))
            size += 8
        key = self.read(4) if second & 0x80 else b""
        payload = self.read(length)
        return RawFrame(
            first & 0x0F, apply(key, payload) if key else payload, bool(first & 0x80), bool(key), key, size + len(key) + length
        )

    def nothing_came(self) -> bool:
        """Whether the peer has sent nothing so far; what it sends, it has sent before the call that sent it returned."""
        self.sock.setblocking(False)
        try:
            return not self.sock.recv(1)
        except BlockingIOError:
            return True
        finally:
            self.sock.settimeout(WAIT_S)

    def is_at_end(self) -> bool:
        """Waits for the next byte; True when there is none any more."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True


@contextmanager
def server_end() -> Iterator[Tuple[WsConnection, RawEnd]]:
    """A server-side connection and the raw client at its other end."""
    ours, theirs = socket.socketpair()
    conn = WsConnection.from_server(ours)
    with theirs:
        yield conn, RawEnd(theirs, masks=True)
    conn.drop()


@contextmanager
def client_end() -> Iterator[Tuple[WsConnection, RawEnd]]:
    """A client-side connection and the raw server at its other end."""
    ours, theirs = socket.socketpair()
    conn = WsConnection.from_client(ours)
    with theirs:
        yield conn, RawEnd(theirs, masks=False)
    conn.drop()
