"""Peers that take their time: handshakes that do not come to an end, and a server that has run out of descriptors.

All of them only wait, so each server's cases run at once, in threads, on a process of their own.
"""

from __future__ import annotations

import functools
import resource
import select
import threading
import time
from collections.abc import Callable, Iterator

import programs
import pytest
import rawpeer
from rawpeer import request
from targets import Target, server_names, start

HANDSHAKE_S = 10.0  # the default deadline
EARLIEST_S = HANDSHAKE_S - 1.5
# Forty threads of this process look at their peers in turns, on a machine that may do other things too. A deadline that bytes moved would
# come a minute later at the least.
LATEST_S = HANDSHAKE_S + 10
STARVED_S = 5.0
HALF_HANDSHAKES = 10_000
PENDING_CAP = {"threaded_server": 1024, "echo_loop": 4096}  # the default


class Outcomes:
    """The cases of all servers, started at once; `of` waits for one and passes on how it ended."""

    def __init__(self) -> None:
        self._threads: dict[tuple[str, str], threading.Thread] = {}
        self._failures: dict[tuple[str, str], BaseException] = {}

    def start(self, name: str, case: str, run: Callable[[], None]) -> None:
        def body() -> None:
            try:
                run()
            except BaseException as failure:
                self._failures[name, case] = failure

        thread = self._threads[name, case] = threading.Thread(target=body, daemon=True)
        thread.start()

    def of(self, name: str, case: str) -> None:
        self._threads[name, case].join(100)  # less than pytest's limit; crowds wait for each other
        assert not self._threads[name, case].is_alive(), "the case is not done"
        if (name, case) in self._failures:
            raise self._failures[name, case]


def ends_at_the_deadline(target: Target, drip: bytes, interval_s: float) -> None:
    """Sends a byte at a time; the connection ends at the deadline, which no byte moves: with 408, or without a word to silence."""
    began = time.monotonic()
    with target.dial() as peer:
        said = b""
        for byte in drip:
            peer.send_until_refused(bytes([byte]))
            peer.sock.settimeout(interval_s)
            try:
                part = peer.sock.recv(4096)
            except TimeoutError:
                assert time.monotonic() - began < LATEST_S, "still open"
                continue
            except ConnectionResetError:
                part = b""
            said += part
            if not part:
                break
        else:
            said += peer.expect_gone(max(0.1, LATEST_S - (time.monotonic() - began)))
    took = time.monotonic() - began
    assert EARLIEST_S <= took <= LATEST_S, f"the connection ended after {took:.1f} s"
    assert said.startswith(b"HTTP/1.1 408 ") if drip else said == b"", said


def silence(target: Target) -> None:
    ends_at_the_deadline(target, b"", 1)


def half_a_head(target: Target) -> None:
    began = time.monotonic()
    with target.dial() as peer:
        peer.send(request()[:-10])
        said = peer.expect_gone(LATEST_S)
        assert EARLIEST_S <= time.monotonic() - began
        assert said.startswith(b"HTTP/1.1 408 "), said


def byte_a_second(target: Target) -> None:
    ends_at_the_deadline(target, request(), 1)


def five_bytes_a_second(target: Target) -> None:
    ends_at_the_deadline(target, request(extra=("X-Long: " + "a" * 200,)), 0.2)


def handshake_in_time(target: Target) -> None:
    """The counter-check: slow, but done before the deadline, and then there is none any more."""
    head, began = request(), time.monotonic()
    with target.dial() as peer:
        for at in range(0, len(head), len(head) // 7):
            peer.send(head[at : at + len(head) // 7])
            time.sleep(HANDSHAKE_S / 16)
        rawpeer.check_accepted(peer.read_head())
        time.sleep(max(1, began + HANDSHAKE_S + 1 - time.monotonic()))
        peer.echo()


def out_of_descriptors(target: Target) -> None:
    """Connections that cannot be accepted cost no processor time, and are served when descriptors are there again."""
    process = target.process
    assert process is not None
    with target.connect() as before:
        limit = process.limit_descriptors(process.descriptor_count())
        peers = [target.dial() for _ in range(20)]
        try:
            for peer in peers:
                peer.send(request())
            cpu, began = process.cpu_seconds(), time.monotonic()
            time.sleep(STARVED_S)
            share = (process.cpu_seconds() - cpu) / (time.monotonic() - began)
            assert share < 0.10, f"{share:.0%} of a processor while nothing could be accepted"
            looks = select.poll()
            for peer in peers:
                looks.register(peer.sock, select.POLLIN)
            served = looks.poll(0)
            assert not served, f"{len(served)} of {len(peers)} were served: descriptors had not run out"
            before.echo(b"the connections that are there go on")
            process.limit_descriptors(limit)
            for peer in peers:
                rawpeer.check_accepted(peer.read_head())
                peer.echo()
        finally:
            process.limit_descriptors(limit)
            for peer in peers:
                peer.close()
    target.check_alive()


CROWD = threading.Lock()  # this process has descriptors for one crowd at a time


def half_handshakes(target: Target) -> None:
    """Ten thousand half handshakes: a cap holds, memory too, and a whole one is served all the while."""
    process = target.process
    assert process is not None
    cap = PENDING_CAP[target.name.split("-")[1]]
    count = min(HALF_HANDSHAKES, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 2000)
    if count < cap + 1000:
        pytest.skip(f"the hard limit of descriptors leaves {count} half handshakes; a cap of {cap} is not met by so few")
    memory, descriptors = process.rss_bytes(), process.descriptor_count()
    peers = []
    with CROWD:
        try:
            for index in range(count):
                peer = target.dial()
                peer.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: ")
                peers.append(peer)
                if index % 1000 == 999:
                    target.check_alive()
                    assert process.descriptor_count() - descriptors <= cap + 100
                    assert process.rss_bytes() - memory < 32 << 20
        finally:
            for peer in peers:
                peer.close()
    target.check_alive()


CASES = {
    "silence": silence,
    "half-a-head": half_a_head,
    "byte-a-second": byte_a_second,
    "five-bytes-a-second": five_bytes_a_second,
    "handshake-in-time": handshake_in_time,
}
# These change what the process may do, so each has one of its own.
ALONE = {"out-of-descriptors": out_of_descriptors, "half-handshakes": half_handshakes}


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Iterator[Outcomes]:
    """Starts every case of every server."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    found, running = Outcomes(), []
    port = request.config.getoption("--port")
    for name in server_names(request.config):
        if port:
            together = Target(name, request.config.getoption("--host"), port, programs.listener_process(port))
        else:
            running.append(program := start(name))
            together = Target(name, program.host, program.port, program)
        for case, run in CASES.items():
            found.start(name, case, functools.partial(run, together))
        if port:
            continue
        for case, run in ALONE.items():
            running.append(program := start(name))
            found.start(name, case, functools.partial(run, Target(name, program.host, program.port, program)))
    yield found
    for program in running:
        program.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("name", server_names(metafunc.config))


@pytest.mark.parametrize("case", CASES)
def test_handshake_deadline(outcomes, name, case):
    outcomes.of(name, case)


@pytest.mark.parametrize("case", ALONE)
def test_exhaustion(request, outcomes, name, case):
    if request.config.getoption("--port"):
        pytest.skip("needs a server of its own")
    outcomes.of(name, case)
