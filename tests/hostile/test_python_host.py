"""The binding inside a Python program that is interrupted, forks, leaves early or misuses it (host/process.py has the cases)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import programs
import pytest
import rawpeer
from asleep import until_asleep
from targets import skip_unless_asked_for

PROGRAM = Path(__file__).resolve().parent / "host" / "process.py"
AT_ONCE_S = 0.15  # 100 ms, and what it takes to hear of it
ATTEMPTS = 10  # at what depends on time: a machine that does other things too is late once, a defect is late always
BLOCKING = ["recv_frame", "recv", "iterate", "send", "connect", "accept", "run_echo", "serve_forever", "close", "upgrade"]
CASES = [
    "handlers_are_kept",
    "no_sigpipe",
    "after_fork",
    "exit_with_open_connections",
    "thousand_closers",
    "bad_arguments",
    "signal_storm",
]


def run(case: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(PROGRAM), case],
        capture_output=True,
        text=True,
        timeout=60,
        env=programs.environment(),
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{done.returncode}\n{done.stderr[-3000:]}"


@pytest.fixture(autouse=True)
def only_when_python_is_tested(request: pytest.FixtureRequest) -> None:
    skip_unless_asked_for(request.config, "python")


def time_to_interrupt(call: str) -> float:
    """Starts a program that blocks in a call and sends it SIGINT; tells how long KeyboardInterrupt took."""
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), f"ctrl_c_{call}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=programs.environment(),
    )
    guard = threading.Timer(20, process.kill)
    guard.start()
    try:
        assert process.stdout is not None and process.stdout.readline() == "blocking\n", process.communicate()
        until_asleep(process.pid, process.pid, on_locks=True)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        said = process.stdout.readline()
        took = time.monotonic() - began
        rest, errors = process.communicate()
    finally:
        guard.cancel()
        process.kill()
        process.wait()
    assert said == "interrupted\n", (said, rest, errors)
    assert process.returncode == 0, errors
    return took


def some_time_is_under(limit_s: float, measure: Callable[[], float]) -> None:
    """The best of a few times counts."""
    times: list[float] = []
    while len(times) < ATTEMPTS and (not times or min(times) >= limit_s):
        times.append(measure())
    assert min(times) < limit_s, times


@pytest.mark.parametrize("call", BLOCKING)
def test_ctrl_c_ends_a_blocking_call(call):
    """KeyboardInterrupt within 100 ms, give or take what the machine needs to tell us."""
    some_time_is_under(AT_ONCE_S, lambda: time_to_interrupt(call))


@pytest.mark.parametrize("case", CASES)
def test_host(case):
    run(case)


@pytest.mark.parametrize("case", ["close_wakes_recv", "close_wakes_send"])
def test_close_wakes(case):
    """Within 100 ms; the best of a few attempts counts."""
    for attempt in range(ATTEMPTS):
        try:
            run(case)
        except AssertionError:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return


def test_exit_is_quick():
    """Ending with forty connections open takes no longer than ending."""

    def measure() -> float:
        began = time.monotonic()
        run("exit_with_open_connections")
        return time.monotonic() - began

    some_time_is_under(5, measure)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_server_program_ends_at_a_signal(number):
    """A server with a connection goes when it is told to, without a trace of a crash."""
    if not programs.is_built("python", "threaded_server"):
        pytest.fail("threaded_server.py is not there", pytrace=False)
    with programs.Program(programs.command("python", "threaded_server", "0")) as server:
        with rawpeer.connect(server.host, server.port) as peer:
            peer.echo()
            server.signal(number)
            assert server.wait(5) in (0, 128 + number, -number)
            peer.expect_gone()
        assert "Fatal" not in server.stderr() and "goroutine" not in server.stderr()
