"""Who is measured: how each server is started, and why one is absent."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Tuple

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
BUILD = ROOT / "build" / "bench"
PYTHON = BUILD / "venv" / "bin" / "python"
UWS_LIBRARY = BUILD / "socketify" / "socketify" / "libsocketify_linux_amd64.so"

# libws's own servers echo up to 64 MiB when asked, as the peers do by their settings.
LARGE = ("--max-message", "67108864")
SPIN = ("--spin", "50")


@dataclass(frozen=True)
class Contender:
    """A server program. It gets the port 0 as the first argument and says where it listens."""

    name: str
    label: str
    program: Path
    arguments: Tuple[str, ...] = ()
    interpreter: Optional[Path] = None
    environment: Dict[str, str] = field(default_factory=dict)
    ours: bool = False
    loops: int = 0  # passed after the port when > 0

    def command(self) -> List[str]:
        port = ["0"] + ([str(self.loops)] if self.loops else [])
        start = [str(self.interpreter)] if self.interpreter else []
        return [*start, str(self.program), *port, *self.arguments]

    def absent(self) -> Optional[str]:
        """Why it cannot run, or None."""
        needed = [self.program, *([self.interpreter] if self.interpreter else []), *map(Path, self.environment.values())]
        for path in needed:
            if not path.exists():
                return f"no {os.path.relpath(path, ROOT)}"
        if "uws" in self.name and platform.machine() != "x86_64":
            return "the package has µWebSockets for x86-64 only"
        return None


def _c(name: str, label: str, *arguments: str) -> Contender:
    return Contender(name, label, BUILD / name.replace("-broadcast", ""), arguments)


def _uws(name: str, label: str, *arguments: str) -> Contender:
    return Contender(name, label, BUILD / "uws_echo", arguments, environment={"UWS_LIBRARY": str(UWS_LIBRARY)})


def _python(name: str, label: str, script: str, *arguments: str) -> Contender:
    return Contender(name, label, BENCH / "peers" / "python" / script, arguments, PYTHON)


def _ours(name: str, label: str, language: str, program: str, *arguments: str, loops: int = 0) -> Contender:
    if language == "python":
        environment = {"LIBWS_LIBRARY": str(ROOT / "build" / "libws.so"), "PYTHONPATH": str(ROOT / "bindings" / "python")}
        path = ROOT / "examples" / "python" / f"{program}.py"
        return Contender(name, label, path, LARGE + arguments, PYTHON, environment, ours=True, loops=loops)
    return Contender(name, label, ROOT / "build" / "examples" / language / program, LARGE + arguments, ours=True, loops=loops)


CONTENDERS = {
    contender.name: contender
    for contender in (
        _uws("uws", "µWebSockets"),
        _uws("uws-broadcast", "µWebSockets publish", "--broadcast"),
        _c("epoll_min", "least C, epoll"),
        _c("epoll_min-broadcast", "least C, epoll", "--broadcast"),
        _c("blocking_min", "least C, blocking"),
        Contender("blocking_min_py", "least Python, blocking", BENCH / "servers" / "blocking_min.py", interpreter=PYTHON),
        Contender("lws", "libwebsockets", BUILD / "lws_echo"),
        Contender("gorilla", "gorilla", BUILD / "gorilla_echo"),
        Contender("gws", "gws", BUILD / "gws_echo"),
        _python("picows", "picows, uvloop", "picows_echo.py"),
        _python("picows-asyncio", "picows, asyncio", "picows_echo.py", "--asyncio"),
        _python("aiohttp", "aiohttp", "aiohttp_echo.py"),
        _python("websockets", "websockets, asyncio", "websockets_asyncio.py"),
        _python("websockets-sync", "websockets, threads", "websockets_sync.py"),
        _ours("c-threads", "libws C, blocking", "c", "threaded_server"),
        _ours("go-threads", "libws Go, blocking", "go", "threaded_server"),
        _ours("py-threads", "libws Python, blocking", "python", "threaded_server"),
        _ours("c-loop", "libws C, loop", "c", "echo_loop"),
        _ours("c-loop-2", "libws C, 2 loops", "c", "echo_loop", loops=2),
        _ours("c-loop-spin", "libws C, loop spinning", "c", "echo_loop", *SPIN),
        _ours("go-loop", "libws Go, loop", "go", "echo_loop"),
        _ours("go-loop-spin", "libws Go, loop spinning", "go", "echo_loop", *SPIN),
        _ours("py-loop", "libws Python, loop", "python", "echo_loop"),
        _ours("py-loop-spin", "libws Python, loop spinning", "python", "echo_loop", *SPIN),
        Contender("c-loop-broadcast", "libws C, loop publish", BUILD / "libws_publish", ours=True),
    )
}
