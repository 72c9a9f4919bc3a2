"""Makes the modules beside the tests importable, and starts each server once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "harness")]

import devtools
import peers
import programs

Start = Callable[[str], programs.Program]


@pytest.fixture(scope="session")
def peer_server() -> Iterator[Start]:
    """Starts the server of a peer, or gives the one that runs."""
    running: dict[str, programs.Program] = {}

    def start(name: str) -> programs.Program:
        if name not in running:
            running[name] = programs.Program([*peers.peer_command(name), "server", "0"])
        return running[name]

    yield start
    for program in running.values():
        program.stop()


@pytest.fixture(scope="session")
def our_server() -> Iterator[Start]:
    """Starts an echo server of ours (LANGUAGE-PROGRAM), or gives the one that runs."""
    running: dict[str, programs.Program] = {}

    def start(name: str) -> programs.Program:
        if name not in running:
            language, program = name.split("-", 1)
            if not programs.is_built(language, program):
                pytest.fail(f"{' '.join(programs.command(language, program))} is not there; run make first", pytrace=False)
            running[name] = programs.Program(programs.command(language, program, "0", "--max-message", str(64 << 20)))
        return running[name]

    yield start
    for program in running.values():
        program.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[devtools.Browser]:
    """A headless Chromium."""
    try:
        program = devtools.find()
    except devtools.Unusable as reason:
        pytest.skip(str(reason))
    pytest.importorskip("websockets", reason="Python websockets is not in this environment; `make venv` brings it")
    running = devtools.Browser(program)
    yield running
    running.stop()
