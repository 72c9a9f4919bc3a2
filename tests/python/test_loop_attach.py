"""Loops inside asyncio: what attach() begins, and the ways in which it ends exactly once."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading

import pytest

import libws
from children import Child
from looping import LIMIT_S, Echo, pair, until_messages


@pytest.fixture
def loop():
    with libws.Loop() as loop:
        yield loop


def test_a_loop_inside_asyncio(loop):
    port = loop.listen("127.0.0.1")
    failures = []

    class Handler(Echo):
        def on_message(self, loop, event):
            if event.data == "fail":
                raise RuntimeError("the handler's own")
            super().on_message(loop, event)

    def talk():
        with libws.connect(f"ws://127.0.0.1:{port}/") as ws:
            ws.send("fail")
            for number in range(50):
                ws.send(f"{number}")
                assert ws.recv() == f"{number}"
            loop.subscribe(*subscribed)
            return ws.recv()

    subscribed = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))
        handler = Handler()
        handler.on_open = lambda loop, event: subscribed.extend([event.conn, "all"])
        detach = loop.attach(handler)
        talking = asyncio.get_running_loop().run_in_executor(None, talk)
        while not talking.done():
            loop.publish("all", "from a coroutine")
            await asyncio.sleep(0.01)
        detach()
        return talking.result()

    assert asyncio.run(asyncio.wait_for(main(), LIMIT_S)) == "from a coroutine"
    assert [str(failure) for failure in failures] == ["the handler's own"]


def test_attaching_needs_asyncio(loop):
    with pytest.raises(RuntimeError):
        loop.attach(Echo())


@pytest.fixture(autouse=True)
def nothing_left():
    """What earlier tests left may go at any time, and its descriptors with it: now, before any are counted."""
    gc.collect()


def descriptors():
    return set(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("closer", ["a coroutine", "a handler", "another thread"])
def test_closing_detaches(closer):
    """asyncio's selector forgets the loop before its descriptor can be somebody else's; detach() afterwards harms nobody."""
    handled = []

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            handled.append(event.data)
            if closer == "a handler":
                loop.close()

    async def main():
        outer = asyncio.get_running_loop()
        failures = []
        outer.set_exception_handler(lambda _, context: failures.append(context))
        before = descriptors()
        loop = libws.Loop()
        client, _ = pair(loop)
        detach = loop.attach(Handler())
        watched = set(outer._selector.get_map())
        if closer == "a handler":
            for number in range(5):
                loop.send(client, "%d" % number)
        elif closer == "a coroutine":
            loop.close()
        else:
            await outer.run_in_executor(None, loop.close)
        await asyncio.wait_for(until_closed(loop, before), LIMIT_S)
        assert handled == (["0"] if closer == "a handler" else [])
        assert len(outer._selector.get_map()) == len(watched) - 1
        pairs = [socket.socketpair() for _ in range(12)]  # they get the numbers that are free now
        served = []
        for ours, _ in pairs:
            outer.add_reader(ours.fileno(), lambda sock=ours: served.append(sock.recv(1)))
        detach()
        for _, theirs in pairs:
            theirs.send(b"x")
        while len(served) < len(pairs):
            await asyncio.sleep(0)
        for ours, theirs in pairs:
            outer.remove_reader(ours.fileno())
            ours.close()
            theirs.close()
        assert failures == []

    async def until_closed(loop, before):
        while not loop.closed or descriptors() - before:
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(main(), LIMIT_S))


def test_detaching_ends_the_calls_and_a_second_time_does_nothing(loop):
    client, server = pair(loop)
    handled = []
    handler = Echo()
    handler.on_message = lambda loop, event: handled.append(event.data)

    async def main():
        detach = loop.attach(handler)
        loop.send(client, "one")
        while not handled:
            await asyncio.sleep(0)
        before = descriptors()
        detach()
        detach()
        assert len(before - descriptors()) == 1
        loop.send(client, "two")
        for _ in range(20):
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(main(), LIMIT_S))
    assert handled == ["one"]
    assert until_messages(loop, 1, server) == ["two"]


@pytest.mark.parametrize("stopper", ["a handler", "another thread"])
def test_stop_ends_what_attach_began_and_no_later_run(loop, stopper):
    client, server = pair(loop)
    handled = []

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            handled.append(event.data)
            if stopper == "a handler" or event.data == "last":
                loop.stop()

    async def main():
        before = descriptors()
        loop.attach(Handler())
        if stopper == "a handler":
            loop.send(client, "one")
            loop.send(client, "two")
        else:
            threading.Timer(0.05, loop.stop).start()
        while len(descriptors()) <= len(before):
            await asyncio.sleep(0)
        while len(descriptors()) > len(before):
            await asyncio.sleep(0.001)

    asyncio.run(asyncio.wait_for(main(), LIMIT_S))
    assert handled == (["one"] if stopper == "a handler" else [])
    loop.send(client, "last")
    loop.run(Handler())
    if stopper == "a handler":
        assert handled == ["one", "two"]
        loop.run(Handler())
    assert handled[-1] == "last"


def test_what_leaves_asyncio_through_a_handler_loses_no_other_event(loop):
    client, server = pair(loop)
    handled = []

    class Handler(libws.LoopHandler):
        def on_message(self, loop, event):
            handled.append(event.data)
            if event.data == "end":
                raise SystemExit

    outer = asyncio.new_event_loop()
    detach = loop.attach(Handler(), outer)
    for message in ("one", "end", "two", "three"):
        loop.send(client, message)
    with pytest.raises(SystemExit):
        outer.run_forever()
    assert handled == ["one", "end"]
    outer.call_later(LIMIT_S, outer.stop)

    async def rest():
        while len(handled) < 4:
            await asyncio.sleep(0)

    outer.run_until_complete(asyncio.wait_for(rest(), LIMIT_S))
    assert handled == ["one", "end", "two", "three"]
    detach()
    outer.close()


def test_the_asyncio_example():
    with Child("import runpy, sys; sys.argv[0] = 'asyncio_loop.py'; runpy.run_path('examples/python/asyncio_loop.py', run_name='__main__')", "0", "--every", "0.05") as child:
        port = int(child.line().rsplit(":", 1)[1])
        with libws.connect(f"ws://127.0.0.1:{port}/") as ws:
            ws.send("x")
            got = [ws.recv() for _ in range(3)]
        assert "x" in got and any(message.startswith("it is ") for message in got)
