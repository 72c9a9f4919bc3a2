"""Threads: many senders, one receiver, closing from anywhere, and stale objects."""

from __future__ import annotations

import gc
import contextlib
import threading
import time
import typing
from collections import Counter
from typing import Any, Callable, List, Optional

import libws
import pytest
from asleep import until_asleep
from echoing import WAIT_S, RawServer, echo_server, never_reading, pair, silent_after_handshake, url
from libws._library import lib

NEVER_S = 2  # promised are 100 ms; a machine that does much else at the same time may be late


def run(*works: Callable[[], object]) -> List[Any]:
    """Runs each work in a thread of its own, all at once; their results or exceptions."""
    results: List[Any] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def one(index: int) -> None:
        barrier.wait()
        try:
            results[index] = works[index]()
        except Exception as error:
            results[index] = error

    threads = [threading.Thread(target=one, args=(index,), daemon=True) for index in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


def test_sixteen_senders_never_mix_their_messages() -> None:
    per_thread = 100
    got: List[Any] = []

    def collect(ws: libws.Connection) -> None:
        got.extend(ws)

    def send(ws: libws.Connection, number: int) -> None:
        for i in range(per_thread):
            size = (i * 7919) % 100_000  # some go out as several fragments
            ws.send(f"{number:02} {i:03} ".encode() + bytes([number]) * size)
            if i % 10 == 0:
                ws.ping(b"between")

    with echo_server(collect) as server:
        with libws.connect(url(server), close_timeout=30) as ws:
            assert run(*(lambda n=n: send(ws, n) for n in range(16))) == [None] * 16
    assert len(got) == 16 * per_thread
    order: typing.Counter[int] = Counter()
    for message in got:
        number, i = int(message[:2]), int(message[3:6])
        assert message[7:] == bytes([number]) * ((i * 7919) % 100_000)
        assert order[number] == i
        order[number] += 1


def test_a_second_receiver_is_busy() -> None:
    """And the first one goes on: it gets what comes once the second has been refused."""
    refused = threading.Event()

    def speak_later(ws: libws.ServerConnection) -> None:
        refused.wait(WAIT_S)
        ws.send("later")

    def receive(ws: libws.Connection) -> Any:
        try:
            return ws.recv()
        except libws.BusyError:
            refused.set()
            raise

    with pair(speak_later) as ws:
        outcomes = run(lambda: receive(ws), lambda: receive(ws))
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BusyError", "str"], outcomes


RECEIVING: List[Any] = [
    (None, lambda ws: ws.recv()),
    (None, lambda ws: next(iter(ws))),
    (WAIT_S, lambda ws: ws.recv(WAIT_S)),
    (-1, lambda ws: ws.recv()),
]


@pytest.mark.parametrize("known_s, receive", RECEIVING, ids=["recv", "iteration", "a bound", "no bound"])
def test_the_bound_of_another_call_cuts_no_receiver_short(known_s: Optional[int], receive: Callable[[libws.Connection], Any]) -> None:
    """Whoever comes second leaves its bound behind, even if it gets BusyError; here it does so right before the first one waits."""
    speak = threading.Event()

    def speak_later(ws: libws.ServerConnection) -> None:
        speak.wait(WAIT_S)
        ws.send("later")

    with pair(speak_later) as ws:
        option = libws.WS_OPT_RECV_TIMEOUT_MS
        ws._patience.set_ms = libws.WS_TIMEOUT_NONE if known_s is None else known_s * 1000  # what the first one has seen
        assert lib.ws_set(ws._handle, option, 1) == 0  # what the second one did behind its back
        outcomes: List[Any] = []
        thread = threading.Thread(target=lambda: outcomes.extend(run(lambda: receive(ws))), daemon=True)
        thread.start()
        while lib.ws_get(ws._handle, option) == 1 and thread.is_alive():
            time.sleep(0.001)
        speak.set()
        thread.join(WAIT_S)
        assert outcomes == ["later"]


@pytest.mark.parametrize("ending", ["close", "abort"])
def test_closing_wakes_a_receiver(ending: str) -> None:
    with RawServer(silent_after_handshake) as server:
        ws = libws.connect(server.url, close_timeout=30)
        woken, outcomes = [], []

        def receive() -> None:
            try:
                ws.recv()
            except libws.ConnectionClosed as error:
                woken.append(time.monotonic())
                outcomes.append(error)

        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        until_asleep(thread.native_id)
        closed = time.monotonic()
        getattr(ws, ending)()
        thread.join(WAIT_S)
        assert woken[0] - closed < NEVER_S
        assert outcomes[0].code == 1006


def test_closing_ends_an_iteration_elsewhere_quietly() -> None:
    with echo_server() as server:
        ws = libws.connect(url(server))
        ended: List[Any] = []
        thread = threading.Thread(target=lambda: ended.append(list(ws)), daemon=True)
        thread.start()
        ws.close()
        thread.join(WAIT_S)
        assert ended == [[]]


def test_receiving_while_close_waits_for_the_answer_finds_the_connection_closed() -> None:
    with RawServer(silent_after_handshake) as server:
        ws = libws.connect(server.url, close_timeout=1)
        closer = threading.Thread(target=ws.close, daemon=True)
        closer.start()
        while ws.is_open:
            time.sleep(0.001)
        with pytest.raises(libws.ConnectionClosed):
            while True:  # until close() receives, it is this thread that does
                with contextlib.suppress(libws.WebSocketTimeout):
                    ws.recv(0.001)
        closer.join(WAIT_S)


@pytest.mark.parametrize("ending", ["close", "abort"])
def test_closing_wakes_a_sender(ending: str) -> None:
    with RawServer(never_reading) as server:
        ws = libws.connect(server.url, close_timeout=30)
        outcomes = []

        def flood() -> None:
            try:
                for _ in range(1000):
                    ws.send(bytes(1 << 20))
            except libws.WebSocketError as error:
                outcomes.append((time.monotonic(), error))

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        until_asleep(thread.native_id)  # the sockets' buffers are full
        closed = time.monotonic()
        getattr(ws, ending)()
        thread.join(WAIT_S)
        woken, error = outcomes[0]
        assert isinstance(error, libws.ConnectionClosed)
        assert woken - closed < NEVER_S


def test_of_many_closers_all_return() -> None:
    with pair() as ws:
        assert run(*[ws.close] * 50) == [None] * 50
        assert ws.close_code == 1000
    with pair() as ws:
        assert run(*[ws.abort] * 50) == [None] * 50


def test_a_thousand_closers_of_a_handle_one_succeeds() -> None:
    import socket

    ours, theirs = socket.socketpair()
    with theirs:
        conn = libws.WsConnection.from_server(ours)
        results = Counter(run(*[conn.force_close] * 1000))
        assert results == {0: 1, -1: 999}


def test_an_old_object_never_meets_a_new_connection() -> None:
    with echo_server() as server:
        old = libws.connect(url(server))
        old.close()
        for _ in range(200):
            with libws.connect(url(server)) as new:
                with pytest.raises(libws.ConnectionClosed):
                    old.send("to nobody")
                new.send("x")
                assert new.recv() == "x"


def test_last_error_is_each_threads_own() -> None:
    def fail(call: Callable[[], object], code: int) -> bool:
        for _ in range(300):
            call()
            if libws.last_error() != code:
                return False
        return True

    outcomes = run(
        lambda: fail(lambda: libws.WsFrame.new(3), libws.WS_ERR_ARGUMENT),
        lambda: fail(lambda: libws.WsFrame.close(1), libws.WS_ERR_CLOSE_CODE),
        lambda: fail(lambda: libws.WsFrame.text("\ud800"), libws.WS_ERR_UTF8),
        lambda: fail(lambda: libws.WsFrame.new(9, bytes(126)), libws.WS_ERR_CONTROL_SIZE),
    )
    assert outcomes == [True] * 4


def test_connections_in_many_threads_come_and_go() -> None:
    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards
    before = libws.handle_count()
    with echo_server() as server:

        def visit() -> int:
            for i in range(20):
                with libws.connect(url(server)) as ws:
                    ws.send(str(i))
                    assert ws.recv() == str(i)
            return 20

        assert run(*[visit] * 8) == [20] * 8
    assert libws.handle_count() <= before
