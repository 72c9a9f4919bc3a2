"""A WebSocket peer on a bare socket that sends whatever it is told: every byte of heads and frames can be wrong on purpose.

Standard library only; blocking, with a deadline on every wait. RFC 6455 §4 and §5 as seen from the wire.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
import time
from dataclasses import dataclass, field

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = base64.b64encode(bytes(range(16)))
WAIT_S = 10.0
CLOSED_WITHIN_S = 2.0
AT_ONCE_S = 4.0  # less than any deadline that a server could have waited for, and more than a busy machine needs


class Closed(Exception):
    """The other side ended the stream (FIN)."""


class TimedOut(AssertionError):
    """The other side did not do within the time what it has to do."""


def accept_key(key: bytes) -> bytes:
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


def apply_mask(payload: bytes, key: bytes) -> bytes:
    if key == b"\0\0\0\0" or not payload:
        return payload
    size = len(payload)
    repeated = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")


def header(
    opcode: int,
    length: int,
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = b"\x37\xfa\x21\x3d",
    form: int | None = None,
) -> bytes:
    """A frame header; `form` (7, 16 or 64) forces a length form, minimal or not, and `rsv` is the three bits as a number."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    bit = 0x80 if mask is not None else 0
    if form is None:
        form = 7 if length < 126 else 16 if length < 1 << 16 else 64
    if form == 7:
        head = struct.pack("!BB", first, bit | length)
    elif form == 16:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    return head + (mask or b"")


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = b"\x37\xfa\x21\x3d",
    form: int | None = None,
) -> bytes:
    """A whole frame, masked unless `mask` is None."""
    head = header(opcode, len(payload), fin=fin, rsv=rsv, mask=mask, form=form)
    return head + (payload if mask is None else apply_mask(payload, mask))


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


@dataclass
class Frame:
    """A frame as it was received, payload unmasked."""

    fin: bool
    rsv: int
    opcode: int
    masked: bool
    payload: bytes
    key: bytes = b""


@dataclass
class Head:
    """An HTTP head as it was received: start line and fields in order."""

    start: str
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1])

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"{name} is there {len(values)} times: {self}"
        return values[0] if values else None


def parse_head(raw: bytes) -> Head:
    """Parses a head strictly: CRLF ends, `name: value`, nothing else."""
    assert raw.endswith(b"\r\n\r\n"), raw
    lines = raw[:-4].split(b"\r\n")
    head = Head(lines[0].decode("ascii"))
    for line in lines[1:]:
        assert b"\r" not in line and b"\n" not in line and b"\0" not in line, line
        name, colon, value = line.partition(b":")
        assert colon and name and name == name.strip() and b" " not in name, line
        head.fields.append((name.decode("ascii"), value.strip().decode("latin-1")))
    return head


def request(
    *,
    method: str = "GET",
    target: str = "/",
    version: str = "HTTP/1.1",
    drop: tuple[str, ...] = (),
    change: dict[str, str] | None = None,
    extra: tuple[str, ...] = (),
    host: str = "127.0.0.1",
) -> bytes:
    """A correct opening request, less the fields in `drop`, with those in `change` changed and the lines in `extra` added."""
    fields = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY.decode(),
        "Sec-WebSocket-Version": "13",
    }
    fields.update(change or {})
    lines = [f"{method} {target} {version}"]
    lines += [f"{name}: {value}" for name, value in fields.items() if name not in drop]
    lines += extra
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class RawPeer:
    """One side of a connection, in either role, over a connected socket."""

    def __init__(self, sock: socket.socket, *, masks: bool) -> None:
        self.sock = sock
        self.masks = masks
        self.buffer = bytearray()
        self.head: Head | None = None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # --- sending ---------------------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        self.sock.settimeout(WAIT_S)
        self.sock.sendall(data)

    def send_until_refused(self, data: bytes) -> None:
        """Sends what the other side takes; it may have ended the connection already."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_in_chunks(self, data: bytes, cuts: list[int]) -> None:
        """Sends data in pieces cut at the given offsets, each in a segment of its own."""
        for start, end in zip([0, *cuts], [*cuts, len(data)]):
            if end > start:
                self.send(data[start:end])

    def frame(self, opcode: int, payload: bytes = b"", **how: object) -> bytes:
        """A frame with the mask that this side's role demands."""
        how.setdefault("mask", os.urandom(4) if self.masks else None)
        return frame(opcode, payload, **how)  # type: ignore[arg-type]

    def send_frame(self, opcode: int, payload: bytes = b"", **how: object) -> None:
        self.send(self.frame(opcode, payload, **how))

    # --- receiving -------------------------------------------------------------------------------------------------

    def _fill(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(f"nothing came in time; so far: {bytes(self.buffer[:80])!r}")
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(1 << 18)
        except (socket.timeout, TimeoutError):
            raise TimedOut(f"nothing came in time; so far: {bytes(self.buffer[:80])!r}") from None
        if not data:
            raise Closed
        self.buffer += data

    def _take(self, count: int, deadline: float) -> bytes:
        while len(self.buffer) < count:
            self._fill(deadline)
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_head(self, within_s: float = WAIT_S) -> Head:
        deadline = time.monotonic() + within_s
        scanned = 0
        while True:
            end = self.buffer.find(b"\r\n\r\n", max(0, scanned - 3))
            if end >= 0:
                break
            scanned = len(self.buffer)
            self._fill(deadline)
        raw = self._take(end + 4, deadline)
        self.head = parse_head(raw)
        return self.head

    def read_frame(self, within_s: float = WAIT_S) -> Frame:
        """The next frame; checks what no test wants to see: RSV bits, reserved opcodes, wrong mask bit, long control frames."""
        deadline = time.monotonic() + within_s
        first, second = self._take(2, deadline)
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self._take(2, deadline))
            assert length > 125, "a length that is not minimal was sent"
        elif length == 127:
            (length,) = struct.unpack("!Q", self._take(8, deadline))
            assert 65535 < length < 1 << 63, "a length that is not minimal was sent"
        masked = bool(second & 0x80)
        assert masked != self.masks, "RFC 6455 §5.1: a client masks, a server does not"
        key = self._take(4, deadline) if masked else b""
        payload = self._take(length, deadline)
        got = Frame(bool(first & 0x80), first >> 4 & 7, first & 15, masked, apply_mask(payload, key) if masked else payload, key)
        assert got.rsv == 0, f"RSV bits were sent: {got}"
        assert got.opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), got
        if got.opcode >= CLOSE:
            assert got.fin and len(got.payload) <= 125, f"a bad control frame was sent: {got}"
        return got

    def read_message(self, within_s: float = WAIT_S) -> tuple[int, bytes]:
        """The next data message (opcode, payload); control frames before and inside it are an error."""
        deadline = time.monotonic() + within_s
        got = self.read_frame(within_s)
        assert got.opcode in (TEXT, BINARY), f"expected a message, got {got.opcode} {got.payload[:60]!r}"
        opcode, parts = got.opcode, [got.payload]
        while not got.fin:
            got = self.read_frame(max(0.0, deadline - time.monotonic()))
            assert got.opcode == CONTINUATION, got
            parts.append(got.payload)
        return opcode, b"".join(parts)

    # --- expectations ----------------------------------------------------------------------------------------------

    def expect_message(self, opcode: int, payload: bytes, within_s: float = WAIT_S) -> None:
        got = self.read_message(within_s)
        assert got[0] == opcode, f"opcode {got[0]} instead of {opcode}"
        assert got[1] == payload, f"{len(got[1])} bytes {got[1][:60]!r}… instead of {len(payload)} bytes {payload[:60]!r}…"

    def expect_pong(self, payload: bytes, within_s: float = WAIT_S) -> None:
        got = self.read_frame(within_s)
        assert (got.opcode, got.payload) == (PONG, payload), got

    def expect_message_and_pong(self, opcode: int, payload: bytes, pong: bytes) -> None:
        """A message in one frame and a pong, in any order: each of them may wait for the other in a queue."""
        got = sorted((frame.opcode, frame.payload) for frame in (self.read_frame(), self.read_frame()))
        assert got == [(opcode, payload), (PONG, pong)], got

    def echo(self, payload: bytes = b"still here", opcode: int = TEXT, within_s: float = WAIT_S) -> None:
        self.send_frame(opcode, payload)
        self.expect_message(opcode, payload, within_s)

    def read_close(self, within_s: float = CLOSED_WITHIN_S) -> Frame:
        """Reads up to the close frame, whatever comes before it."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                got = self.read_frame(max(0.0, deadline - time.monotonic()))
            except Closed:
                raise AssertionError("the stream ended without a close frame") from None
            except ConnectionResetError:
                raise AssertionError("RST instead of a close frame") from None
            if got.opcode == CLOSE:
                return got

    def _read_to_end(self, within_s: float) -> None:
        """Reads until the other side ends the stream, which it has to do in time; a RST is passed on."""
        deadline = time.monotonic() + within_s
        try:
            while True:
                self._fill(deadline)
        except TimedOut:
            raise TimedOut(f"the connection is not closed within {within_s} s") from None
        except Closed:
            pass

    def expect_eof(self, within_s: float = CLOSED_WITHIN_S) -> None:
        """The other side ends the connection with FIN in time and sends nothing more; a RST could have destroyed what it said."""
        try:
            self._read_to_end(within_s)
        except ConnectionResetError:
            raise AssertionError("RST instead of FIN") from None
        assert not self.buffer, f"more than was expected came before the end: {bytes(self.buffer[:80])!r}"

    def expect_failed(self, *codes: int, within_s: float = CLOSED_WITHIN_S) -> None:
        """The other side fails the connection with one of the close codes and ends it, without waiting for us."""
        deadline = time.monotonic() + within_s
        got = self.read_close(within_s)
        code = struct.unpack("!H", got.payload[:2])[0] if len(got.payload) >= 2 else 1005
        assert code in codes, f"close code {code} {got.payload[2:]!r} instead of {codes}"
        got.payload[2:].decode("utf-8")
        self.expect_eof(max(0.1, deadline - time.monotonic()))

    def expect_close_echo(self, payload: bytes, within_s: float = CLOSED_WITHIN_S) -> None:
        """The other side answers our close frame with the same code and then ends the connection."""
        deadline = time.monotonic() + within_s
        got = self.read_close(within_s)
        assert got.payload[:2] == payload[:2], f"close answered with {got.payload!r} instead of {payload!r}"
        assert got.payload[2:] in (b"", payload[2:]), got.payload
        self.expect_eof(max(0.1, deadline - time.monotonic()))

    def expect_gone(self, within_s: float = CLOSED_WITHIN_S) -> bytes:
        """The other side ends the connection in time, with FIN or RST; what it still said is returned."""
        try:
            self._read_to_end(within_s)
        except ConnectionResetError:
            pass
        return bytes(self.buffer)

    # --- ends ------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Our side says no more: FIN."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Ends with RST: pending data is thrown away."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()

    def __enter__(self) -> RawPeer:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


def dial(host: str, port: int, *, receive_buffer: int | None = None) -> RawPeer:
    """A TCP connection without any handshake."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(WAIT_S)
        sock.connect((host, port))
    except BaseException:
        sock.close()
        raise
    return RawPeer(sock, masks=True)


def check_accepted(head: Head, key: bytes = KEY) -> None:
    """RFC 6455 §4.2.2: everything a 101 has to say, once, and nothing that was not asked for."""
    assert head.status == 101, head
    assert head.start.startswith("HTTP/1.1 101 "), head.start
    assert (head.one("Upgrade") or "").lower() == "websocket", head
    assert (head.one("Connection") or "").lower() == "upgrade", head
    assert head.one("Sec-WebSocket-Accept") == accept_key(key).decode(), head
    assert head.one("Sec-WebSocket-Extensions") is None, head
    assert head.one("Sec-WebSocket-Protocol") is None, head
    assert head.one("Content-Length") is None and head.one("Transfer-Encoding") is None, head


def connect(host: str, port: int, *, receive_buffer: int | None = None) -> RawPeer:
    """A client connection whose opening handshake is done and checked."""
    peer = dial(host, port, receive_buffer=receive_buffer)
    try:
        peer.send(request(host=f"{host}:{port}"))
        check_accepted(peer.read_head())
    except BaseException:
        peer.close()
        raise
    return peer
