"""The servers that hostile cases are run against, and what is checked of them after each case."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import programs
import pytest
import rawpeer

MIB = 1 << 20
GROWTH_BYTES = MIB
STEADY_BYTES, STEADY_S = 32 << 10, 0.5
RUNS_TO_SETTLE = 10
SMALL_MESSAGE = 1 << 20


class Target:
    """An echo server under test: where it listens, and its process where it may be seen."""

    def __init__(self, name: str, host: str, port: int, process: programs.Process | None) -> None:
        self.name, self.host, self.port, self.process = name, host, port, process

    def connect(self, **how: int) -> rawpeer.RawPeer:
        return rawpeer.connect(self.host, self.port, **how)

    def dial(self, **how: int) -> rawpeer.RawPeer:
        return rawpeer.dial(self.host, self.port, **how)

    def check_alive(self) -> None:
        """The process lives, and another connection still echoes and closes."""
        if self.process is not None:
            assert self.process.is_alive(), f"{self.name} ended: {self.stderr()}"
        with self.connect() as peer:
            peer.echo(b"another connection")
            peer.send_frame(rawpeer.CLOSE, rawpeer.close_payload(1000))
            peer.expect_close_echo(rawpeer.close_payload(1000))

    def stderr(self) -> str:
        return self.process.stderr() if isinstance(self.process, programs.Program) else ""

    def warm_up(self) -> None:
        """Brings the process to its working size: heads, small and large messages, refusals, connections side by side."""
        for size in (0, 20, 4096, 65536):
            with self.connect() as peer:
                for _ in range(20):
                    peer.echo(bytes(size), rawpeer.BINARY)
        for _ in range(40):
            with self.dial() as peer:
                peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                peer.read_head(5)
            self.check_alive()
        peers = [self.connect() for _ in range(20)]
        for peer in peers:
            peer.echo()
            peer.close()

    def settled_growth(self, before: int, allowed: int, within_s: float = 5.0) -> int:
        """How much resident memory grew since `before`, once that is no more than is allowed or has not changed for a while."""
        assert self.process is not None
        deadline, last, since = time.monotonic() + within_s, 0, time.monotonic()
        while (growth := self.process.rss_bytes() - before) > allowed:
            now = time.monotonic()
            if abs(growth - last) > STEADY_BYTES:
                last, since = growth, now
            if now > deadline or now - since > STEADY_S:
                break
            time.sleep(0.02)
        return growth


def start(name: str, *arguments: str) -> programs.Program:
    """Starts the server called LANGUAGE-PROGRAM on a free port."""
    language, program = name.split("-", 1)
    line = programs.command(language, program, "0", *arguments)
    if not programs.is_built(language, program):
        raise RuntimeError(f"{' '.join(line)} is not there; run make first")
    return programs.Program(line)


def own_program(language: str, name: str, folder: Path) -> list[str]:
    """The command line of a program of the tests, built when that is due: NAME.c, goNAME/main.go or NAME.py in a folder."""
    output = programs.BUILD / "tests" / folder.name / f"{language}-{name}"
    if language == "c":
        programs.build_c(folder / f"{name}.c", output)
    elif language == "go":
        programs.build_go(folder / f"go{name}", output)
    else:
        return [sys.executable, str(folder / f"{name}.py")]
    return [str(output)]


PROGRAMS = ("threaded_server", "echo_loop")
ASKABLE = [*programs.LANGUAGES, *PROGRAMS, *(f"{language}-{program}" for language in programs.LANGUAGES for program in PROGRAMS)]


def is_asked_for(config: pytest.Config, name: str) -> bool:
    """Whether --server, where it is given, names this LANGUAGE, LANGUAGE-PROGRAM, or PROGRAM."""
    asked = config.getoption("--server")
    return not asked or any(part in (name, *name.split("-", 1)) for part in asked)


def server_names(config: pytest.Config) -> list[str]:
    """The servers to test: those that the project has the source of."""
    if config.getoption("--port"):
        return [f"port-{config.getoption('--port')}"]
    names = [f"{language}-threaded_server" for language in programs.LANGUAGES]
    names += [f"{language}-echo_loop" for language in programs.LANGUAGES if programs.is_promised(language, "echo_loop")]
    return [name for name in names if is_asked_for(config, name)]


def skip_unless_asked_for(config: pytest.Config, name: str) -> None:
    """For what is neither of the servers that --port and --server are about, or needs one of its own."""
    if config.getoption("--port"):
        pytest.skip("a server that listens already was named")
    if not is_asked_for(config, name):
        pytest.skip("another language was asked for")
