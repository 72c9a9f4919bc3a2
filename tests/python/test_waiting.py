"""How waits are bounded: units, what is left after a signal, and options as they were found."""

from __future__ import annotations

import decimal
import fractions
import signal
import socket
import threading
import time
from typing import Any, List

import libws
import pytest
from libws._library import lib
from libws._waiting import LOOKING, MOST_MS, Patience, aside, itself, milliseconds, resume, uninterrupted

NONE = libws.WS_TIMEOUT_NONE
MOST_S = MOST_MS / 1000


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, NONE), (0, 1), (0.0001, 1), (0.0011, 2), (1, 1000), (2.5, 2500), (MOST_S, MOST_MS), (1e300, NONE), (float("inf"), NONE), (10**400, NONE)],
)
def test_seconds_become_milliseconds_rounded_up(seconds: Any, expected: int) -> None:
    assert milliseconds(seconds) == expected


@pytest.mark.parametrize("seconds", [-1, -1e-9, float("nan"), -float("inf"), decimal.Decimal("nan"), fractions.Fraction(-1, 3)])
def test_no_time_is_less_than_none(seconds: Any) -> None:
    with pytest.raises(libws.InvalidArgumentError, match="patience must be"):
        milliseconds(seconds, "patience")


@pytest.mark.parametrize("seconds", ["1", b"1", [1], object()])
def test_a_time_is_a_number(seconds: Any) -> None:
    with pytest.raises(TypeError):
        milliseconds(seconds)


def test_other_numbers_are_times() -> None:
    assert [milliseconds(seconds) for seconds in (decimal.Decimal("0.01"), fractions.Fraction(1, 3), True)] == [10, 334, 1000]


@pytest.fixture
def handle() -> Any:
    ours, theirs = socket.socketpair()
    number = lib.ws_from_server(ours.detach())
    with theirs:
        yield number
    lib.ws_drop(number)


@pytest.mark.parametrize("interruptible", [0, 1, LOOKING])
def test_options_are_as_they_were(handle: int, interruptible: int) -> None:
    lib.ws_set(handle, libws.WS_OPT_INTERRUPTIBLE, interruptible)
    lib.ws_set(handle, libws.WS_OPT_RECV_TIMEOUT_MS, 20)
    for call in (
        lambda: uninterrupted(handle, lib.ws_recv_frame, handle),
        lambda: uninterrupted(handle, Patience(handle, libws.WS_OPT_RECV_TIMEOUT_MS).wait, lib.ws_recv_frame, 20, itself),
    ):
        assert call().opcode == -1
        assert lib.ws_last_error() == libws.WS_ERR_TIMEOUT
        assert lib.ws_get(handle, libws.WS_OPT_INTERRUPTIBLE) == interruptible
        assert lib.ws_get(handle, libws.WS_OPT_RECV_TIMEOUT_MS) == 20


@pytest.mark.parametrize("limit_ms", [NONE, 20, 300])
def test_sends_are_gone_on_with(handle: int, limit_ms: int) -> None:
    """Nothing out: the call again, until the time is over. A part out: the rest is waited for, until the time is over."""
    data = bytes(8 << 20)
    lib.ws_set(handle, libws.WS_OPT_INTERRUPTIBLE, LOOKING)
    began = time.monotonic()
    sent = lib.ws_send_binary(handle, data, len(data))
    assert sent < -len(data) and lib.ws_last_error() == libws.WS_ERR_INTERRUPTED
    assert lib.ws_send_text_n(handle, b"x", 1) == -1 and lib.ws_last_error() == libws.WS_ERR_INTERRUPTED
    lib.ws_set(handle, libws.WS_OPT_SEND_TIMEOUT_MS, limit_ms)
    if limit_ms == NONE:
        threading.Timer(0.2, lib.ws_force_close, (handle,)).start()
    assert resume(handle, time.monotonic(), -1, lib.ws_send_text_n, handle, b"x", 1) == -1
    assert lib.ws_last_error() == (libws.WS_ERR_CLOSED if limit_ms == NONE else libws.WS_ERR_TIMEOUT)
    if limit_ms != NONE:
        assert lib.ws_is_open(handle) == 1
        assert resume(handle, time.monotonic(), sent, lib.ws_send_binary, handle, data, len(data)) == -1
        assert lib.ws_last_error() == libws.WS_ERR_TIMEOUT
        assert lib.ws_is_open(handle) == 0  # a message is cut short
        assert lib.ws_get(handle, libws.WS_OPT_SEND_TIMEOUT_MS) == limit_ms
        assert lib.ws_get(handle, libws.WS_OPT_INTERRUPTIBLE) == LOOKING
        assert time.monotonic() - began >= 2 * limit_ms / 1000


def test_patience_ends_when_it_says(handle: int) -> None:
    patience = Patience(handle, libws.WS_OPT_RECV_TIMEOUT_MS)
    for limit_ms in (1, 30, 120):  # 120 is more than one look of the main thread
        began = time.monotonic()
        assert patience.wait(lib.ws_recv_frame, limit_ms, itself).opcode == -1
        assert lib.ws_last_error() == libws.WS_ERR_TIMEOUT
        assert limit_ms / 1000 <= time.monotonic() - began < 5


def test_aside_gives_back_results_and_exceptions() -> None:
    threads: List[int] = []

    def work() -> str:
        threads.append(threading.get_ident())
        return "done"

    assert aside(work, pytest.fail) == "done"
    assert threads != [threading.get_ident()]

    def fail() -> str:
        raise LookupError("inside")

    with pytest.raises(LookupError, match="inside"):
        aside(fail, pytest.fail)
    elsewhere: List[Any] = []
    thread = threading.Thread(target=lambda: elsewhere.append(aside(threading.current_thread, pytest.fail)))
    thread.start()
    thread.join()
    assert elsewhere == [thread], "other threads do the work themselves"


def test_aside_keeps_nothing_that_comes_late() -> None:
    class Stop(Exception):
        pass

    class Result:
        def __del__(self) -> None:
            gone.set()

    go, gone, abandoned = threading.Event(), threading.Event(), []

    def stop(*_: object) -> None:
        raise Stop

    def work() -> Result:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
        go.wait(10)
        return Result()

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with pytest.raises(Stop) as caught:
            aside(work, lambda: abandoned.append(go.set()))
        assert gone.wait(10), f"it lives with the traceback of {caught.value!r}"
        assert abandoned == [None]
    finally:
        signal.signal(signal.SIGUSR1, before)
