"""What the bench measures: the cells, each a load and the contenders that meet in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

# A load that polls instead of sleeping: with one connection its own wake-up would be most of what is measured.
SPIN_US = 10_000

LOOPS = ("uws", "epoll_min", "c-loop", "go-loop", "py-loop", "gorilla", "gws", "lws", "picows", "picows-asyncio", "aiohttp", "websockets")
SPINNING = ("c-loop-spin", "go-loop-spin", "py-loop-spin")


@dataclass(frozen=True)
class Cell:
    """One load: its mode, its numbers, and who is measured against whom. The first contender present is the 1.00 of ratios."""

    name: str
    title: str
    contenders: Tuple[str, ...]
    mode: str = "echo"
    connections: int = 1
    payload_bytes: int = 20
    in_flight: int = 1
    spin_us: int = 0
    both_cores: bool = False  # the server may use both cores; the load shares them
    seconds: float = 1.0
    warmup_s: float = 0.3

    def load_arguments(self, quick: bool) -> List[str]:
        seconds, warmup = (self.seconds * 0.4, self.warmup_s * 0.4) if quick else (self.seconds, self.warmup_s)
        return [
            f"--mode={self.mode}",
            f"--connections={self.connections}",
            f"--bytes={self.payload_bytes}",
            f"--in-flight={self.in_flight}",
            f"--spin={self.spin_us}",
            f"--seconds={seconds}",
            f"--warmup={warmup}",
        ]


def echo(connections: int, payload_bytes: int, in_flight: int, contenders: Tuple[str, ...], prefix: str, spin_us: int = 0) -> Cell:
    size = {1 << 20: "1 MiB", 65536: "64 KiB", 16384: "16 KiB"}.get(payload_bytes, f"{payload_bytes} B")
    many = "1 connection" if connections == 1 else f"{connections} connections"
    polling = ", a load that polls" if spin_us else ""
    return Cell(
        f"{prefix}-{connections}x{payload_bytes}x{in_flight}",
        f"{many}, {size}, {in_flight} in flight{polling}",
        contenders,
        connections=connections,
        payload_bytes=payload_bytes,
        in_flight=in_flight,
        spin_us=spin_us,
    )


BLOCKING = ("blocking_min", "c-threads", "go-threads")
PYTHON_THREADS = ("websockets-sync", "py-threads", "blocking_min_py", "blocking_min")

CELLS = (
    echo(1, 20, 1, BLOCKING, "blocking"),
    echo(1, 65536, 1, BLOCKING, "blocking"),
    echo(1, 20, 1, BLOCKING, "spinning", SPIN_US),
    echo(1, 65536, 1, BLOCKING, "spinning", SPIN_US),
    echo(1, 20, 1, PYTHON_THREADS, "python"),
    echo(1, 65536, 1, PYTHON_THREADS, "python"),
    echo(1, 20, 1, PYTHON_THREADS, "python-spinning", SPIN_US),
    echo(1, 65536, 1, PYTHON_THREADS, "python-spinning", SPIN_US),
    echo(100, 20, 1, PYTHON_THREADS, "python"),
    echo(10, 512, 16, PYTHON_THREADS, "python"),
    echo(100, 20, 1, LOOPS, "echo"),
    echo(100, 20, 16, LOOPS, "echo"),
    echo(1000, 512, 1, LOOPS, "echo"),
    echo(100, 16384, 1, LOOPS, "echo"),
    echo(20, 65536, 1, LOOPS, "echo"),
    echo(10, 1048576, 1, LOOPS, "echo"),
    echo(1, 20, 1, LOOPS + SPINNING, "echo", SPIN_US),
    *(
        Cell(
            f"broadcast-1000x512x{in_flight}",
            f"broadcast to 1000 subscribers, 512 B, {in_flight} in flight",
            ("uws-broadcast", "epoll_min-broadcast", "c-loop-broadcast"),
            mode="broadcast",
            connections=1000,
            payload_bytes=512,
            in_flight=in_flight,
        )
        for in_flight in (1, 16)
    ),
    Cell(
        "open-10000",
        "open 10000 connections, each echoes one message and idles",
        ("uws", "epoll_min", "c-loop", "go-loop", "gws", "gorilla", "lws"),
        mode="open",
        connections=10000,
    ),
    Cell("churn", "open and close connections", ("uws", "epoll_min", "c-loop", "go-loop", "gws", "gorilla", "lws"), mode="churn"),
    Cell(
        "cores-100x20x16",
        "two cores: one loop against two, 100 connections, 20 B, 16 in flight",
        ("c-loop", "c-loop-2"),
        connections=100,
        in_flight=16,
        both_cores=True,
    ),
)
