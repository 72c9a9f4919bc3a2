"""What clients of everything.py do in the soak test: topics, pauses, queues that overflow, messages in parts, plain HTTP."""

from __future__ import annotations

import json
import random
import time
from typing import Callable

import rawpeer
import targets
from rawpeer import BINARY, CLOSE, TEXT, close_payload

TOPICS = ["tea", "coffee", "milk"]
POLICIES = range(6)
PATIENCE_S = 30.0


class Server(targets.Target):
    """everything.py as its clients see it."""

    def open(self, **how: int) -> rawpeer.RawPeer:
        peer = self.dial(**how)
        try:
            peer.send(rawpeer.request(target="/ws"))
            rawpeer.check_accepted(peer.read_head())
        except BaseException:
            peer.close()
            raise
        return peer

    def get(self, peer: rawpeer.RawPeer, path: str) -> bytes:
        peer.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return answer(peer)

    def state(self) -> dict[str, int]:
        with self.dial() as peer:
            return json.loads(self.get(peer, "/state"))

    def check_alive(self) -> None:
        assert self.process is not None and self.process.is_alive(), f"{self.name} ended: {self.stderr()}"
        with self.open() as peer:
            say(peer, "echo hello")
            peer.expect_message(TEXT, b"hello")


def answer(peer: rawpeer.RawPeer) -> bytes:
    head = peer.read_head()
    assert head.status == 200, head
    return peer._take(int(head.one("Content-Length") or 0), time.monotonic() + PATIENCE_S)


def say(peer: rawpeer.RawPeer, text: str) -> None:
    peer.send_frame(TEXT, text.encode())


def until(peer: rawpeer.RawPeer, text: str) -> None:
    """Reads until a text comes, whatever is published before it."""
    deadline = time.monotonic() + PATIENCE_S
    while peer.read_message(max(0.0, deadline - time.monotonic())) != (TEXT, text.encode()):
        pass


def part(peer: rawpeer.RawPeer, dice: random.Random) -> None:
    """Ends a connection in one of the ways there are."""
    way = dice.randrange(3)
    if way == 0:
        peer.reset()
    elif way == 1:
        peer.send_frame(CLOSE, close_payload(1000))
        peer.read_close(PATIENCE_S)
    else:
        peer.close()


def chat(server: Server, dice: random.Random) -> None:
    """Joins topics, tells them something and hears it, leaves one and goes."""
    with server.open() as peer:
        mine = dice.sample(TOPICS, dice.randrange(1, 3))
        for topic in mine:
            say(peer, f"join {topic}")
        for _ in range(dice.randrange(1, 20)):
            text = f"{dice.getrandbits(64)} {'x' * dice.choice([0, 100, 5000])}"
            say(peer, f"tell {dice.choice(mine)} {text}")
            until(peer, text)
        say(peer, f"leave {mine[0]}")
        part(peer, dice)


def receive_parts(server: Server, dice: random.Random) -> None:
    """A message in parts stays together while others publish; what was published in the middle of it follows."""
    with server.open() as peer:
        topic = f"parts {dice.getrandbits(64)}"
        say(peer, f"join {topic}")
        for _ in range(dice.randrange(1, 10)):
            say(peer, f"parts {topic}")
            peer.expect_message(TEXT, b"one two")
            peer.expect_message(TEXT, b"news")
        part(peer, dice)


def read_slowly(server: Server, dice: random.Random) -> None:
    """Does not read what overflows its queue, under one of the policies; then reads some or all of it, or just goes."""
    with server.open(receive_buffer=4096) as peer:
        say(peer, f"join {TOPICS[0]}")
        say(peer, f"queue {dice.choice(POLICIES)}")
        say(peer, f"flood {dice.choice([10, 600])}")
        try:
            for _ in range(dice.choice([0, 10, 100])):
                opcode, data = peer.read_message(0.3)
                assert opcode == TEXT or data == bytes(10_000)
            part(peer, dice)
        except (AssertionError, rawpeer.Closed, OSError):
            pass  # it was closed for reading too slowly, or the rest was dropped


def be_paused(server: Server, dice: random.Random) -> None:
    """Asks to be paused and sends on; what it has sent is answered once anybody says something, or it goes meanwhile."""
    with server.open() as peer:
        say(peer, "rest")
        count = dice.randrange(0, 200)
        for index in range(count):
            say(peer, f"echo {index}")
        if dice.random() < 0.3:
            part_at_once(peer, dice)
            return
        server.state()
        for index in range(count):
            peer.expect_message(TEXT, str(index).encode(), PATIENCE_S)
        part(peer, dice)


def part_at_once(peer: rawpeer.RawPeer, dice: random.Random) -> None:
    """Ends a connection without waiting for anything."""
    (peer.reset if dice.random() < 0.5 else peer.close)()


def browse(server: Server, dice: random.Random) -> None:
    """Plain requests on one connection: one by one, in a row, with a body, unread; perhaps a WebSocket at the end of them."""
    with server.dial() as peer:
        for _ in range(dice.randrange(1, 20)):
            size = dice.choice([0, 10, 3000, 300_000])
            assert server.get(peer, f"/bytes/{size}") == bytes(size)
        row = dice.randrange(1, 50)
        peer.send(b"GET /bytes/100000 HTTP/1.1\r\nHost: x\r\n\r\n" * row)
        way = dice.randrange(4)
        if way == 0:
            part_at_once(peer, dice)
            return
        for _ in range(row):
            assert answer(peer) == bytes(100_000)
        if way == 1:
            peer.send(b"POST /bytes/5 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
            assert answer(peer) == bytes(5)
            peer.expect_eof(PATIENCE_S)
        elif way == 2:
            peer.send(rawpeer.request(target="/ws"))
            rawpeer.check_accepted(peer.read_head())
            say(peer, "echo upgraded")
            peer.expect_message(TEXT, b"upgraded")
            part(peer, dice)


def knock(server: Server, dice: random.Random) -> None:
    """Says half a request and goes, or breaks a rule once it is in."""
    if dice.random() < 0.5:
        with server.dial() as peer:
            peer.send(rawpeer.request(target="/ws")[: dice.randrange(1, 100)])
            part_at_once(peer, dice)
        return
    with server.open() as peer:
        peer.send_frame(BINARY, b"begun", fin=False)
        peer.send(rawpeer.frame(dice.choice([3, 7, 11, 15]), b"x"))
        peer.expect_failed(1002, within_s=PATIENCE_S)


def send_visitors(server: Server, dice: random.Random) -> None:
    """Makes the server use a blocking connection of its own."""
    with server.open() as peer:
        say(peer, "visit")
        say(peer, "echo sent")
        peer.expect_message(TEXT, b"sent")


LOOP_HABITS: list[Callable[[Server, random.Random], None]] = [
    chat, chat, receive_parts, read_slowly, be_paused, browse, knock, send_visitors,
]  # fmt: skip
