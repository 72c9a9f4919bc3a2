"""One measurement: starts a server pinned to one core, points the load generator on another core at it, ends both."""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import select
import signal
import statistics
import subprocess
import time
from typing import Any, Dict, List, Optional, Set

from cells import Cell
from contenders import BUILD, Contender

SERVER_CORE, LOAD_CORE = 0, 1
START_LIMIT_S = 15.0

_libc = ctypes.CDLL(None)


class Failed(Exception):
    """A measurement without a figure; the text says why."""


def cores() -> Set[int]:
    return os.sched_getaffinity(0)


def _child(cpus: Set[int]) -> None:
    """In the child: its cores, all the descriptors it may have, and death with its parent."""
    _libc.prctl(1, signal.SIGKILL)
    os.sched_setaffinity(0, cpus & cores() or cores())
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Server:
    """A contender that runs while the block does."""

    def __init__(self, contender: Contender, both_cores: bool) -> None:
        self._contender = contender
        self._cpus = {SERVER_CORE, LOAD_CORE} if both_cores else {SERVER_CORE}
        self.port = 0

    def __enter__(self) -> Server:
        logs = BUILD / "log"
        logs.mkdir(exist_ok=True)
        self._log = logs / f"{self._contender.name}.log"
        with self._log.open("w") as errors:
            self._process = subprocess.Popen(
                self._contender.command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **self._contender.environment},
                preexec_fn=lambda: _child(self._cpus),
            )
        try:
            self.port = self._await_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def _await_port(self) -> int:
        assert self._process.stdout is not None
        text, limit, fd = b"", time.monotonic() + START_LIMIT_S, self._process.stdout.fileno()
        while time.monotonic() < limit:
            if not select.select([fd], [], [], 0.2)[0]:
                continue
            chunk = os.read(fd, 4096)
            text += chunk
            found = re.search(rb"listening on \S*?:(\d+)\s", text)
            if found:
                return int(found.group(1))
            if not chunk:
                break
        said = self._log.read_text(errors="replace").strip().splitlines()
        raise Failed("did not start: " + (said[-1] if said else "no reason given"))

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        if self._process.stdout:
            self._process.stdout.close()


def _machine_busy_s() -> float:
    """Processor time that all of the machine has used, without what the host took away."""
    with open("/proc/stat") as f:
        user, nice, system, _idle, _wait, irq, soft = map(int, f.readline().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def _spent_s() -> float:
    return sum(os.times()[:4])


def run(cell: Cell, contender: Contender, quick: bool) -> Dict[str, Any]:
    """The load generator's report, with the share of the machine that others used meanwhile as others_busy."""
    load_cpus = {SERVER_CORE, LOAD_CORE} if cell.both_cores else {LOAD_CORE}
    machine, ours, start = _machine_busy_s(), _spent_s(), time.monotonic()
    with Server(contender, cell.both_cores) as server:
        command = [str(BUILD / "load"), f"--port={server.port}", f"--pid={server.pid}", *cell.load_arguments(quick)]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=180,
                preexec_fn=lambda: _child(load_cpus),
            )
        except subprocess.TimeoutExpired:
            raise Failed("the load did not end in time")
    if done.returncode:
        raise Failed(done.stderr.strip() or f"the load ended with status {done.returncode}")
    report: Dict[str, Any] = json.loads(done.stdout)
    wall = time.monotonic() - start
    others = (_machine_busy_s() - machine) - (_spent_s() - ours)
    report["others_busy"] = round(max(0.0, others) / wall / (os.cpu_count() or 1), 3)
    return report


def best(reports: List[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
    """Best rate, least processor time and least memory of all rounds; latencies are of the round with the best rate.

    Beside each of the three stands the median of all rounds, under the same name in median.
    """
    if not reports:
        return None
    top = dict(max(reports, key=lambda report: float(report["rate"])))
    for key in ("cpu_ns", "memory_each"):
        if key in top:
            top[key] = min(r[key] for r in reports)
    top["median"] = {key: statistics.median(r[key] for r in reports) for key in ("rate", "cpu_ns", "memory_each") if key in top}
    top["others_busy"] = sorted(r["others_busy"] for r in reports)[len(reports) // 2]
    top["rounds"] = len(reports)
    return top
