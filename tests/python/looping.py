"""What the suite's loops share: pairs of connections of one loop, and polling until something has come."""

from __future__ import annotations

import socket
import time
from typing import Callable, List, Optional, Tuple

import libws

LIMIT_S = 20


def pair(loop: libws.Loop, other: Optional[libws.Loop] = None) -> Tuple[int, int]:
    """A client's and a server's connection with each other, both open; the server's in the other loop when there is one."""
    ours, theirs = socket.socketpair()
    client = loop.adopt(ours, libws.WS_ADOPT_CLIENT)
    server = (other or loop).adopt(theirs, libws.WS_ADOPT_SERVER)
    kinds = {(event.kind, event.conn) for event in until(loop, lambda events: len(events) >= (1 if other else 2))}
    assert (libws.WS_EVENT_OPEN, client) in kinds
    if other:
        until(other, lambda events: len(events) >= 1)
    return client, server


def until(loop: libws.Loop, enough: Callable[[List[libws.Event]], bool]) -> List[libws.Event]:
    """Polls until the events that have come are enough."""
    events: List[libws.Event] = []
    end = time.monotonic() + LIMIT_S
    while not enough(events):
        left = end - time.monotonic()
        assert left > 0, f"only this came: {events}"
        events += loop.poll(left)
    return events


def messages(events: List[libws.Event], conn: int = 0) -> List[object]:
    """The messages among events, of one connection or all."""
    return [event.data for event in events if event.kind == libws.WS_EVENT_MESSAGE and conn in (0, event.conn)]


def until_messages(loop: libws.Loop, count: int, conn: int = 0) -> List[object]:
    return messages(until(loop, lambda events: len(messages(events, conn)) >= count), conn)


def until_kind(loop: libws.Loop, kind: int) -> libws.Event:
    return next(event for event in until(loop, lambda events: any(e.kind == kind for e in events)) if event.kind == kind)


class Echo(libws.LoopHandler):
    def on_message(self, loop: libws.Loop, event: libws.Event) -> None:
        loop.send(event.conn, event.data)
