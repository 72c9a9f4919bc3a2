"""The figures that libws must show: each with its bar, worked out from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

Store = Dict[str, Any]
Value = Callable[[Store], Optional[float]]


@dataclass(frozen=True)
class Figure:
    """A number with a bar. value is None when something it needs was not measured; median is the same from the medians of all rounds."""

    title: str
    bar: float
    at_least: bool
    value: Value
    unit: str = ""
    median: Value = lambda _: None
    cell: str = ""  # where it compares two contenders: the cell, and who they are
    between: Tuple[str, ...] = ()

    def shown(self, value: Optional[float]) -> str:
        if value is None:
            return "–"
        return f"{value:.2f}{self.unit}" if value < 100 else f"{value:,.0f}{self.unit}"

    def verdict(self, store: Store) -> Tuple[str, str, str]:
        """The bar, what was measured, and what that means, as text."""
        sign, value = "≥" if self.at_least else "≤", self.value(store)
        bar = f"{sign} {self.bar:g}{self.unit}"
        measured = self.shown(value)
        if value is None:
            return bar, measured, "not measured"
        met = value >= self.bar if self.at_least else value <= self.bar
        if met:
            return bar, measured, "met"
        return bar, measured, f"missed by {abs(value / self.bar - 1):.0%}" if self.bar else "missed"


def _of(store: Store, cell: str, contender: str, key: str, median: bool) -> Optional[float]:
    result: Store = store.get("cells", {}).get(cell, {}).get("results", {}).get(contender, {})
    found: Optional[float] = result.get("median", {}).get(key) if median else result.get(key)
    return found


def _ratio(cell: str, ours: str, theirs: str, key: str, median: bool) -> Value:
    def value(store: Store) -> Optional[float]:
        a, b = _of(store, cell, ours, key, median), _of(store, cell, theirs, key, median)
        return a / b if a is not None and b else None

    return value


def _memory(who: str) -> Value:
    return lambda store: _of(store, "open-10000", who, "memory_each", False)


def _compared(title: str, bar: float, at_least: bool, cell: str, ours: str, theirs: str, key: str = "rate") -> Figure:
    """A figure that compares two contenders of a cell."""
    value, median = (_ratio(cell, ours, theirs, key, of_medians) for of_medians in (False, True))
    return Figure(title, bar, at_least, value, "×", median, cell, (ours, theirs))


def _go(name: str, key: str) -> Value:
    return lambda store: store.get("go", {}).get(name, {}).get(key)


def _mask_against_copy(store: Store) -> Optional[float]:
    copied, masked = _go("BenchmarkMask/copy/65536", "ns")(store), _go("BenchmarkMask/Mask/65536", "ns")(store)
    return copied / masked if copied and masked else None


def _frame_allocations(store: Store) -> Optional[float]:
    found = [r["allocs"] for name, r in store.get("go", {}).items() if name.startswith(("BenchmarkRecv", "BenchmarkSend"))]
    return float(max(found)) if found else None


def _foundation() -> Iterator[Figure]:
    for size, text in ((20, "20 B"), (65536, "64 KiB")):
        for prefix, load in (("blocking", "blocks"), ("spinning", "polls")):
            title = f"blocking echo, 1 connection, {text}, the load {load}: C on libws.so against the least C, round trips"
            yield _compared(title, 0.8, True, f"{prefix}-1x{size}x1", "c-threads", "blocking_min")
    python = {
        "python-1x20x1": "1 connection, 20 B, the load blocks",
        "python-spinning-1x20x1": "1 connection, 20 B, the load polls",
        "python-1x65536x1": "1 connection, 64 KiB, the load blocks",
        "python-spinning-1x65536x1": "1 connection, 64 KiB, the load polls",
        "python-100x20x1": "100 connections, 20 B",
        "python-10x512x16": "10 connections, 512 B, 16 in flight",
    }
    for cell, text in python.items():
        title = f"Python, blocking, {text}: CPU per message against websockets' threads"
        yield _compared(title, 0.333, False, cell, "py-threads", "websockets-sync", "cpu_ns")
    yield Figure("look-up of a handle", 10, False, _go("BenchmarkGet", "ns"), " ns")
    yield Figure("masking 64 KiB: speed against copy", 0.4, True, _mask_against_copy, "×")
    yield Figure("allocations per frame received or sent in Go", 0, False, _frame_allocations)


CELLS_OF_LOOPS = ("100x20x1", "100x20x16", "1000x512x1", "100x16384x1", "20x65536x1", "10x1048576x1", "1x20x1")


def _loops() -> Iterator[Figure]:
    bars = {"10x1048576x1": 1.4, "1x20x1": 0.97}
    for who, text in (("c-loop", "C"), ("go-loop", "Go")):
        for cell in CELLS_OF_LOOPS:
            title = f"loop in {text}, ({cell.replace('x', ', ')}): rate against µWebSockets"
            yield _compared(title, bars.get(cell, 1.0), True, f"echo-{cell}", who, "uws")
        title = f"loop in {text}, (1, 20, 1), spinning: rate against µWebSockets"
        yield _compared(title, 3.0, True, "echo-1x20x1", f"{who}-spin", "uws")
        for cell in CELLS_OF_LOOPS:
            title = f"loop in {text}, ({cell.replace('x', ', ')}): CPU per message against µWebSockets"
            yield _compared(title, 1.0, False, f"echo-{cell}", who, "uws", "cpu_ns")
    python = {"100x20x1": 1.5, "100x20x16": 3.0, "100x16384x1": 1.2, "20x65536x1": 1.2, "10x1048576x1": 1.2}
    for cell, bar in python.items():
        for peer, text in (("picows-asyncio", "asyncio"), ("picows", "uvloop")):
            title = f"loop in Python, ({cell.replace('x', ', ')}): rate against picows on {text}"
            yield _compared(title, bar, True, f"echo-{cell}", "py-loop", peer)
    for in_flight in (1, 16):
        title = f"broadcast of 512 B to 1000, {in_flight} in flight: rate against µWebSockets' publish"
        yield _compared(title, 1.2, True, f"broadcast-1000x512x{in_flight}", "c-loop-broadcast", "uws-broadcast")
    for who, text in (("c-loop", "C"), ("go-loop", "Go")):
        title = f"memory per idle connection of 10000, loop in {text}"
        yield Figure(title, 256, False, _memory(who), " B")
        title = f"opening 10000 connections, loop in {text}: rate against µWebSockets"
        yield _compared(title, 1.0, True, "open-10000", who, "uws")
    title = "two loops on two cores: CPU per message against one loop"
    yield _compared(title, 1.1, False, "cores-100x20x16", "c-loop-2", "c-loop", "cpu_ns")


FOUNDATION: List[Figure] = list(_foundation())
LOOP: List[Figure] = list(_loops())


def compared(cell: str) -> Set[str]:
    """The contenders of a cell that figures compare."""
    return {name for figure in FOUNDATION + LOOP if figure.cell == cell for name in figure.between}


def lines(store: Store) -> Iterator[str]:
    """What was measured, a figure a line; what was not measured is left out."""
    for figure in FOUNDATION + LOOP:
        bar, measured, verdict = figure.verdict(store)
        if verdict != "not measured":
            yield f"{verdict:16} {measured:>10}  (median {figure.shown(figure.median(store))}; {bar})  {figure.title}"
