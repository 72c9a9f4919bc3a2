"""Loop: where its connections come from, what is decided about requests, and what is done to single connections."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
import urllib.error
import urllib.request

import pytest

import libws
from echoing import RawServer, answer_to, echo_server, read_head, url
from looping import LIMIT_S, Echo, messages, pair, until, until_kind, until_messages


@pytest.fixture
def loop():
    with libws.Loop() as loop:
        yield loop


def opened(loop, count=2):
    return [e.conn for e in until(loop, lambda events: sum(e.kind == libws.WS_EVENT_OPEN for e in events) >= count) if e.kind == 1]


def accepted(loop, client):
    """The server's end of a client's connection, and the request that it came with; both ends are open then."""
    found, still = None, {client}
    end = time.monotonic() + LIMIT_S
    while still or found is None:
        assert time.monotonic() < end
        for event in loop.poll(1):
            assert event.kind == libws.WS_EVENT_OPEN
            if event.conn == client:
                still.clear()
            else:
                found = event.conn, loop.request(event.conn)
    return found


# --- where connections come from --------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", ""])
def test_listening_and_connecting_on_one_thread(loop, host):
    try:
        port = loop.listen(host)
    except libws.NetworkError:
        pytest.skip(f"this machine has no {host}")
    assert loop.port == port > 0
    client = loop.connect(f"ws://{'[::1]' if host == '::1' else '127.0.0.1'}:{port}/path?query")
    server, request = accepted(loop, client)
    loop.send(client, "there")
    loop.send(server, "and back")
    events = until(loop, lambda events: len(messages(events)) >= 2)
    assert messages(events, server) == ["there"] and messages(events, client) == ["and back"]
    assert (request.method, request.path, request.query) == ("GET", "/path", "query")
    assert loop.peer_address(server).rsplit(":", 1)[1].isdigit()
    assert loop.is_open(client) and loop.is_open(server) and not loop.is_open(12345)
    with pytest.raises(libws.StateError):
        loop.request(server)  # the library keeps it until the poll after the opening


def test_several_loops_share_a_port():
    with libws.Loop() as first, libws.Loop() as second:
        port = first.listen("127.0.0.1", reuse_port=True)
        assert second.listen("127.0.0.1", port, reuse_port=True) == port
        with pytest.raises(libws.NetworkError):
            second.listen("127.0.0.1", port)
        running = [threading.Thread(target=loop.run, args=(Echo(),)) for loop in (first, second)]
        for thread in running:
            thread.start()
        for _ in range(64):
            with libws.connect(f"ws://127.0.0.1:{port}/") as ws:
                ws.send("x")
                assert ws.recv() == "x"
        totals = [loop.metrics().total for loop in (first, second)]
        first.stop()
        second.stop()
        for thread in running:
            thread.join(LIMIT_S)
        assert sum(totals) == 64 and min(totals) > 0


@pytest.mark.parametrize("abstract", [False, True])
def test_unix_sockets(loop, tmp_path, abstract):
    path = f"@libws-{os.getpid()}" if abstract else str(tmp_path / "socket")
    loop.listen_unix(path)
    sock = socket.socket(socket.AF_UNIX)
    sock.connect("\0" + path[1:] if abstract else path)
    client = loop.connect("ws://any/", sock=sock)
    assert sock.fileno() == -1  # it is the loop's
    server = next(conn for conn in opened(loop) if conn != client)
    loop.send(client, "x")
    assert until_messages(loop, 1, server) == ["x"]


def test_a_listener_that_was_inherited(loop):
    sock = socket.create_server(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    loop.listen_socket(sock)
    assert sock.fileno() == -1
    loop.connect(f"ws://127.0.0.1:{port}/")
    opened(loop)


def test_adopting_a_request_that_was_begun_elsewhere(loop):
    ours, theirs = socket.socketpair()
    head = b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    conn = loop.adopt(theirs, libws.WS_ADOPT_REQUEST, head + b"Sec-WebSocket-")
    with ours:
        ours.settimeout(LIMIT_S)
        ours.sendall(b"Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x81\0\0\0\0x")
        assert until_messages(loop, 1, conn) == ["x"]
        loop.flush()
        assert read_head(ours).startswith(b"HTTP/1.1 101 ")


def test_clients_of_the_blocking_api_and_servers_of_it(loop):
    port = loop.listen("127.0.0.1")
    thread = threading.Thread(target=loop.run, args=(Echo(),))
    thread.start()
    with libws.connect(f"ws://127.0.0.1:{port}/") as ws:
        for message in ("text", b"bytes", "", b"x" * 100_000):
            ws.send(message)
            assert ws.recv() == message
    loop.stop()
    thread.join(LIMIT_S)
    with echo_server() as server:
        conn = loop.connect(url(server), headers={"X-Mine": "1"}, origin="https://here")
        opened(loop, 1)
        loop.send(conn, "x" * 70_000)
        assert messages(until(loop, lambda events: messages(events, conn)), conn) == ["x" * 70_000]


def test_what_a_client_asks_for_and_a_server_agrees_to():
    with libws.Loop(subprotocols=["chat", "news"]) as loop:
        port = loop.listen("127.0.0.1")
        client = loop.connect(f"ws://127.0.0.1:{port}/", subprotocols=["news", "other"], headers={"X-Mine": "1"})
        _, request = accepted(loop, client)
        assert request.headers["X-Mine"] == "1" and request.subprotocols == ["news", "other"]
        loop.connect(f"ws://127.0.0.1:{port}/", subprotocols=["news", "other"])
        assert [event.data for event in until(loop, lambda events: len(events) >= 2)] == ["news", "news"]


def test_a_server_that_refuses(loop):
    def refuse(sock):
        read_head(sock)
        sock.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with RawServer(refuse) as server:
        conn = loop.connect(server.url)
        event = until_kind(loop, libws.WS_EVENT_CLOSE)
    assert (event.conn, event.code, event.error, event.status) == (conn, 1006, libws.WS_ERR_REFUSED, 403)
    conn = loop.connect(f"ws://127.0.0.1:{server.port}/")  # nobody listens any more
    event = until_kind(loop, libws.WS_EVENT_CLOSE)
    assert (event.conn, event.code, event.status) == (conn, 1006, 0) and event.error


def test_origins_are_an_allow_list():
    with libws.Loop(origins=["https://good"]) as loop:
        port = loop.listen("127.0.0.1")
        loop.connect(f"ws://127.0.0.1:{port}/", origin="https://good")
        opened(loop)
        loop.connect(f"ws://127.0.0.1:{port}/", origin="https://bad")
        closes = until(loop, lambda events: any(e.status == 403 for e in events))
        assert all(e.kind == libws.WS_EVENT_CLOSE for e in closes)


# --- requests ---------------------------------------------------------------------------------------------------------


class Site(libws.LoopHandler):
    def on_request(self, loop, event):
        request = loop.request(event.conn)
        if request.path == "/ws" and event.code == 0:
            loop.accept(event.conn, "news" if "news" in request.subprotocols else None, {"X-Path": request.path})
        elif request.path == "/health":
            loop.respond(event.conn, 200, "fine ☃", {"Content-Type": "text/plain; charset=utf-8"})
        elif request.path == "/slow":
            loop.refuse(event.conn, 503, b"later", {"Retry-After": "5"})
        else:
            super().on_request(loop, event)

    def on_message(self, loop, event):
        loop.send(event.conn, event.data)


def test_requests_are_decided_on_and_answered():
    with libws.Loop(requests=True) as loop:
        port = loop.listen("127.0.0.1")
        thread = threading.Thread(target=loop.run, args=(Site(),))
        thread.start()
        with libws.connect(f"ws://127.0.0.1:{port}/ws", subprotocols=["news"]) as ws:
            ws.send("x")
            assert ws.recv() == "x" and ws.subprotocol == "news"
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=LIMIT_S) as answer:
            assert answer.status == 200 and answer.read().decode() == "fine ☃"
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        for path, status, body in (("/slow", 503, b"later"), ("/nothing", 426, None)):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=LIMIT_S)
            assert caught.value.code == status
            assert body is None or caught.value.read() == body
            caught.value.close()
        loop.stop()
        thread.join(LIMIT_S)


def test_bad_answers_change_nothing():
    with libws.Loop(requests=True) as loop:
        port = loop.listen("127.0.0.1")
        client = loop.connect(f"ws://127.0.0.1:{port}/")
        conn = until_kind(loop, libws.WS_EVENT_REQUEST).conn
        for call in (
            lambda: loop.accept(conn, headers={"X": "a\r\nb"}),
            lambda: loop.accept(conn, "no token"),
            lambda: loop.refuse(conn, 199),
            lambda: loop.respond(conn, 101),
            lambda: loop.respond(conn, 600),
            lambda: loop.respond(12345, 200),
        ):
            with pytest.raises(libws.InvalidArgumentError):
                call()
        loop.accept(conn)
        assert {event.conn for event in until(loop, lambda events: len(events) >= 2)} == {client, conn}
        with pytest.raises(libws.StateError):
            loop.accept(conn)


# --- single connections -----------------------------------------------------------------------------------------------


def test_closing_tells_both_sides(loop):
    client, server = pair(loop)
    loop.send(client, "last words")
    loop.close_conn(client, 3001, "done ☃")
    events = until(loop, lambda events: sum(e.kind == libws.WS_EVENT_CLOSE for e in events) >= 2)
    assert messages(events, server) == ["last words"]
    closes = {e.conn: (e.code, e.error) for e in events if e.kind == libws.WS_EVENT_CLOSE}
    assert closes == {client: (3001, 0), server: (3001, 0)}
    assert not loop.is_open(client)
    assert loop.metrics().closes == {3000: 2}  # one row for all of 3000-3999
    for call in (loop.close_conn, loop.abort_conn, loop.pause, loop.resume, loop.request, loop.peer_address):
        with pytest.raises((libws.ConnectionClosed, libws.InvalidArgumentError)):
            call(client)


def test_bad_ways_to_close_do_nothing(loop):
    client, server = pair(loop)
    for code, reason in ((0, ""), (999, ""), (1005, ""), (1006, ""), (2999, ""), (5000, ""), (1000, "x" * 124), (1000, "a\0b")):
        with pytest.raises(libws.InvalidArgumentError):
            loop.close_conn(client, code, reason)
    with pytest.raises(TypeError):
        loop.close_conn(client, 1000, b"bytes")
    loop.send(client, "still open")
    assert until_messages(loop, 1, server) == ["still open"]


def test_aborting_sends_no_close_frame(loop):
    client, server = pair(loop)
    loop.abort_conn(client)
    closes = until(loop, lambda events: len(events) >= 2)
    assert {(e.conn, e.code) for e in closes} == {(client, 1006), (server, 1006)}
    assert all(e.error for e in closes)


def test_a_paused_connection_is_not_read(loop):
    client, server = pair(loop)
    loop.pause(server)
    loop.send(client, "later")
    assert loop.poll(0.2) == []
    loop.resume(server)
    assert until_messages(loop, 1, server) == ["later"]


def test_options_of_the_loop_and_of_a_connection(loop):
    client, server = pair(loop)
    loop.set_option(libws.WS_OPT_IDLE_TIMEOUT_MS, 5000)
    assert loop.get_option(libws.WS_OPT_IDLE_TIMEOUT_MS) == 5000
    loop.set_option(libws.WS_OPT_QUEUE_BYTES, 4096, client)
    assert loop.get_option(libws.WS_OPT_QUEUE_BYTES, client) == 4096 != loop.get_option(libws.WS_OPT_QUEUE_BYTES, server)
    for option, value in ((libws.WS_OPT_IDLE_TIMEOUT_MS, 0), (libws.WS_OPT_QUEUE_POLICY, 6), (9999, 1)):
        with pytest.raises(libws.InvalidArgumentError):
            loop.set_option(option, value)


@pytest.mark.parametrize(
    "options", [{"max_message_bytes": -1}, {"queue_policy": 9}, {"spin_us": -5}, {"subprotocols": "a b"}, {"subprotocols": ["a,b"]}]
)
def test_a_loop_that_cannot_begin(options):
    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards
    before = libws.handle_count()
    with pytest.raises(libws.InvalidArgumentError):
        libws.Loop(**options)
    assert libws.handle_count() <= before


def test_bad_places_to_listen_and_connect_to(loop):
    for call in (
        lambda: loop.listen("127.0.0.1", -1),
        lambda: loop.listen("127.0.0.1", 65536),
        lambda: loop.listen_unix(""),
        lambda: loop.listen_unix("x" * 200),
        lambda: loop.connect("http://x/"),
        lambda: loop.connect("ws://x/\r\nHost: y"),
        lambda: loop.connect("ws://x/", headers={"X": "a\nb"}),
        lambda: loop.adopt(socket.socket(), 99),
    ):
        with pytest.raises((libws.InvalidArgumentError, libws.StateError)):
            call()
    assert loop.poll(0) == []


def test_a_message_over_the_limit_fails_its_connection():
    with libws.Loop(max_message_bytes=1000) as loop:
        client, server = pair(loop)
        loop.send(client, b"x" * 1000)
        assert until_messages(loop, 1, server) == [b"x" * 1000]
        loop.send(client, b"x" * 1001)
        closes = {e.conn: e for e in until(loop, lambda events: len(events) >= 2)}
        assert (closes[server].error, closes[client].code) == (libws.WS_ERR_PEER_TOO_LARGE, 1009)


def test_draining_ends_gracefully(loop):
    port = loop.listen("127.0.0.1")
    pairs = [pair(loop) for _ in range(3)]
    loop.send(pairs[0][0], "before the end")
    loop.drain(5)
    events = until(loop, lambda events: events[-1:] and events[-1].kind == libws.WS_EVENT_DRAINED)
    assert messages(events) == ["before the end"]
    assert [e.code for e in events if e.kind == libws.WS_EVENT_CLOSE] == [1001] * 6
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 5)


def test_metrics_count_what_happened(loop):
    client, server = pair(loop)
    for _ in range(10):
        loop.send(client, b"x" * 100)
    until_messages(loop, 10, server)
    metrics = loop.metrics()
    assert (metrics.open, metrics.total, metrics.messages_in, metrics.messages_out) == (2, 2, 10, 10)
    assert metrics.bytes_in == metrics.bytes_out == 10 * (100 + 2 + 4)


def test_closing_twice_and_using_a_closed_loop():
    gc.collect()  # what earlier tests left may go at any time, so that there may be fewer afterwards
    before = libws.handle_count()
    loop = libws.Loop()
    client, server = pair(loop)
    assert not loop.closed
    loop.close()
    loop.close()
    assert loop.closed and not loop.is_open(client) and libws.handle_count() <= before
    calls = (
        lambda: loop.listen("127.0.0.1"),
        lambda: loop.listen_unix("@x"),
        lambda: loop.connect("ws://127.0.0.1:1/"),
        loop.fileno,
        loop.wake,
        loop.metrics,
        loop.drain,
        lambda: loop.port,
        lambda: loop.subscribe(client, "x"),
        lambda: loop.close_conn(client),
        lambda: loop.pause(client),
        lambda: loop.request(client),
        lambda: loop.set_option(libws.WS_OPT_PINGS, 1),
    )
    for call in calls:
        with pytest.raises(libws.ConnectionClosed):
            call()


def test_a_peer_that_speaks_bytes(loop):
    def talk(sock):
        sock.sendall(answer_to(read_head(sock)))
        for byte in b"\x81\x05h\xc3\xa9ll":
            sock.sendall(bytes([byte]))
        sock.sendall(b"\x81\x02\xff\xff")
        sock.recv(4096)

    with RawServer(talk) as server:
        conn = loop.connect(server.url)
        events = until(loop, lambda events: any(e.kind == libws.WS_EVENT_CLOSE for e in events))
    assert messages(events, conn) == ["héll"]
    assert (events[-1].error, events[-1].code) in ((libws.WS_ERR_PEER_UTF8, 1006), (libws.WS_ERR_PEER_UTF8, 1007))
