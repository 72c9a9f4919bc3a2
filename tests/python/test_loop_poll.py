"""Polling a loop: batches, whose events own their data, and waits that time, threads, signals and other loops end or watch."""

from __future__ import annotations

import asyncio
import gc
import selectors
import threading
import time

import pytest

import libws
from children import Child
from libws import loop_poll
from libws._library import lib
from looping import LIMIT_S, messages, pair, until, until_kind, until_messages


@pytest.fixture
def loop():
    with libws.Loop() as loop:
        yield loop


# --- batches ----------------------------------------------------------------------------------------------------------


def test_a_full_batch_loses_nothing(loop):
    client, server = pair(loop)
    count = 5000
    for number in range(count):
        loop.try_send(client, "%d" % number)
    sizes, got = [], []
    while len(got) < count:
        events = loop.poll(LIMIT_S)
        assert events
        sizes.append(len(events))
        got += messages(events, server)
    assert got == ["%d" % number for number in range(count)]
    assert max(sizes) == 512


def test_a_batch_with_more_bytes_than_room_loses_nothing(loop):
    client, server = pair(loop)
    loop.set_option(libws.WS_OPT_QUEUE_BYTES, 64 << 20)
    sizes = [3, 4095, 4096, 4097, 255, 256, 20_000, 0, 65_535] * 40
    for number, size in enumerate(sizes):
        loop.send(client, b"%c" % (number % 256) * size if number % 2 else chr(number % 128) * size)
    got = until_messages(loop, len(sizes), server)
    assert got == [b"%c" % (n % 256) * size if n % 2 else chr(n % 128) * size for n, size in enumerate(sizes)]


def test_data_stays_as_it_was(loop):
    loop.set_option(libws.WS_OPT_POISON, 1)
    client, server = pair(loop)
    kept = []
    for size in (1, 100, 5000, 100_000):
        loop.send(client, b"a" * size)
        loop.send(client, "b" * size)
        kept += until_messages(loop, 2, server)
    for _ in range(3):
        loop.send(client, b"c" * 100_000)
        until_messages(loop, 1, server)
    assert kept == [kind * size for size in (1, 100, 5000, 100_000) for kind in (b"a", "b")]


def test_every_number_survives_packing(loop):
    loop.set_option(libws.WS_OPT_PINGS, 1)
    loop.set_option(libws.WS_OPT_PONGS, 1)
    client, server = pair(loop)
    loop.ping(client)
    pong = until_kind(loop, libws.WS_EVENT_PONG)
    assert (pong.conn, pong.status) == (client, -1)
    loop.close_conn(client, 4999, "é" * 61)
    close = until_kind(loop, libws.WS_EVENT_CLOSE)
    assert (close.conn, close.code, close.data, close.error) == (server, 4999, "é" * 61, 0)


def test_parts_of_long_messages_are_bytes():
    with libws.Loop(stream_over_bytes=1000) as loop:
        client, server = pair(loop)
        text = "☃" * 100_000
        loop.set_option(libws.WS_OPT_QUEUE_BYTES, 1 << 20)
        loop.send(client, text)
        events = until(loop, lambda events: any(e.kind == libws.WS_EVENT_FRAGMENT and e.is_final for e in events))
        parts = [event for event in events if event.kind == libws.WS_EVENT_FRAGMENT]
        assert all(type(part.data) is bytes for part in parts) and b"".join(p.data for p in parts).decode() == text
        assert parts[0].flags & libws.WS_PART_FIRST and [part.is_final for part in parts].count(True) == 1


def test_views_instead_of_copies_end_with_the_next_poll():
    with libws.Loop(view_over_bytes=5000) as loop:
        client, server = pair(loop)
        for size in (4999, 5000, 100_000):
            loop.send(client, b"a" * size)
        loop.send(client, "a" * 5000)
        small, view, large, text = until_messages(loop, 4, server)
        assert type(small) is bytes and type(text) is str
        assert isinstance(view, memoryview) and view.readonly and view == b"a" * 5000 and large == b"a" * 100_000
        loop.send(server, view)  # an echo without a copy
        loop.send(server, large)
        back = until_messages(loop, 2, client)
        assert [bytes(one) for one in back] == [b"a" * 5000, b"a" * 100_000]
        with pytest.raises(ValueError):
            view[0]
        held = memoryview(back[1])[:5]
        loop.poll(0)  # does not fail since somebody still holds a slice
        del held


@pytest.mark.parametrize("end", ["close", "the last reference"])
def test_views_end_with_the_loop(end):
    loop = libws.Loop(view_over_bytes=5000)
    client, server = pair(loop)
    loop.send(client, b"a" * 5000)
    (view,) = until_messages(loop, 1, server)
    assert view == b"a" * 5000
    if end == "close":
        loop.close()
    del loop
    gc.collect()
    with pytest.raises(ValueError):
        view[0]


def test_the_room_may_be_small():
    with libws.Loop() as loop:
        client, server = pair(loop)
        for number in range(300):
            loop.try_send(client, b"%d" % number)
        numbers, room = loop._pack, 17_408
        got = []
        while len(got) < 300:
            n = lib.ws_loop_poll_packed(loop._handle, numbers, room, 1000)
            assert 0 < n <= (room - 16_384) // 48
            rows = loop_poll._decode(loop._list, buffers=loop._elsewhere())
            assert len(rows) == n
            got += [row[2] for row in rows if row[1] == server]
        assert got == [b"%d" % number for number in range(300)]
        assert lib.ws_loop_poll_packed(loop._handle, numbers, room - 1, 0) == -1
        assert lib.ws_last_error() == libws.WS_ERR_ARGUMENT
        assert lib.ws_loop_poll_packed(loop._handle, None, room, 0) == -1


def test_a_packed_block_that_does_not_add_up_sends_nothing(loop):
    client, server = pair(loop)
    number = lambda *values: b"".join(value.to_bytes(8, "little", signed=True) for value in values)  # noqa: E731
    for n, block in (
        (1, b""),
        (-1, b""),
        (1, number(client, 2, 1)),
        (1, number(client, 2, 1) + b"ab"),
        (1, number(client, 2, -1) + b"a"),
        (2, number(client, 2, (1 << 63) - 1, client, 2, 3) + b"ab"),
        (1 << 62, number(client, 2, 1) + b"a"),
    ):
        assert lib.ws_loop_send_packed(loop._handle, n, block, len(block), None) == -1
        assert lib.ws_last_error() == libws.WS_ERR_ARGUMENT
    block = number(client, 2, 1, 12345, 3, 1) + b"ab"
    results = (loop_poll.ctypes.c_int64 * 2)()
    assert lib.ws_loop_send_packed(loop._handle, 2, block, len(block), results) == 1
    assert (results[0], -results[1]) in ((7, libws.WS_ERR_ARGUMENT), (7, libws.WS_ERR_HANDLE))
    assert lib.ws_loop_send_packed(loop._handle, 0, None, 0, None) == 0
    assert until_messages(loop, 1, server) == [b"a"]


# --- the wait ---------------------------------------------------------------------------------------------------------


def test_a_wait_ends_with_its_time(loop):
    for timeout in (0, 0.0, 0.2):
        began = time.monotonic()
        assert loop.poll(timeout) == []
        assert timeout <= time.monotonic() - began < timeout + LIMIT_S
    for wrong in (-1, -0.5, float("nan")):
        with pytest.raises(libws.InvalidArgumentError):
            loop.poll(wrong)


@pytest.mark.parametrize("inside", ["main thread", "other thread"])
def test_wake_ends_a_wait(loop, inside):
    results = []
    loop.wake()
    assert loop.poll() == []  # it was woken before
    timer = threading.Timer(0.2, loop.wake)
    timer.start()
    if inside == "main thread":
        results.append(loop.poll())
    else:
        thread = threading.Thread(target=lambda: results.append(loop.poll()))
        thread.start()
        thread.join(LIMIT_S)
    assert results == [[]]
    timer.join()


def test_one_thread_polls_at_a_time(loop):
    def wait():
        while True:
            try:
                return loop.poll()
            except libws.BusyError:
                pass  # the test is probing

    entered = threading.Thread(target=wait)
    entered.start()
    end = time.monotonic() + LIMIT_S
    while True:  # until the other thread is inside
        try:
            loop.poll(0)
        except libws.BusyError:
            break
        assert time.monotonic() < end
    loop.wake()
    entered.join(LIMIT_S)
    assert loop.poll(0) == []


def test_closing_ends_a_wait_of_another_thread(loop):
    errors = []

    def work():
        try:
            while True:
                loop.poll()
        except libws.ConnectionClosed as error:
            errors.append(error.error_code)

    thread = threading.Thread(target=work)
    thread.start()
    while not loop._turn:
        time.sleep(0)
    began = time.monotonic()
    loop.close()
    assert time.monotonic() - began < LIMIT_S
    thread.join(LIMIT_S)
    assert errors == [libws.WS_ERR_CLOSED]
    with pytest.raises(libws.ConnectionClosed, match="^the loop is closed$"):
        loop.poll(0)


def test_an_abandoned_loop_gives_everything_back():
    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards
    before = libws.handle_count()
    loop = libws.Loop()
    pair(loop)
    del loop
    gc.collect()
    assert libws.handle_count() <= before


# --- signals ----------------------------------------------------------------------------------------------------------

WAITING = """
    import sys, time, libws
    loop = libws.Loop()
    try:
        print("ready")
        loop.poll({timeout})
    except KeyboardInterrupt:
        print("interrupted")
    print(loop.poll(0))
"""


@pytest.mark.parametrize("timeout", ["None", "60"])
def test_ctrl_c_ends_a_wait_within_100_ms(timeout):
    with Child(WAITING.format(timeout=timeout)) as child:
        assert child.line() == "ready"
        child.wait_until_blocked()
        began = time.monotonic()
        child.signal()
        assert child.line() == "interrupted"
        took = time.monotonic() - began
        assert child.finish() == ["[]"]
    assert took < 2  # 0.1 s on a machine that has nothing else to do


def test_a_signal_handler_may_use_the_loop():
    code = """
        import signal, libws
        loop = libws.Loop()
        port = loop.listen("127.0.0.1")
        signal.signal(signal.SIGUSR1, lambda *_: loop.connect(f"ws://127.0.0.1:{port}/"))
        signal.signal(signal.SIGUSR2, lambda *_: loop.close())
        print("ready")
        print(loop.poll()[0].kind)
        try:
            while True:
                loop.poll()
        except libws.ConnectionClosed:
            print("closed")
    """
    import signal

    with Child(code) as child:
        assert child.line() == "ready"
        child.wait_until_blocked()
        child.signal(signal.SIGUSR1)
        assert child.line() == "1"
        child.wait_until_blocked()
        child.signal(signal.SIGUSR2)
        assert child.finish() == ["closed"]


# --- inside other loops -----------------------------------------------------------------------------------------------


def test_selectors_watch_the_descriptor(loop):
    client, server = pair(loop)
    with selectors.DefaultSelector() as selector:
        selector.register(loop, selectors.EVENT_READ)
        while selector.select(0):
            loop.poll(0)
        got = []
        for number in range(100):
            loop.send(client, b"%d" % number)  # between polls: makes the descriptor readable
            while len(got) <= number:
                assert selector.select(LIMIT_S)
                got += messages(loop.poll(0), server)
        assert got == [b"%d" % number for number in range(100)]
        timer = threading.Timer(0.2, lambda: loop.send(client, "of another thread"))
        timer.start()
        got = []
        while not got:
            assert selector.select(LIMIT_S)
            got += messages(loop.poll(0), server)
        assert got == ["of another thread"]
        timer.join()
        while selector.select(0):
            loop.poll(0)
        loop.send(12345, "nobody")
        assert selector.select(LIMIT_S)
        assert [event.kind for event in loop.poll(0)] == [libws.EVENT_UNSENT]


def test_asyncio_watches_the_descriptor(loop):
    client, server = pair(loop)

    async def work():
        got = asyncio.get_running_loop().create_future()

        def ready():
            for message in messages(loop.poll(0), server):
                got.set_result(message)

        asyncio.get_running_loop().add_reader(loop.fileno(), ready)
        loop.send(client, "hello")
        try:
            return await asyncio.wait_for(got, LIMIT_S)
        finally:
            asyncio.get_running_loop().remove_reader(loop.fileno())

    assert asyncio.run(work()) == "hello"
