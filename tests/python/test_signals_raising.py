"""Signal handlers that raise, or shut a server down, anywhere in the binding: nothing is lost, leaks or hangs."""

from __future__ import annotations

import pytest
from children import Child, exact

RECEIVERS = {
    "recv": ("libws.connect(url)", "while not over(): seen.append(ws.recv())"),
    "recv with a timeout": ("libws.connect(url)", "while not over(): seen.append(ws.recv(20))"),
    "iteration": ("libws.connect(url)", "for message in ws:\n                    seen.append(message)\n                    if over(): break"),
    "recv_frame": ("libws.WsConnection.from_client(socket.create_connection(address), url)", "while not over(): seen.append(ws.recv_frame())"),
}


@exact
@pytest.mark.parametrize("how", RECEIVERS)
def test_a_storm_of_handlers_that_raise_loses_no_message(how: str) -> None:
    """What arrived when a handler raised is given to the next call, once, in its place, and its memory is given back."""
    connect, receive = RECEIVERS[how]
    code = f"""
    import random, signal, socket, sys, threading, time
    import libws
    class Stop(Exception): pass
    def stop(*_):
        if armed: raise Stop
    signal.signal(signal.SIGALRM, stop)
    armed, sent, seen, stops = False, [0], [], 0
    def resident():
        with open("/proc/self/statm") as statm: return int(statm.read().split()[1]) * 4096
    def say(ws):
        end = time.monotonic() + 20
        while (stops < 1500 or sent[0] < 1000) and time.monotonic() < end:
            ws.send(f"{{sent[0]}}" + " " * 9000)
            sent[0] += 1
            time.sleep(0.0002)
        ws.send("end")
        for _ in ws: pass
    with libws.serve(say).start() as server:
        address = ("127.0.0.1", server.port)
        url = "ws://127.0.0.1:%d/" % server.port
        ws = {connect}
        text = lambda got: got if isinstance(got, str) else got.payload_text()
        over = lambda: bool(seen) and text(seen[-1]) == "end"
        while not over():
            try:
                armed = True  # before the timer: one that struck sooner would be the last
                signal.setitimer(signal.ITIMER_REAL, random.uniform(50e-6, 600e-6))
                {receive}
                armed = False
            except Stop:
                armed = False
                stops += 1
                if stops == 100: before = resident()
        signal.setitimer(signal.ITIMER_REAL, 0)
        grown = resident() - before - sum(len(text(got)) + 500 for got in seen)  # and what objects of Python take
        seen = [text(got).strip() for got in seen]
        assert seen == [*map(str, range(sent[0])), "end"], (len(seen), sent)
        assert stops > 200 and sent[0] > 500, (stops, sent)
        assert grown < 4 << 20, grown
        getattr(ws, "close")()
    """
    with Child(code) as child:
        assert child.finish() == []


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "raise KeyboardInterrupt"])
def test_shutdown_from_a_signal_handler_under_load(ending: str) -> None:
    """The handler may interrupt serve_forever anywhere, also while it begins a thread; nothing hangs, leaks or raises but the handler.

    A client that was served arms the timer, so that a busy machine's does not strike before serve_forever has begun.
    """
    code = f"""
    import faulthandler, random, signal, sys, threading
    import libws
    raised = []
    def stop(*_):
        server.shutdown()
        server.connections
        {ending or "pass"}
    def churn(delay):
        while not over.is_set():
            try: libws.connect(f"ws://127.0.0.1:{{server.port}}/", timeout=1).abort()
            except libws.WebSocketError: continue
            if delay:
                signal.setitimer(signal.ITIMER_REAL, delay)
                delay = 0
    signal.signal(signal.SIGALRM, stop)
    sys.unraisablehook = lambda _: None  # what is raised inside a weak reference's callback, Python drops
    for turn in range(40):
        faulthandler.dump_traceback_later(15, exit=True)
        server = libws.serve(lambda ws: list(ws), close_timeout=0.2)
        over = threading.Event()
        clients = [threading.Thread(target=churn, args=(delay,), daemon=True) for delay in (0, random.uniform(1e-5, 0.025))]
        for client in clients: client.start()
        try:
            server.serve_forever()
        except (SystemExit, KeyboardInterrupt) as error:
            raised.append(repr(error))
        except RuntimeError as error:  # threading's own, which unlocks twice what a handler found unlocked while a thread began
            if str(error) != "release unlocked lock" or not isinstance(error.__context__, (SystemExit, KeyboardInterrupt)): raise
            raised.append(repr(error.__context__))
        over.set()
        assert server.connections == (), server.connections
        server.shutdown()
        for client in clients: client.join(10)
    faulthandler.cancel_dump_traceback_later()
    assert len(raised) > 20 if {bool(ending)} else not raised, raised
    assert libws.handle_count() == 0, libws.handle_count()
    """
    with Child(code) as child:
        assert child.finish() == []


def test_shutdown_from_a_signal_handler() -> None:
    code = """
    import os, signal, threading
    import libws
    server = libws.serve(lambda ws: list(ws))
    signal.signal(signal.SIGTERM, lambda *_: server.shutdown())
    print("ready")
    server.serve_forever()
    print("served", libws.handle_count())
    """
    with Child(code) as child:
        assert child.line() == "ready"
        child.wait_until_blocked()
        child.signal(15)
        assert child.finish() == ["served 0"]
