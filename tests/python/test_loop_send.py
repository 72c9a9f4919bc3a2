"""Sending through a loop: gathered and handed over in order, each message alone in its success; nothing wrong is sent."""

from __future__ import annotations

import array
import enum
import selectors
import threading

import pytest

import libws
from libws import loop_poll, loop_send
from looping import LIMIT_S, messages, pair, until, until_kind, until_messages


@pytest.fixture
def loop():
    with libws.Loop() as loop:
        yield loop


def test_what_is_sent_arrives_whole_in_order_and_of_its_kind(loop):
    client, server = pair(loop)
    sent = ["", b"", "text é ☃", b"bytes\x00\xff", b"x" * 255, b"x" * 256, "y" * 65535, b"z" * 65536, "tail", b"w" * (1 << 20), "end"]
    for message in sent:
        loop.send(client, message)
    assert until_messages(loop, len(sent), server) == sent


@pytest.mark.parametrize("make", [bytearray, memoryview, lambda b: memoryview(b)[::1], lambda b: memoryview(bytearray(b)).cast("H")])
@pytest.mark.parametrize("size", [6, loop_send.LONG - 2, loop_send.LONG, 100_000])
def test_whatever_is_bytes_like_is_sent(loop, make, size):
    client, server = pair(loop)
    loop.send(client, make(b"ab" * (size // 2)))
    assert until_messages(loop, 1, server) == [b"ab" * (size // 2)]


def test_a_buffer_may_change_as_soon_as_it_is_sent(loop):
    client, server = pair(loop)
    for size in (10, loop_send.LONG):
        buffer = bytearray(b"a" * size)
        loop.send(client, buffer)
        buffer[:] = b"b" * size
        assert until_messages(loop, 1, server) == [b"a" * size]


def test_text_and_bytes_are_kept_apart(loop):
    client, server = pair(loop)
    loop.send_text(client, "a")
    loop.send_bytes(client, b"a")
    assert until_messages(loop, 2, server) == ["a", b"a"]
    with pytest.raises(TypeError):
        loop.send_text(client, b"a")
    with pytest.raises(TypeError):
        loop.send_bytes(client, "a")


@pytest.mark.parametrize("wrong", [None, 5, 1.5, ["a"], object()])
def test_what_is_no_message_is_not_sent(loop, wrong):
    client, server = pair(loop)
    for call in (loop.send, loop.try_send, loop.ping):
        with pytest.raises(TypeError):
            call(client, wrong)
    with pytest.raises(TypeError):
        loop.publish("topic", wrong)
    loop.send(client, "after")
    assert until_messages(loop, 1, server) == ["after"]


def test_a_text_with_surrogates_is_not_sent(loop):
    client, server = pair(loop)
    for call in (loop.send, loop.send_text, loop.try_send):
        with pytest.raises(libws.InvalidArgumentError) as caught:
            call(client, "\ud800")
        assert caught.value.error_code == libws.WS_ERR_UTF8
    loop.send(client, "after")
    assert until_messages(loop, 1, server) == ["after"]


@pytest.mark.parametrize("size", [2, loop_send.LONG])
def test_a_buffer_that_is_not_contiguous_is_not_sent(loop, size):
    client, server = pair(loop)
    strided = memoryview(b"a-" * size)[::2]
    for call in (loop.send, loop.send_bytes, loop.try_send):
        with pytest.raises(libws.InvalidArgumentError):
            call(client, strided)
    loop.send(client, "after")
    assert until_messages(loop, 1, server) == ["after"]


class Kind(str, enum.Enum):
    JOIN = "join"


class Loud(str):
    def __str__(self):
        return self


@pytest.mark.parametrize("text", [Kind.JOIN, Loud("loud"), Loud("long" * loop_send.LONG)])
def test_a_subclass_of_str_is_sent_as_the_text_it_is(loop, text):
    client, server = pair(loop)
    for call in (loop.send, loop.send_text, loop.try_send):
        call(client, text)
        assert until_messages(loop, 1, server) == [str.__str__(text)]


def test_a_stale_or_invented_connection_fails_alone_and_says_which(loop):
    client, server = pair(loop)
    stale, _ = pair(loop)
    loop.abort_conn(stale)
    until_kind(loop, libws.WS_EVENT_CLOSE)
    loop.send(stale, "gone")
    for wrong in (0, -1, 12345, 1 << 62, (1 << 63) - 1, 1 << 63, "x", None, 1.5):
        loop.send(wrong, b"nobody")
    loop.send(client, "somebody")
    loop.send(Index(client), "somebody else")
    events = until(loop, lambda events: messages(events) == ["somebody", "somebody else"])
    failed = {str(event.conn): event for event in events if event.kind == libws.EVENT_UNSENT}
    assert len(failed) == 10
    assert failed[str(stale)].data == "gone" and failed[str(stale)].error in (libws.WS_ERR_CLOSED, libws.WS_ERR_HANDLE)
    assert failed["12345"].data == b"nobody" and failed["12345"].error == libws.WS_ERR_HANDLE
    assert failed["x"].error == failed[str(1 << 63)].error == libws.WS_ERR_HANDLE


class Index:
    def __init__(self, number):
        self.number = number

    def __index__(self):
        if self.number is None:
            raise RuntimeError("its own")
        return self.number


def test_a_connection_whose_own_index_raises_is_reported_once_and_harms_no_other(loop):
    client, server = pair(loop)
    loop.send(client, "one")
    loop.send(Index(None), "bad")
    loop.send(client, "two")
    with pytest.raises(RuntimeError):
        loop.poll(0)
    events = until(loop, lambda events: len(messages(events)) == 2)
    assert messages(events, server) == ["one", "two"]
    assert [(event.data, event.error) for event in events if event.kind == libws.EVENT_UNSENT] == [("bad", libws.WS_ERR_HANDLE)]


def test_a_long_message_to_nobody_is_reported_too(loop):
    loop.send(12345, b"x" * loop_send.LONG)
    (event,) = loop.poll()  # at once: there is something to say
    assert (event.kind, event.conn, len(event.data), event.error) == (libws.EVENT_UNSENT, 12345, loop_send.LONG, libws.WS_ERR_HANDLE)
    with pytest.raises(TypeError):
        loop.send("x", b"x" * loop_send.LONG)


def test_flush_writes_at_once_and_reports(loop):
    client, server = pair(loop)
    with libws.Loop() as other:
        near, far = pair(loop, other)
        loop.send(near, "now")
        loop.send(12345, "nobody")
        (failed,) = loop.flush()
        assert (failed.kind, failed.conn, failed.data) == (libws.EVENT_UNSENT, 12345, "nobody")
        assert until_messages(other, 1, far) == ["now"]  # without a poll of the loop that sent
        assert loop.flush() == []


def test_much_more_than_a_batch_is_gathered_in_order(loop):
    client, server = pair(loop)
    loop.set_option(libws.WS_OPT_QUEUE_BYTES, 64 << 20)
    count = 3 * loop_send.BATCH + 7
    for number in range(count):
        loop.send(client, b"%d" % number)
        assert len(loop._gathered) < 3 * loop_send.BATCH
    assert until_messages(loop, count, server) == [b"%d" % number for number in range(count)]


def test_try_send_tells_what_became_of_it(loop):
    client, server = pair(loop)
    loop.send(client, "first")
    assert loop.try_send(server, b"12345") == 7  # two bytes of header, no mask from a server
    assert loop.try_send(client, b"12345") == 11
    with pytest.raises(libws.InvalidArgumentError) as caught:
        loop.try_send(12345, b"")
    assert caught.value.error_code == libws.WS_ERR_HANDLE
    events = until(loop, lambda events: len(messages(events)) >= 3)
    assert messages(events, server) == ["first", b"12345"] and messages(events, client) == [b"12345"]


def test_a_full_queue_refuses_a_message_whole_and_says_when_there_is_room(loop):
    client, server = pair(loop)
    loop.set_option(libws.WS_OPT_QUEUE_BYTES, 64 << 10, client)
    loop.pause(server)
    taken = 0
    with pytest.raises(libws.ResourceError) as caught:
        for _ in range(10_000):
            assert loop.try_send(client, b"x" * 1000) == 1008
            taken += 1
            loop.poll(0)
    assert caught.value.error_code == libws.WS_ERR_QUEUE_FULL
    loop.send(client, b"y")
    loop.send(client, b"z" * 50_000)
    unsent = [event for event in loop.poll(0) if event.kind == libws.EVENT_UNSENT]
    assert [(e.conn, len(e.data), e.error) for e in unsent][-1] == (client, 50_000, libws.WS_ERR_QUEUE_FULL)
    loop.resume(server)
    events = until(loop, lambda events: any(e.kind == libws.WS_EVENT_DRAIN for e in events) and len(messages(events)) >= taken)
    assert {len(data) for data in messages(events)} <= {1, 1000}
    assert loop.metrics().refused_full >= 2


def test_conflated_messages_replace_each_other(loop):
    client, server = pair(loop)
    loop.set_option(libws.WS_OPT_QUEUE_POLICY, libws.WS_QUEUE_CONFLATE, client)
    loop.set_option(libws.WS_OPT_QUEUE_BYTES, 16 << 10, client)
    loop.pause(server)
    for number in range(5000):
        loop.try_send(client, b"%8d" % number + b"x" * 1000, key=7)
        loop.poll(0)
    assert loop.metrics().conflated > 0
    loop.resume(server)
    got = messages(until(loop, lambda events: messages(events)[-1:] == [b"%8d" % 4999 + b"x" * 1000]))
    assert len(got) < 5000 and got == sorted(got)


def test_fragments_make_one_message(loop):
    client, server = pair(loop)
    loop.send_fragment(client, "one ☃ ", first=True)
    with pytest.raises(libws.StateError):
        loop.try_send(client, "between")
    loop.send_fragment(client, "two ")
    loop.send_fragment(client, "three", final=True)
    loop.send(client, b"next")
    assert until_messages(loop, 2, server) == ["one ☃ two three", b"next"]


def test_pings_are_seen_when_asked_for_and_answered(loop):
    loop.set_option(libws.WS_OPT_PINGS, 1)
    loop.set_option(libws.WS_OPT_PONGS, 1)
    client, server = pair(loop)
    loop.ping(client, b"hello")
    events = until(loop, lambda events: any(e.kind == libws.WS_EVENT_PONG for e in events))
    seen = {(e.kind, e.conn, e.data) for e in events}
    assert (libws.WS_EVENT_PING, server, b"hello") in seen and (libws.WS_EVENT_PONG, client, b"hello") in seen
    with pytest.raises(libws.InvalidArgumentError):
        loop.ping(client, b"x" * 126)


def test_broadcast_reaches_the_listed_and_passes_over_the_gone(loop):
    pairs = [pair(loop) for _ in range(5)]
    assert loop.broadcast([server for _, server in pairs] + [12345], "all") == 5
    assert until_messages(loop, 5) == ["all"] * 5
    assert loop.broadcast([], "none") == 0
    for wrong, kind in (([1 << 63], libws.InvalidArgumentError), (["x"], TypeError), (5, TypeError), (bytes(8), TypeError), ("x", TypeError)):
        with pytest.raises(kind):
            loop.broadcast(wrong, "all")
    with pytest.raises(TypeError):
        loop.broadcast([], 5)


@pytest.mark.parametrize("kind", [set, frozenset, tuple, iter, dict.fromkeys, lambda conns: array.array("q", conns)])
def test_broadcast_takes_whatever_gives_numbers(loop, kind):
    servers = [server for _, server in (pair(loop), pair(loop))]
    assert loop.broadcast(kind(servers), "all") == 2
    assert until_messages(loop, 2) == ["all"] * 2


def test_publish_reaches_subscribers_of_every_loop(loop):
    with libws.Loop() as other:
        (a, a_peer), (b, b_peer), (c, c_peer) = pair(loop), pair(loop), pair(other)
        for on, conn in ((loop, a), (loop, b), (other, c)):
            on.subscribe(conn, "news ☃")
        assert loop.publish("news ☃", "x", exclude=a) == 1
        assert until_messages(loop, 1) == ["x"] and until_messages(other, 1, c_peer) == ["x"]
        loop.unsubscribe(b, "news ☃")
        assert loop.publish("news ☃", b"y") == 1
        events = until(loop, lambda events: messages(events, a_peer) == [b"y"])
        assert messages(events, b_peer) == []
    for wrong in ("", "x" * 1025, "a\0b"):
        with pytest.raises(libws.InvalidArgumentError):
            loop.publish(wrong, "x")


def test_threads_send_while_the_loop_waits(loop):
    client, server = pair(loop)
    loop.set_option(libws.WS_OPT_QUEUE_BYTES, 64 << 20)
    each, threads = 500, 8

    def work(who):
        for number in range(each):
            loop.send(client, b"%d %d" % (who, number))

    running = [threading.Thread(target=work, args=(who,)) for who in range(threads)]
    for thread in running:
        thread.start()
    got = until_messages(loop, each * threads, server)
    for thread in running:
        thread.join()
    for who in range(threads):
        mine = [int(m.split()[1]) for m in got if m.startswith(b"%d " % who)]
        assert mine == list(range(each))  # each thread's own order holds


def test_a_message_of_another_thread_ends_a_wait_without_an_end(loop):
    client, server = pair(loop)
    timer = threading.Timer(0.2, lambda: loop.send(client, "late"))
    timer.start()
    assert until_messages(loop, 1, server) == ["late"]
    timer.join()


def test_corked_leaves_no_poll_of_another_thread_asleep(loop):
    with libws.Loop() as other:
        near, far = pair(loop, other)
        polling = threading.Thread(target=loop.run, args=(libws.LoopHandler(),))
        polling.start()
        loop.send(near, "before")
        assert until_messages(other, 1, far) == ["before"]
        for _ in range(5):
            with loop.corked():
                loop.send(near, "one")
                loop.send(near, "two")
            assert until_messages(other, 2, far) == ["one", "two"]
            loop.send(near, "after")
            assert until_messages(other, 1, far) == ["after"]
        loop.stop()
        polling.join(LIMIT_S)
        assert not polling.is_alive()


def test_a_message_that_comes_during_a_poll_makes_the_descriptor_readable(loop, monkeypatch):
    """Another thread's message that is gathered after the look at what was gathered, and whose ring ends this very poll."""
    client, server = pair(loop)
    poll = loop_poll._poll_packed

    def late(*arguments):
        monkeypatch.undo()
        loop.send(client, "late")
        return poll(*arguments)

    with selectors.DefaultSelector() as selector:
        selector.register(loop, selectors.EVENT_READ)
        while selector.select(0):
            loop.poll(0)
        monkeypatch.setattr(loop_poll, "_poll_packed", late)
        got = messages(loop.poll(0), server)
        while not got:
            assert selector.select(5), "nothing tells of the message"  # before a timer of the loop does
            got += messages(loop.poll(0), server)
    assert got == ["late"]


def test_a_closed_loop_takes_nothing():
    loop = libws.Loop()
    client, _ = pair(loop)
    loop.close()
    calls = (
        lambda: loop.send(client, b"x"),
        lambda: loop.send(client, b"x" * loop_send.LONG),
        lambda: loop.try_send(client, b"x"),
        lambda: loop.ping(client),
        lambda: loop.broadcast([client], b"x"),
        lambda: loop.publish("topic", b"x"),
        lambda: loop.send_fragment(client, b"x"),
        lambda: loop.flush(),
    )
    for call in calls:
        with pytest.raises(libws.ConnectionClosed):
            call()
        with pytest.raises(libws.ConnectionClosed):
            call()
