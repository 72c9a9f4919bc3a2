"""Starts a headless Chromium and drives it over its DevTools protocol: open a page, run a script in it, read the answer.

The protocol runs over a WebSocket; the client of Python websockets speaks it, so that nothing of ours is needed to judge ours.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A browser in a test must neither fetch anything of its own nor use the graphics card; as root it cannot sandbox itself.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
]
START_S = 60


class Unusable(Exception):
    """There is no browser here that a test can drive; the message says why."""


def find() -> str:
    """The browser's program."""
    reason = "no Chromium here: `apt-get install chromium`"
    for program in filter(None, map(shutil.which, NAMES)):
        why = _unusable(program)
        if why is None:
            return program
        reason = f"{program} {why}"
    raise Unusable(reason)


def _unusable(program: str) -> str | None:
    """Why a program cannot be driven: Ubuntu's is a stub for a snap, which sees neither our profile nor a process group of ours."""
    if "snap" in Path(program).resolve().parts:
        return "is a snap"
    try:
        told = subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=20)
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"does not tell its version: {failure}"
    if told.returncode != 0:
        return f"does not tell its version: {' '.join((told.stderr or told.stdout).split())[:200]}"
    return "is a snap" if "snap" in told.stdout.lower().split() else None


class Browser:
    """A Chromium of its own, with a new profile."""

    def __init__(self, program: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="libws-chromium-", ignore_cleanup_errors=True)
        self._log = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        try:
            self._port = self._await_port()
        except BaseException:
            self.stop()
            raise

    def _await_port(self) -> int:
        told = Path(self._profile.name) / "DevToolsActivePort"
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = told.read_text().splitlines() if told.exists() else []
            if len(lines) == 2:
                return int(lines[0])
            time.sleep(0.05)
        self._log.seek(0)
        raise RuntimeError(f"Chromium does not start: {self._log.read()[-2000:].decode(errors='replace')}")

    def open(self, url: str) -> Page:
        """Opens a page in a new tab and waits until it is loaded."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as answer:
            page = Page(json.load(answer)["webSocketDebuggerUrl"])
        page.load(url)
        return page

    def stop(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._profile.cleanup()


class Page:
    """One tab."""

    def __init__(self, address: str) -> None:
        from websockets.sync.client import connect

        self._open = contextlib.ExitStack()
        self._connection = self._open.enter_context(connect(address, max_size=64 << 20, compression=None, proxy=None))
        self._numbers = itertools.count(1)

    def call(self, method: str, within_s: float = 30, **parameters: Any) -> dict[str, Any]:
        """One command; events that come meanwhile are passed over."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        deadline = time.monotonic() + within_s
        while True:
            answer = json.loads(self._connection.recv(max(0.0, deadline - time.monotonic())))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def load(self, url: str) -> None:
        answer = self.call("Page.navigate", url=url)
        assert "errorText" not in answer, answer
        self.wait_for(f"document.readyState === 'complete' && location.href.startsWith({url!r})")

    def evaluate(self, script: str, within_s: float = 30) -> Any:
        """The value of an expression, of a promise once it is fulfilled."""
        answer = self.call("Runtime.evaluate", within_s, expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, condition: str, within_s: float = 20) -> None:
        deadline = time.monotonic() + within_s
        while not self.evaluate(condition):
            assert time.monotonic() < deadline, f"{condition} did not come true; the page says: {self.evaluate('document.documentElement.outerHTML')}"
            time.sleep(0.05)

    def close(self) -> None:
        self._open.close()
