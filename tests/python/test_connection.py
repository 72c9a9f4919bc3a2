"""Connection: messages of every type and size, timeouts, the ways a connection ends, and arguments that are refused."""

from __future__ import annotations

import gc
import array
import concurrent.futures
import decimal
import enum
import fractions
import threading
import time
from typing import Any, List

import libws
import pytest
from echoing import WAIT_S, RawServer, answer_to, echo_server, never_reading, pair, read_head, silent_after_handshake, url
from libws._library import lib

SIZES = (0, 1, 125, 126, 65535, 65536, 65537, 1 << 20, 5 << 20)


@pytest.mark.parametrize("size", SIZES)
def test_every_size_comes_back(size: int) -> None:
    with pair() as ws:
        ws.send("x" * size)
        assert ws.recv() == "x" * size
        ws.send(b"\xff" * size)
        assert ws.recv() == b"\xff" * size


@pytest.mark.parametrize(
    "message",
    [
        b"bytes",
        bytearray(b"bytearray"),
        memoryview(b"memoryview"),
        memoryview(bytearray(b"xx part of it xx"))[3:-3],
        memoryview(b""),
        array.array("i", [1, -2, 3]),
        array.array("d", []),
    ],
    ids=lambda message: type(message).__name__,
)
def test_buffers_are_binary_messages(message: Any) -> None:
    with pair() as ws:
        ws.send(message)
        assert ws.recv() == bytes(message)


def test_a_buffer_is_not_copied_and_not_kept() -> None:
    data = bytearray(8 << 20)
    with RawServer(lambda sock: (sock.sendall(answer_to(read_head(sock))), sock.recv(1), threading.Event().wait(30))) as server:
        ws = libws.connect(server.url, send_timeout=0.2)
        with pytest.raises(libws.WebSocketTimeout):
            ws.send(data)
        ws.abort()
    data.append(1)  # BufferError if the buffer were still held


def test_text_is_any_unicode() -> None:
    class Name(str):
        pass

    class Loud(str):
        def __str__(self) -> str:
            return self  # what is sent is the text, whatever str() makes of it

    class Kind(str, enum.Enum):
        JOIN = "join"

    with pair() as ws:
        for name in (Loud("loud"), Kind.JOIN):
            ws.send(name)
            assert ws.recv() == (name.value if isinstance(name, Kind) else "loud")
        for text in ("grüße", "\0", "🎈" * 70_000, "\uffff\ufdd0", Name("subclass")):
            ws.send(text)
            assert ws.recv() == text


def test_fragments_and_pings_are_put_together() -> None:
    def serve(sock: Any) -> None:
        sock.sendall(answer_to(read_head(sock)) + b"\x01\x02fr\x89\x01p\x00\x01a\x80\x01g\x82\x00")
        pongs.append(sock.recv(7))
        sock.recv(100)

    pongs: List[bytes] = []
    with RawServer(serve) as server, libws.connect(server.url) as ws:
        assert ws.recv() == "frag"
        assert ws.recv() == b""
    assert pongs[0][:2] == b"\x8a\x81"


def test_ping_and_pong_take_up_to_125_bytes() -> None:
    with pair() as ws:
        for data in (b"", b"x" * 125, "grüße", bytearray(b"ba")):
            ws.ping(data)
            ws.pong(data)
        for call in (ws.ping, ws.pong):
            with pytest.raises(libws.InvalidArgumentError) as caught:
                call(b"x" * 126)
            assert caught.value.error_code == libws.WS_ERR_CONTROL_SIZE
        ws.send("still open")
        assert ws.recv() == "still open"


def test_recv_timeout_loses_nothing() -> None:
    parts = [b"\x81\x05he", b"llo"]
    go = threading.Event()

    def serve(sock: Any) -> None:
        sock.sendall(answer_to(read_head(sock)) + parts[0])
        go.wait(10)
        sock.sendall(parts[1])
        sock.recv(100)

    with RawServer(serve) as server, libws.connect(server.url) as ws:
        for timeout in (0, 0.05):
            began = time.monotonic()
            with pytest.raises(libws.WebSocketTimeout) as caught:
                ws.recv(timeout)
            assert isinstance(caught.value, TimeoutError)
            assert caught.value.error_code == libws.WS_ERR_TIMEOUT
            assert timeout <= time.monotonic() - began < 5
        go.set()
        assert ws.recv() == "hello"


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan"), decimal.Decimal("nan"), fractions.Fraction(-1, 2)])
def test_a_bad_timeout_is_an_argument_error(timeout: float) -> None:
    with pair() as ws, pytest.raises(libws.InvalidArgumentError, match="timeout"):
        ws.recv(timeout)


def test_send_timeout_ends_a_send_that_the_peer_does_not_read() -> None:
    with RawServer(never_reading) as server, libws.connect(server.url, send_timeout=0.2, close_timeout=0.1) as ws:
        began = time.monotonic()
        with pytest.raises((libws.WebSocketTimeout, libws.ConnectionClosed)):
            for _ in range(100):
                ws.send(bytes(1 << 20))
        assert time.monotonic() - began < 5
        assert not ws.is_open


def test_iteration_ends_quietly_after_a_normal_close() -> None:
    for code in (1000, 1001):

        def say(ws: libws.ServerConnection, code: int = code) -> None:
            ws.send("one")
            ws.send(b"two")
            ws.close(code)

        with pair(say) as ws:
            assert list(ws) == ["one", b"two"]
            assert ws.close_code == code


def test_iteration_raises_any_other_end() -> None:
    with pair(lambda ws: ws.close(4000, "grüße")) as ws:
        with pytest.raises(libws.ConnectionClosed) as caught:
            list(ws)
        assert (caught.value.code, caught.value.reason) == (4000, "grüße")
        assert (ws.close_code, ws.close_reason) == (4000, "grüße")
        assert caught.value.error_code == libws.WS_ERR_CLOSED
        assert isinstance(caught.value, ConnectionError)
        with pytest.raises(libws.ConnectionClosed) as again:
            ws.recv()
        assert (again.value.code, again.value.reason) == (4000, "grüße")
        with pytest.raises(libws.ConnectionClosed):
            ws.send("late")


def test_a_peer_that_vanishes_is_1006() -> None:
    with RawServer(lambda sock: (sock.sendall(answer_to(read_head(sock))), sock.close())) as server:
        ws = libws.connect(server.url)
        with pytest.raises(libws.ConnectionClosed) as caught:
            ws.recv()
        assert (caught.value.code, ws.close_code) == (1006, 1006)
        assert not isinstance(caught.value, libws.ProtocolError)
        ws.close()


@pytest.mark.parametrize(
    ("frame", "code"),
    [(b"\x83\x00", 1002), (b"\x81\x01\xff", 1007), (b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), 1009)],
)
def test_a_peer_that_breaks_the_protocol(frame: bytes, code: int) -> None:
    answers: List[bytes] = []

    def serve(sock: Any) -> None:
        sock.sendall(answer_to(read_head(sock)) + frame)
        data = sock.recv(200)
        key = data[2:6]
        answers.append(bytes(byte ^ key[i % 4] for i, byte in enumerate(data[6:])))
        sock.close()

    with RawServer(serve) as server, libws.connect(server.url) as ws:
        with pytest.raises(libws.ProtocolError) as caught:
            ws.recv()
        assert caught.value.code == code
        assert caught.value.error_code // 100 == 3
        assert not ws.is_open
    assert int.from_bytes(answers[0][:2], "big") == code


def test_a_message_over_the_limit_is_1009() -> None:
    with pair(max_message_bytes=1000) as ws:
        ws.send(bytes(1000))
        assert len(ws.recv()) == 1000
        ws.send(bytes(1001))
        with pytest.raises(libws.ProtocolError) as caught:
            ws.recv()
        assert caught.value.code == 1009


def test_close_tells_the_code_and_reason_and_waits_for_the_answer() -> None:
    seen: List[Any] = []

    def watch(ws: libws.ServerConnection) -> None:
        with pytest.raises(libws.ConnectionClosed) as caught:
            ws.recv()
        seen.append((caught.value.code, caught.value.reason))

    with echo_server(watch) as server:
        ws = libws.connect(url(server))
        ws.close(4321, "enough")
        assert (ws.close_code, ws.is_open, ws.fileno()) == (4321, False, -1)
        ws.close()
    assert seen == [(4321, "enough")]


def test_close_does_not_wait_for_ever() -> None:
    with RawServer(silent_after_handshake) as server:
        ws = libws.connect(server.url, close_timeout=0.1)
        began = time.monotonic()
        ws.close()
        assert time.monotonic() - began < 5
        assert ws.close_code == 1006


def test_messages_before_the_close_frame_are_not_lost() -> None:
    with pair(lambda ws: [ws.send(str(i)) for i in range(1000)]) as ws:
        assert list(ws) == [str(i) for i in range(1000)]


def test_no_bound_after_a_bound() -> None:
    """recv without a bound waits on, whatever an earlier call was given."""

    def late(ws: libws.ServerConnection) -> None:
        for delay in ws:
            time.sleep(float(delay))
            ws.send("late")

    with pair(late) as ws:

        def talk() -> None:
            for timeout in (None, float("inf"), 1e300):
                with pytest.raises(libws.WebSocketTimeout):
                    ws.recv(0.01)
                ws.send("0.2")
                assert ws.recv(timeout) == "late"

        talk()
        with concurrent.futures.ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(talk).result(WAIT_S)


def test_no_bound_for_anything() -> None:
    for none in (None, float("inf"), 10**400):
        with pair(send_timeout=none, close_timeout=none, timeout=none) as ws:
            ws.send("x")
            assert ws.recv(none) == "x"
            ws.close()
            assert ws.close_code == 1000


def test_options_that_are_timeouts_hold() -> None:
    with RawServer(silent_after_handshake) as server:

        def wait(ws: libws.Connection) -> None:
            ws.set_option(libws.WS_OPT_RECV_TIMEOUT_MS, 30)
            for _ in range(2):
                began = time.monotonic()
                with pytest.raises(libws.WebSocketTimeout):
                    ws.recv()  # no bound of its own: the option's
                assert 0.03 <= time.monotonic() - began < 5
                with pytest.raises(libws.WebSocketTimeout):
                    ws.recv(0.001)
            with pytest.raises(libws.WebSocketTimeout):
                next(iter(ws))

        with libws.connect(server.url, close_timeout=0.1) as ws:
            wait(ws)
            with concurrent.futures.ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(wait, ws).result(WAIT_S)
        ws = libws.connect(server.url, close_timeout=60)
        ws.set_option(libws.WS_OPT_CLOSE_TIMEOUT_MS, 50)
        began = time.monotonic()
        ws.close()
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2999, 5000, -1, 1 << 70])
def test_a_reserved_close_code_is_refused(code: int) -> None:
    with pair() as ws:
        with pytest.raises(libws.InvalidArgumentError) as caught:
            ws.close(code)
        assert caught.value.error_code == libws.WS_ERR_CLOSE_CODE
        assert isinstance(caught.value, ValueError)
        ws.send("nothing has happened")
        assert ws.recv() == "nothing has happened"


def test_bad_arguments_send_nothing() -> None:
    got: List[Any] = []
    with pair(lambda ws: got.extend(ws)) as ws:
        for message, code in (("\ud800", libws.WS_ERR_UTF8), (memoryview(b"abcdef")[::2], libws.WS_ERR_ARGUMENT)):
            with pytest.raises(libws.InvalidArgumentError) as caught:
                ws.send(message)
            assert caught.value.error_code == code
        for wrong in (None, 1, 1.5, ["list"], object()):
            with pytest.raises(TypeError):
                ws.send(wrong)  # type: ignore[arg-type]
        with pytest.raises(libws.InvalidArgumentError):
            ws.close(1000, "x" * 124)
        with pytest.raises(libws.InvalidArgumentError):
            ws.close(1000, "\ud800")
        with pytest.raises(TypeError):
            ws.close(1000, b"bytes")  # type: ignore[arg-type]
        for wrong in (1000.0, "1000", None):
            with pytest.raises(TypeError):
                ws.close(wrong)  # type: ignore[arg-type]
            with pytest.raises(TypeError):
                ws.set_option(libws.WS_OPT_SEND_TIMEOUT_MS, wrong)  # type: ignore[arg-type]
            with pytest.raises(TypeError):
                ws.set_option(wrong, 5)  # type: ignore[arg-type]
        for option, value in ((libws.WS_OPT_MAX_MESSAGE_BYTES, (1 << 64) + 5), (libws.WS_OPT_MAX_MESSAGE_BYTES + (1 << 64), 5), (0, 1)):
            with pytest.raises(libws.InvalidArgumentError):
                ws.set_option(option, value)
        for call in (ws.ping, ws.pong):
            with pytest.raises(libws.InvalidArgumentError) as caught:
                call("\ud800")
            assert caught.value.error_code == libws.WS_ERR_UTF8
        assert lib.ws_get(ws._handle, libws.WS_OPT_SEND_TIMEOUT_MS) == libws.WS_TIMEOUT_NONE
        ws.send("the only one")
    assert got == ["the only one"]


def test_leaving_the_block_with_an_exception_closes_with_1011() -> None:
    codes: List[int] = []

    def watch(ws: libws.ServerConnection) -> None:
        with pytest.raises(libws.ConnectionClosed) as caught:
            ws.recv()
        codes.append(caught.value.code)

    with echo_server(watch) as server:
        with pytest.raises(KeyError), libws.connect(url(server)):
            raise KeyError
        with libws.connect(url(server)):
            pass
    assert codes == [1011, 1000]


def test_nothing_leaks() -> None:
    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards
    before = libws.handle_count()
    with echo_server() as server:
        for ending in ("close", "abort", "collect"):
            ws = libws.connect(url(server))
            ws.send("x")
            ws.recv()
            if ending != "collect":
                getattr(ws, ending)()
            del ws
    assert libws.handle_count() <= before
