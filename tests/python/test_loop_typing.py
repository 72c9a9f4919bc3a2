"""The types that a program with a loop sees: mypy --strict takes it, and infers what it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from children import ROOT, environment

PROGRAM = '''
import array
import mmap
from typing import List

import libws


class Counting(libws.Loop):
    """A loop with something of its own."""

    count = 0


class Echo(libws.LoopHandler):
    def on_message(self, loop: libws.Loop, event: libws.Event) -> None:
        loop.send(event.conn, event.data)


def main(conns: List[int]) -> None:
    with Counting(view_over_bytes=5000) as loop:
        loop.count += 1
        loop.send(1, "text")
        loop.send(1, bytearray(b"bytes"))
        loop.send(1, array.array("h", [1, 2]))
        loop.send_bytes(1, mmap.mmap(-1, 4096))
        loop.broadcast(set(conns), "all")
        loop.broadcast((conn for conn in conns), b"all")
        for kind, conn, data, *_ in loop.poll(0):
            reveal_type(data)
        loop.run(Echo())
    libws.serve_loop(Echo, loops=2, max_message_bytes=1000)
'''


def test_a_strict_program(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", "", str(program)]
    env = {**environment(), "MYPYPATH": str(ROOT / "bindings" / "python")}
    checked = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=110)
    notes = [line for line in checked.stdout.splitlines() if "note:" in line]
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert [note.split(" is ")[1] for note in notes] == ['"bytes | memoryview[int] | str"']
