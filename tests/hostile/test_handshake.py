"""Opening handshakes that a server must refuse, and odd ones that it must accept (RFC 6455 §4.2, RFC 9112)."""

from __future__ import annotations

import base64
import time

import pytest
import rawpeer
from rawpeer import KEY, TEXT, frame, request

# A refused head: its bytes, the statuses allowed.
REFUSED: dict[str, tuple[bytes, set[int]]] = {
    # RFC 6455 §4.2.1 item 1: GET, HTTP/1.1 or higher.
    "post": (request(method="POST"), {405}),
    "put": (request(method="PUT"), {405}),
    "head": (request(method="HEAD"), {405}),
    "method-lower-case": (request(method="get"), {400, 405, 501}),
    "http-1.0": (request(version="HTTP/1.0"), {400, 505}),
    "http-2.0": (request(version="HTTP/2.0"), {400, 505}),
    "http-version-garbage": (request(version="HTTP/1.1x"), {400, 505}),
    "http-version-missing": (request().replace(b" HTTP/1.1", b"", 1), {400, 505}),
    # RFC 9112 §3.2: exactly one Host.
    "host-missing": (request(drop=("Host",)), {400}),
    "host-twice": (request(extra=("Host: 127.0.0.1",)), {400}),
    # RFC 9112 §3.2: and its value is a host, with or without a port.
    "host-with-space": (request(change={"Host": "a b"}), {400}),
    "host-with-path": (request(change={"Host": "exa/mple"}), {400}),
    "host-with-user": (request(change={"Host": "user@host"}), {400}),
    "host-with-markup": (request(change={"Host": "<script>"}), {400}),
    "host-list": (request(change={"Host": "a, b"}), {400}),
    "host-not-ascii": (request(change={"Host": "\x80\xff"}), {400}),
    "host-half-bracket": (request(change={"Host": "[::1"}), {400}),
    "host-port-no-number": (request(change={"Host": "a:port"}), {400}),
    "host-port-too-large": (request(change={"Host": "a:99999999"}), {400}),
    # RFC 6455 §4.2.1 items 3 and 4.
    "upgrade-missing": (request(drop=("Upgrade",)), {426}),
    "upgrade-wrong": (request(change={"Upgrade": "h2c"}), {426}),
    "upgrade-prefix": (request(change={"Upgrade": "websocket2"}), {426}),
    "upgrade-empty": (request(change={"Upgrade": ""}), {426}),
    "connection-missing": (request(drop=("Connection",)), {400, 426}),
    "connection-keep-alive": (request(change={"Connection": "keep-alive"}), {400, 426}),
    "connection-upgrades": (request(change={"Connection": "keep-alive, upgrades"}), {400, 426}),
    "plain-get": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", {426}),
    # RFC 6455 §4.2.1 item 5: a key of 16 bytes in base64.
    "key-missing": (request(drop=("Sec-WebSocket-Key",)), {400}),
    "key-twice": (request(extra=(f"Sec-WebSocket-Key: {KEY.decode()}",)), {400}),
    "key-empty": (request(change={"Sec-WebSocket-Key": ""}), {400}),
    "key-not-base64": (request(change={"Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!=="}), {400}),
    "key-15-bytes": (request(change={"Sec-WebSocket-Key": base64.b64encode(bytes(15)).decode()}), {400}),
    "key-17-bytes": (request(change={"Sec-WebSocket-Key": base64.b64encode(bytes(17)).decode()}), {400}),
    "key-24-characters-18-bytes": (request(change={"Sec-WebSocket-Key": "A" * 24}), {400}),
    "key-unpadded": (request(change={"Sec-WebSocket-Key": KEY.decode().rstrip("=")}), {400}),
    # A body has no place in an opening handshake and would be taken for frames (request smuggling).
    "content-length": (request(extra=("Content-Length: 5",)) + b"hello", {400}),
    "content-length-twice": (request(extra=("Content-Length: 5", "Content-Length: 6")), {400}),
    "transfer-encoding": (request(extra=("Transfer-Encoding: chunked",)) + b"0\r\n\r\n", {400}),
    "both": (request(extra=("Content-Length: 5", "Transfer-Encoding: chunked")) + b"0\r\n\r\n", {400}),
    # RFC 9112 §2.2, §5.1, §5.2: the grammar of lines and fields.
    "obs-fold": (request(extra=("X-Folded: a", " b")), {400}),
    "obs-fold-tab": (request(extra=("X-Folded: a", "\tb")), {400}),
    "first-field-folded": (request().replace(b"\r\nHost", b"\r\n Host", 1), {400}),
    "space-before-colon": (request(extra=("X-Odd : a",)), {400}),
    "space-in-name": (request(extra=("X Odd: a",)), {400}),
    "no-colon": (request(extra=("X-Odd",)), {400}),
    "empty-name": (request(extra=(": a",)), {400}),
    "name-not-token": (request(extra=("X(Odd): a",)), {400}),
    "name-not-ascii": (request(extra=("X-\xe9: a",)), {400}),
    "nul-in-value": (request(extra=("X-Odd: a\0b",)), {400}),
    "nul-in-name": (request(extra=("X-\0: a",)), {400}),
    "nul-in-target": (request(target="/\0"), {400}),
    "bare-cr-in-value": (request(extra=("X-Odd: a\rb",)), {400}),
    "bare-cr-lines": (request().replace(b"\r\n", b"\r"), {400}),
    "bare-lf-lines": (request().replace(b"\r\n", b"\n"), {400}),
    "bare-lf-once": (request().replace(b"\r\nUpgrade", b"\nUpgrade"), {400}),
    "control-in-value": (request(extra=("X-Odd: a\x01b",)), {400}),
    "del-in-value": (request(extra=("X-Odd: a\x7fb",)), {400}),
    "space-in-target": (request(target="/a b"), {400}),
    "two-spaces": (request().replace(b"GET ", b"GET  ", 1), {400}),
    "target-empty": (request(target=""), {400}),
    "target-not-ascii": (request(target="/\xe9"), {400}),
    # Limits of the head.
    "head-over-8-kib": (request(extra=tuple(f"X-{i}: {'a' * 1000}" for i in range(9))), {431}),
    "one-field-over-8-kib": (request(extra=("X-Long: " + "a" * 9000,)), {431}),
    "101-fields": (request(extra=tuple(f"X-{i}: a" for i in range(96))), {431}),
    "uri-too-long": (request(target="/" + "a" * 9000), {414}),
}

# RFC 6455 §4.4: the version refused is answered with the one that is spoken.
VERSIONS: dict[str, bytes] = {
    "missing": request(drop=("Sec-WebSocket-Version",)),
    "8": request(change={"Sec-WebSocket-Version": "8"}),
    "0": request(change={"Sec-WebSocket-Version": "0"}),
    "14": request(change={"Sec-WebSocket-Version": "14"}),
    "013": request(change={"Sec-WebSocket-Version": "013"}),
    "empty": request(change={"Sec-WebSocket-Version": ""}),
    "list": request(change={"Sec-WebSocket-Version": "13, 8"}),
    "twice": request(extra=("Sec-WebSocket-Version: 13",)),
    "twice-different": request(extra=("Sec-WebSocket-Version: 8",)),
}

ACCEPTED: dict[str, bytes] = {
    "plain": request(),
    "keep-alive-and-upgrade": request(change={"Connection": "keep-alive, Upgrade"}),
    "upgrade-first": request(change={"Connection": "upgrade,keep-alive"}),
    "connection-in-two-lines": request(change={"Connection": "keep-alive"}, extra=("Connection: Upgrade",)),
    "connection-empty-elements": request(change={"Connection": ", ,Upgrade ,,"}),
    "values-upper-case": request(change={"Connection": "UPGRADE", "Upgrade": "WEBSOCKET"}),
    "upgrade-mixed-case": request(change={"Upgrade": "WebSocket"}),
    "names-upper-case": b"GET / HTTP/1.1\r\nHOST: x\r\nUPGRADE: websocket\r\nCONNECTION: Upgrade\r\nSEC-WEBSOCKET-KEY: "
    + KEY
    + b"\r\nSEC-WEBSOCKET-VERSION: 13\r\n\r\n",
    "names-lower-case": request().lower().replace(KEY.lower(), KEY).replace(b"get / http", b"GET / HTTP"),
    "no-space-after-colon": request().replace(b": ", b":"),
    "spaces-and-tabs-around": request().replace(b": ", b": \t ").replace(b"13\r\n", b"13 \t\r\n"),
    "host-name-and-port": request(change={"Host": "Example.ORG:65535"}),
    "host-ipv6": request(change={"Host": "[::ffff:127.0.0.1]:80"}),
    "target-absolute": request(target="http://example.org/a?b"),
    "path-and-query": request(target="/a/b?c=d&e=%20"),
    "100-fields": request(extra=tuple(f"X-{i}: a" for i in range(95))),
    "value-not-ascii": request(extra=("X-Odd: \xe9\xff",)),
    "origin": request(extra=("Origin: https://example.com",)),
    "subprotocols-unknown": request(extra=("Sec-WebSocket-Protocol: chat, superchat",)),
    "extension-unknown": request(extra=("Sec-WebSocket-Extensions: x-unknown; a=1; b=\"c\"",)),
    "head-of-8-kib": request(extra=("X-Long: " + "a" * (8192 - len(request()) - len("X-Long: \r\n")),)),
}

# RFC 7692 §7.1: parameters that no server may agree to.
BAD_DEFLATE = [
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=08",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; client_max_window_bits=99",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; x-unknown",
    'permessage-deflate; server_max_window_bits="',
]

NOT_HTTP: dict[str, bytes] = {
    "tls-hello": bytes.fromhex("16030100c4010000c00303") + bytes(range(128)),
    "http2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "binary": bytes(range(256)),
    "text": b"hello?\n\n\n\n",
    "zeros": bytes(4096),
    "frames": frame(TEXT, b"too early") * 20,
    "proxy-v2": bytes.fromhex("0d0a0d0a000d0a515549540a2111000c") + bytes(12),
}


def refuse(server, head: bytes, statuses: set[int]) -> rawpeer.Head:
    """Sends a head; expects one of the statuses, a whole well-formed answer, and the end of the connection."""
    with server.dial() as peer:
        peer.send_until_refused(head)
        answer = peer.read_head(within_s=2)
        assert answer.status in statuses, f"{answer} instead of {statuses}"
        rest = peer.expect_gone()
        length = answer.one("Content-Length")
        if head.startswith(b"HEAD "):
            assert rest == b"", "RFC 9110 §9.3.2: no content in an answer to HEAD"
        else:
            assert length is not None and int(length) == len(rest), f"{answer}, but {len(rest)} bytes of content"
        return answer


@pytest.mark.parametrize("case", REFUSED)
def test_refused(server, case):
    answer = refuse(server, *REFUSED[case])
    if answer.status == 426:  # RFC 9110 §15.5.22
        assert "websocket" in (answer.one("Upgrade") or "").lower(), answer
    if answer.status == 405:  # RFC 9110 §15.5.6
        assert answer.one("Allow") == "GET", answer
    assert "close" in [value.lower() for value in answer.all("Connection")] or answer.status == 426, answer


@pytest.mark.parametrize("case", VERSIONS)
def test_version_refused(server, case):
    answer = refuse(server, VERSIONS[case], {400, 426})
    assert answer.one("Sec-WebSocket-Version") == "13", answer


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(server, case):
    with server.dial() as peer:
        peer.send(ACCEPTED[case])
        rawpeer.check_accepted(peer.read_head())
        peer.echo()


@pytest.mark.parametrize("case", NOT_HTTP)
def test_not_http(server, case):
    """400 or a drop, in time, without a word that could be taken for a 101; 505 tells HTTP/2 what is wrong with it."""
    with server.dial() as peer:
        peer.send_until_refused(NOT_HTTP[case])
        said = peer.expect_gone()
        assert said == b"" or said.split(b" ")[1] in (b"400", b"505"), said


@pytest.mark.parametrize("offer", BAD_DEFLATE)
def test_bad_deflate_parameters_declined(server, offer):
    with server.dial() as peer:
        peer.send(request(extra=(f"Sec-WebSocket-Extensions: {offer}",)))
        answer = peer.read_head()
        if answer.status != 400:
            rawpeer.check_accepted(answer)
            peer.echo()


@pytest.mark.parametrize("name", ["Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol"])
@pytest.mark.parametrize("filling", ["\\", ",", "\"\\", ";", "a,", "a;", " ,\t"])
def test_lists_cost_linear_time(server, name, filling):
    """8 KiB of separators or quotes take < 10 ms; the best of five keeps the machine's other work out."""
    head = request(extra=(f"{name}: a{(filling * 8192)[:7900]}",))
    best = 1.0
    for _ in range(5):
        with server.dial() as peer:
            start = time.perf_counter()
            peer.send(head)
            answer = peer.read_head()
            best = min(best, time.perf_counter() - start)
            assert answer.status in (101, 400), answer
    assert best < 0.010, f"{best * 1000:.1f} ms"


def test_frames_in_the_segment_of_the_request(server):
    with server.dial() as peer:
        peer.send(request() + peer.frame(TEXT, b"early") + peer.frame(TEXT, b"bird"))
        rawpeer.check_accepted(peer.read_head())
        peer.expect_message(TEXT, b"early")
        peer.expect_message(TEXT, b"bird")
        peer.echo()


def test_ping_in_the_segment_of_the_request(server):
    with server.dial() as peer:
        peer.send(request() + peer.frame(rawpeer.PING, b"p"))
        rawpeer.check_accepted(peer.read_head())
        peer.expect_pong(b"p")
        peer.echo()


def test_part_of_a_frame_in_the_segment_of_the_request(server):
    with server.dial() as peer:
        whole = peer.frame(TEXT, b"split over the handshake")
        peer.send(request() + whole[:5])
        rawpeer.check_accepted(peer.read_head())
        peer.send(whole[5:])
        peer.expect_message(TEXT, b"split over the handshake")


def test_request_split_at_every_byte(server):
    head = request()
    for cut in range(1, len(head)):
        with server.dial() as peer:
            peer.send_in_chunks(head, [cut])
            rawpeer.check_accepted(peer.read_head())


def test_request_byte_by_byte(server):
    head = request()
    with server.dial() as peer:
        peer.send_in_chunks(head, list(range(1, len(head))))
        rawpeer.check_accepted(peer.read_head())
        peer.echo()


def test_refused_byte_by_byte(server):
    """A bad head is refused whatever its segments; nothing waits for bytes that are not needed to see it."""
    head = request(extra=("X-Odd : a",))
    with server.dial() as peer:
        for byte in head:
            peer.send_until_refused(bytes([byte]))
        assert peer.read_head(within_s=2).status == 400
        peer.expect_gone()


@pytest.mark.parametrize("part", [b"", b"GET / HT", request()[:-2], request()[:-1]])
def test_fin_before_the_head_is_whole(server, part):
    with server.dial() as peer:
        peer.send(part)
        peer.finish()
        said = peer.expect_gone()
        assert said == b"" or said.startswith(b"HTTP/1.1 400 "), said


def test_rst_in_the_handshake(server):
    for part in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n", request()):
        for _ in range(10):
            peer = server.dial()
            peer.send(part)
            peer.reset()


def test_silent_connections_keep_nobody_waiting(server):
    """A hundred connections that say nothing, or half a head: another one is served at once."""
    peers = [server.dial() for _ in range(100)]
    try:
        for peer in peers[::2]:
            peer.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
        start = time.monotonic()
        server.check_alive()
        assert time.monotonic() - start < rawpeer.AT_ONCE_S
    finally:
        for peer in peers:
            peer.close()
