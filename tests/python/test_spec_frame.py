"""WsFrame: its memory stays as long as a call uses it, whatever other threads do to the frame meanwhile."""

from __future__ import annotations

import gc
import os
import socket
import threading
from typing import Callable, List

import libws
import pytest
from echoing import WAIT_S
from libws import WsConnection, WsFrame

SIZE = 8 << 20  # far more than a socket holds


@pytest.mark.parametrize("make", [WsConnection.from_server, WsConnection.from_client])
def test_a_frame_dropped_while_it_is_sent_is_sent_whole(make: Callable[[socket.socket], WsConnection]) -> None:
    ours, theirs = socket.socketpair()
    conn, peer = make(ours), (WsConnection.from_client if make == WsConnection.from_server else WsConnection.from_server)(theirs)
    peer.set_option(libws.WS_OPT_MAX_FRAME_BYTES, SIZE)
    peer.set_option(libws.WS_OPT_RECV_TIMEOUT_MS, WAIT_S * 1000)
    conn.set_option(libws.WS_OPT_SEND_FRAME_BYTES, SIZE)
    frame = WsFrame.binary(b"A" * SIZE)
    sent: List[int] = []
    sender = threading.Thread(target=lambda: sent.append(conn.send_frame(frame)), daemon=True)
    sender.start()
    with socket.socket(fileno=os.dup(peer.fd)) as look:
        assert look.recv(1, socket.MSG_PEEK)  # it is under way, and stuck, since nobody reads more than a look
    assert frame.drop() == 0
    strangers = [WsFrame.binary(b"B" * SIZE) for _ in range(4)]  # take the memory if it is free
    payload = peer.recv_frame().payload
    assert (len(payload), payload.count(b"A")) == (SIZE, SIZE)
    sender.join(WAIT_S)
    assert len(sent) == 1 and sent[0] > SIZE
    assert (frame.payload, frame.payload_len, len(strangers)) == (b"", 0, 4)
    conn.drop()
    peer.drop()


def test_a_dropped_frame_is_empty_and_can_be_dropped_again() -> None:
    frame = WsFrame.text("x" * 1000)
    frame.is_final = 0
    for _ in range(2):
        assert frame.drop() == 0
        assert (frame.opcode, frame.payload, frame.payload_len, frame.is_final, frame.is_text()) == (1, b"", 0, 0, 1)
    assert WsFrame.close(4000).drop() == 0


def test_dropping_by_many_threads_frees_once() -> None:
    for _ in range(50):
        frame = WsFrame.binary(b"x" * 10_000)
        start = threading.Barrier(4)
        seen: List[bytes] = []

        def work(act: Callable[[], object], start: threading.Barrier = start) -> None:
            start.wait(WAIT_S)
            act()

        acts: List[Callable[[], object]] = [frame.drop, frame.drop, lambda f=frame, s=seen: s.append(f.payload), frame.payload_text]
        threads = [threading.Thread(target=work, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert seen[0] in (b"", b"x" * 10_000)


def test_memory_is_given_back() -> None:
    with open("/proc/self/statm") as statm:

        def resident() -> int:
            gc.collect()
            statm.seek(0)
            return int(statm.read().split()[1]) * 4096

        WsFrame.binary(bytes(SIZE)).drop()
        before = resident()
        for turn in range(100):
            frame = WsFrame.binary(b"x" * SIZE)
            if turn % 2:
                frame.drop()
        assert resident() - before < 4 * SIZE
