"""The load generator believes only what is right: servers that answer wrongly must make it fail and say why.

Each server here is a script of bytes: it answers the opening handshake, then does one thing to the echo of each frame."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Tuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from contenders import BENCH
from prepare import CC, CFLAGS

RESPONSE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
Answer = Callable[[int, bytes], bytes]
NOTHING_YET = "within the measured time"
LONGER_S = (0.2, 2, 20)  # on a machine that does much else, a short time may pass without a message
AT_MOST = "--seconds=30"  # for what ends the run itself, as soon as it is seen


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("load") / "load"
    subprocess.run([CC, *CFLAGS, "-o", str(program), *map(str, sorted((BENCH / "load").glob("*.c")))], check=True, timeout=120)
    return program


def frame(payload: bytes, first: int = 0x82) -> bytes:
    size = len(payload)
    head = bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 65536 else b"\x7f" + size.to_bytes(8, "big")
    return bytes([first]) + head + payload


def payloads(stream: Any) -> Iterator[bytes]:
    """Unmasked payloads of the frames a client sends, until it closes."""
    while True:
        head = stream.read(2)
        if len(head) < 2 or head[0] & 15 == 8:
            return
        size = head[1] & 127
        if size > 125:
            size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
        key, masked = stream.read(4), stream.read(size)
        mask = int.from_bytes((key * (size // 4 + 1))[:size], "big")
        yield (int.from_bytes(masked, "big") ^ mask).to_bytes(size, "big")


def serve(connection: socket.socket, response: bytes, answer: Answer) -> None:
    with connection, connection.makefile("rb") as stream:
        while stream.readline() not in (b"\r\n", b""):
            pass
        try:
            connection.sendall(response)
            for number, payload in enumerate(payloads(stream)):
                connection.sendall(answer(number, payload))
        except OSError:
            pass  # the load has given up, as it should


def measure(load: Path, port: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs the load against a server, for long enough that something comes back."""
    for seconds in LONGER_S:
        command = [str(load), f"--port={port}", f"--seconds={seconds}", "--warmup=0.05", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if NOTHING_YET not in done.stderr:
            break
    return done


def run(load: Path, answer: Answer, *options: str, response: bytes = RESPONSE) -> Tuple[int, str, str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0], response, answer), daemon=True).start()
            except OSError:
                pass  # the listener is closed at the end of the test

        threading.Thread(target=accept, daemon=True).start()
        done = measure(load, listener.getsockname()[1], *options)
        listener.shutdown(socket.SHUT_RDWR)
    return done.returncode, done.stdout, done.stderr


RIGHT: Dict[str, Answer] = {
    "echo": lambda n, p: frame(p),
    "fragments": lambda n, p: frame(p[:3], 0x02) + frame(p[3:4], 0x00) + frame(b"", 0x00) + frame(p[4:], 0x80),
    "pings between fragments": lambda n, p: frame(p[:3], 0x02) + frame(b"hi", 0x89) + frame(p[3:], 0x80) + frame(b"", 0x8A),
}


@pytest.mark.parametrize(
    "options", [(), ("--connections=3", "--in-flight=5"), ("--bytes=70000",), ("--bytes=0",), ("--bytes=300", "--spin=100"), ("--receive=1",)]
)
@pytest.mark.parametrize("name", RIGHT)
def test_right_answers_are_counted(load: Path, name: str, options: Tuple[str, ...]) -> None:
    status, out, err = run(load, RIGHT[name], *options)
    assert status == 0, err
    report = json.loads(out)
    assert report["messages"] > 0 and report["rate"] > 0
    assert 0 < report["latency_us"]["p50"] <= report["latency_us"]["p99"] <= report["latency_us"]["max"]


def flipped(payload: bytes, at: int) -> bytes:
    return payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]


WRONG: Dict[str, Tuple[Answer, str]] = {
    "a wrong last byte": (lambda n, p: frame(flipped(p, len(p) - 1) if n == 7 else p), "payload bytes are not the ones sent"),
    "a wrong first byte": (lambda n, p: frame(flipped(p, 0) if n == 7 else p), "payload bytes are not the ones sent"),
    "a byte short": (lambda n, p: frame(p[:-1] if n == 7 else p), "shorter than the one sent"),
    "a byte too many": (lambda n, p: frame(p + b"x" if n == 7 else p), "longer than the one sent"),
    "text for binary": (lambda n, p: frame(p, 0x81), "the opcode is not the one sent"),
    "a continuation of nothing": (lambda n, p: frame(p, 0x80), "the opcode is not the one sent"),
    "a reserved bit": (lambda n, p: frame(p, 0xC2), "RSV bits set"),
    "a mask": (lambda n, p: bytes([0x82, 0x80 | len(p)]) + bytes(4) + p, "a masked frame"),
    "a length in too many bytes": (lambda n, p: b"\x82\x7e\x00" + bytes([len(p)]) + p, "a length in more bytes than it needs"),
    "a doubled echo": (lambda n, p: frame(p) * 2 if n == 7 else frame(p), "more echoes than messages|payload bytes are not"),
    "a close": (lambda n, p: frame(b"\x03\xe8", 0x88), "the server closed"),
    "nothing but a ping": (lambda n, p: frame(b"", 0x89) if n == 7 else frame(p), "nothing came back|never came back"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_end_the_run(load: Path, name: str) -> None:
    answer, why = WRONG[name]
    status, out, err = run(load, answer, AT_MOST)
    assert status == 1 and any(reason in err for reason in why.split("|")), (status, out, err)
    assert out == "", "a load that went wrong has no figures"


@pytest.mark.parametrize("size", [65535, 65536, 1 << 20])
def test_a_wrong_byte_deep_in_a_large_message_is_seen(load: Path, size: int) -> None:
    status, _, err = run(load, lambda n, p: frame(flipped(p, size - 3)), f"--bytes={size}", AT_MOST)
    assert status == 1 and "payload bytes are not the ones sent" in err


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (RESPONSE.replace(b"101 Switching Protocols", b"200 OK"), "the response is not a 101"),
        (RESPONSE.replace(b"s3pP", b"S3pP"), "wrong Sec-WebSocket-Accept"),
        (RESPONSE.replace(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", b""), "wrong Sec-WebSocket-Accept"),
    ],
)
def test_a_wrong_opening_handshake_ends_the_run(load: Path, response: bytes, why: str) -> None:
    status, _, err = run(load, RIGHT["echo"], response=response)
    assert status == 1 and why in err


def test_memory_and_opening_rate_are_reported(load: Path) -> None:
    status, out, err = run(load, RIGHT["echo"], "--mode=open", "--connections=20")
    assert status == 0, err
    assert json.loads(out)["rate"] > 0


def test_broadcast_checks_each_copy(load: Path) -> None:
    """One connection is its own whole audience here: with two, nobody would send the second its copy."""
    status, out, err = run(load, RIGHT["echo"], "--mode=broadcast", "--in-flight=3")
    assert status == 0 and json.loads(out)["publishes_per_s"] > 0, err
    status, _, err = run(load, RIGHT["echo"], "--mode=broadcast", "--connections=2", AT_MOST)
    assert status == 1 and "nothing came" in err


@pytest.mark.parametrize("server", ["epoll_min", "blocking_min"])
@pytest.mark.parametrize(
    "options", [("--connections=7", "--in-flight=9"), ("--bytes=70000", "--in-flight=3"), ("--bytes=1048576", "--connections=3")]
)
def test_the_least_servers_echo_right(load: Path, tmp_path: Path, server: str, options: Tuple[str, ...]) -> None:
    program = tmp_path / server
    subprocess.run([CC, *CFLAGS, "-o", str(program), str(BENCH / "servers" / f"{server}.c"), "-pthread"], check=True, timeout=120)
    process = subprocess.Popen([str(program), "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().rsplit(":", 1)[1].strip()
        done = measure(load, int(port), f"--pid={process.pid}", *options)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["cpu_ns"] > 0
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
