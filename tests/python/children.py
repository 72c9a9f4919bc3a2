"""Runs pieces of Python in processes of their own, with this or any other interpreter, and tells when they block."""

from __future__ import annotations

import functools
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Dict, List, Optional

import pytest
from asleep import until_asleep

ROOT = Path(__file__).resolve().parents[2]
RAISING = """
import random, signal, time
class Stop(Exception): pass
def stop(*_):
    if armed: raise Stop
signal.signal(signal.SIGALRM, stop)
armed, seen, over, end = False, [], lambda: bool(seen) and seen[-1] == "end", time.monotonic() + 3
while time.monotonic() < end:
    try:
        armed = True
        signal.setitimer(signal.ITIMER_REAL, random.uniform(50e-6, 600e-6))
        while not over(): seen.append("")
    except Stop:
        armed = False
        seen.clear()
signal.setitimer(signal.ITIMER_REAL, 0)
"""


@functools.lru_cache(maxsize=None)
def inexact() -> str:
    """Why this Python keeps no promise about signal handlers that raise, "" when it does."""
    if sys.version_info < (3, 11):
        return "a handler may raise between a call and who takes its result"
    if sys.version_info >= (3, 13) and subprocess.run([sys.executable, "-c", RAISING], stderr=subprocess.DEVNULL, timeout=60, check=False).returncode:
        return "this Python finds no except clause for a handler that raises where a function is called (3.13.0 does not)"
    return ""


exact = pytest.mark.skipif(bool(inexact()), reason=inexact())
"""For what signal handlers are promised from Python 3.11 on only."""
LIMIT_S = 90  # less than pytest's; what takes ten seconds alone may take fifty on a busy machine


def environment() -> Dict[str, str]:
    env = dict(os.environ)
    path = [str(ROOT / "bindings" / "python"), str(Path(__file__).parent), env.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env


class Child:
    """A process that runs Python code; its output is read line by line."""

    def __init__(self, code: str, *arguments: str, interpreter: Optional[str] = None) -> None:
        command = [interpreter or sys.executable, "-u", "-X", "faulthandler", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(code), *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT
        )
        self.pid = self._process.pid

    def line(self) -> str:
        """The next line that it prints; fails when it prints none in time."""
        assert self._process.stdout is not None
        line, until = b"", time.monotonic() + LIMIT_S
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, until - time.monotonic()))
            part = os.read(self._process.stdout.fileno(), 1) if ready else b""
            if not part:
                self.kill()
                raise AssertionError(f"no line came: {line!r}; {self._errors()}")
            line += part
        return line.decode().strip()

    def wait_until_blocked(self) -> None:
        """Waits until its main thread sleeps in the kernel, where it has no time to wake up by itself."""
        until_asleep(self.pid, self.pid, on_locks=True)

    def signal(self, number: int = signal.SIGINT) -> None:
        os.kill(self.pid, number)

    def finish(self) -> List[str]:
        """Waits for its end, which must be a success; the lines that are left."""
        try:
            output, errors = self._process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end; {self._errors()}") from None
        assert self._process.returncode == 0, errors.decode(errors="replace")
        assert errors == b"", errors.decode(errors="replace")
        return output.decode().splitlines()

    def _errors(self) -> str:
        self._process.kill()
        return self._process.communicate()[1].decode(errors="replace")

    def kill(self) -> None:
        self._process.kill()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
