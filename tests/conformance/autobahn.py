"""Installs Autobahn|Testsuite into build/autobahn and runs its two fuzzers as processes.

The suite needs Python 2.7; everything it needs besides comes from the package registry and stays in build/.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import programs

VERSION = "25.10.1"
ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "build" / "autobahn"
RUN = "import site, sys; site.addsitedir({path!r}); from autobahntestsuite import wstest; wstest.run()"


class Unavailable(Exception):
    """The suite cannot be run on this machine; the message says how it could."""


def python2() -> str:
    """A Python 2.7 that has pip."""
    candidates = [shutil.which("python2.7"), shutil.which("python2")]
    if pyenv := shutil.which("pyenv"):
        found = subprocess.run([pyenv, "prefix", "2.7.18"], capture_output=True, text=True)
        if found.returncode == 0:
            candidates.insert(0, f"{found.stdout.strip()}/bin/python2.7")
    for candidate in filter(None, candidates):
        check = [candidate, "-c", "import sys, pip; assert sys.version_info[:2] == (2, 7)"]
        if subprocess.run(check, capture_output=True).returncode == 0:
            return candidate
    raise Unavailable("Autobahn|Testsuite needs Python 2.7 with pip: `pyenv install 2.7.18`")


def install() -> list[str]:
    """Installs the suite once; returns the start of its command line."""
    python = python2()
    site = HOME / VERSION
    with programs.one_at_a_time(site):
        if not (site / ".installed").exists():
            shutil.rmtree(site, ignore_errors=True)
            site.mkdir(parents=True)
            line = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
            done = subprocess.run(
                [*line, "--target", str(site), f"autobahntestsuite=={VERSION}"], capture_output=True, text=True, timeout=900
            )
            if done.returncode != 0:
                raise Unavailable(f"pip could not install autobahntestsuite {VERSION}: {done.stderr.strip().splitlines()[-1:]}")
            (site / ".installed").touch()
    return [python, "-W", "ignore", "-c", RUN.format(path=str(site))]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read_index(folder: Path, agent: str) -> dict[str, dict[str, object]]:
    index = folder / "index.json"
    if not index.exists():
        return {}
    return dict(json.loads(index.read_text(encoding="utf-8")).get(agent, {}))


def fuzz_server(agent: str, port: int, cases: list[str], timeout_s: float) -> dict[str, dict[str, object]]:
    """Runs the fuzzing client against a server of ours; returns the results by case."""
    command = install()
    with tempfile.TemporaryDirectory(prefix="libws-autobahn-") as folder:
        out = Path(folder)
        spec = {
            "outdir": folder,
            "servers": [{"agent": agent, "url": f"ws://127.0.0.1:{port}"}],
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        (out / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        with (out / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-m", "fuzzingclient", "-s", str(out / "spec.json")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                start_new_session=True,
            )
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"the fuzzing client was not done after {timeout_s:g} s: {_tail(out / 'log')}") from None
            finally:
                _end(process)
        results = _read_index(out, agent)
        if not results:
            raise RuntimeError(f"the fuzzing client left no report: {_tail(out / 'log')}")
        return results


@contextlib.contextmanager
def fuzzing_server(agent: str, cases: list[str]) -> Iterator[tuple[int, dict[str, dict[str, object]]]]:
    """Runs the fuzzing server for clients of ours: yields its port, and a table that is filled at the end."""
    command = install()
    results: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory(prefix="libws-autobahn-") as folder:
        out = Path(folder)
        process, port = _listening([*command, "-m", "fuzzingserver", "-u", "0"], out, cases)
        try:
            yield port, results
        finally:
            _end(process)
        results.update(_read_index(out, agent))


def _listening(command: list[str], out: Path, cases: list[str]) -> tuple[subprocess.Popen[bytes], int]:
    """Starts the fuzzing server on a free port. It cannot take port 0, so another process may take the port first: then again."""
    for attempts_left in reversed(range(3)):
        port = free_port()
        spec = {
            "url": f"ws://127.0.0.1:{port}",
            "outdir": str(out),
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        }
        (out / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        with (out / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-s", str(out / "spec.json")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=out,
                start_new_session=True,
            )
        try:
            _await_listener(process, port)
        except BaseException as failure:
            _end(process)
            if not isinstance(failure, RuntimeError):
                raise
            if attempts_left == 0:
                raise RuntimeError(f"{failure}: {_tail(out / 'log')}") from None
        else:
            break
    return process, port


def _await_listener(process: subprocess.Popen[bytes], port: int) -> None:
    """Waits until it is this process that listens on the port, not one that was quicker."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            listener = programs.listener_process(port)
            if listener is not None and listener.pid == process.pid:
                return
        time.sleep(0.05)
    raise RuntimeError("the fuzzing server does not listen")


def _tail(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-1500:]
