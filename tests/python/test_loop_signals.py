"""Signals and loops: Ctrl-C ends whatever waits, handlers may use the loop they interrupt, and what they raise loses nothing."""

from __future__ import annotations

import sys

import pytest

from children import Child, exact
from test_signals import BLOCK, interrupts_promptly

SETUP = """
import os, random, signal, socket, threading, time
import libws

class Stop(Exception): pass

def raise_stop(*_): raise Stop

def pair(loop):
    ours, theirs = socket.socketpair()
    ends = loop.adopt(ours, libws.WS_ADOPT_CLIENT), loop.adopt(theirs, libws.WS_ADOPT_SERVER)
    opened = 0
    while opened < 2: opened += len(loop.poll(20))
    return ends

def strike(longest=400e-6):
    signal.setitimer(signal.ITIMER_REAL, random.uniform(20e-6, longest))

def calm():
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)  # runs the handler of what came before
    except Stop:
        calm()
"""

BLOCKING = {
    "poll": "libws.Loop().poll()",
    "poll with a timeout": "libws.Loop().poll(60)",
    "run": "libws.Loop().run(libws.LoopHandler())",
    "serve_loop": "libws.serve_loop(libws.LoopHandler)",
    "serve_loop with three loops": "libws.serve_loop(libws.LoopHandler, loops=3)",
}


@pytest.mark.parametrize("call", BLOCKING)
def test_ctrl_c_ends(call: str) -> None:
    interrupts_promptly(f"{SETUP}\ndef block():\n    {BLOCKING[call]}\n{BLOCK}", 0)


def test_a_handler_that_raises_leaves_the_loop_usable() -> None:
    code = """
signal.signal(signal.SIGALRM, raise_stop)
loop, stops, until = libws.Loop(), 0, time.monotonic() + 20
loop.listen("127.0.0.1")
while stops < 3000 and time.monotonic() < until:
    try:
        strike(200e-6)
        while True: loop.poll(0)
    except Stop: stops += 1
calm()
assert stops > 100
closing = threading.Thread(target=loop.close, daemon=True)
closing.start()
closing.join(10)
print(loop.closed and not closing.is_alive())
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["True"]


FED = """
signal.signal(signal.SIGALRM, raise_stop)
loop = libws.Loop(queue_bytes=64 << 20)
client, server = pair(loop)
count, seen, stops = 20_000, [], 0

def feed(ahead):
    for number in range(count):
        while number - len(seen) > ahead: time.sleep(0.001)
        loop.send(client if number % 10 else 12345, "%d" % number)
"""


@exact
def test_a_handler_that_raises_in_poll_loses_nothing_and_repeats_nothing() -> None:
    """Messages of another thread are handed over and come back by a poll that is interrupted all the time."""
    code = """
threading.Thread(target=feed, args=(500,)).start()
while len(seen) < count:
    try:
        strike()
        while len(seen) < count: seen.extend(loop.poll(20))
        calm()
    except Stop: stops += 1
calm()
assert stops > 100, stops
kinds = {kind: [int(e.data) for e in seen if e.kind == kind] for kind in (libws.WS_EVENT_MESSAGE, libws.EVENT_UNSENT)}
assert kinds[libws.WS_EVENT_MESSAGE] == [n for n in range(count) if n % 10]
assert kinds[libws.EVENT_UNSENT] == list(range(0, count, 10))
print(len(seen))
"""
    with Child(SETUP + FED + code) as child:
        assert child.finish() == ["20000"]


@exact
def test_a_handler_that_raises_in_run_costs_at_most_the_event_being_handled() -> None:
    code = """
class Note(libws.LoopHandler):
    def on_message(self, loop, event):
        seen.append(int(event.data))
    on_unsent = on_message

feeding = threading.Thread(target=feed, args=(count,))
feeding.start()
while feeding.is_alive() or loop.metrics().messages_out > loop.metrics().messages_in:
    try:
        strike()
        loop.run(Note())
    except Stop: stops += 1
calm()
left = [True]
while left:
    left = loop.poll(1)
    seen += [int(event.data) for event in left]
assert stops > 20, stops
assert len(set(seen)) == len(seen)
print(count - len(seen) <= stops or (len(seen), stops))
"""
    with Child(SETUP + FED + code) as child:
        assert child.finish() == ["True"]


def test_a_handler_may_send_and_flush_while_its_thread_does() -> None:
    code = """
signal.signal(signal.SIGALRM, lambda *_: (ticks.append(1), loop.send(client, "t%d" % len(ticks)), loop.flush()))
loop, ticks, got = libws.Loop(queue_bytes=1 << 30), [], []
client, server = pair(loop)
sent, until = 0, time.monotonic() + 20
def take(timeout):
    got.extend(event.data for event in loop.poll(timeout) if event.kind == libws.WS_EVENT_MESSAGE)
while len(ticks) < 500 and time.monotonic() < until:
    strike()
    for _ in range(400):
        loop.send(client, "m%d" % sent)
        sent += 1
    loop.flush()
    take(0)
calm()
while len(got) < sent + len(ticks): take(20)
assert len(ticks) > 100
for kind, n in (("m", range(sent)), ("t", range(1, len(ticks) + 1))):
    assert [data for data in got if data[0] == kind] == [f"{kind}{number}" for number in n]
print("all there, in order")
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["all there, in order"]


@pytest.mark.skipif(sys.version_info < (3, 10), reason="a handler may run in the middle of handing over, and leaves that to what it interrupted")
def test_what_a_handler_sends_leaves_before_it_closes() -> None:
    """A handler that runs while messages are handed over sends a last one and closes: that order holds."""
    code = """
loop = libws.Loop(queue_bytes=1 << 30)
def farewell(*_):
    loop.send(client, "last")
    loop.close_conn(client)
signal.signal(signal.SIGALRM, farewell)
for _ in range(300):
    client, server = pair(loop)
    data, code = [], 0
    strike(100e-6)
    for _ in range(100): loop.send(client, "x")
    while not code:
        for event in loop.poll(20):
            if event.conn == server and event.kind == libws.WS_EVENT_MESSAGE: data.append(event.data)
            if event.conn == server and event.kind == libws.WS_EVENT_CLOSE: code = event.code
    assert code == 1000 and data[-1] == "last" and set(data[:-1]) <= {"x"}, (code, data)
print("ok")
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["ok"]


def test_closing_in_a_handler_ends_the_poll_it_interrupts() -> None:
    code = """
before = libws.handle_count()
for _ in range(200):
    loop = libws.Loop()
    signal.signal(signal.SIGALRM, lambda *_: loop.close())
    strike()
    try:
        while True: loop.poll(0.001)
    except libws.ConnectionClosed: pass
    assert loop.closed
assert libws.handle_count() == before
print("ok")
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["ok"]


@exact
def test_an_asyncio_loop_goes_on_after_a_handler_raised_in_a_poll() -> None:
    """What the interrupted poll had found makes the descriptor readable once more."""
    code = """
import asyncio
def raise_in_poll(_, frame):
    while frame is not None:
        if frame.f_code is libws.Loop.poll.__code__: raise Stop
        frame = frame.f_back
signal.signal(signal.SIGALRM, raise_in_poll)
loop = libws.Loop(queue_bytes=64 << 20)
client, server = pair(loop)
got, stops = [], []
async def main():
    outer = asyncio.get_running_loop()
    outer.set_exception_handler(lambda _, context: stops.append(context["exception"]))
    outer.add_reader(loop.fileno(), lambda: got.extend(event.data for event in loop.poll(0)))
    for number in range(5000):
        signal.setitimer(signal.ITIMER_REAL, random.uniform(10e-6, 100e-6))
        loop.send(client, "%d" % number)
        until = time.monotonic() + 10
        while len(got) <= number and time.monotonic() < until: await asyncio.sleep(0)
        assert len(got) > number, f"nothing tells of message {number}"
    calm()
asyncio.run(main())
assert len(stops) > 20, len(stops)
assert all(type(stop) is Stop for stop in stops)
print(len(got))
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["5000"]
