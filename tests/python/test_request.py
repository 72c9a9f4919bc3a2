"""Headers and the texts that go into a handshake."""

from __future__ import annotations

import libws
import pytest
from libws.request import comma_list, header_lines, plain


def test_headers_match_in_any_case_and_join_repeated_ones() -> None:
    headers = libws.Headers([("Host", "h"), ("X-A", "1"), ("x-a", "2"), ("Empty", "")])
    assert headers["host"] == headers["HOST"] == "h"
    assert headers["X-a"] == "1, 2"
    assert headers.get_all("X-A") == ["1", "2"]
    assert headers.get_all("nothing") == []
    assert list(headers) == ["Host", "X-A", "Empty"]
    assert len(headers) == 3
    assert "EMPTY" in headers and "other" not in headers and 1 not in headers
    assert headers.fields() == (("Host", "h"), ("X-A", "1"), ("x-a", "2"), ("Empty", ""))
    assert headers.get("other", "default") == "default"
    assert dict(headers)["X-A"] == "1, 2"
    with pytest.raises(KeyError):
        headers["other"]


def test_header_lines() -> None:
    assert header_lines({}) is None
    assert header_lines({"A": "1", "B": "2"}) == b"A: 1\r\nB: 2\r\n"
    assert header_lines([("A", "1"), ("A", "2")]) == b"A: 1\r\nA: 2\r\n"
    assert header_lines(libws.Headers([("A", "grüße")])) == "A: grüße\r\n".encode()
    for bad in ({"A": "1\r\nB: 2"}, {"A\n": "1"}, {"A": "\0"}, {"A": "1\r"}):
        with pytest.raises(libws.InvalidArgumentError):
            header_lines(bad)


def test_comma_lists() -> None:
    assert comma_list([], "x") is None
    assert comma_list("one", "x") == b"one"
    assert comma_list(["a", "b"], "x") == b"a, b"
    for bad in ([""], [" "], ["a,b"], ["a", ""]):
        with pytest.raises(libws.InvalidArgumentError, match="x has an entry"):
            comma_list(bad, "x")


def test_plain_texts() -> None:
    assert plain("grüße", "x") == "grüße".encode()
    for bad in ("a\0b", "\ud800"):
        with pytest.raises(libws.InvalidArgumentError, match="x "):
            plain(bad, "x")
    with pytest.raises(TypeError, match="x must be a str"):
        plain(b"bytes", "x")  # type: ignore[arg-type]


def test_bodies_of_refusals() -> None:
    assert libws.Refuse(403, "grüße").body == "grüße".encode()
    assert libws.Refuse(403, bytearray(b"b")).body == b"b"
    with pytest.raises(libws.InvalidArgumentError, match="body is not valid Unicode"):
        libws.Refuse(403, "\ud800")
