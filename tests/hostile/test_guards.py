"""What a server lets in when it has lists of origins and of subprotocols, and deadlines for messages (RFC 6455 §4.2.2, §10)."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import programs
import pytest
import rawpeer
from rawpeer import CONTINUATION, PING, PONG, TEXT, frame, request
from targets import Target, own_program, skip_unless_asked_for

GUARDED = Path(__file__).resolve().parent / "guarded"


@pytest.fixture(params=[f"{language}-{kind}" for kind in ("server", "loop") for language in programs.LANGUAGES], scope="module")
def guarded(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A server that lets in https://example.com and https://b.example, speaks v2 and v1, and waits MESSAGE_S for a message."""
    language, kind = request.param.split("-")
    skip_unless_asked_for(request.config, language)
    with programs.Program(own_program(language, kind, GUARDED)) as program:
        yield Target(request.param, program.host, program.port, program)


def ask(guarded: Target, *extra: str) -> tuple[rawpeer.RawPeer, rawpeer.Head]:
    peer = guarded.dial()
    peer.send(request(extra=extra))
    return peer, peer.read_head()


@pytest.mark.parametrize("origin", ["https://example.com", "https://b.example"])
def test_origin_on_the_list(guarded, origin):
    peer, head = ask(guarded, f"Origin: {origin}")
    with peer:
        assert head.status == 101, head
        peer.echo()


@pytest.mark.parametrize("fields", [[], ["Origin:"]], ids=["absent", "empty"])
def test_no_origin(guarded, fields):
    """The list keeps pages of other sites out; what is no browser has no origin (RFC 6455 §4.2.2, §10.2)."""
    peer, head = ask(guarded, *fields)
    with peer:
        assert head.status == 101, head
        peer.echo()


@pytest.mark.parametrize(
    "fields",
    [
        ["Origin: https://evil.example"],
        ["Origin: http://example.com"],
        ["Origin: https://example.com:444"],
        ["Origin: https://example.com.evil.example"],
        ["Origin: https://sub.example.com"],
        ["Origin: https://example.co"],
        ["Origin: null"],
        ["Origin: https://example.com", "Origin: https://evil.example"],
        ["Origin: https://evil.example", "Origin: https://example.com"],
    ],
    ids=" and ".join,
)
def test_foreign_origin(guarded, fields):
    peer, head = ask(guarded, *fields)
    with peer:
        assert head.status in ((403,) if len(fields) == 1 else (400, 403)), head
        peer.expect_gone()


@pytest.mark.parametrize(
    "offers, chosen",
    [
        (["v1"], "v1"),
        (["v2"], "v2"),
        (["v1, v2"], "v2"),
        (["v1", "v2"], "v2"),
        (["x, v1, y"], "v1"),
        (["x"], None),
        (["V1"], None),
        ([], None),
    ],
    ids=str,
)
def test_subprotocol(guarded, offers, chosen):
    """One that both know, at most, and never one that was not offered; names are compared case by case."""
    peer, head = ask(guarded, "Origin: https://example.com", *(f"Sec-WebSocket-Protocol: {offer}" for offer in offers))
    with peer:
        assert head.status == 101, head
        assert head.one("Sec-WebSocket-Protocol") == chosen, head
        peer.echo()


MESSAGE_S = 0.4
BEGINNINGS = {
    "fragments": frame(TEXT, b"never", fin=False),
    "half-a-payload": frame(TEXT, b"never finished")[:10],
}
SIGNS_OF_LIFE = {
    "silence": b"",
    "pongs": frame(PONG, b"alive"),
    "pings": frame(PING, b"alive"),
    "empty-fragments": frame(CONTINUATION, b"", fin=False),
    "fragments": frame(CONTINUATION, b"on and on and on and on", fin=False),
}


@pytest.mark.parametrize("beginning, life", [*(("fragments", life) for life in SIGNS_OF_LIFE), ("half-a-payload", "silence")])
def test_message_deadline(guarded, beginning, life):
    """A message that does not come to its end in time ends the connection, whatever else comes meanwhile."""
    peer, head = ask(guarded, "Origin: https://example.com")
    with peer:
        assert head.status == 101, head
        peer.echo()
        began, said = time.monotonic(), b""
        peer.send(BEGINNINGS[beginning])
        while True:
            peer.send_until_refused(SIGNS_OF_LIFE[life])
            peer.sock.settimeout(0.05)
            try:
                part = peer.sock.recv(4096)
            except TimeoutError:
                assert time.monotonic() - began < MESSAGE_S + rawpeer.CLOSED_WITHIN_S, "the connection is still there"
                continue
            except ConnectionResetError:
                break
            if not part:
                break
            said += part
        assert b"\x03\xf0" in said, f"not told with 1008: {said!r}"
        assert time.monotonic() - began > MESSAGE_S * 0.9
    guarded_peer, head = ask(guarded, "Origin: https://example.com")
    with guarded_peer:
        guarded_peer.echo()


def test_message_byte_by_byte(guarded):
    """A byte ten times in the time of a message does not move its deadline."""
    peer, head = ask(guarded, "Origin: https://example.com")
    with peer:
        began = time.monotonic()
        for byte in frame(TEXT, bytes(100)):
            try:
                peer.sock.sendall(bytes([byte]))
            except (BrokenPipeError, ConnectionResetError):
                break
            peer.sock.settimeout(MESSAGE_S / 10)
            try:
                if not peer.sock.recv(4096):
                    break
            except TimeoutError:
                continue
            except ConnectionResetError:
                break
        took = time.monotonic() - began
        assert MESSAGE_S * 0.9 < took < MESSAGE_S + rawpeer.CLOSED_WITHIN_S, f"{took:.1f} s"


def test_quiet_connections_have_no_deadline(guarded):
    """Between messages nothing runs out."""
    peer, head = ask(guarded, "Origin: https://example.com")
    with peer:
        peer.echo()
        time.sleep(1.5 * MESSAGE_S)
        peer.echo()


PING_S = 0.8  # a peer on a busy machine must have answered by then
HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("language", programs.LANGUAGES)
def test_stopped_peer(request, language):
    """A peer whose process is stopped answers no ping and is dropped in time; until then pings keep it.

    Of the loops alone: a blocking server has no thread that could ping while its own waits for the peer.
    """
    skip_unless_asked_for(request.config, language)
    ping_ms = str(int(PING_S * 1000))
    with programs.Program([*own_program(language, "loop", GUARDED), ping_ms]) as server:
        before = server.socket_count()
        command = [sys.executable, str(HERE / "answering.py"), server.host, str(server.port)]
        with programs.Program(command, listens=False) as peer:
            for _ in range(3):
                said = peer.line().split()
                assert said[:1] == ["ping"], (said, peer.stderr())
            assert server.socket_count() > before
            peer.signal(signal.SIGSTOP)
            stopped = time.monotonic()
            while server.socket_count() > before:
                assert time.monotonic() - stopped < 2 * PING_S + rawpeer.CLOSED_WITHIN_S, "the connection is still there"
                time.sleep(0.01)
            assert time.monotonic() - float(said[1]) > PING_S * 0.9, "it was dropped although it had answered"
            peer.signal(signal.SIGCONT)
            rest = [line for line in iter(peer.line, "") if not line.startswith("ping ")]
            assert rest == ["closed 1011"], (rest, peer.stderr())
        assert server.is_alive()
