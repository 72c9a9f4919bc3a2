"""Runs the loops that the READMEs show, with a client of each."""

from __future__ import annotations

import re
import signal
import socket
import textwrap
import time
from typing import List

import pytest

import libws
from children import ROOT, Child
from looping import LIMIT_S

PLACES = {"README.md": "9001", "bindings/python/README.md": "8080"}
"""The port that each one's examples name."""


def loops_of(place: str) -> List[str]:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / place).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [block for block in blocks if "serve_loop" in block or "Loop(" in block]


LOOPS = [(place, number) for place in PLACES for number in range(len(loops_of(place)))]


def test_there_are_loops() -> None:
    assert [place for place, _ in LOOPS] == ["README.md", "bindings/python/README.md", "bindings/python/README.md"]


def connected(port: int) -> libws.Connection:
    end = time.monotonic() + LIMIT_S
    while True:
        try:
            return libws.connect(f"ws://127.0.0.1:{port}/")
        except (libws.NetworkError, libws.ConnectionClosed):
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.mark.parametrize("place, number", LOOPS)
def test_a_loop_answers(place: str, number: int) -> None:
    code = loops_of(place)[number]
    assert PLACES[place] in code and len(code.splitlines()) <= 17
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wrapped = f"try:\n{textwrap.indent(code.replace(PLACES[place], str(port)), '    ')}except KeyboardInterrupt:\n    print('ended')"
    with Child(wrapped) as child, connected(port) as one, connected(port) as other:
        one.send("hello")
        if "publish" not in code:
            assert one.recv(LIMIT_S) == "hello"
        elif '"sent"' in code:
            assert (one.recv(LIMIT_S), other.recv(LIMIT_S)) == ("sent", "hello")
        else:
            assert one.recv(LIMIT_S) == "hello"
            one.send("everybody")
            assert one.recv(LIMIT_S) == other.recv(LIMIT_S) == "somebody greets you"
        child.signal(signal.SIGINT)
        assert child.finish() == ["ended"]
