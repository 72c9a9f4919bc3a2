"""Frames that a server must refuse, limits it must hold, and traffic cut at every byte (RFC 6455 §5)."""

from __future__ import annotations

import os

import pytest
import rawpeer
from targets import SMALL_MESSAGE
from rawpeer import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame, header

KEY = b"\x37\xfa\x21\x3d"

# Bytes after the handshake that break RFC 6455 §5: all 1002.
VIOLATIONS: dict[str, bytes] = {
    # §5.1: a client masks every frame.
    "unmasked-text": frame(TEXT, b"hello", mask=None),
    "unmasked-empty": frame(TEXT, b"", mask=None),
    "unmasked-ping": frame(PING, b"", mask=None),
    "unmasked-close": frame(CLOSE, rawpeer.close_payload(1000), mask=None),
    "unmasked-continuation-in-message": frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b", mask=None),
    # §5.2: reserved bits without an extension.
    **{f"rsv-{bits}-{name}": frame(op, b"x", rsv=bits) for bits in range(1, 8) for name, op in [("text", TEXT), ("ping", PING)]},
    "rsv-4-binary": frame(BINARY, b"x", rsv=4),
    "rsv-4-close": frame(CLOSE, rawpeer.close_payload(1000), rsv=4),
    "rsv-4-continuation": frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b", rsv=4),
    "rsv-4-empty": frame(TEXT, b"", rsv=4),
    # §5.2: reserved opcodes.
    **{f"opcode-{op}": frame(op, b"x") for op in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "opcode-3-empty": frame(3),
    "opcode-11-inside-message": frame(TEXT, b"a", fin=False) + frame(11, b""),
    # §5.2: the minimal number of bytes encodes the length.
    **{f"length-{n}-in-16-bits": frame(BINARY, bytes(n), form=16) for n in (0, 1, 125)},
    **{f"length-{n}-in-64-bits": frame(BINARY, bytes(n), form=64) for n in (0, 125, 126, 65535)},
    "ping-length-in-16-bits": frame(PING, b"x", form=16),
    "close-length-in-64-bits": frame(CLOSE, rawpeer.close_payload(1000), form=64),
    # §5.2: the most significant bit of a 64-bit length is 0.
    "length-top-bit": header(BINARY, 1 << 63),
    "length-all-bits": header(BINARY, (1 << 64) - 1),
    # §5.5: control frames carry at most 125 bytes and are not fragmented.
    **{f"{name}-126": frame(op, bytes(126)) for name, op in [("ping", 9), ("pong", 10)]},
    "ping-65536": frame(PING, bytes(65536)),
    "ping-126-header-only": header(PING, 126),
    "ping-fragmented": frame(PING, b"x", fin=False),
    "pong-fragmented": frame(10, b"x", fin=False),
    "close-fragmented": frame(CLOSE, rawpeer.close_payload(1000), fin=False),
    "ping-fragmented-inside-message": frame(TEXT, b"a", fin=False) + frame(PING, b"x", fin=False),
    # §5.4
    "lone-continuation": frame(CONTINUATION, b"x"),
    "lone-continuation-not-final": frame(CONTINUATION, b"x", fin=False),
    "lone-continuation-empty": frame(CONTINUATION, b""),
    "lone-continuation-after-message": frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"b") + frame(CONTINUATION, b"c"),
    "text-inside-fragments": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "binary-inside-fragments": frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"),
    "text-not-final-inside-fragments": frame(BINARY, b"a", fin=False) + frame(TEXT, b"b", fin=False),
}


@pytest.mark.parametrize("case", VIOLATIONS)
def test_violation(server, case):
    with server.connect() as peer:
        peer.echo()
        peer.send_until_refused(VIOLATIONS[case])
        peer.expect_failed(1002)


@pytest.mark.parametrize("later", [frame(TEXT, b"late"), frame(PING, b"late"), frame(CLOSE, rawpeer.close_payload(1000))], ids=["text", "ping", "close"])
def test_data_after_a_violation_is_ignored(server, later):
    """RFC 6455 §7.1.7: the close frame is the one answer."""
    with server.connect() as peer:
        peer.send(frame(3, b"bad") + later)
        got = peer.read_frame(2)
        assert (got.opcode, got.payload[:2]) == (CLOSE, rawpeer.close_payload(1002)), got
        peer.expect_eof()


@pytest.mark.parametrize("case", ["unmasked-text", "rsv-4-text", "opcode-3", "length-top-bit", "ping-126", "lone-continuation"])
def test_violation_byte_by_byte(server, case):
    with server.connect() as peer:
        for byte in VIOLATIONS[case]:
            peer.send_until_refused(bytes([byte]))
        peer.expect_failed(1002)


@pytest.mark.parametrize("case", ["rsv-4-text", "opcode-3", "length-top-bit", "unmasked-text"])
def test_violation_is_seen_in_the_header_alone(server, case):
    """The header is enough: nobody waits for the payload of a frame that is wrong already."""
    with server.connect() as peer:
        peer.send(VIOLATIONS[case][: {"length-top-bit": 14, "unmasked-text": 2}.get(case, 6)])
        peer.expect_failed(1002)


def test_messages_before_a_violation_are_served(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"first") + frame(BINARY, b"second") + frame(3, b""))
        peer.expect_message(TEXT, b"first")
        peer.expect_message(BINARY, b"second")
        peer.expect_failed(1002)


@pytest.mark.parametrize("length", [(1 << 63) - 1, 1 << 62, 1 << 40, 1 << 32, 1 << 31, (1 << 31) - 1], ids=hex)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_huge_lengths_are_refused_at_once(server, length, opcode):
    """1009 on the header alone; nothing is allocated for what was only announced."""
    if server.process:
        server.process.reset_peak_rss()
        before = server.process.rss_bytes()
    with server.connect() as peer:
        peer.send(header(opcode, length))
        peer.expect_failed(1009)
    if server.process:
        assert server.process.peak_rss_bytes() - before <= 1 << 20


def test_huge_continuation_is_refused_at_once(server):
    with server.connect() as peer:
        peer.send(frame(BINARY, b"a", fin=False) + header(CONTINUATION, (1 << 63) - 1))
        peer.expect_failed(1009)


# Servers in the specified shape take frames of 64 KiB, the others whatever a message may have.
FRAME_LIMITS = {"c-threaded_server": 1 << 16, "go-threaded_server": 1 << 16}
MESSAGE_LIMIT = 16 << 20


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_default_frame_limit_exactly_passes(server, opcode):
    with server.connect() as peer:
        peer.echo(b"x" * (1 << 16), opcode)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_one_more_than_the_default_frame_limit(server, opcode):
    if server.name.startswith("port-"):
        pytest.skip("the limit of a server that was named is not known")
    limit = FRAME_LIMITS.get(server.name, MESSAGE_LIMIT)
    with server.connect() as peer:
        peer.send(header(opcode, limit))
        peer.send(b"x")
        with pytest.raises(rawpeer.TimedOut):
            peer.read_frame(0.05)
    with server.connect() as peer:
        peer.send(header(opcode, limit + 1))
        peer.expect_failed(1009)


@pytest.mark.memory(mib=2)
def test_message_limit_exactly_passes(small_server):
    with small_server.connect() as peer:
        peer.echo(os.urandom(SMALL_MESSAGE), BINARY)


@pytest.mark.memory(mib=2)
def test_message_limit_in_fragments_exactly_passes(small_server):
    part = SMALL_MESSAGE // 16
    with small_server.connect() as peer:
        payload = os.urandom(SMALL_MESSAGE)
        for index in range(16):
            piece = payload[index * part : (index + 1) * part]
            peer.send_frame(BINARY if index == 0 else CONTINUATION, piece, fin=index == 15)
        peer.expect_message(BINARY, payload)


def test_one_more_than_the_limit(small_server):
    with small_server.connect() as peer:
        peer.send(header(BINARY, SMALL_MESSAGE + 1))
        peer.expect_failed(1009)


@pytest.mark.memory(mib=2)
def test_one_more_than_the_limit_in_fragments(small_server):
    with small_server.connect() as peer:
        peer.send(frame(BINARY, bytes(SMALL_MESSAGE - 1), fin=False) + header(CONTINUATION, 2))
        peer.expect_failed(1009)


@pytest.mark.parametrize("size", [0, 1, 124, 125])
def test_ping_is_answered_in_kind(server, size):
    payload = os.urandom(size)
    with server.connect() as peer:
        peer.send_frame(PING, payload)
        peer.expect_pong(payload)
        peer.echo()


def test_unasked_pong_is_ignored(server):
    with server.connect() as peer:
        peer.send_frame(rawpeer.PONG, b"nobody asked")
        peer.send_frame(rawpeer.PONG)
        peer.echo()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65534, 65535, 65536])
@pytest.mark.parametrize("key", [b"\0\0\0\0", b"\xff\xff\xff\xff", KEY], ids=lambda key: key.hex())
def test_sizes_and_masks(server, size, key):
    payload = bytes(index % 251 for index in range(size))
    with server.connect() as peer:
        peer.send(frame(BINARY, payload, mask=key))
        peer.expect_message(BINARY, payload)


def conversation() -> tuple[bytes, list[tuple[int, bytes]], list[bytes]]:
    """Bytes to send, the messages that an echo server answers with, and the payloads of its pongs."""
    sent = (
        frame(TEXT, "Häagen-Dazs €".encode())
        + frame(PING, b"ping")
        + frame(BINARY, bytes(range(130)))
        + frame(TEXT, b"", fin=False)
        + frame(CONTINUATION, "frag€".encode()[:5], fin=False)
        + frame(PING, b"inside")
        + frame(CONTINUATION, "frag€".encode()[5:])
        + frame(BINARY, b"")
        + frame(CLOSE, rawpeer.close_payload(1000, b"bye"))
    )
    messages = [(TEXT, "Häagen-Dazs €".encode()), (BINARY, bytes(range(130))), (TEXT, "frag€".encode()), (BINARY, b"")]
    return sent, messages, [b"ping", b"inside"]


def hold(peer: rawpeer.RawPeer, messages: list[tuple[int, bytes]], pongs: list[bytes]) -> None:
    """All messages come back in order, then the close; an older ping may go unanswered (RFC 6455 §5.5.3), the last may not."""
    got_messages: list[tuple[int, bytes]] = []
    got_pongs: list[bytes] = []
    while (got := peer.read_frame()).opcode != CLOSE:
        if got.opcode == rawpeer.PONG:
            got_pongs.append(got.payload)
        elif got.opcode == CONTINUATION:
            opcode, start = got_messages.pop()
            got_messages.append((opcode, start + got.payload))
        else:
            got_messages.append((got.opcode, got.payload))
    assert got_messages == messages
    assert got_pongs in (pongs, pongs[-1:])
    assert got.payload[:2] == rawpeer.close_payload(1000)
    peer.expect_eof()


def test_traffic_split_at_every_byte_is_the_same(server):
    sent, *answers = conversation()
    for cut in range(1, len(sent)):
        with server.connect() as peer:
            peer.send_in_chunks(sent, [cut])
            hold(peer, *answers)


def test_traffic_byte_by_byte_is_the_same(server):
    sent, *answers = conversation()
    with server.connect() as peer:
        peer.send_in_chunks(sent, list(range(1, len(sent))))
        hold(peer, *answers)


def test_traffic_in_one_segment_is_the_same(server):
    sent, *answers = conversation()
    with server.connect() as peer:
        peer.send(sent)
        hold(peer, *answers)


HALVES = {
    "nothing": b"",
    "one-byte": frame(TEXT, b"hello")[:1],
    "half-header": frame(TEXT, bytes(300))[:3],
    "half-mask": frame(TEXT, b"hello")[:4],
    "half-payload": frame(TEXT, b"hello")[:8],
    "inside-message": frame(TEXT, b"hello", fin=False),
    "half-close": frame(CLOSE, rawpeer.close_payload(1000))[:7],
}


@pytest.mark.parametrize("case", HALVES)
def test_half_a_frame_then_fin(server, case):
    with server.connect() as peer:
        peer.send(HALVES[case])
        peer.finish()
        peer.expect_gone()


@pytest.mark.parametrize("case", HALVES)
def test_half_a_frame_then_rst(server, case):
    for _ in range(10):
        peer = server.connect()
        peer.send(HALVES[case])
        peer.reset()
