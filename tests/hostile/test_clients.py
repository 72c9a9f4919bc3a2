"""Our clients against a server that breaks the rules: opening handshakes with client_send, frames with an echo client.

RFC 6455 §4.1 (what a client has to check), §5.1 (a server does not mask), §5.3 (masks), §7 (closing).
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import programs
import pytest
import rawpeer
from client_runs import is_clean_failure, run
from evilserver import EvilServer, fuzzing, key_of, response
from rawpeer import BINARY, CLOSE, CONTINUATION, PING, TEXT, close_payload, frame, header
from targets import own_program, skip_unless_asked_for

CONFORMANCE = Path(__file__).resolve().parents[1] / "conformance"
MISUSE = Path(__file__).resolve().parent / "misuse"
OFFER = Path(__file__).resolve().parent / "offer"


@pytest.fixture(params=programs.LANGUAGES, scope="session")
def sender(request) -> list[str]:
    """The command line of a language's client_send, less its arguments."""
    skip_unless_asked_for(request.config, request.param)
    if not programs.is_built(request.param, "client_send"):
        pytest.fail(f"client_send is not built for {request.param}; run make first", pytrace=False)
    return programs.command(request.param, "client_send")


@pytest.fixture(params=[*programs.LANGUAGES, "c-loop"], scope="session")
def echo_client(request) -> list[str]:
    """The command line of an echo client, less its arguments: a language's blocking one, or the one on an event loop."""
    language, *loop = request.param.split("-")
    skip_unless_asked_for(request.config, language)
    return own_program(language, "loopclient" if loop else "client", CONFORMANCE)


BAD_RESPONSES = {
    # RFC 6455 §4.1: what a client checks, in the order of the list there.
    "status-200": lambda key: response(key, start="HTTP/1.1 200 OK"),
    "status-400": lambda key: b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "status-100-then-200": lambda key: b"HTTP/1.1 100 Continue\r\n\r\n" + response(key, start="HTTP/1.1 200 OK"),
    "status-100-for-ever": lambda key: b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
    "http-1.0": lambda key: response(key, start="HTTP/1.0 101 Switching Protocols"),
    "upgrade-missing": lambda key: response(key, drop=("Upgrade",)),
    "upgrade-wrong": lambda key: response(key, change={"Upgrade": "h2c"}),
    "connection-missing": lambda key: response(key, drop=("Connection",)),
    "connection-wrong": lambda key: response(key, change={"Connection": "close"}),
    "accept-missing": lambda key: response(key, drop=("Sec-WebSocket-Accept",)),
    "accept-wrong": lambda key: response((b"y" if key[:1] == b"x" else b"x") + key[1:]),
    "accept-empty": lambda key: response(key, change={"Sec-WebSocket-Accept": ""}),
    "accept-is-the-key": lambda key: response(key, change={"Sec-WebSocket-Accept": key.decode()}),
    "accept-other-case": lambda key: response(key, change={"Sec-WebSocket-Accept": rawpeer.accept_key(key).decode().swapcase()}),
    "accept-twice": lambda key: response(key, extra=(f"Sec-WebSocket-Accept: {rawpeer.accept_key(key).decode()}",)),
    "extension-not-offered": lambda key: response(key, extra=("Sec-WebSocket-Extensions: permessage-deflate",)),
    "extension-twice": lambda key: response(key, extra=("Sec-WebSocket-Extensions: x-a", "Sec-WebSocket-Extensions: x-a")),
    "subprotocol-not-offered": lambda key: response(key, extra=("Sec-WebSocket-Protocol: chat",)),
    "subprotocol-twice": lambda key: response(key, extra=("Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat")),
    # RFC 9112: the grammar.
    "garbage": lambda key: b"\x15\x03\x01\x00\x02\x02\x50" * 20,
    "bare-lf": lambda key: response(key).replace(b"\r\n", b"\n"),
    "obs-fold": lambda key: response(key, extra=("X-Folded: a", " b")),
    "space-before-colon": lambda key: response(key).replace(b"Upgrade:", b"Upgrade :"),
    "nul": lambda key: response(key, extra=("X-Odd: a\0b",)),
    "head-over-8-kib": lambda key: response(key, extra=tuple(f"X-{i}: {'a' * 1000}" for i in range(9))),
    "101-fields": lambda key: response(key, extra=tuple(f"X-{i}: a" for i in range(98))),
    "eof-at-once": lambda key: b"",
    "eof-in-the-head": lambda key: response(key)[:-2],
}


@pytest.mark.parametrize("case", BAD_RESPONSES)
def test_bad_response(sender, case):
    """The client gives up at once, and says not one byte more than its request."""
    after: list[bytes] = []
    gone: list[float] = []

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        peer.send(BAD_RESPONSES[case](key_of(request)))
        if case.startswith("eof"):
            peer.finish()
        after.append(peer.expect_gone())
        gone.append(time.monotonic())

    with EvilServer(behave) as server:
        done = run(sender, "127.0.0.1", str(server.port), "secret")
        ended = time.monotonic()
        server.finish()
    is_clean_failure(done)
    assert ended - gone[0] < rawpeer.AT_ONCE_S, "it did not end when it had given up"
    assert after == [b""], "something was sent after a bad handshake"


OFFERED = ["chat, superchat"]
CHOICES: dict[str, tuple[list[str], str | None]] = {
    # Lines of the answer, and which subprotocol is agreed then; None: the client must give up.
    "first": (["Sec-WebSocket-Protocol: chat"], "chat"),
    "second": (["Sec-WebSocket-Protocol: superchat"], "superchat"),
    "none": ([], ""),
    "twice": (["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"], None),
    "two": (["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat"], None),
    "list": (["Sec-WebSocket-Protocol: chat, superchat"], None),
    "list-of-one-twice": (["Sec-WebSocket-Protocol: chat, chat"], None),
    "not-offered": (["Sec-WebSocket-Protocol: mail"], None),
    "other-case": (["Sec-WebSocket-Protocol: Chat"], None),
    "prefix": (["Sec-WebSocket-Protocol: cha"], None),
    "empty": (["Sec-WebSocket-Protocol:"], None),
    "extension": (["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: x-a"], None),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("language", programs.LANGUAGES)
def test_subprotocol_of_the_server(request, language, choice):
    """RFC 6455 §4.1: one of those that were offered, once, or none; a blocking client and an event loop, which say no more otherwise."""
    skip_unless_asked_for(request.config, language)
    lines, agreed = CHOICES[choice]
    after: list[bytes] = []

    def behave(peer: rawpeer.RawPeer, head: bytes) -> None:
        assert rawpeer.parse_head(head).all("Sec-WebSocket-Protocol") == OFFERED, head
        peer.send(response(key_of(head), extra=tuple(lines)))
        if agreed is None:
            after.append(peer.expect_gone())

    with EvilServer(behave) as server:
        done = run(own_program(language, "offer", OFFER), "127.0.0.1", str(server.port))
        server.finish()
    assert done.returncode == 0, done
    said = [" ".join(line.split()) for line in done.stdout.splitlines()]
    how = "400" if agreed is None else f"0 {agreed}".strip()
    assert said == [f"blocking {how}", f"loop {how}"], done
    assert after == ([b"", b""] if agreed is None else []), "something was sent after a bad handshake"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 401])
def test_redirects_and_demands_are_not_followed(sender, status):
    """No second request, so no credentials go anywhere that they were not given for."""

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        location = f"Location: ws://127.0.0.1:{server.port}/elsewhere\r\nWWW-Authenticate: Basic realm=x\r\n"
        peer.send(f"HTTP/1.1 {status} Elsewhere\r\n{location}Content-Length: 0\r\n\r\n".encode())
        peer.expect_gone()

    with EvilServer(behave) as server:
        done = run(sender, "127.0.0.1", str(server.port), "secret")
        server.finish()
        assert len(server.requests) == 1
    is_clean_failure(done)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"Upgrade": "WebSocket", "Connection": "upgrade"},
        {"Connection": "keep-alive, Upgrade"},
    ],
    ids=["plain", "other-case", "list"],
)
def test_good_response(sender, change):
    """The counter-check: with a right answer the very same exchange works, a frame in the segment of the answer included."""

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        peer.send(response(key_of(request), change=change) + frame(TEXT, b"answer", mask=None))
        peer.expect_message(TEXT, b"hello")
        peer.read_close()
        peer.send_frame(CLOSE, close_payload(1000))

    with EvilServer(behave) as server:
        done = run(sender, "127.0.0.1", str(server.port), "hello")
        if done.returncode == 0:
            server.finish()
    if done.returncode != 0:
        pytest.fail(f"{done}")
    assert "answer" in done.stdout


def test_endless_head(sender):
    """A head that never ends is cut off at its limit, long before it has filled memory."""
    sent = [0]

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        try:
            peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
            while sent[0] < 64 << 20:
                peer.send(b"X-More: " + b"a" * 2000 + b"\r\n")
                sent[0] += 2010
        except (BrokenPipeError, ConnectionResetError):
            pass

    with EvilServer(behave) as server:
        done = run(sender, "127.0.0.1", str(server.port), "hello")
        server.finish()
    is_clean_failure(done)
    assert sent[0] < 16 << 20


def test_request_is_right(sender):
    """RFC 6455 §4.1: what our clients send, once each."""

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        pass

    keys = set()
    with EvilServer(behave) as server:
        for _ in range(3):
            run(sender, "127.0.0.1", str(server.port), "hello")
        server.finish(2)
        for request in server.requests:
            head = rawpeer.parse_head(request)
            assert head.start == "GET / HTTP/1.1", head
            assert head.one("Host") == f"127.0.0.1:{server.port}", head
            assert (head.one("Upgrade") or "").lower() == "websocket", head
            assert "upgrade" in (head.one("Connection") or "").lower(), head
            assert head.one("Sec-WebSocket-Version") == "13", head
            assert head.one("Origin") is None and head.one("Sec-WebSocket-Protocol") is None, head
            keys.add(key_of(request))
    assert len(keys) == 3, "a key was used twice"


VIOLATIONS = {
    # RFC 6455 §5.1: a server does not mask.
    "masked-text": (frame(TEXT, b"x"), 1002),
    "masked-empty": (frame(TEXT, b""), 1002),
    "masked-ping": (frame(PING, b""), 1002),
    "masked-close": (frame(CLOSE, close_payload(1000)), 1002),
    "rsv-1": (frame(TEXT, b"x", rsv=4, mask=None), 1002),
    "rsv-2": (frame(TEXT, b"x", rsv=2, mask=None), 1002),
    "rsv-3": (frame(PING, b"", rsv=1, mask=None), 1002),
    "opcode-3": (frame(3, b"x", mask=None), 1002),
    "opcode-11": (frame(11, b"", mask=None), 1002),
    "length-not-minimal-16": (frame(BINARY, b"x", form=16, mask=None), 1002),
    "length-not-minimal-64": (frame(BINARY, bytes(126), form=64, mask=None), 1002),
    "length-top-bit": (header(BINARY, 1 << 63, mask=None), 1002),
    "length-2-63-less-1": (header(BINARY, (1 << 63) - 1, mask=None), 1009),
    "length-2-40": (header(BINARY, 1 << 40, mask=None), 1009),
    "ping-126": (frame(PING, bytes(126), mask=None), 1002),
    "ping-fragmented": (frame(PING, b"", fin=False, mask=None), 1002),
    "lone-continuation": (frame(CONTINUATION, b"x", mask=None), 1002),
    "data-inside-fragments": (frame(TEXT, b"a", fin=False, mask=None) + frame(TEXT, b"b", mask=None), 1002),
    "empty-fragments": (frame(BINARY, b"", fin=False, mask=None) + frame(CONTINUATION, b"", fin=False, mask=None) * 5000, 1008),
    "utf-8-ff": (frame(TEXT, b"\xff", mask=None), 1007),
    "utf-8-surrogate": (frame(TEXT, b"\xed\xa0\x80", mask=None), 1007),
    "utf-8-unfinished-frame": (header(TEXT, 60000, mask=None) + b"ok\xff", 1007),
    "close-one-byte": (frame(CLOSE, b"x", mask=None), 1002),
    "close-1005": (frame(CLOSE, close_payload(1005), mask=None), 1002),
    "close-1006": (frame(CLOSE, close_payload(1006), mask=None), 1002),
    "close-2999": (frame(CLOSE, close_payload(2999), mask=None), 1002),
    "close-reason-not-utf-8": (frame(CLOSE, close_payload(1000, b"\xff"), mask=None), 1007),
}


def ended(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """What an echo client says of its one case: the error code and the close code."""
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("ended ")]
    assert len(lines) == 1 and done.returncode == 0, done
    return int(lines[0][2]), int(lines[0][3])


@pytest.mark.parametrize("case", VIOLATIONS)
def test_violation_by_the_server(echo_client, case):
    """The client tells the server why, ends the connection, and its caller learns it as a violation by the peer."""
    data, code = VIOLATIONS[case]

    def violate(peer: rawpeer.RawPeer) -> None:
        peer.send_frame(TEXT, b"hello")
        peer.expect_message(TEXT, b"hello")
        peer.send_until_refused(data)
        peer.expect_failed(code)

    with EvilServer(fuzzing(violate)) as server:
        done = run(echo_client, "127.0.0.1", str(server.port), "hostile")
        server.finish()
    error, _ = ended(done)
    assert error == {1002: 300, 1007: 301, 1009: 302, 1008: 303}[code]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_close_by_the_server(echo_client, code):
    def close(peer: rawpeer.RawPeer) -> None:
        peer.send_frame(CLOSE, close_payload(code, b"reason"))
        peer.expect_close_echo(close_payload(code, b"reason"))

    with EvilServer(fuzzing(close)) as server:
        done = run(echo_client, "127.0.0.1", str(server.port), "hostile")
        server.finish()
    assert ended(done) == (0, code)


@pytest.mark.parametrize("half", [b"", b"\x81", b"\x81\x05he", b"\x01\x02he"], ids=["nothing", "half-header", "half-payload", "half-message"])
@pytest.mark.parametrize("how", ["fin", "rst"])
def test_server_vanishes(echo_client, half, how):
    """An end without a close frame is 1006 locally, whatever was under way."""

    def vanish(peer: rawpeer.RawPeer) -> None:
        peer.send(half)
        if how == "rst":
            peer.reset()
        else:
            peer.finish()
            peer.expect_gone()

    with EvilServer(fuzzing(vanish)) as server:
        done = run(echo_client, "127.0.0.1", str(server.port), "hostile")
        server.finish()
    error, code = ended(done)
    assert code == 1006
    assert error == 201


def test_both_close_at_once(sender):
    """client_send closes after its answer while our close is on its way: clean for both."""
    closes: list[bytes] = []

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        peer.send(response(key_of(request)))
        peer.read_message()
        peer.send(frame(TEXT, b"answer", mask=None) + frame(CLOSE, close_payload(1001), mask=None))
        closes.append(peer.read_close().payload)
        peer.expect_eof()

    with EvilServer(behave) as server:
        done = run(sender, "127.0.0.1", str(server.port), "hello")
        server.finish()
    assert done.returncode == 0, done
    assert closes[0][:2] in (close_payload(1000), close_payload(1001))


def test_server_never_answers_the_close(sender):
    """The client waits for the server's close frame no longer than its bound."""

    def behave(peer: rawpeer.RawPeer, request: bytes) -> None:
        peer.send(response(key_of(request)))
        peer.read_message()
        peer.send_frame(TEXT, b"answer")
        assert peer.read_close().payload == close_payload(1000)
        peer.expect_eof(rawpeer.CLOSED_WITHIN_S)

    with EvilServer(behave) as server:
        done = run(sender, "127.0.0.1", str(server.port), "hello")
        server.finish()
    assert done.returncode == 0, done


def test_10000_masks_are_distinct(echo_client):
    """RFC 6455 §5.3: masks come from strong randomness: none repeats early, and every bit is set half of the time."""
    keys: list[bytes] = []
    count = 10_000

    def ask(peer: rawpeer.RawPeer) -> None:
        peer.send(frame(TEXT, b"x", mask=None) * count)
        for _ in range(count):
            got = peer.read_frame()
            assert got.payload == b"x"
            keys.append(got.key)
        peer.send_frame(CLOSE, close_payload(1000))
        peer.read_close()

    with EvilServer(fuzzing(ask)) as server:
        run(echo_client, "127.0.0.1", str(server.port), "hostile", within_s=60)
        server.finish(30)
    assert len(keys) == count
    # Of 10,000 random keys of 32 bits 0.0116 repeat an earlier one on average: five or more do so once in 10^12 runs.
    assert len(set(keys)) > count - 5
    numbers = [int.from_bytes(key, "big") for key in keys]
    for bit in range(32):
        ones = sum(number >> bit & 1 for number in numbers)
        assert abs(ones - count / 2) < 7 * (count / 4) ** 0.5, f"bit {bit} is set {ones} times of {count}"
    steps = {(b - a) % (1 << 32) for a, b in zip(numbers, numbers[1:])}
    assert len(steps) > count - 10, "the masks follow a pattern"


@pytest.mark.parametrize("language", programs.LANGUAGES)
def test_what_must_not_be_sent(request, language):
    """CR, LF and NUL in paths, headers, subprotocols or origins are errors of the caller, and nothing is sent."""
    skip_unless_asked_for(request.config, language)
    command = own_program(language, "misuse", MISUSE)

    def behave(peer: rawpeer.RawPeer, head: bytes) -> None:
        peer.send(response(key_of(head)))

    with EvilServer(behave) as server:
        done = run(command, "127.0.0.1", str(server.port))
        server.finish()
        sent = [head for head in server.requests if head]
    assert done.returncode == 0, done
    codes = dict(line.split() for line in done.stdout.splitlines())
    assert len(codes) >= 14, done
    for name, code in codes.items():
        allowed = {"109"} if name.startswith(("path", "query")) else {"110"}
        assert code in allowed | {"100"}, f"{name}: {code}"
    assert sent == [], "something was sent"
