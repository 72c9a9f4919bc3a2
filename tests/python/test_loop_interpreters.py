"""Runs a loop's packed polls and sends with every Python from 3.8 to 3.13 that this machine has."""

from __future__ import annotations

import pytest

from children import Child
from test_interpreters import find

CODE = """
    import socket, sys, libws
    with libws.Loop(view_over_bytes=50_000) as loop:
        ours, theirs = socket.socketpair()
        client, server = loop.adopt(ours, libws.WS_ADOPT_CLIENT), loop.adopt(theirs, libws.WS_ADOPT_SERVER)
        sent = ["", b"", "\u2603", b"\\xff", "x" * 300, b"y" * 300, "z" * 5000, b"a" * 70_000] + ["%d" % n for n in range(1000)]
        for message in sent:
            loop.send(client, message)
        loop.send(12345, "nobody")
        got, failed = [], 0
        while len(got) < len(sent):
            for event in loop.poll(20):
                failed += event.kind == libws.EVENT_UNSENT
                if event.kind == libws.WS_EVENT_MESSAGE:
                    got.append(bytes(event.data) if isinstance(event.data, memoryview) else event.data)
        assert got == sent and failed == 1
        print("python %d.%d" % sys.version_info[:2], loop.metrics().messages_in)
"""


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_a_loop(version: str) -> None:
    interpreter = find(version)
    if interpreter is None:
        pytest.skip(f"no Python {version} on this machine")
    with Child(CODE, interpreter=interpreter) as child:
        assert child.finish() == [f"python {version} 1008"]
