"""What the random calls pass: a strategy for every kind of parameter in the ABI, drawn as plain recipes that a failing example shows, and
made into C values, with the fault that each has, by random_world.py."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from header import Function

LEAST, MOST = -(1 << 63), (1 << 63) - 1
LENGTH_MAX = (1 << 32) - 1
LENGTHS = ("len", "payload_len", "buffer_len", "reason_len", "body_len", "input_len")
REQUEST = (
    b"GET /chat?a=b HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
OFFERING = REQUEST.replace(b"Host: a\r\n", b"Host: a\r\nSec-WebSocket-Protocol: a, b\r\nOrigin: https://a\r\n")
PLAIN = b"POST /?q HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"


def frame(opcode: int, payload: bytes, first: int = 0x80, masked: bool = False, claims: int | None = None) -> bytes:
    """A frame on the wire; first has FIN and RSV, and claims is a length that is not the payload's."""
    length = len(payload) if claims is None else claims
    head = bytes([first | opcode])
    if length < 126:
        head += bytes([masked << 7 | length])
    else:
        size = 2 if length < 65536 else 8
        head += bytes([masked << 7 | (126 if size == 2 else 127)]) + length.to_bytes(size, "big")
    return head + (b"\0\0\0\0" if masked else b"") + payload


# What a peer says. Mask or not, it is well-formed to one of the roles and a violation to the other.
frames = st.builds(
    frame,
    st.sampled_from([0, 1, 1, 2, 2, 8, 9, 10, 3, 11]),
    st.sampled_from([b"", b"hi", b"\x03\xe8", b"\x03\xe8bye", b"\x03\xed", b"\xff\xfe", b"\xc3", b"\0" * 125, b"a" * 126, b"a" * 65535, b"a" * 65536, b"a" * 65537]),
    st.sampled_from([0x80, 0x80, 0x80, 0, 0xC0, 0x10]),
    st.booleans(),
    st.sampled_from([None] * 8 + [0, 5, 126, 1 << 16, 1 << 40, MOST]),
)
speech = st.one_of(
    st.lists(frames, min_size=1, max_size=4).map(b"".join),
    st.builds(lambda whole, cut: whole[: cut % (len(whole) + 1)], frames, st.integers(0, 200)),
    st.sampled_from([REQUEST, OFFERING, PLAIN, REQUEST + frame(1, b"hi", masked=True), REQUEST[:60], b"HTTP/1.1 101 Switching Protocols\r\n\r\n"]),
    st.binary(max_size=40),
)

NOTHING = [-1, 987_654, 1 << 31, 1 << 32, MOST, LEAST]  # neither a handle nor a descriptor
handles = st.tuples(st.sampled_from(["live"] * 22 + ["closed", "other", "invented"]), st.integers(0, 30))
sockets = st.tuples(
    st.sampled_from(["pair"] * 10 + ["tcp"] * 8 + ["listening", "listening", "unconnected", "datagram", "file", "pipe", "nothing"]),
    st.one_of(st.just(b""), speech),
    st.booleans(),  # the peer has gone
)

# Text and bytes are a unit and how often it comes, so that what is long is short to read; None is NULL.
UNITS = [b"a", b"a", b"a", "é".encode(), b"\xff", b"\xc3", b"\0", b"\r\n", b"a,b", b", ", b"X-A: b\r\n", b"Host: c\r\n", b"Content-Length: 3\r\n", b"X-A: b\nX-C: d"]
UNITS += [b"https://a", b"host", b"127.0.0.1", b"::1", b"@libws-random", REQUEST, PLAIN, OFFERING, REQUEST + frame(2, b"\1" * 5, masked=True)]
URLS = [b"ws://own/", b"ws://own/a?b", b"ws://127.0.0.1:1/", b"wss://127.0.0.1/", b"http://127.0.0.1/", b"ws://", b"ws://[::1", b"ws://127.0.0.1:65536/", b"ws://a b/"]
HOSTS = [b"127.0.0.1", b"127.0.0.1", b"::1", b"", b"a b", b"[::1]", b"127.0.0.1:80", b"\xff", b"1" * 300]  # none that is looked up
TIMES = [0, 1, 1, 1, 1, 1, 2, 62, 123, 124, 125, 126, 1024, 1025, 65535, 65536, 65537, 300_000]
some_text = st.tuples(st.sampled_from(UNITS), st.sampled_from(TIMES))
texts = st.one_of(st.just((b"a", 1)), some_text, some_text, some_text, st.tuples(st.binary(max_size=12), st.just(1)), st.none())
lengths = st.sampled_from(["all"] * 30 + ["half", "none", -1, LEAST, LENGTH_MAX + 1, MOST])

codes = st.sampled_from([1000] * 9 + [1000, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000, 0, -1, 999, 65536 + 1000, MOST, LEAST])
opcodes = st.sampled_from([1] * 12 + [2] * 8 + [0] * 4 + [3, 8, 9, 10, 15, 16, -1, 257, (1 << 32) + 1, MOST])
counts = st.sampled_from([0, 1, 1, 2, 2, 3, 3, 3, 16, 16] * 2 + [-1, LEAST, LENGTH_MAX + 1, MOST])
NUMBERS = {
    "code": codes,
    "status_code": codes,
    "opcode": opcodes,
    "option": st.sampled_from([*range(1, 14), *range(40, 52), 0, 14, 39, 52, -1, 1 << 32, (1 << 32) + 1, MOST]),
    "value": st.sampled_from([1] * 5 + [0, 2, 3, 5, 100, 128, 1000, 65536, 1 << 20, 1 << 30, 1 << 40, (1 << 40) + 1, MOST - 1, MOST, -1, LEAST]),
    "status": st.sampled_from([200] * 5 + [204, 304, 403, 599, 101, 199, 600, 0, -1, (1 << 32) + 200, MOST]),
    "port": st.sampled_from([0] * 14 + [-1, 65536, 1 << 32, MOST, LEAST]),
    "cap": st.sampled_from([1, 2] + [64] * 12 + [0, -1, LENGTH_MAX + 1, MOST, LEAST]),
    "n": counts,
    "which": st.sampled_from([*range(9), 9, 1 << 16, (1 << 16) + 3, (2 << 16), (2 << 16) + 1, (2 << 16) + 65535, 3 << 16, -1, MOST]),
    "index": st.sampled_from([0, 1, 3, 6, 100, -1, 1 << 32, MOST, LEAST]),
    "how": st.sampled_from([1, 2, 2, 3, 3, 3, 1, 2, 3, 3, 3, 0, 4, -1, (1 << 32) + 1, MOST]),
    "is_final": st.sampled_from([0, 1] * 3 + [2, -1, MOST]),
    "reuse_port": st.sampled_from([0, 1] * 5 + [2, -1, 1 << 32]),
    "key": st.sampled_from([0, 1, 1, -1, MOST, LEAST]),
    "size": st.sampled_from([65_536] * 12 + [0, 1, 2, 8, 100, 296, 300, 17_407, 17_408, 40_976, 65_536, 65_536, -1, LENGTH_MAX + 1, MOST, LEAST]),
}
POLL_MS = st.sampled_from([0] * 9 + [1, 2, "woken", -1, LEAST])  # woken: for ever, but after a ws_loop_wake
DRAIN_MS = st.sampled_from([1, 1, 1000, 1 << 30, 0, -1, (1 << 30) + 1, MOST, LEAST])

made_frames = st.tuples(st.just("made"), st.integers(0, 10))  # by the library
own_frames = st.tuples(
    st.sampled_from([1, 1, 2, 2, 0, 8, 9, 10, 3, 15, 16, -1, MOST]), texts, lengths, st.sampled_from([1, 1, 1, 0, 0, 2, -1]), st.sampled_from([0, 1, 7])
)
messages = st.tuples(handles, opcodes, texts, lengths, st.sampled_from([0, 0, 1, LEAST]))
sizes_of_structs = st.sampled_from(["right"] * 30 + [0, -1, 8, 12, 4096, 4104, MOST, LEAST])


def options(fields: list[str]) -> st.SearchStrategy[Any]:
    """A struct of options: its size and a value for one or two of its fields."""
    field = st.tuples(st.sampled_from(fields), texts, st.sampled_from([0, 1, 2, 5, 70_000, (1 << 40) + 1, -1, MOST, LEAST]))
    return st.one_of(st.none(), st.tuples(sizes_of_structs, st.lists(field, max_size=2)))


CONNECT_OPTIONS = options(["subprotocols", "headers", "origin", "max_message_bytes", "max_frame_bytes", "interruptible"])
LOOP_OPTIONS = options(
    ["subprotocols", "origins", "max_message_bytes", "max_frame_bytes", "stream_over_bytes", "queue_bytes", "queue_policy", "max_connections", "spin_us", "requests"]
)


def strategy(function: Function, kind: str, name: str) -> st.SearchStrategy[Any]:
    """How one parameter is drawn. A new kind or name of a parameter is a KeyError, so that whoever adds it decides here."""
    there = st.sampled_from([True] * 19 + [False])
    if kind == "int64_t":
        if name in ("conn", "server", "loop", "handle", "except"):
            return handles
        if name == "fd":
            return st.one_of(sockets, st.just(("listening", b"", False))) if function.name == "ws_loop_listen_fd" else sockets
        if name in LENGTHS:
            return lengths
        if name == "timeout_ms":
            return POLL_MS if "poll" in function.name else DRAIN_MS
        return NUMBERS[name]
    if name in ("url", "host"):
        return st.one_of(st.tuples(st.sampled_from(URLS if name == "url" else HOSTS), st.just(1)), st.none())
    if function.name == "ws_upgrade" and name == "buffer":
        return st.one_of(st.tuples(st.sampled_from([REQUEST, OFFERING, REQUEST[:60], REQUEST + frame(1, b"hi", masked=True)]), st.just(1)), texts)
    if name == "headers":
        return st.one_of(st.none(), st.just((b"X-A: b\r\n", 1)), texts)
    if name == "subprotocol":
        return st.one_of(st.none(), st.just((b"a", 1)), texts)
    if name == "results_out" or name == "buffer" and kind == "void *":
        return there
    return {
        "WsFrame *": made_frames,
        "const WsFrame *": made_frames if function.name == "ws_frame_payload_text" else st.one_of(own_frames, made_frames, st.none()),
        "const WsConnectOptions *": CONNECT_OPTIONS,
        "const WsLoopOptions *": LOOP_OPTIONS,
        "WsSend *": st.one_of(st.lists(messages, min_size=1, max_size=3), st.none()),
        "WsEvent *": there,
        "WsMetrics *": there,
        "int64_t *": there,
        "const int64_t *": st.one_of(st.lists(handles, min_size=1, max_size=3), st.none()),
        "void *": st.sampled_from([None, 1, MOST]),
        "const void *": st.lists(messages, max_size=3) if name == "packed" else texts,
        "const char *": texts,
    }[kind]
