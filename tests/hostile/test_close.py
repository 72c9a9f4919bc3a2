"""The closing handshake, right and wrong (RFC 6455 §5.5.1, §7)."""

from __future__ import annotations

import time

import pytest
import rawpeer
from rawpeer import BINARY, CLOSE, CONTINUATION, PING, TEXT, close_payload, frame

ECHOED = [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999]
NEVER_ON_THE_WIRE = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.mark.parametrize("code", ECHOED)
def test_code_is_echoed(server, code):
    with server.connect() as peer:
        peer.send_frame(CLOSE, close_payload(code))
        peer.expect_close_echo(close_payload(code))


@pytest.mark.parametrize("code", NEVER_ON_THE_WIRE)
def test_code_never_on_the_wire(server, code):
    with server.connect() as peer:
        peer.send_frame(CLOSE, close_payload(code))
        peer.expect_failed(1002)


def test_empty_close(server):
    """No code is answered with none, or with 1000."""
    with server.connect() as peer:
        peer.send_frame(CLOSE)
        assert peer.read_close().payload in (b"", close_payload(1000))
        peer.expect_eof()


def test_one_byte_close(server):
    with server.connect() as peer:
        peer.send_frame(CLOSE, b"\x03")
        peer.expect_failed(1002)


@pytest.mark.parametrize("reason", [b"bye", "grüße".encode(), b"x" * 123, "€".encode() * 41, b"\0"])
def test_reason_passes(server, reason):
    with server.connect() as peer:
        peer.send_frame(CLOSE, close_payload(1000, reason))
        peer.expect_close_echo(close_payload(1000, reason))


@pytest.mark.parametrize("reason", [b"\xff", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"ok\xe2\x82"])
def test_reason_is_not_utf8(server, reason):
    with server.connect() as peer:
        peer.send_frame(CLOSE, close_payload(1000, reason))
        peer.expect_failed(1007)


def test_reason_of_124_bytes(server):
    with server.connect() as peer:
        peer.send_until_refused(frame(CLOSE, close_payload(1000, b"x" * 124)))
        peer.expect_failed(1002)


@pytest.mark.parametrize(
    "later",
    [frame(TEXT, b"late"), frame(PING, b"late"), frame(CLOSE, close_payload(1001)), frame(3, b"bad"), b"\xff" * 100],
    ids=["text", "ping", "close", "violation", "garbage"],
)
def test_data_after_close_is_ignored(server, later):
    with server.connect() as peer:
        peer.send(frame(CLOSE, close_payload(1000)) + later)
        got = peer.read_frame(2)
        assert (got.opcode, got.payload) == (CLOSE, close_payload(1000)), got
        peer.expect_eof()


def test_data_before_close_is_served(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"last words") + frame(CLOSE, close_payload(1000)))
        peer.expect_message(TEXT, b"last words")
        peer.expect_close_echo(close_payload(1000))


def test_close_inside_a_message_is_answered(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"unfin", fin=False) + frame(CLOSE, close_payload(1001)))
        got = peer.read_frame(2)
        assert (got.opcode, got.payload[:2]) == (CLOSE, close_payload(1001)), got
        peer.expect_eof()


def test_close_then_fin(server):
    with server.connect() as peer:
        peer.send_frame(CLOSE, close_payload(1000))
        peer.finish()
        peer.expect_close_echo(close_payload(1000))


def test_close_then_rst(server):
    for _ in range(10):
        peer = server.connect()
        peer.send_frame(CLOSE, close_payload(1000))
        peer.reset()


def test_peer_never_answers_our_close(server):
    """After failing a connection the server does not wait for ever for a peer that neither answers nor leaves."""
    before = server.process.socket_count() if server.process else 0
    with server.connect() as peer:
        peer.send_frame(3)
        assert peer.read_close().payload[:2] == close_payload(1002)
        deadline = time.monotonic() + rawpeer.CLOSED_WITHIN_S
        while server.process and server.process.socket_count() > before:
            assert time.monotonic() < deadline, "the descriptor is still open"
            time.sleep(0.02)
        peer.expect_eof()


@pytest.mark.parametrize("amount", [10_000, 1_000_000])
def test_unread_data_never_turns_the_close_frame_into_a_rst(server, amount):
    """Data in flight after a violation: closing with it unread would reset the connection and lose the close frame."""
    late = frame(BINARY, bytes(60_000), mask=b"\0\0\0\0")
    for _ in range(5):
        with server.connect() as peer:
            peer.send_until_refused(frame(3, b"bad") + late * (amount // len(late) + 1))
            time.sleep(0.05)  # what a server that closes too soon needs to send its RST
            peer.expect_failed(1002)


def test_unread_data_never_loses_the_close_echo(server):
    late = frame(BINARY, bytes(60_000), mask=b"\0\0\0\0")
    for _ in range(5):
        with server.connect() as peer:
            peer.send_until_refused(frame(CLOSE, close_payload(1000)) + late * 5)
            time.sleep(0.05)
            peer.expect_close_echo(close_payload(1000))


def test_thousand_cycles_leak_nothing(server):
    """Descriptors and threads are about as many as before; memory is bounded as after every case."""

    def cycle(index: int) -> None:
        with server.connect() as peer:
            if index % 4 == 0:
                peer.send_frame(CLOSE, close_payload(1000))
                peer.expect_close_echo(close_payload(1000))
            elif index % 4 == 1:
                peer.send(frame(3))
                peer.expect_failed(1002)
            elif index % 4 == 2:
                peer.send(frame(TEXT, b"half", fin=False) + frame(CONTINUATION, b"x")[:3])
                peer.reset()
            else:
                peer.echo()

    for index in range(40):
        cycle(index)
    if not server.process:
        for index in range(1000):
            cycle(index)
        return
    settled(server.process)
    descriptors, threads = server.process.descriptor_count(), server.process.thread_count()
    for index in range(1000):
        cycle(index)
    settled(server.process)
    # A runtime opens a few of its own when it first needs them; a leak would be hundreds.
    assert server.process.descriptor_count() <= descriptors + 4
    assert server.process.thread_count() <= threads + 4


def settled(process) -> None:
    """Waits until the number of descriptors has not changed for a moment."""
    deadline, same, last = time.monotonic() + 5, 0, -1
    while same < 10 and time.monotonic() < deadline:
        now = process.descriptor_count()
        same, last = (same + 1, now) if now == last else (0, now)
        time.sleep(0.02)
