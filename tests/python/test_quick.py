"""The quick way of receiving and sending, which threads other than the main one take: it gives what the other way gives."""

from __future__ import annotations

import threading
from typing import Any, Callable, Iterator, List, Tuple

import libws
import pytest
from echoing import WAIT_S, echo_server, pair, url
from libws._quick import ROOM_BYTES

LENGTHS = (0, 1, 125, 126, ROOM_BYTES - 1, ROOM_BYTES, ROOM_BYTES + 1, 70_000, 1, 0)
MESSAGES: List[Any] = [kind(length) for length in LENGTHS for kind in (lambda n: "ü"[:n] + "x" * (n - 2), lambda n: b"\xff" * n)]


def elsewhere(work: Callable[[], Any]) -> Any:
    """What work gives, or raises, in another thread."""
    outcome: List[Any] = []

    def run() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(WAIT_S)
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


def say_all(ws: libws.ServerConnection) -> None:
    for message in MESSAGES:
        ws.send(message)


def received(ws: libws.Connection) -> Iterator[Any]:
    while True:
        try:
            yield ws.recv()
        except libws.ConnectionClosed:
            return


@pytest.mark.parametrize("way", [iter, received])
def test_messages_of_every_length(way: Callable[[libws.Connection], Iterator[Any]]) -> None:
    with pair(say_all) as ws:
        assert elsewhere(lambda: list(way(ws))) == MESSAGES
        assert (ws.close_code, ws.close_reason) == (1000, "")


def test_what_was_received_is_not_changed_by_what_comes_next() -> None:
    with pair() as ws:

        def talk() -> Tuple[Any, ...]:
            for message in (b"first", b"other", "third"):
                ws.send(message)
            return ws.recv(), ws.recv(), ws.recv()

        assert elsewhere(talk) == (b"first", b"other", "third")


@pytest.mark.parametrize("way", [list, lambda ws: ws.recv()])
def test_the_close_frame_is_told(way: Callable[[libws.Connection], Any]) -> None:
    with pair(lambda ws: ws.close(4000, "grüße")) as ws:
        with pytest.raises(libws.ConnectionClosed) as caught:
            elsewhere(lambda: way(ws))
        assert (caught.value.code, caught.value.reason) == (4000, "grüße")
        assert (ws.close_code, ws.close_reason) == (4000, "grüße")


def test_a_close_frame_without_a_code_ends_an_iteration_quietly() -> None:
    from libws._library import lib

    with pair(lambda ws: lib.ws_send_frame(ws._handle, lib.ws_frame_new(libws.WS_OPCODE_CLOSE, None, 0))) as ws:
        assert elsewhere(lambda: list(ws)) == []
        assert ws.close_code == libws.WS_CLOSE_NO_STATUS


def test_only_other_threads_than_the_main_one_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    takers: List[int] = []

    def recv_into(*arguments: Any) -> int:
        takers.append(threading.get_ident())
        return quick(*arguments)

    quick = libws.connection.recv_into
    monkeypatch.setattr(libws.connection, "recv_into", recv_into)
    with pair() as ws:
        for work in (ws.recv, lambda: next(iter(ws))):
            ws.send("x")
            ws.send("x")
            assert work() == elsewhere(work) == "x"
    assert len(takers) >= 2 and threading.get_ident() not in takers


@pytest.mark.parametrize("way", [lambda ws: next(iter(ws)), lambda ws: ws.recv()])
@pytest.mark.parametrize("taken", [ROOM_BYTES + 1, 50_000, 70_000])
@pytest.mark.parametrize("message", ["short", "ü" * 35_000, b"\x00" * 70_000, b""])
def test_another_thread_took_the_long_message(
    monkeypatch: pytest.MonkeyPatch, message: Any, taken: int, way: Callable[[libws.Connection], Any]
) -> None:
    """Then the next one is received, which may be longer, as long, shorter, or the end."""
    quick = libws.connection.recv_into
    told = [taken << 4 | 15]
    monkeypatch.setattr(libws.connection, "recv_into", lambda *arguments: told.pop() if told else quick(*arguments))
    with pair(lambda ws: ws.send(message) if message else ws.close(4000, "the end")) as ws:
        if message:
            assert elsewhere(lambda: way(ws)) == message
        else:
            with pytest.raises(libws.ConnectionClosed, match="the end"):
                elsewhere(lambda: way(ws))


def test_timeouts_between_quick_calls() -> None:
    with pair() as ws:

        def talk() -> None:
            for message in ws:
                assert message == "go"
                with pytest.raises(libws.WebSocketTimeout):
                    ws.recv(0.01)
                ws.send("after it")
                assert ws.recv() == "after it"
                return

        ws.send("go")
        elsewhere(talk)


def test_one_iterator_in_many_threads() -> None:
    with pair() as ws:
        messages = iter(ws)
        for i in range(20):
            ws.send(f"message {i}")
            # The main thread, whose waits signals end, takes its turns.
            assert (elsewhere(lambda: next(messages)) if i % 3 else next(messages)) == f"message {i}"


def test_threads_do_not_share_a_room() -> None:
    with echo_server() as server:

        def talk(who: int) -> None:
            with libws.connect(url(server)) as ws:
                for i in range(300):
                    message = bytes([who]) * (i * 37 % ROOM_BYTES)
                    ws.send(message)
                    assert ws.recv() == message

        failures: List[BaseException] = []

        def run(who: int) -> None:
            try:
                talk(who)
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=run, args=(who,), daemon=True) for who in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(6 * WAIT_S)
        assert not failures and not any(thread.is_alive() for thread in threads)


def test_a_closed_connection_says_so() -> None:
    with pair() as ws:
        ws.abort()
        for use in (ws.recv, lambda: ws.send("late"), lambda: ws.send(b"late")):
            with pytest.raises(libws.ConnectionClosed):
                elsewhere(use)
        assert elsewhere(lambda: list(ws)) == []  # this end left
