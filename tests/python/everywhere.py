"""The heart of the suite as one program without dependencies, so that every interpreter that the binding supports can run it."""

from __future__ import annotations

import array
import copy
import enum
import os
import pickle
import signal
import socket
import sys
import threading
import time
from typing import List

import libws
from libws import WsConnection, WsFrame, WsServer


def echo(ws: libws.ServerConnection) -> None:
    for message in ws:
        ws.send(message)


class Kind(str, enum.Enum):
    JOIN = "join"


def messages(url: str) -> None:
    with libws.connect(url, subprotocols=["b"], headers={"X-A": "1"}) as ws:
        assert ws.subprotocol == "b"
        for message in ("", "grüße\0🎈", b"", b"\0\xff", "x" * 70_000, bytes(3_000_000)):
            ws.send(message)
            assert ws.recv(20) == message
        for buffer in (bytearray(b"array"), memoryview(b"xviewx")[1:-1], array.array("h", [1, 2])):
            ws.send(buffer)
            assert ws.recv() == bytes(buffer)
        ws.ping(b"p")
        try:
            ws.recv(0.05)
        except TimeoutError as error:
            assert isinstance(error, libws.WebSocketTimeout)
        for wrong in ("\ud800", memoryview(b"abcd")[::2]):
            try:
                ws.send(wrong)
            except ValueError as error:
                assert isinstance(error, libws.InvalidArgumentError)
            else:
                raise AssertionError("a bad argument was sent")
        ws.close(4000, "bye")
    assert (ws.close_code, ws.is_open) == (4000, False)
    try:
        ws.recv()
    except ConnectionError as error:
        assert isinstance(error, libws.ConnectionClosed) and error.code == 4000
    try:
        libws.connect(url + "no")
    except libws.HandshakeError as error:
        assert error.status == 404


def arguments(url: str) -> None:
    """What is refused or taken in its own way, on every Python alike."""
    with libws.connect(url, timeout=None, close_timeout=float("inf")) as ws:
        for call, kind in (
            (lambda: ws.set_option(libws.WS_OPT_MAX_MESSAGE_BYTES, (1 << 64) + 5), libws.InvalidArgumentError),
            (lambda: ws.close(1000.0), TypeError),
            (lambda: ws.ping("\ud800"), libws.InvalidArgumentError),
            (lambda: copy.copy(ws), TypeError),
            (lambda: pickle.dumps(WsFrame.text("x")), TypeError),
        ):
            try:
                call()
            except kind:
                pass
            else:
                raise AssertionError(kind)
        ws.send(Kind.JOIN)
        assert ws.recv(float("inf")) == "join"
    frame = WsFrame.text("x" * 100)
    assert frame.drop() == frame.drop() == 0 and frame.payload == b""
    lost = libws.NetworkError("down", libws.WS_ERR_SYSTEM, 111)
    assert pickle.loads(pickle.dumps(lost)).errno == 111 and isinstance(lost, ConnectionError)


def interrupted_send() -> None:
    """A signal that comes while a send has not begun to wait ends it; one whose handler returns does not."""

    class Stop(Exception):
        pass

    def stop(*_: object) -> None:
        if raising[0]:
            raise Stop

    raising = [False]
    signal.signal(signal.SIGALRM, stop)
    for delay in (0.0003, 0.001, 0.1):
        ours, theirs = socket.socketpair()
        conn = WsConnection.from_client(ours)
        data, began = bytes(16 << 20), time.monotonic()
        try:
            raising[0] = True
            signal.setitimer(signal.ITIMER_REAL, delay)
            conn.send_binary(data)
        except Stop:
            assert time.monotonic() - began < 5
        else:
            raise AssertionError("it was sent")
        raising[0] = False
        conn.drop()
        theirs.close()


def specified() -> None:
    ours, theirs = socket.socketpair()
    conn = WsConnection.from_server(ours)
    theirs.sendall(b"\x81\x82\0\0\0\0hi")
    frame = conn.recv_frame()
    assert (frame.is_text(), frame.payload_text(), frame.is_final) == (1, "hi", 1)
    assert conn.send_frame(WsFrame.text("yes")) == 5 and theirs.recv(9) == b"\x81\x03yes"
    assert conn.send_close(999) == -1 and libws.last_error() == libws.WS_ERR_CLOSE_CODE
    theirs.close()
    assert conn.recv_frame().opcode == -1
    assert WsServer.bind(-1).is_valid() == 0
    assert WsConnection.from_client(-1).fd == -1


def many_threads(url: str) -> None:
    def work(number: int) -> None:
        with libws.connect(url) as ws:
            for i in range(50):
                ws.send(f"{number} {i}")
                assert ws.recv() == f"{number} {i}"
        done.append(number)

    done: List[int] = []
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == list(range(8))


def signals(url: str) -> None:
    count = [0]

    def tick(*_: object) -> None:
        count[0] += 1

    signal.signal(signal.SIGALRM, tick)
    with libws.connect(url) as ws:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            for size in (10, 100_000, 2_000_000):
                ws.send(bytes(size))
                assert len(ws.recv(20)) == size
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert count[0] > 50
        main = os.getpid()
        began = [0.0]

        def interrupt() -> None:
            began[0] = time.monotonic()
            os.kill(main, signal.SIGINT)

        try:
            threading.Timer(0.1, interrupt).start()
            ws.recv()
        except KeyboardInterrupt:
            assert time.monotonic() - began[0] < 2
        else:
            raise AssertionError("no KeyboardInterrupt")
        ws.send("still there")
        assert ws.recv() == "still there"


def forked(url: str) -> None:
    with libws.connect(url) as ws:
        child = os.fork()
        if child == 0:
            try:
                ws.send("x")
            except libws.ForkedError:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        ws.send("parent")
        assert ws.recv() == "parent"


def judge(request: libws.Request) -> object:
    return libws.Refuse(404, "no\n") if request.path == "/no" else None


def main() -> None:
    with libws.serve(echo, subprotocols=["a", "b"], process_request=judge).start() as server:
        url = f"ws://127.0.0.1:{server.port}/"
        for part in (messages, arguments, many_threads, signals, forked):
            part(url)
        specified()
        interrupted_send()
    assert libws.handle_count() == 0, libws.handle_count()
    held = libws.serve(echo).start()
    left_open = [held, libws.connect(f"ws://127.0.0.1:{held.port}/")]  # the interpreter ends with these
    print("python", ".".join(map(str, sys.version_info[:3])), "ok", len(left_open))


if __name__ == "__main__":
    main()
