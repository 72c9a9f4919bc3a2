"""Gets the bench ready: builds the load generator and the C and Go servers, installs the Python peers into build/bench/venv.

What cannot be had is said in a line, and its contenders are then absent; only the load generator is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, Sequence, Union

from contenders import BENCH, BUILD, PYTHON, ROOT, UWS_LIBRARY

PEERS = ("picows", "uvloop", "aiohttp", "websockets", "matplotlib")
CC = os.environ.get("CC", "gcc")
CFLAGS = ("-std=gnu11", "-O2", "-g", "-Wall", "-Wextra")


def _attempt(what: str, command: Sequence[Union[str, Path]], cwd: Path = ROOT) -> bool:
    try:
        done = subprocess.run([str(c) for c in command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"skipped: {what}: {error}")
        return False
    if done.returncode:
        print(f"skipped: {what}: {(done.stdout.strip().splitlines() or ['no output'])[-1]}")
    return done.returncode == 0


def _newer(target: Path, sources: List[Path]) -> bool:
    return target.exists() and target.stat().st_mtime > max(s.stat().st_mtime for s in sources)


def _compile(name: str, source: Path, *flags: str) -> None:
    target, headers = BUILD / name, list((BENCH / "servers").glob("*.h"))
    if not _newer(target, [source, *headers]):
        _attempt(name, [CC, *CFLAGS, "-o", target, source, *flags])


def _pkg_config(package: str) -> List[str]:
    try:
        return subprocess.run(["pkg-config", "--cflags", "--libs", package], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []


def _load_generator() -> None:
    sources = sorted((BENCH / "load").glob("*.[ch]"))
    target = BUILD / "load"
    if not _newer(target, sources) and not _attempt("load", [CC, *CFLAGS, "-o", target, *(s for s in sources if s.suffix == ".c")]):
        raise SystemExit("the load generator did not build")


def _c_servers() -> None:
    servers = BENCH / "servers"
    _compile("epoll_min", servers / "epoll_min.c")
    _compile("blocking_min", servers / "blocking_min.c", "-pthread")
    _compile("uws_echo", servers / "uws_echo.c", "-Wno-unused-function", "-ldl")
    lws = _pkg_config("libwebsockets")
    if lws:
        _compile("lws_echo", servers / "lws_echo.c", "-Wno-unused-parameter", *lws)
    else:
        print("skipped: lws_echo: no libwebsockets (Debian's libwebsockets-dev)")
    if (ROOT / "build" / "libws.so").exists():
        ours = ["-I", str(ROOT / "include"), "-L", str(ROOT / "build"), "-lws", f"-Wl,-rpath,{ROOT / 'build'}"]
        _compile("crossing", BENCH / "calls" / "crossing.c", *ours)
        publish = servers / "libws_publish.c"
        if publish.exists():
            _compile("libws_publish", publish, *ours)


def _go_servers() -> None:
    source = BENCH / "peers" / "go"
    for name in ("gorilla_echo", "gws_echo"):
        if not _newer(BUILD / name, [*source.glob("*/*.go"), source / "go.mod"]):
            _attempt(name, ["go", "build", "-o", BUILD / name, f"./{name}"], cwd=source)


def _python_peers() -> None:
    if not PYTHON.exists():
        _attempt("the Python peers", [sys.executable, "-m", "venv", BUILD / "venv"])
    stamp = BUILD / "venv" / ".installed"
    if PYTHON.exists() and not (stamp.exists() and stamp.read_text() == " ".join(PEERS)):
        install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        together = _attempt("some of the Python peers", [*install, *PEERS])
        missing = [] if together else [peer for peer in PEERS if not _attempt(peer, [*install, peer])]
        if not missing:
            stamp.write_text(" ".join(PEERS))
    if PYTHON.exists() and not UWS_LIBRARY.exists():
        target = BUILD / "socketify"
        shutil.rmtree(target, ignore_errors=True)
        install = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", str(target)]
        _attempt("µWebSockets", [*install, "socketify"])


def prepare() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    _load_generator()
    _python_peers()
    _c_servers()
    _go_servers()
