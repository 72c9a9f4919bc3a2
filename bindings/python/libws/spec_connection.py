"""WsConnection and ws_upgrade, one connection as the WebSocket API is specified (RFC 6455 §5 to §7).

Any thread may call anything: one receives on a connection at a time, any number send, and close wakes every blocked call
within 100 ms. Signal handlers, Ctrl-C included, run while the main thread blocks. Failures are return values, as in spec_frame.
"""

from __future__ import annotations

import os
import socket
import time
from ctypes import byref
from typing import Any, Callable, Optional, Union

from . import _abi as abi
from ._buffers import BytesLike, copied
from ._handover import hand_over
from ._library import lib
from ._owned import OwnedConnection, OwnedFrame, client_handshake, from_client, from_server, recv_frame, upgrade
from ._plain_socket import check_plain
from ._spec_values import fitting, lent, noted, number, refused, told_aside, told_of_length, utf8
from ._uncopyable import Uncopyable
from ._waiting import LOOKING, SETTLE_S, Patience, in_main_thread, resume, was_interrupted
from .spec_frame import WsFrame

Descriptor = Union[int, Any]
"""A file descriptor, or an object with fileno() such as a socket (not one of TLS), which is detached when the connection takes it over."""


class WsConnection(Uncopyable):
    """One WebSocket connection: fd, is_server, state, mask_key. A connection that could not be made has fd -1."""

    __slots__ = ("__weakref__", "_handle", "_looks", "_owner", "_patience", "_recv_timeout_ms", "_role")

    def __init__(self, owner: OwnedConnection, role: int) -> None:
        self._handle = handle = owner.value
        self._owner = owner if handle > 0 else None  # with this object it goes
        self._role = role
        self._looks = False  # sending calls come back for signals that they missed
        self._recv_timeout_ms = abi.WS_TIMEOUT_NONE
        self._patience = Patience(handle, abi.WS_OPT_RECV_TIMEOUT_MS)
        if handle > 0:
            lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, 1)

    @classmethod
    def from_server(cls, fd: Descriptor) -> WsConnection:
        """Creates a server-side connection from an accepted socket on which the opening handshake is done.

        The descriptor belongs to the connection, unless fd is -1 in the result: then it stays the caller's.
        """
        return cls(noted(adopt(fd, from_server)), 1)

    @classmethod
    def from_client(cls, fd: Descriptor, url: Optional[str] = None) -> WsConnection:
        """Creates a client-side connection from a connected socket on which the opening handshake is done.

        With a url such as "ws://host:port/path" (ours) the opening handshake is done here; that blocks, at most 10 seconds.
        The descriptor belongs to the connection, unless fd is -1 in the result: then it stays the caller's.
        """
        if url is None:
            return cls(noted(adopt(fd, from_client)), 0)
        address = utf8(url)
        if b"\0" in address:
            return cls(refused(OwnedConnection(-1), "url has a NUL in it"), 0)
        return cls(adopt_aside(fd, client_handshake, address, None), 0)

    @property
    def fd(self) -> int:
        """The descriptor of the socket, to be watched only; -1 when the connection is closed or could not be made."""
        return max(-1, lib.ws_fd(self._handle))

    @property
    def is_server(self) -> int:
        """1 if server-side, 0 if client-side."""
        return self._role

    @property
    def state(self) -> int:
        """One of WS_STATE_*."""
        state = lib.ws_state(self._handle)
        return state if state >= 0 else abi.WS_STATE_CLOSED

    @property
    def mask_key(self) -> int:
        """Mask key of the last frame that this client sent, as a big-endian number of 32 bits; 0 before the first or when closed."""
        return max(0, lib.ws_mask_key(self._handle))

    def is_open(self) -> int:
        """1 if open, 0 otherwise."""
        return lib.ws_is_open(self._handle)

    def send_frame(self, frame: WsFrame) -> int:
        """Sends a frame; is_final is honoured. Returns the bytes sent, headers included, or -1.

        Blocks until the socket took it. Nothing is sent when RFC 6455 forbids the frame here.
        """
        if not isinstance(frame, WsFrame):
            raise TypeError("frame must be a WsFrame")
        return self._send(lib.ws_send_frame, byref(frame._raw))

    def send_text(self, msg: str) -> int:
        """Sends a text message. Returns the bytes sent, headers included, or -1 (surrogates: nothing was sent). Blocks."""
        data = utf8(msg)
        return self._send(lib.ws_send_text_n, data, len(data))

    def send_binary(self, data: BytesLike, len: Optional[int] = None) -> int:
        """Sends data, or its first len bytes, as one binary message without copying it. Returns the bytes sent or -1. Blocks."""
        return lent(data, len, lambda at, size: self._send(lib.ws_send_binary, at, size))

    def send_ping(self) -> int:
        """Sends a ping frame. Returns the bytes sent or -1. Blocks until the socket took it."""
        return self._send(lib.ws_send_ping)

    def send_pong(self) -> int:
        """Answers the latest unanswered ping with its payload; without one, sends an empty pong. Returns the bytes sent or -1."""
        return self._send(lib.ws_send_pong)

    def send_close(self, status_code: int) -> int:
        """Sends a close frame and does not wait for the answer, which recv_frame brings. Returns the bytes sent or -1."""
        return self._send(lib.ws_send_close, number(status_code))

    def recv_frame(self) -> WsFrame:
        """Receives a frame as it came. opcode -1 on error or when the connection is closed. Blocks until one is there.

        Fragments, pings and pongs are seen; a ping is the caller's to answer with send_pong. A close frame is answered, given
        out once, and closes the connection.
        """
        return self._patience.wait(recv_frame, self._recv_timeout_ms, received)

    def close(self) -> int:
        """Closes gracefully: sends a close frame (1000) if open, waits up to a second for the answer. 0, or -1 if closed before."""
        handle = self._handle

        def work() -> int:
            lib.ws_set(handle, abi.WS_OPT_INTERRUPTIBLE, 0)
            return lib.ws_close(handle)

        return told_aside(work, lambda: lib.ws_force_close(handle))

    def force_close(self) -> int:
        """Closes the socket at once, without a handshake. 0, or -1 if it was closed before. Never blocks."""
        return noted(lib.ws_force_close(self._handle))

    def drop(self) -> int:
        """Releases the connection: force_close, and nothing when it is closed already. 0; -1 when it never was one."""
        return noted(lib.ws_drop(self._handle))

    def set_option(self, option: int, value: int) -> int:
        """Sets one of WS_OPT_*, in its own unit (milliseconds, bytes). 0 or -1. Ours, beyond the specification."""
        wanted, wait_ms = number(option), number(value)
        result = noted(lib.ws_set(self._handle, wanted, wait_ms))
        if result == 0 and wanted == abi.WS_OPT_RECV_TIMEOUT_MS:
            self._recv_timeout_ms = self._patience.set_ms = wait_ms
        elif result == 0 and wanted == abi.WS_OPT_INTERRUPTIBLE:
            self._looks = True  # as the caller says
        return result

    def get_option(self, option: int) -> int:
        """The value of one of WS_OPT_*, or -1. Ours, beyond the specification."""
        value = noted(lib.ws_get(self._handle, number(option)))
        return self._recv_timeout_ms if value >= 0 and option == abi.WS_OPT_RECV_TIMEOUT_MS else value

    def _send(self, call: Callable[..., int], *arguments: object) -> int:
        began = time.monotonic()
        if not self._looks and in_main_thread():
            self._looks = lib.ws_set(self._handle, abi.WS_OPT_INTERRUPTIBLE, LOOKING) >= 0
        sent = call(self._handle, *arguments)
        if sent < 0 and (sent < -1 or was_interrupted()):
            sent = resume(self._handle, began, sent, call, self._handle, *arguments)
        return noted(sent)

    def __repr__(self) -> str:
        return f"<WsConnection fd={self.fd} is_server={self.is_server} state={self.state}>"


def received(raw: OwnedFrame) -> WsFrame:
    """The frame that a receiving call gave."""
    return WsFrame(noted(raw))


def ws_upgrade(fd: Descriptor, buffer: BytesLike, buffer_len: Optional[int] = None) -> WsConnection:
    """Performs the server's opening handshake on a socket whose request, or its beginning, was read into buffer.

    What is missing of the request is read from the socket; bytes behind it are kept for the connection. fd is -1 on failure:
    the request has been answered with its HTTP status, and the descriptor stays the caller's. Blocks at most 10 seconds.
    """

    data = copied(buffer)
    length = len(data) if buffer_len is None else fitting(buffer_len, len(data))
    return WsConnection(told_of_length(adopt_aside(fd, upgrade, data, length), buffer_len, len(data)), 1)


def adopt(fd: Descriptor, take: Callable[..., OwnedConnection], *after: object) -> OwnedConnection:
    """Gives a descriptor to a connection, which has it from then on when that worked."""
    return hand_over(number(fd) if isinstance(fd, int) else checked(fd), take, after=after)


def adopt_aside(fd: Descriptor, take: Callable[..., OwnedConnection], *after: object) -> OwnedConnection:
    """As adopt, for an opening handshake, which may block and cannot be resumed. Notes its failure."""
    descriptor = number(fd if isinstance(fd, int) else checked(fd).fileno())
    return told_aside(lambda: adopt(fd, take, *after), lambda: shut_down(descriptor), SETTLE_S)


def checked(fd: Any) -> Any:
    """An object with a descriptor, which is not one of TLS."""
    check_plain(fd)
    return fd


def shut_down(descriptor: int) -> None:
    """Ends what another thread does on a socket; the descriptor stays open."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as twin:
            twin.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
