"""Values of the wrong type or length, as newcomers give them: nothing is sent, and what is said names the argument and its bound."""

from __future__ import annotations

import socket
from typing import Any, Callable, Tuple

import libws
import pytest
from libws import WsConnection, WsFrame, WsServer, ws_upgrade
from libws._waiting import milliseconds
from libws.request import comma_list, header_lines


def refusal(result: int) -> Tuple[int, str]:
    """What the specified layer says about a call that must have failed."""
    assert result == -1
    return libws.last_error(), libws.last_error_message()


@pytest.mark.parametrize("buffer", [5, None, "GET", [71]])
def test_a_request_that_is_no_buffer_is_a_type_error_and_nobody_is_answered(buffer: Any) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(TypeError):
            ws_upgrade(ours, buffer)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


@pytest.mark.parametrize("body", [5, None, [71]])
def test_a_body_that_is_no_buffer_is_a_type_error(body: Any) -> None:
    with pytest.raises(TypeError):
        libws.Refuse(403, body)
    assert libws.Refuse(403, memoryview(b"no")).body == b"no"


def test_a_text_is_not_cut_at_a_nul() -> None:
    server = WsServer.bind(0, "127.0.0.1\0.example")
    assert server.is_valid() == 0
    assert refusal(server.port) == (libws.WS_ERR_ARGUMENT, "host has a NUL in it")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        conn = WsConnection.from_client(ours, "ws://example/\0other")
        assert refusal(conn.fd) == (libws.WS_ERR_ARGUMENT, "url has a NUL in it")
        assert ours.fileno() >= 0
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)


@pytest.mark.parametrize("length", [4, 1 << 62, (1 << 64) + 1])
def test_a_length_beyond_the_data_is_told_with_what_there_is(length: int) -> None:
    told = (libws.WS_ERR_ARGUMENT, f"the length given is {length}; the data has 3 bytes")
    assert refusal(WsFrame.new(2, b"abc", length).opcode) == told
    assert refusal(WsFrame.binary(b"abc", length).opcode) == told
    ours, theirs = socket.socketpair()
    with theirs:
        conn = WsConnection.from_server(ours)
        assert refusal(conn.send_binary(b"abc", length)) == told
        conn.drop()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert refusal(ws_upgrade(ours, b"GET", length).fd) == told


def test_a_negative_length_is_told_as_it_is() -> None:
    assert "payload_len is -5" in refusal(WsFrame.new(2, b"abc", -5).opcode)[1]


@pytest.mark.parametrize("take", [WsConnection.from_server, WsConnection.from_client, lambda fd: ws_upgrade(fd, b"")])
@pytest.mark.parametrize("fd", ["x", None, 1.5])
def test_what_is_no_descriptor_is_a_type_error(take: Callable[[Any], Any], fd: Any) -> None:
    with pytest.raises(TypeError, match=f"int or have a fileno.*not {type(fd).__name__}"):
        take(fd)


def test_a_handler_must_be_callable() -> None:
    with pytest.raises(TypeError, match="handler must be callable, not int"):
        libws.serve(5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="process_request must be callable, not str"):
        libws.serve(lambda ws: None, process_request="x")  # type: ignore[arg-type]


def test_a_timeout_that_is_no_number_is_named() -> None:
    for wrong in ("1", b"1", [1]):
        with pytest.raises(TypeError, match="close_timeout must be a number of seconds or None, not "):
            milliseconds(wrong, "close_timeout")  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [5, "X: y", ["a"], [("a",)], [("a", "b", "c")], {"A": 5}, {"A": None}, {"A": b"1"}, {5: "a"}])
def test_headers_of_another_shape_are_a_type_error(wrong: Any) -> None:
    with pytest.raises(TypeError, match="headers must be a mapping, or pairs, of str"):
        header_lines(wrong)


def test_a_colon_belongs_to_no_name() -> None:
    with pytest.raises(libws.InvalidArgumentError, match="'A: 1'"):
        header_lines({"A: 1": "2"})


def test_a_list_of_another_shape_is_a_type_error() -> None:
    for wrong in (5, None, [5], b"a"):
        with pytest.raises(TypeError, match="origins must be a str or a list of them"):
            comma_list(wrong, "origins")  # type: ignore[arg-type]


def test_a_close_code_beyond_64_bits_is_told_as_it_is() -> None:
    ours, theirs = socket.socketpair()
    with theirs, libws.serve(lambda ws: None) as server:
        ours.close()
        server.start()
        with libws.connect(f"ws://127.0.0.1:{server.port}/") as ws:
            with pytest.raises(libws.InvalidArgumentError, match=str(1 << 70)):
                ws.close(1 << 70)
            with pytest.raises(TypeError, match="code must be an int, not str"):
                ws.close("1000")  # type: ignore[arg-type]
