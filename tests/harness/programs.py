"""Starts the example programs (and any other server) as processes, reads their `listening on` line and looks at them through /proc.

Every suite that needs a running program of the project imports this module; it depends on the standard library alone.
"""

from __future__ import annotations

import fcntl
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LANGUAGES = ("c", "go", "python")
LISTENING = re.compile(rb"listening on (\S+):(\d+)\s*$")
START_S = 20


def source(language: str, name: str) -> Path:
    """Where the source of example NAME in a language is kept."""
    suffix = {"c": f"c/{name}.c", "go": f"go/{name}/main.go", "python": f"python/{name}.py", "cpp": f"cpp/{name}.cpp"}[language]
    return ROOT / "examples" / suffix


def command(language: str, name: str, *arguments: str) -> list[str]:
    """The command line of example NAME in a language."""
    if language == "python":
        return [sys.executable, "-u", str(source(language, name)), *arguments]
    return [str(BUILD / "examples" / language / name), *arguments]


def environment(**extra: str) -> dict[str, str]:
    """The environment programs run in: the library and the Python package of this checkout."""
    env = dict(os.environ)
    env.setdefault("LIBWS_LIBRARY", str(BUILD / "libws.so"))
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "bindings" / "python"), *filter(None, [env.get("PYTHONPATH")])])
    env.update(extra)
    return env


def is_built(language: str, name: str) -> bool:
    """Whether the program can be run: what its command line names is there."""
    return Path(command(language, name)[2 if language == "python" else 0]).exists()


def is_promised(language: str, name: str) -> bool:
    """Whether the project has the source of this program, so that tests may insist on it."""
    return source(language, name).exists()


class Process:
    """A running process seen through /proc; also one that somebody else started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def _status(self, key: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise LookupError(f"{key} is not in /proc/{self.pid}/status")

    def is_alive(self) -> bool:
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state not in "ZX"

    def rss_bytes(self) -> int:
        return self._status("VmRSS") * 1024

    def peak_rss_bytes(self) -> int:
        return self._status("VmHWM") * 1024

    def reset_peak_rss(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def thread_count(self) -> int:
        return self._status("Threads")

    def descriptor_count(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def socket_count(self) -> int:
        """How many sockets it holds, whatever descriptors its runtime opens for itself meanwhile."""
        count = 0
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            try:
                count += os.readlink(f"/proc/{self.pid}/fd/{name}").startswith("socket:")
            except FileNotFoundError:
                pass  # closed meanwhile
        return count

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def limit_descriptors(self, soft: int) -> int:
        """Sets the soft limit of open files; returns the one before."""
        before, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (soft, hard))
        return before

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)


class Program(Process):
    """A program that this test run started: a server once `port` is set."""

    def __init__(self, command_line: list[str], *, listens: bool = True, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
        self.name = " ".join(Path(part).name for part in command_line)
        self._errors = tempfile.TemporaryFile()
        self._popen = subprocess.Popen(
            command_line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=env or environment(),
            cwd=cwd or ROOT,
            start_new_session=True,
        )
        super().__init__(self._popen.pid)
        self.host, self.port = "127.0.0.1", 0
        if listens:
            try:
                self.host, self.port = self._await_listening()
            except BaseException:
                self.stop()
                raise

    def _await_listening(self) -> tuple[str, int]:
        deadline = time.monotonic() + START_S
        assert self._popen.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._popen.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise RuntimeError(f"{self.name}: no 'listening on' line within {START_S} s; stderr: {self.stderr()}")
                part = os.read(self._popen.stdout.fileno(), 1)
                if not part:
                    raise RuntimeError(f"{self.name}: ended before it listened, status {self._popen.wait()}; stderr: {self.stderr()}")
                line += part
        match = LISTENING.search(line)
        if not match:
            raise RuntimeError(f"{self.name}: expected 'listening on HOST:PORT', got {line!r}")
        return match[1].decode().strip("[]"), int(match[2])

    def line(self) -> str:
        """The next line that the program prints, "" after the last one."""
        assert self._popen.stdout is not None
        return self._popen.stdout.readline().decode(errors="replace").strip()

    def stderr(self) -> str:
        """What the program has written to standard error so far (its end, when that is long)."""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 8000))
        return self._errors.read().decode(errors="replace").strip()

    def is_alive(self) -> bool:
        return self._popen.poll() is None

    def wait(self, timeout_s: float) -> int:
        return self._popen.wait(timeout_s)

    def stop(self) -> None:
        """Ends the process and everything it started."""
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def listener_process(port: int) -> Process | None:
    """Finds the process that listens on a TCP port of this machine, if it may be seen."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if any(os.readlink(fd) in inodes for fd in (entry / "fd").iterdir()):
                    return Process(int(entry.name))
            except OSError:
                continue
    return None


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Keeps other tests, of this process or another, from filling a folder at the same time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        yield


@contextmanager
def put_in_place(output: Path) -> Iterator[Path]:
    """Where to build a program: it takes the place of output when it is whole, since another test may be starting that right now."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as folder:
        fresh = Path(folder) / output.name
        yield fresh
        os.replace(fresh, output)


def build_c(program: Path, output: Path) -> None:
    """Compiles a C program of the tests against the library of this checkout, when it is not newer than its inputs."""
    inputs = [program, ROOT / "include" / "ws.h", BUILD / "libws.so"]
    if output.exists() and all(output.stat().st_mtime > path.stat().st_mtime for path in inputs):
        return
    compiler = os.environ.get("CC", "gcc")
    includes = [f"-I{ROOT / 'include'}", f"-I{ROOT / 'bindings' / 'c'}"]
    link = [f"-L{BUILD}", "-lws", "-pthread", f"-Wl,-rpath,{BUILD}"]
    with put_in_place(output) as fresh:
        subprocess.run(
            [compiler, "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", *includes, str(program), "-o", str(fresh), *link],
            check=True,
            timeout=120,
        )


def build_go(package: Path, output: Path) -> None:
    """Builds a Go program; its own folder decides which module it belongs to."""
    go = next((str(path) for path in [BUILD / "go" / "go" / "bin" / "go"] if path.exists()), None) or shutil.which("go")
    if go is None:
        raise RuntimeError("no Go tool chain; ./build.sh fetches one")
    with put_in_place(output) as fresh:
        subprocess.run(
            [go, "build", "-buildvcs=false", "-o", str(fresh), "."],
            check=True,
            timeout=300,
            cwd=package,
            env={**os.environ, "GOWORK": "off"},
        )
