"""Loops and the process around them: a fork, and an interpreter that ends with loops in every state."""

from __future__ import annotations

import pytest

from children import Child

SETUP = """
import asyncio, os, selectors, socket, sys, threading, time
import libws

def opened(**options):
    loop = libws.Loop(**options)
    port = loop.listen("127.0.0.1")
    client, count = loop.connect(f"ws://127.0.0.1:{port}/"), 0
    while count < 2: count += len(loop.poll(20))
    return loop, client

def polling(loop):
    def work():
        try:
            while True: loop.poll()
        except libws.ConnectionClosed: pass
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while True:  # until it is inside
        try: loop.poll(0)
        except libws.BusyError: return thread

def refused(*calls):
    for call in calls:
        try:
            call()
        except libws.ForkedError as error:
            assert error.error_code == libws.WS_ERR_FORKED and "fork" in str(error)
        else:
            raise AssertionError(call)

def in_child(work):
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
    until = time.monotonic() + 20
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done: return status
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return "it hangs"
"""


@pytest.mark.parametrize("state", ["idle", "polled by another thread"])
def test_a_forked_child_gets_errors_and_may_close(state: str) -> None:
    code = f"""
loop, client = opened()
thread = polling(loop) if {state!r} != "idle" else None
def work():
    loop.send(client, "of the child")
    refused(loop.poll, lambda: loop.poll(0), loop.flush, lambda: loop.try_send(client, "x"), loop.wake, loop.metrics,
            lambda: loop.publish("t", "x"), lambda: loop.listen(), loop.fileno, lambda: loop.run(libws.LoopHandler()), libws.Loop)
    loop.close()
    loop.close()
    assert loop.closed
    try: loop.send(client, "x")
    except libws.ConnectionClosed: pass
    else: raise AssertionError("it was sent")
assert in_child(work) == 0
loop.send(client, "of the parent")
if thread is None:
    data = []
    while not data: data = [event.data for event in loop.poll(20) if event.kind == libws.WS_EVENT_MESSAGE]
    assert data == ["of the parent"], data
loop.close()
if thread: thread.join(20)
print(libws.handle_count())
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["0"]


def test_a_fork_while_another_thread_hands_over_hangs_no_child() -> None:
    code = """
loop, client = opened(queue_bytes=1 << 30, queue_policy=libws.WS_QUEUE_DROP_NEWEST)
def flood():
    while not over:
        for _ in range(50): loop.send(client, b"x" * 1000)
        loop.flush()
over = []
thread = threading.Thread(target=flood)
thread.start()
def work():
    loop.send(client, "of the child")
    refused(loop.flush, lambda: loop.poll(0), lambda: loop.close_conn(client))
    loop.close()
results = []
for _ in range(60):
    loop.poll(0)
    results.append(in_child(work))
over.append(True)
thread.join(20)
print(set(results))
loop.close()
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["{0}"]


def test_a_forked_child_that_closes_an_attached_loop_leaves_the_parent_attached() -> None:
    code = """
got = []
class Note(libws.LoopHandler):
    def on_message(self, loop, event): got.append(event.data)
async def main():
    loop, client = opened()
    detach = loop.attach(Note())
    assert in_child(loop.close) == 0
    assert in_child(detach) == 0
    loop.send(client, "still served")
    until = time.monotonic() + 20
    while not got and time.monotonic() < until: await asyncio.sleep(0.001)
    loop.close()
asyncio.run(main())
print(got)
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["['still served']"]


EXITS = {
    "an open loop": "",
    "a loop that was sent to": "loop.send(client, 'never flushed'); loop.send(client, b'x' * 100_000)",
    "a loop in a poll of another thread": "polling(loop)",
    "a loop in run of another thread": "threading.Thread(target=loop.run, args=(libws.LoopHandler(),), daemon=True).start()",
    "a server on other threads": "threading.Thread(target=libws.serve_loop, args=(libws.LoopHandler,), kwargs={'loops': 3}, daemon=True).start(); time.sleep(0.2)",
    "threads that send": "[threading.Thread(target=flood, daemon=True).start() for _ in range(3)]; time.sleep(0.1)",
    "a view that is held": "view = take_view()",
    "a view whose loop is gone": "view = take_view(); del loop",
    "an attached loop": "asyncio.run(attached(False))",
    "an attached loop in an asyncio loop that was never closed": "outer = asyncio.new_event_loop(); outer.run_until_complete(attached(False))",
    "a loop that was closed while attached": "asyncio.run(attached(True))",
    "a loop in a cycle": "class Ring: pass\nring = Ring(); ring.ring, ring.loop = ring, loop; del loop",
    "a loop in a selector": "s = selectors.DefaultSelector(); s.register(loop, selectors.EVENT_READ)",
    "sys.exit": "sys.exit(0)",
    "sys.exit in a handler": "class End(libws.LoopHandler):\n    def on_unsent(self, loop, event): sys.exit(0)\nloop.send(12345, 'x'); loop.run(End())",
}


@pytest.mark.parametrize("what", EXITS)
def test_the_interpreter_exits_cleanly_with(what: str) -> None:
    code = f"""
loop, client = opened(view_over_bytes=5000, queue_bytes=64 << 20, queue_policy=libws.WS_QUEUE_DROP_NEWEST)
def flood():
    while True: loop.send(client, b"x" * 1000)
def take_view():
    loop.send(client, b"x" * 50_000)
    while True:
        for event in loop.poll(20):
            if event.kind == libws.WS_EVENT_MESSAGE: return event.data
async def attached(closes):
    loop.attach(libws.LoopHandler())
    loop.send(12345, "nobody")
    await asyncio.sleep(0.01)
    if closes: loop.close()
{EXITS[what]}
"""
    with Child(SETUP + code) as child:
        child.finish()


def test_closing_in_atexit_and_del_is_clean() -> None:
    code = """
import atexit
loop, client = opened()
other, _ = opened()
class Late:
    def __del__(self): other.close()
late = Late()
def farewell():
    loop.send(client, "last")
    data = []
    while not data: data = [event.data for event in loop.poll(20)]
    loop.close()
    print(*data)
atexit.register(farewell)
"""
    with Child(SETUP + code) as child:
        assert child.finish() == ["last"]
