"""What a loop's calls take: numbers that C holds as they are, sockets without TLS, buffers and texts; all else is refused first."""

from __future__ import annotations

import inspect
import socket
import ssl

import pytest

import libws
from looping import messages, pair, until_messages


@pytest.fixture
def loop():
    with libws.Loop(requests=True) as loop:
        yield loop


NUMBERS = {
    "try_send": lambda loop, n: loop.try_send(n, "x"),
    "try_send, key": lambda loop, n: loop.try_send(1, "x", n),
    "send, long": lambda loop, n: loop.send(n, bytes(10_000)),
    "send_fragment": lambda loop, n: loop.send_fragment(n, "x", first=True),
    "ping": lambda loop, n: loop.ping(n),
    "broadcast": lambda loop, n: loop.broadcast([n], "x"),
    "publish, exclude": lambda loop, n: loop.publish("topic", "x", exclude=n),
    "close_conn": lambda loop, n: loop.close_conn(n),
    "close_conn, code": lambda loop, n: loop.close_conn(1, n),
    "abort_conn": lambda loop, n: loop.abort_conn(n),
    "pause": lambda loop, n: loop.pause(n),
    "resume": lambda loop, n: loop.resume(n),
    "subscribe": lambda loop, n: loop.subscribe(n, "topic"),
    "unsubscribe": lambda loop, n: loop.unsubscribe(n, "topic"),
    "is_open": lambda loop, n: loop.is_open(n),
    "peer_address": lambda loop, n: loop.peer_address(n),
    "request": lambda loop, n: loop.request(n),
    "accept": lambda loop, n: loop.accept(n),
    "refuse": lambda loop, n: loop.refuse(n, 403),
    "refuse, status": lambda loop, n: loop.refuse(1, n),
    "respond": lambda loop, n: loop.respond(n, 200),
    "listen": lambda loop, n: loop.listen("127.0.0.1", n),
    "set_option": lambda loop, n: loop.set_option(n, 1),
    "set_option, value": lambda loop, n: loop.set_option(libws.WS_OPT_IDLE_TIMEOUT_MS, n),
    "set_option, conn": lambda loop, n: loop.set_option(libws.WS_OPT_QUEUE_BYTES, 4096, n),
    "get_option": lambda loop, n: loop.get_option(n),
    "get_option, conn": lambda loop, n: loop.get_option(libws.WS_OPT_QUEUE_BYTES, n),
    **{
        f"Loop, {name}": lambda loop, n, name=name: libws.Loop(**{name: n})
        for name, parameter in inspect.signature(libws.Loop).parameters.items()
        if type(parameter.default) is int
    },
}


@pytest.mark.parametrize("call", NUMBERS)
def test_a_number_of_more_than_64_bits_is_no_other_number(loop, call):
    client, _ = opened = pair(loop)
    for wrong in (2**64 + client, 2**64 + 5, 2**64, -(2**64) + client):
        with pytest.raises(libws.InvalidArgumentError):
            NUMBERS[call](loop, wrong)
    assert all(map(loop.is_open, opened)) and messages(loop.poll(0)) == []


@pytest.mark.parametrize("call", NUMBERS)
def test_what_is_no_number_is_a_type_error(loop, call):
    for wrong in ("5", 5.0, b"5", [5]):
        with pytest.raises(TypeError):
            NUMBERS[call](loop, wrong)
    assert loop.poll(0) == []


def test_sockets_of_tls_are_refused(loop):
    """The library would write to the descriptor past the encryption."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    ours, theirs = socket.socketpair()
    with theirs, context.wrap_socket(ours, do_handshake_on_connect=False) as secured:
        for call in (
            lambda: loop.adopt(secured),
            lambda: loop.adopt(secured, libws.WS_ADOPT_CLIENT),
            lambda: loop.connect("ws://host/", sock=secured),
            lambda: loop.listen_socket(secured),
        ):
            with pytest.raises(TypeError, match="TLS"):
                call()
        assert secured.fileno() >= 0
        loop.poll(0)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


def test_a_count_is_not_taken_for_that_many_zeros(loop):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for wrong in (5, "GET"):
            with pytest.raises(TypeError):
                loop.adopt(ours, libws.WS_ADOPT_REQUEST, wrong)
        with pytest.raises(TypeError):
            loop.respond(1, 200, 5)


def test_what_has_an_index_is_a_number(loop):
    class Index:
        def __index__(self):
            return client

    client, server = pair(loop)
    loop.try_send(Index(), "one")
    loop.send(Index(), "two")
    loop.broadcast([Index()], "three")
    assert until_messages(loop, 3, server) == ["one", "two", "three"]
    assert loop.is_open(Index())
