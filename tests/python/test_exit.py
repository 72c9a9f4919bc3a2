"""An interpreter that ends with connections, servers and loops in every state: without a word, a hang or a crash."""

from __future__ import annotations

from typing import Tuple

import pytest

from children import Child

LOOPS = """
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
        while True:
            try: loop.poll()
            except libws.BusyError: pass  # it is being probed
            except libws.ConnectionClosed: return
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while True:  # until it is inside
        try: loop.poll(0)
        except libws.BusyError: return thread
"""

CONNECTIONS = """
import socket, sys, threading
import libws
started = threading.Event()
def begin(call):
    def work():
        started.set()
        try: call()
        except libws.WebSocketError: pass
    threading.Thread(target=work, daemon=True).start()
    started.wait(10)
def flood():
    while True: ws.send(bytes(1 << 20))
def hold(ws):
    for message in ws: pass
server = libws.serve(hold)
background = libws.serve(hold).start()
ws = libws.connect(f"ws://127.0.0.1:{background.port}/")
ours, theirs = socket.socketpair()
conn = libws.WsConnection.from_server(ours)
"""

A_LOOP = LOOPS + """
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
"""

OF_CONNECTIONS = {
    "open connections": "",
    "a thread that receives": "begin(ws.recv)",
    "a thread that sends": "begin(flood)",
    "a server that accepts in a thread": "server.start()",
    "a connection in a cycle": "class Ring: pass\nring = Ring(); ring.ring, ring.ws = ring, ws; del ws",
    "spec objects": "held = [conn, libws.ws_server(0), libws.WsFrame.text('x')]",
    "sys.exit": "sys.exit(0)",
}

OF_LOOPS = {
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
    "a loop and sys.exit": "sys.exit(0)",
    "sys.exit in a handler": "class End(libws.LoopHandler):\n    def on_unsent(self, loop, event): sys.exit(0)\nloop.send(12345, 'x'); loop.run(End())",
}

CASES = [(CONNECTIONS, what) for what in OF_CONNECTIONS.items()] + [(A_LOOP, what) for what in OF_LOOPS.items()]


@pytest.mark.parametrize("setup, what", CASES, ids=[what for _, (what, _) in CASES])
def test_the_interpreter_exits_cleanly_with(setup: str, what: Tuple[str, str]) -> None:
    with Child(setup + what[1]) as child:
        child.finish()


LATE = {
    "connections": """
import atexit
import libws
def echo(ws):
    for message in ws: ws.send(message)
server = libws.serve(echo).start()
ws = libws.connect(f"ws://127.0.0.1:{server.port}/")
ws.send("x"); assert ws.recv() == "x"  # its handler has a thread: an interpreter that ends gives none
class Late:
    def __del__(self): ws.close()
late = Late()
def farewell():
    ws.send("x"); assert ws.recv() == "x"
    ws.close(); server.shutdown()
    print(ws.close_code)
atexit.register(farewell)
""",
    "loops": LOOPS + """
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
""",
}


@pytest.mark.parametrize("what, last", [("connections", "1000"), ("loops", "last")])
def test_closing_in_atexit_and_del_is_clean(what: str, last: str) -> None:
    with Child(LATE[what]) as child:
        assert child.finish() == [last]


def test_a_connection_that_comes_when_there_are_no_more_threads_is_dropped_quietly() -> None:
    """Python 3.12 starts none once it is ending."""
    code = """
import atexit, threading
import libws
def echo(ws):
    for message in ws: ws.send(message)
server = libws.serve(echo).start()
def farewell():
    try: threading.Thread(target=int).start()
    except RuntimeError: answer = "dropped"
    else: answer = "x"
    for _ in range(2):
        try:
            with libws.connect(f"ws://127.0.0.1:{server.port}/") as ws:
                ws.send("x"); print(ws.recv() == answer)
        except ConnectionError: print(answer == "dropped")
    server.shutdown()
atexit.register(farewell)
"""
    with Child(code) as child:
        assert child.finish() == 2 * ["True"]


def test_an_abandoned_thread_has_begun_when_its_caller_goes_on() -> None:
    """Else the interpreter could end before it, and CPython crash in the start of a thread that it has no state for any more."""
    code = """
import _thread, os, threading, time, types
from libws import _waiting
class Stop(Exception): pass
begun, abandoned = [], threading.Event()
class Lock:
    def __init__(self): self._lock = _thread.allocate_lock(); self.release = self._lock.release
    def acquire(self, timeout=-1):
        if timeout == _waiting.LOOK_S: raise Stop  # as a signal handler that ends the wait for the work
        return self._lock.acquire(timeout=timeout)
def late(run, arguments):
    def first_step():
        abandoned.wait()
        time.sleep(0.3)  # long enough for a caller that does not wait
        begun.append(True)
        run()
    threading.Thread(target=first_step, daemon=True).start()
    return 1
_waiting._thread = types.SimpleNamespace(start_new_thread=late, allocate_lock=Lock)
_waiting.SETTLE_S = 60
try: _waiting.aside(lambda: time.sleep(60), abandoned.set)
except Stop: print(begun, flush=True)
os._exit(0)
"""
    with Child(code) as child:
        assert child.finish() == ["[True]"]
