"""Fragmented messages, honest and abusive (RFC 6455 §5.4)."""

from __future__ import annotations

import time

import pytest
import rawpeer
from rawpeer import BINARY, CONTINUATION, PING, TEXT, frame

MASK = b"\0\0\0\0"


def fragments(opcode: int, parts: list[bytes]) -> bytes:
    """A message in as many frames as there are parts."""
    last = len(parts) - 1
    return b"".join(frame(opcode if i == 0 else CONTINUATION, part, fin=i == last, mask=MASK) for i, part in enumerate(parts))


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("parts", [[b"a", b"b"], [b"", b""], [b"", b"a", b""], [b"abc", b"", b"def", b""], [b"x"] * 1000], ids=len)
def test_fragments_are_one_message(server, opcode, parts):
    with server.connect() as peer:
        peer.send(fragments(opcode, parts))
        peer.expect_message(opcode, b"".join(parts))
        peer.echo()


def test_empty_final_fragment_passes(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"all of it", fin=False) + frame(CONTINUATION, b""))
        peer.expect_message(TEXT, b"all of it")


def test_ping_between_fragments_is_answered_before_the_message(server):
    with server.connect() as peer:
        peer.send_frame(TEXT, b"first ", fin=False)
        peer.send_frame(PING, b"in between")
        peer.expect_pong(b"in between")
        peer.send_frame(CONTINUATION, b"second")
        peer.expect_message(TEXT, b"first second")


def test_pong_between_fragments_is_ignored(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"first ", fin=False) + frame(rawpeer.PONG, b"x") + frame(CONTINUATION, b"second"))
        peer.expect_message(TEXT, b"first second")


@pytest.mark.memory(mib=16)
def test_65536_fragments_of_64_bytes_pass(server):
    payload = bytes(range(64))
    with server.connect() as peer:
        peer.send(fragments(BINARY, [payload] * 65536))
        peer.expect_message(BINARY, payload * 65536)


def test_100000_empty_fragments(server):
    """1008, for less than a second of processor time."""
    before = server.process.cpu_seconds() if server.process else 0.0
    with server.connect() as peer:
        peer.send_until_refused(frame(BINARY, b"", fin=False, mask=MASK) + frame(CONTINUATION, b"", fin=False, mask=MASK) * 100_000)
        peer.expect_failed(1008)
    if server.process:
        assert server.process.cpu_seconds() - before < 1.0


@pytest.mark.parametrize("size", [1, 15])
def test_endless_small_fragments(server, size):
    """1008 once the average is under 16 bytes, that is after some kilobytes: less than can be told from other growth."""
    if server.process:
        server.process.reset_peak_rss()
        before = server.process.rss_bytes()
    piece = frame(CONTINUATION, b"x" * size, fin=False, mask=MASK) * 500
    start = time.monotonic()
    with server.connect() as peer:
        peer.send(frame(BINARY, b"x" * size, fin=False, mask=MASK))
        sent = 0
        try:
            while sent < 2_000_000:
                peer.send(piece)
                sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        peer.expect_failed(1008)
    assert time.monotonic() - start < 5
    if server.process:
        assert server.process.peak_rss_bytes() - before <= 1 << 20


@pytest.mark.memory(mib=16)
def test_fragments_cost_twice_their_payload(server):
    """The smallest fragments that may go on for ever, half a million of 16 bytes: 8 MiB of payload cost 16 MiB, and 2 of the runtime.

    A buffer that has just grown costs up to three times its payload for a moment, with those before it that wait for other messages.
    """
    if server.process:
        server.process.reset_peak_rss()
        before = server.process.rss_bytes()
    piece = frame(CONTINUATION, bytes(16), fin=False, mask=MASK)
    with server.connect() as peer:
        peer.send(frame(BINARY, bytes(16), fin=False, mask=MASK) + piece * 4095)
        for _ in range(127):
            peer.send(piece * 4096)
        peer.send_frame(PING, b"all of it is there")
        peer.expect_pong(b"all of it is there")
        if server.process:
            assert server.process.peak_rss_bytes() - before <= (16 + 2) << 20
        peer.send_frame(rawpeer.CLOSE, rawpeer.close_payload(1000))
        peer.expect_close_echo(rawpeer.close_payload(1000))


def test_never_finished_message_harms_nobody(server):
    """It may stay unfinished, but another connection is served meanwhile and its end is clean."""
    with server.connect() as peer:
        peer.send_frame(TEXT, b"and then", fin=False)
        server.check_alive()
        peer.send_frame(rawpeer.CLOSE, rawpeer.close_payload(1001))
        peer.expect_close_echo(rawpeer.close_payload(1001))
