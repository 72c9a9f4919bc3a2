"""The peers of other makers: what each needs on a machine, and the command lines of its server and client.

What a registry has is fetched into build/interop; what the system has to bring makes a test skip when it is missing.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import programs
import pytest

HERE = Path(__file__).resolve().parent
STORE = programs.BUILD / "interop"
INSTALL_S = 300


class Missing(Exception):
    """A peer cannot be had here; the message says what is missing."""


def _run(command: list[str], folder: Path, **env: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, env={**os.environ, **env}, stdin=subprocess.DEVNULL
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-800:]}")


@functools.cache
def websockets() -> list[str]:
    """Python websockets, which the tests' virtual environment has."""
    try:
        import websockets  # noqa: F401
    except ImportError:
        raise Missing("Python websockets is not in this environment; `make venv` brings it") from None
    return [sys.executable, str(HERE / "peers" / "websockets_peer.py")]


@functools.cache
def ws() -> list[str]:
    """npm ws on Node.js."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing("npm ws needs node and npm: `apt-get install nodejs npm`")
    source, home = HERE / "peers" / "node", STORE / "node"
    wanted = (source / "package.json").read_text()
    with programs.one_at_a_time(home):
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "node_modules" / "ws").exists() or (home / "package.json").read_text() != wanted:
            (home / "package.json").write_text(wanted)
            _run([npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], home)
    # A module is looked for from its file's folder upwards, so the program is put beside what was installed.
    with programs.put_in_place(home / "peer.js") as fresh:
        shutil.copyfile(source / "peer.js", fresh)
    return [node, str(home / "peer.js")]


@functools.cache
def gorilla() -> list[str]:
    """gorilla/websocket, in a Go module of its own."""
    output = STORE / "gorilla"
    programs.build_go(HERE / "peers" / "go", output)
    return [str(output)]


@functools.cache
def libwebsockets() -> list[str]:
    """libwebsockets, the system's."""
    if not Path("/usr/include/libwebsockets.h").exists():
        raise Missing("libwebsockets is not installed: `apt-get install libwebsockets-dev`")
    output = STORE / "libwebsockets"
    source = HERE / "peers" / "libwebsockets" / "peer.c"
    with programs.put_in_place(output) as fresh:
        _run([os.environ.get("CC", "gcc"), "-O1", "-g", "-Wall", "-Wextra", str(source), "-o", str(fresh), "-lwebsockets"], HERE)
    return [str(output)]


PEERS = {"websockets": websockets, "ws": ws, "gorilla": gorilla, "libwebsockets": libwebsockets}


def peer_command(name: str) -> list[str]:
    """The start of a peer's command line; skips the test when the peer cannot be had."""
    try:
        return PEERS[name]()
    except Missing as reason:
        pytest.skip(str(reason))


@functools.cache
def our_client(language: str) -> list[str]:
    """The client of a language of ours for the script."""
    output = programs.BUILD / "tests" / "interop" / f"{language}-client"
    if language == "c":
        programs.build_c(HERE / "ours" / "client.c", output)
    elif language == "go":
        programs.build_go(HERE / "ours" / "go", output)
    else:
        return [sys.executable, str(HERE / "ours" / "client.py")]
    return [str(output)]
