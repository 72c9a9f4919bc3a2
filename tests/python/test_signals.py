"""Signals: Ctrl-C ends every call that blocks, a storm of them loses nothing, and the host's handlers stay its own."""

from __future__ import annotations

import contextlib
import itertools
import signal
import socket
import threading
import time
from typing import Callable, List

import pytest
from children import LIMIT_S, Child
from echoing import RawServer, answer_to, never_reading, read_head, silent_after_handshake

PROMPT_S = 0.1  # what is promised
ATTEMPTS = 4  # a machine that does much else at the same time may be late, but not always
NEVER_S = 2  # later than this is not a matter of the machine

SETUP = """
import socket, sys, threading, time
import libws
from libws import WsConnection, WsServer
port = int(sys.argv[1])
ours, theirs = socket.socketpair()
def pleasant(**options):
    return libws.connect(f"ws://127.0.0.1:{port}/", **options)
def plain():
    return WsConnection.from_server(ours)
"""

BLOCK = """
try:
    print("ready")
    block()
    print("it returned")
except KeyboardInterrupt:
    print(time.monotonic())
"""

BLOCKING = {
    "recv": ("ws = pleasant()", "ws.recv()"),
    "recv with a timeout": ("ws = pleasant()", "ws.recv(60)"),
    "iteration": ("ws = pleasant()", "list(ws)"),
    "close": ("ws = pleasant(close_timeout=60)", "ws.close()"),
    "leaving the with block": ("ws = pleasant(close_timeout=60)", "ws.__exit__(None, None, None)"),
    "serve_forever": ("server = libws.serve(print)", "server.serve_forever()"),
    "serve_forever with process_request": ("server = libws.serve(print, process_request=print)", "server.serve_forever()"),
    "recv_frame": ("conn = plain()", "conn.recv_frame()"),
    "recv_frame with a timeout": ("conn = plain(); conn.set_option(libws.WS_OPT_RECV_TIMEOUT_MS, 60000)", "conn.recv_frame()"),
    "send_binary": ("conn = plain()", "while True: conn.send_binary(bytes(1 << 20))"),
    "the spec's close": ("conn = plain(); conn.set_option(libws.WS_OPT_CLOSE_TIMEOUT_MS, 60000)", "conn.close()"),
    "accept": ("server = WsServer.bind(0, '127.0.0.1')", "server.accept()"),
    "run_echo": ("server = WsServer.bind(0, '127.0.0.1')", "server.run_echo()"),
    "ws_upgrade": ("", "libws.ws_upgrade(ours, b'GET / HTTP/1.1\\r\\n')"),
    "from_client with a url": ("", "WsConnection.from_client(ours, 'ws://h/')"),
}


def interrupts_promptly(code: str, port: int) -> None:
    """Runs a program that blocks, interrupts it, and measures how long it takes to notice."""

    def attempt() -> float:
        with Child(code, str(port)) as child:
            assert child.line() == "ready"
            child.wait_until_blocked()
            return interrupted_after(child)

    promptly(attempt)


def interrupted_after(child: Child) -> float:
    """Interrupts a program that prints when it noticed, and then ends; how long that took."""
    sent = time.monotonic()
    child.signal()
    noticed = float(child.line())
    assert child.finish() == []
    return noticed - sent


def promptly(attempt: Callable[[], float]) -> None:
    """One of a few attempts is prompt, and none takes for ever."""
    delays: List[float] = []
    for _ in range(ATTEMPTS):
        delays.append(attempt())
        assert delays[-1] < NEVER_S
        if delays[-1] < PROMPT_S:
            return
    raise AssertionError(f"never within {PROMPT_S} s: {delays}")


@pytest.mark.parametrize("call", BLOCKING)
def test_ctrl_c_ends(call: str) -> None:
    prepare, block = BLOCKING[call]
    with RawServer(silent_after_handshake) as server:
        code = f"{SETUP}\n{prepare}\ndef block():\n    {block}\n{BLOCK}"
        interrupts_promptly(code, server.port)


def test_ctrl_c_ends_send() -> None:
    with RawServer(never_reading) as server:
        code = f"{SETUP}\nws = pleasant()\ndef block():\n    while True: ws.send(bytes(1 << 20))\n{BLOCK}"
        interrupts_promptly(code, server.port)


@pytest.mark.parametrize("given", ["", "sock=socket.create_connection(('127.0.0.1', port))"])
def test_ctrl_c_ends_connect(given: str) -> None:
    with RawServer(lambda sock: (read_head(sock), sock.recv(1))) as server:
        code = f"{SETUP}\ndef block():\n    pleasant(timeout=60, {given})\n{BLOCK}"
        interrupts_promptly(code, server.port)


@pytest.mark.parametrize("frame", [b"\x89\x00", b"\x8a\x04none"], ids=["pings", "pongs"])
@pytest.mark.parametrize("call", ["ws.recv()", "ws.recv(60)", "list(ws)"])
def test_ctrl_c_ends_a_call_that_a_flood_keeps_from_waiting(frame: bytes, call: str) -> None:
    """A peer that never pauses leaves no wait for a signal to end; answering what one read brings takes its time, too."""
    flooded = threading.Event()

    def drain(sock: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the test may be over before this thread runs
            while sock.recv(1 << 20):
                pass

    def flood(sock: socket.socket) -> None:
        sock.sendall(answer_to(read_head(sock)))
        sock.settimeout(60)
        threading.Thread(target=drain, args=(sock,), daemon=True).start()
        for turn in itertools.count():
            sock.sendall(frame * (1 << 20))
            if turn == 1:
                flooded.set()

    def attempt() -> float:
        flooded.clear()
        with RawServer(flood) as server, Child(f"{SETUP}\nws = pleasant()\ndef block(): {call}\n{BLOCK}", str(server.port)) as child:
            assert child.line() == "ready" and flooded.wait(LIMIT_S)
            return interrupted_after(child)

    promptly(attempt)


def test_a_signal_just_before_the_wait_is_seen() -> None:
    """A signal ends a wait, but not one that begins a moment after it."""
    code = """
    import os, random, signal, socket, threading, time
    import libws
    class Stop(Exception): pass
    def stop(*_): raise Stop
    signal.signal(signal.SIGUSR1, stop)
    ours, theirs = socket.socketpair()
    conn = libws.WsConnection.from_server(ours)
    go, sent = threading.Semaphore(0), [0.0]
    def strike():
        while True:
            go.acquire()
            until = time.perf_counter() + random.random() * 60e-6
            while time.perf_counter() < until: pass
            sent[0] = time.monotonic()
            os.kill(os.getpid(), signal.SIGUSR1)
    threading.Thread(target=strike, daemon=True).start()
    worst = 0.0
    for _ in range(1000):
        try:
            go.release()
            conn.recv_frame()
        except Stop:
            worst = max(worst, time.monotonic() - sent[0])
    print(worst)
    """
    with Child(code) as child:
        assert float(child.finish()[-1]) < NEVER_S


@pytest.mark.parametrize("layer", ["connect(url, close_timeout=0.1)", "WsConnection.from_client(socket.create_connection(address), url)"])
def test_a_signal_while_a_send_does_not_wait_yet_is_seen(layer: str) -> None:
    """A long message is masked and written for a while before its send waits for the peer; signals come at any moment of that."""
    code = f"""
    import os, random, signal, socket, sys, threading, time
    from libws import WsConnection, connect
    class Stop(Exception): pass
    def stop(*_): raise Stop
    signal.signal(signal.SIGALRM, stop)
    address = ("127.0.0.1", int(sys.argv[1]))
    url, data, worst = "ws://127.0.0.1:%d/" % address[1], bytes(16 << 20), 0.0
    for _ in range(30):
        ws = {layer}
        send = getattr(ws, "send", None) or ws.send_binary
        rescue = threading.Timer({NEVER_S}, os.kill, (os.getpid(), signal.SIGALRM))
        rescue.start()
        began = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, random.uniform(50e-6, 4e-3))
        try:
            send(data)
            raise AssertionError("it was sent")
        except Stop:
            worst = max(worst, time.monotonic() - began)
        rescue.cancel()
        rescue.join()
        getattr(ws, "abort", ws.drop if hasattr(ws, "drop") else None)()
    print(worst)
    """
    with RawServer(never_reading) as server, Child(code, str(server.port)) as child:
        assert float(child.finish()[-1]) < NEVER_S


@pytest.mark.parametrize("layer", ["pleasant(close_timeout=0.1).send", "plain().send_binary"])
def test_ctrl_c_ends_a_send_behind_a_message_that_a_signal_cut(layer: str) -> None:
    code = f"""{SETUP}
import os, signal
seen = []
signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
send = {layer}
def block():
    for _ in range(3):
        send(bytes(16 << 20))
print("begin")
{BLOCK}
"""
    with RawServer(never_reading) as server, Child(code, str(server.port)) as child:
        assert [child.line(), child.line()] == ["begin", "ready"]
        for _ in range(3):
            child.wait_until_blocked()
            child.signal(signal.SIGUSR1)
        child.wait_until_blocked()
        sent = time.monotonic()
        child.signal()
        assert float(child.line()) - sent < NEVER_S


def test_a_send_that_looks_for_signals_waits_for_the_peer() -> None:
    """What the main thread sends is with the system, not kept in memory, when the call returns; and it comes whole."""
    code = """
    import signal, socket, threading, time
    import libws
    ours, theirs = socket.socketpair()
    conn, peer = libws.WsConnection.from_server(ours), libws.WsConnection.from_client(theirs)
    sizes, data = [], bytes(16 << 20)
    def read():
        while len(sizes) < 3 * 256:
            time.sleep(0.2 if not sizes else 0.0005)
            frame = peer.recv_frame()
            assert frame.opcode >= 0, libws.last_error_message()
            sizes.append(frame.payload_len)
    threading.Thread(target=read, daemon=True).start()
    signal.signal(signal.SIGALRM, lambda *_: None)
    for turn in range(1, 4):
        if turn == 2:
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
        sent = conn.send_binary(data)
        assert sent == len(data) + 256 * 10, sent
        assert len(sizes) > turn * 256 - 64, (turn, len(sizes))
    signal.setitimer(signal.ITIMER_REAL, 0)
    while len(sizes) < 3 * 256: time.sleep(0.01)
    assert sum(sizes) == 3 * len(data)
    """
    with Child(code) as child:
        child.finish()


def test_a_storm_of_signals_loses_nothing() -> None:
    """1 kHz of signals while messages of many sizes go both ways, through the pleasant layer and the specified one."""
    code = """
    import signal, threading, time
    import libws
    def echo(ws):
        for message in ws: ws.send(message)
    storms = [0]
    def count(*_): storms[0] += 1
    signal.signal(signal.SIGALRM, count)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    until = time.monotonic() + 20
    with libws.serve(echo).start() as server:
        url, rounds = f"ws://127.0.0.1:{server.port}/", 0
        while storms[0] < 1000 and time.monotonic() < until:
            with libws.connect(url) as ws:
                for size in (0, 10, 1000, 70_000, 3_000_000):
                    sent = bytes([rounds % 256]) * size
                    ws.send(sent)
                    assert ws.recv(20) == sent, (rounds, size)
                    ws.send("x" * size)
                    assert ws.recv() == "x" * size
            assert ws.close_code == 1000, ws.close_code
            conn = libws.WsConnection.from_client(__import__("socket").create_connection(("127.0.0.1", server.port)), url)
            assert conn.fd >= 0, libws.last_error_message()
            for size in (0, 10, 1000, 60_000):
                assert conn.send_text("y" * size) > 0
                assert conn.recv_frame().payload_text() == "y" * size
            assert conn.close() == 0
            rounds += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert libws.handle_count() == 0
    assert storms[0] > 300, storms
    print("rounds", rounds)
    """
    with Child(code) as child:
        assert child.finish()[-1].startswith("rounds")


def test_a_storm_does_not_stretch_timeouts() -> None:
    code = """
    import signal, socket, time
    import libws
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    ours, theirs = socket.socketpair()
    conn = libws.WsConnection.from_server(ours)
    for wait_ms in (30, 200):
        conn.set_option(libws.WS_OPT_RECV_TIMEOUT_MS, wait_ms)
        began = time.monotonic()
        assert conn.recv_frame().opcode == -1
        assert libws.last_error() == libws.WS_ERR_TIMEOUT
        assert wait_ms / 1000 <= time.monotonic() - began < wait_ms / 1000 + 2
        assert conn.get_option(libws.WS_OPT_RECV_TIMEOUT_MS) == wait_ms
    server = libws.WsServer.bind(0, "127.0.0.1")
    server.set_option(libws.WS_OPT_ACCEPT_TIMEOUT_MS, 100)
    began = time.monotonic()
    assert server.accept().fd == -1 and libws.last_error() == libws.WS_ERR_TIMEOUT
    assert 0.1 <= time.monotonic() - began < 2
    signal.setitimer(signal.ITIMER_REAL, 0)
    """
    with Child(code) as child:
        child.finish()


def test_the_hosts_handlers_are_kept() -> None:
    """SIGINT, SIGPIPE and SIGCHLD do what they did before the import and after a connection was used."""
    code = """
    import os, signal, socket, subprocess, time
    seen = []
    signal.signal(signal.SIGCHLD, lambda *_: seen.append("child"))
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGUSR1)]
    import libws
    def use():
        ours, theirs = socket.socketpair()
        conn = libws.WsConnection.from_server(ours)
        theirs.close()
        while conn.send_text("x") > 0: pass
        assert libws.last_error() == libws.WS_ERR_ABNORMAL
    def check():
        assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGPIPE, signal.SIGCHLD, signal.SIGUSR1)] == before
        read, write = os.pipe()
        os.close(read)
        try:
            os.write(write, b"x")
        except BrokenPipeError:
            pass  # SIGPIPE is ignored, as Python wants it
        signal.raise_signal(signal.SIGUSR1)
        subprocess.run(["true"])
        until = time.monotonic() + 20
        while not seen and time.monotonic() < until: time.sleep(0.001)  # a signal is not told of as soon as it is sent
        assert seen == ["child"]
        seen.clear()
        try:
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("no KeyboardInterrupt")
        except KeyboardInterrupt:
            pass
    check(); use(); check()
    signal.signal(signal.SIGPIPE, lambda *_: seen.append("pipe"))
    use()
    assert seen == [], "the library's own writes raise no SIGPIPE"
    signal.raise_signal(signal.SIGPIPE)
    assert seen == ["pipe"]
    """
    with Child(code) as child:
        child.finish()
