"""Text that is not UTF-8 is refused at its first bad byte; text that is passes whatever its cuts (RFC 6455 §8.1)."""

from __future__ import annotations

import pytest
import rawpeer
from rawpeer import BINARY, CONTINUATION, PING, TEXT, apply_mask, frame, header

MASK = b"\x37\xfa\x21\x3d"

BAD: dict[str, bytes] = {
    "ff": b"\xff",
    "fe": b"\xfe",
    "lone-continuation": b"\x80",
    "two-continuations": b"\xc2\x80\x80",
    "overlong-2": b"\xc0\xaf",
    "overlong-2-highest": b"\xc1\xbf",
    "overlong-3": b"\xe0\x80\xaf",
    "overlong-3-highest": b"\xe0\x9f\xbf",
    "overlong-4": b"\xf0\x80\x80\xaf",
    "overlong-4-highest": b"\xf0\x8f\xbf\xbf",
    "surrogate-lowest": b"\xed\xa0\x80",
    "surrogate-highest": b"\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "above-10ffff": b"\xf4\x90\x80\x80",
    "f5": b"\xf5\x80\x80\x80",
    "5-bytes": b"\xf8\x88\x80\x80\x80",
    "6-bytes": b"\xfc\x84\x80\x80\x80\x80",
    "truncated-2": b"\xc3",
    "truncated-3": b"\xe2\x82",
    "truncated-4": b"\xf0\x9f\x98",
    "interrupted-2": b"\xc3x",
    "interrupted-4": b"\xf0\x9f\x98x",
    "latin-1": b"caf\xe9!",
}

GOOD: dict[str, str] = {
    "ascii": "hello",
    "nul": "a\0b",
    "boundaries": "\u0001\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\U00010000\U0010ffff",
    "noncharacters": "\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0010ffff",
    "byte-order-mark": "\ufeff",
    "greek": "κόσμε",
    "emoji": "👩‍👩‍👧‍👦 1️⃣",
    "long-mixed": "ascii and κόσμε and 漢字 and 👍 " * 200,
}


def text_frames(payload: bytes, cuts: list[int]) -> bytes:
    """A text message whose payload is cut into fragments at the given offsets."""
    ends = [*cuts, len(payload)]
    parts = [payload[a:b] for a, b in zip([0, *cuts], ends)]
    last = len(parts) - 1
    return b"".join(frame(TEXT if i == 0 else CONTINUATION, part, fin=i == last, mask=MASK) for i, part in enumerate(parts))


@pytest.mark.parametrize("case", BAD)
def test_bad_text(server, case):
    with server.connect() as peer:
        peer.echo("κόσμε".encode())
        peer.send_frame(TEXT, BAD[case])
        peer.expect_failed(1007)


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("length", [7, 8, 31, 64, 1000])
def test_bad_text_after_good(server, case, length):
    """A bad byte is found wherever it stands in the blocks that a fast check works on."""
    with server.connect() as peer:
        peer.send_frame(TEXT, b"a" * length + BAD[case])
        peer.expect_failed(1007)


@pytest.mark.parametrize("case", BAD)
def test_bad_text_in_fragments_of_one_byte(server, case):
    payload = b"ok" + BAD[case]
    with server.connect() as peer:
        peer.send_until_refused(text_frames(payload, list(range(1, len(payload)))))
        peer.expect_failed(1007)


@pytest.mark.parametrize("case", GOOD)
def test_good_text(server, case):
    with server.connect() as peer:
        peer.echo(GOOD[case].encode())


@pytest.mark.parametrize("case", [case for case in GOOD if case != "long-mixed"])
def test_good_text_cut_into_fragments_at_every_byte(server, case):
    payload = GOOD[case].encode()
    with server.connect() as peer:
        for cut in range(len(payload) + 1):
            peer.send(text_frames(payload, [cut]))
            peer.expect_message(TEXT, payload)
        peer.send(text_frames(payload, list(range(1, len(payload)))))
        peer.expect_message(TEXT, payload)


def test_code_point_cut_by_a_ping(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"\xe2\x82", fin=False) + frame(PING, b"\xff") + frame(CONTINUATION, b"\xac"))
        peer.expect_message_and_pong(TEXT, "€".encode(), b"\xff")


def refused_soon(server, data: bytes) -> None:
    """1007 within 200 ms; the best of ten counts, since the machine may be busy elsewhere."""
    for attempt in range(10):
        with server.connect() as peer:
            peer.send(data)
            try:
                peer.expect_failed(1007, within_s=0.2)
                return
            except rawpeer.TimedOut:
                if attempt == 9:
                    raise


@pytest.mark.parametrize("case", ["ff", "surrogate-lowest", "overlong-3", "above-10ffff", "interrupted-2"])
def test_bad_byte_in_an_unfinished_frame(server, case):
    """Refused although most of the frame is still to come."""
    refused_soon(server, header(TEXT, 60000, mask=MASK) + apply_mask(b"good so far " + BAD[case], MASK))


@pytest.mark.parametrize("case", ["ff", "surrogate-lowest", "overlong-3", "above-10ffff", "interrupted-2"])
def test_bad_byte_in_an_unfinished_message(server, case):
    refused_soon(server, frame(TEXT, b"good so far", fin=False) + frame(CONTINUATION, BAD[case], fin=False))


def test_truncated_at_the_final_fragment(server):
    with server.connect() as peer:
        peer.send(frame(TEXT, b"\xe2\x82", fin=False) + frame(CONTINUATION, b""))
        peer.expect_failed(1007)


def test_code_point_not_finished_by_the_next_message(server):
    """Each message starts afresh: the rest of a code point in the next one does not heal it."""
    with server.connect() as peer:
        peer.send(frame(TEXT, b"\xe2\x82") + frame(TEXT, b"\xac"))
        peer.expect_failed(1007)


@pytest.mark.parametrize("case", BAD)
def test_binary_is_not_checked(server, case):
    with server.connect() as peer:
        peer.echo(BAD[case], BINARY)


def test_ping_payload_is_not_checked(server):
    with server.connect() as peer:
        peer.send_frame(PING, b"\xff\xfe")
        peer.expect_pong(b"\xff\xfe")
        peer.echo()


def test_refused_text_is_not_echoed(server):
    """Not a byte of a message that turns out bad reaches the other side."""
    with server.connect() as peer:
        peer.send(frame(TEXT, b"x" * 1000, fin=False) + frame(CONTINUATION, b"\xff"))
        got = peer.read_frame(2)
        assert got.opcode == rawpeer.CLOSE, got
