"""One Python program per case that puts the binding into a bad position: `process.py CASE`; it ends with status 0 when all was well.

Each runs in a process of its own, since it forks, is signalled, or leaves with connections open.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "bindings" / "python"), str(ROOT / "tests" / "harness")]
import libws
from asleep import until_asleep

AT_ONCE_S = 0.15  # 100 ms, and what it takes to hear of it


def pair() -> tuple[libws.WsConnection, socket.socket]:
    """A server's connection in the specified shape, and the raw socket at its other end."""
    ours, theirs = socket.socketpair()
    conn = libws.WsConnection.from_server(ours)
    assert conn.fd >= 0, libws.last_error_message()
    return conn, theirs


def silent_server() -> tuple[socket.socket, str]:
    """A listener that never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, f"ws://127.0.0.1:{listener.getsockname()[1]}/"


def interrupted(call: Callable[[], object]) -> None:
    """Blocks in a call, which the SIGINT that whoever reads our output sends has to end with KeyboardInterrupt."""
    print("blocking", flush=True)
    try:
        result = call()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    else:
        raise AssertionError(f"no KeyboardInterrupt but {result!r}")


def ctrl_c_recv_frame() -> None:
    conn, _peer = pair()
    interrupted(conn.recv_frame)


def ctrl_c_recv() -> None:
    with libws.serve(lambda ws: time.sleep(5)) as server:
        server.start()
        ws = libws.connect(f"ws://127.0.0.1:{server.port}/")
        interrupted(ws.recv)
        ws.abort()
        os._exit(0)


def ctrl_c_iterate() -> None:
    with libws.serve(lambda ws: time.sleep(5)) as server:
        server.start()
        ws = libws.connect(f"ws://127.0.0.1:{server.port}/")
        interrupted(lambda: list(ws))
        os._exit(0)


def ctrl_c_send() -> None:
    conn, _peer = pair()
    data = bytes(1 << 20)  # more than the sockets hold; what is left of it is copied, which costs a busy machine time
    interrupted(lambda: conn.send_binary(data))


def ctrl_c_connect() -> None:
    listener, url = silent_server()
    interrupted(lambda: libws.connect(url))
    listener.close()


def ctrl_c_accept() -> None:
    server = libws.WsServer.bind(0)
    interrupted(server.accept)


def ctrl_c_run_echo() -> None:
    server = libws.ws_server(0)
    interrupted(server.run_echo)


def ctrl_c_serve_forever() -> None:
    server = libws.serve(lambda ws: None)
    interrupted(server.serve_forever)


def ctrl_c_close() -> None:
    conn, _peer = pair()
    conn.set_option(libws.WS_OPT_CLOSE_TIMEOUT_MS, 10_000)
    interrupted(conn.close)


def ctrl_c_upgrade() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"GET / HTTP/1.1\r\n")
    interrupted(lambda: libws.ws_upgrade(ours, b""))


def handlers_are_kept() -> None:
    """Loading and using the library changes none of the host's signal handlers."""
    seen: list[int] = []
    for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, lambda got, _frame: seen.append(got))
    conn, peer = pair()
    assert conn.send_text("x") > 0
    peer.close()
    conn.send_text("into nothing")
    assert conn.recv_frame().opcode == -1
    conn.close()
    assert seen == [], "the library raised a signal"
    for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGINT, signal.SIGUSR1):
        before, until = len(seen), time.monotonic() + 20
        os.kill(os.getpid(), number)
        while len(seen) == before and time.monotonic() < until:
            time.sleep(0.001)
    assert seen == [signal.SIGPIPE, signal.SIGCHLD, signal.SIGINT, signal.SIGUSR1], seen


def no_sigpipe() -> None:
    """With the default action for SIGPIPE, writing to a peer that is gone is an error, not the end."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    conn, peer = pair()
    peer.close()
    for _ in range(10):
        assert conn.send_text("into nothing") == -1
    assert libws.last_error() in (libws.WS_ERR_ABNORMAL, libws.WS_ERR_CLOSED), libws.last_error_message()


def after_fork() -> None:
    """In the child every call fails at once; the parent's connection is none the worse."""
    conn, peer = pair()
    server = libws.serve(lambda ws: None)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.alarm(5)
            assert conn.send_text("from the child") == -1 and libws.last_error() == libws.WS_ERR_FORKED
            assert conn.recv_frame().opcode == -1
            assert conn.close() == -1
            try:
                libws.connect("ws://127.0.0.1:1/")
            except libws.ForkedError:
                status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"
    peer.settimeout(5)
    assert conn.is_open() == 1 and conn.send_text("from the parent") > 0
    assert peer.recv(100).endswith(b"from the parent")
    server.shutdown()


def exit_with_open_connections() -> None:
    """The interpreter ends while connections are open and threads are blocked in them."""
    threads: list[threading.Thread] = []
    for _ in range(20):
        conn, peer = pair()
        KEPT.append((conn, peer))
        threads.append(threading.Thread(target=conn.recv_frame, daemon=True))
    server = libws.serve(lambda ws: ws.recv())
    server.start()
    for _ in range(20):
        ws = libws.connect(f"ws://127.0.0.1:{server.port}/")
        KEPT.append(ws)
        threads.append(threading.Thread(target=ws.recv, daemon=True))
    KEPT.append(server)
    for thread in threads:
        thread.start()
    for thread in threads:
        until_asleep(thread.native_id)


KEPT: list[object] = []


def close_wakes_recv() -> None:
    """close from another thread ends a blocked call within 100 ms."""
    for how in ("close", "force_close", "drop"):
        conn, _peer = pair()
        conn.set_option(libws.WS_OPT_CLOSE_TIMEOUT_MS, 20)
        ended: list[float] = []

        def wait(conn: libws.WsConnection = conn, ended: list[float] = ended) -> None:
            assert conn.recv_frame().opcode == -1
            ended.append(time.monotonic())

        thread = threading.Thread(target=wait)
        thread.start()
        until_asleep(thread.native_id)
        began = time.monotonic()
        getattr(conn, how)()
        thread.join(5)
        assert ended and ended[0] - began < AT_ONCE_S, (how, ended)


def close_wakes_send() -> None:
    conn, _peer = pair()
    ended: list[float] = []

    def push() -> None:
        assert conn.send_binary(bytes(64 << 20)) == -1
        ended.append(time.monotonic())

    thread = threading.Thread(target=push)
    thread.start()
    until_asleep(thread.native_id)
    began = time.monotonic()
    conn.force_close()
    thread.join(5)
    assert ended and ended[0] - began < AT_ONCE_S, ended


def thousand_closers() -> None:
    """Of a thousand threads that close a connection, one succeeds."""
    for how in ("close", "force_close"):
        conn, _peer = pair()
        conn.set_option(libws.WS_OPT_CLOSE_TIMEOUT_MS, 50)
        gate, results = threading.Event(), []

        def close(conn: libws.WsConnection = conn, how: str = how, gate: threading.Event = gate, results: list[int] = results) -> None:
            gate.wait()
            results.append(getattr(conn, how)())

        threads = [threading.Thread(target=close) for _ in range(1000)]
        for thread in threads:
            thread.start()
        gate.set()
        for thread in threads:
            thread.join(30)
        assert sorted(results) == [-1] * 999 + [0], (how, results.count(0), len(results))
        assert conn.is_open() == 0 and conn.state == libws.WS_STATE_CLOSED and conn.fd == -1


def bad_arguments() -> None:
    """Lengths, texts and limits that are wrong are errors, and not a byte is sent."""
    conn, peer = pair()
    calls: dict[str, Callable[[], object]] = {
        "length -1": lambda: conn.send_binary(b"abc", -1),
        "length 2^63-1": lambda: conn.send_binary(b"abc", (1 << 63) - 1),
        "length 2^64": lambda: conn.send_binary(b"abc", 1 << 64),
        "length 4 of 3": lambda: conn.send_binary(b"abc", 4),
        "surrogate": lambda: conn.send_text("\ud800"),
        "close 1005": lambda: conn.send_close(1005),
        "close 0": lambda: conn.send_close(0),
        "close -1": lambda: conn.send_close(-1),
        "close 2^64": lambda: conn.send_close(1 << 64),
        "limit -1": lambda: conn.set_option(libws.WS_OPT_MAX_FRAME_BYTES, -1),
        "limit 0": lambda: conn.set_option(libws.WS_OPT_MAX_FRAME_BYTES, 0),
        "no such option": lambda: conn.set_option(9999, 1),
        "text frame of bad UTF-8": lambda: conn.send_frame(libws.WsFrame.new(libws.WS_OPCODE_TEXT, b"\xff")),
        "continuation of nothing": lambda: conn.send_frame(libws.WsFrame.new(libws.WS_OPCODE_CONTINUATION, b"x")),
        "failed frame": lambda: conn.send_frame(libws.WsFrame.new(3, b"x")),
        "long ping": lambda: conn.send_frame(libws.WsFrame.new(libws.WS_OPCODE_PING, bytes(126))),
    }
    for name, call in calls.items():
        assert call() == -1, name
        assert libws.last_error() in range(100, 112), (name, libws.last_error())
    peer.setblocking(False)
    try:
        raise AssertionError(f"something was sent: {peer.recv(100)!r}")
    except BlockingIOError:
        pass
    assert conn.is_open() == 1
    assert conn.send_binary(b"", 0) > 0, "an empty payload is fine"
    peer.setblocking(True)
    assert peer.recv(100) == b"\x82\x00"


def signal_storm() -> None:
    """A thousand signals a second: every message arrives, whole and once."""
    counted = [0]
    signal.signal(signal.SIGALRM, lambda *_: counted.__setitem__(0, counted[0] + 1))

    def echo(ws: libws.Connection) -> None:
        for message in ws:
            ws.send(message)

    server = libws.serve(echo)
    server.start()
    with libws.connect(f"ws://127.0.0.1:{server.port}/", max_message_bytes=1 << 20) as ws:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        until, number = time.monotonic() + 30, 0
        while (counted[0] < 1500 or number < 200) and time.monotonic() < until:
            message = number.to_bytes(4, "big") * (1 + number % 5000)
            ws.send(message)
            got = ws.recv(10)
            assert got == message, f"message {number}: {len(got)} of {len(message)} bytes"
            number += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
    server.shutdown()
    assert counted[0] > 500 and number > 100, (counted, number)


def main() -> int:
    globals()[sys.argv[1]]()
    print("ok", sys.argv[1], flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
