"""Hands the descriptor of a socket object over to the library: it is never both's, whatever a signal handler raises meanwhile."""

from __future__ import annotations

import socket
from typing import Any, Callable, List, Tuple, TypeVar

Given = TypeVar("Given")  # a ctypes number

_forget: Callable[[Any], int] = super(socket.socket, socket.socket).detach  # what socket.detach ends with, without a step of Python's before it


def hand_over(
    sock: Any, take: Callable[..., Given], before: Tuple[Any, ...] = (), after: Tuple[Any, ...] = (), least: int = 1
) -> Given:
    """Calls take(*before, descriptor, *after) of the library, and detaches the socket object when that gives at least so much.

    A socket object that kept the descriptor would close it once more, when it is somebody else's already. An int has nothing to detach.
    """
    descriptor = sock if isinstance(sock, int) else sock.fileno()
    arguments = [(argument,) for argument in (*before, descriptor, *after)]
    plain = isinstance(sock, socket.socket)
    detach = None if isinstance(sock, int) else getattr(sock, "detach", None)
    came: List[Any] = []
    try:
        came.extend(map(take, *arguments))  # one step: no signal handler runs between the call and the list
        given: Given = came[0]
        return given
    finally:
        if came and came[0].value >= least:
            if plain:
                _forget(sock)
            if detach is not None:
                detach()
