"""Writes tests/bench/RESULTS.md, the figures beside their bars, and has the plot drawn."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List

import figures
from cells import CELLS, Cell
from contenders import BENCH, BUILD, CONTENDERS, PYTHON, ROOT

RESULTS = BENCH / "RESULTS.md"
ABOUT = """Written by `make bench` (`tests/bench/run.py`); not edited by hand. Echo and broadcast over loopback, closed loop: the load
generator (`tests/bench/load`, C) keeps the given number of messages in flight on each connection and compares every byte that
comes back. The server runs on one core, the load on the other. Contenders are interleaved, round after round; a table has the
best rate and the least CPU time per message of all rounds; who stands in a figure has three times the rounds of the others.
Figures compare these, and beside them the medians of all rounds. CPU time is the server's own, from the scheduler, in nanoseconds.
Where the load's core is as busy as the server's, the rate says less than the CPU time: a faster server then waits for the load."""
CALLS = {
    "is_open_live_ns": "`ws_is_open` of an open connection",
    "is_open_closed_ns": "… of a closed one",
    "is_open_invented_ns": "… of none",
}
Store = Dict[str, Any]


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _machine() -> Iterator[str]:
    info = {k.strip(): v.strip() for k, _, v in (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    virtual = ", a virtual machine" if "hypervisor" in info.get("flags", "") else ""
    yield f"- {os.cpu_count()} cores of {info.get('model name', platform.machine())}{virtual}, {memory:.0f} GiB of memory"
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control")
    yield f"- Linux {platform.release()}, TCP congestion control {congestion.read_text().strip() if congestion.exists() else 'unknown'}"
    versions = [
        _said("gcc", "--version").splitlines()[:1],
        [_said("go", "version").replace("go version ", "")],
        [_said(str(PYTHON), "--version")],
        [f"glibc {platform.libc_ver()[1]}"],
    ]
    yield "- " + ", ".join(v[0] for v in versions if v and v[0])
    peers = _said(str(PYTHON), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").splitlines()
    peers = [p.replace("==", " ") for p in peers if p.split("==")[0] in ("picows", "uvloop", "aiofastnet", "aiohttp", "websockets")]
    socketify = [p.name[: -len(".dist-info")].split("-")[1] for p in (BUILD / "socketify").glob("socketify-*.dist-info")]
    required = [line.strip() for line in (BENCH / "peers" / "go" / "go.mod").read_text().splitlines()]
    modules = [line.replace("github.com/", "") for line in required if "gorilla/" in line or "lxzan/" in line]
    lws = _said("pkg-config", "--modversion", "libwebsockets")
    libraries = [*(f"socketify {v} (µWebSockets)" for v in socketify), *([f"libwebsockets {lws.rstrip('-')}"] if lws else [])]
    yield "- peers: " + ", ".join([*peers, *modules, *libraries])


def _figures(title: str, chosen: List[figures.Figure], store: Store) -> Iterator[str]:
    rows = [(figure, *figure.verdict(store)) for figure in chosen]
    if all(verdict == "not measured" for *_, verdict in rows):
        return
    yield f"\n## {title}\n"
    yield "| figure | bar | measured | of medians | |\n|---|---|---|---|---|"
    for figure, bar, measured, verdict in rows:
        told = f"**{verdict}**" if verdict.startswith("missed") else verdict
        yield f"| {figure.title} | {bar} | {measured} | {figure.shown(figure.median(store))} | {told} |"


def _cell(cell: Cell, measured: Dict[str, Any]) -> Iterator[str]:
    results = measured["results"]
    base = next(iter(results.values()))
    yield f"\n### {cell.title[0].upper()}{cell.title[1:]}\n"
    yield f"`{cell.name}`, {measured['date']} UTC; ratios are against {CONTENDERS[next(iter(results))].label}.\n"
    memory = cell.mode == "open"
    latency = "latency_us" in base
    more = (["bytes each"] if memory else []) + (["p50 µs", "p99 µs", "load busy"] if latency else [])
    yield "| | per second | ratio | CPU ns each | ratio |" + "".join(f" {column} |" for column in more)
    yield "|---|--:|--:|--:|--:|" + "--:|" * len(more)
    for name, r in sorted(results.items(), key=lambda item: -float(item[1]["rate"])):
        label = f"**{CONTENDERS[name].label}**" if CONTENDERS[name].ours else CONTENDERS[name].label
        line = f"| {label} | {r['rate']:,.0f} | {r['rate'] / base['rate']:.2f} | {r['cpu_ns']:,.0f} | {r['cpu_ns'] / base['cpu_ns']:.2f} |"
        if memory:
            line += f" {r['memory_each']:,.0f} |"
        if latency:
            line += f" {r['latency_us']['p50']:,.0f} | {r['latency_us']['p99']:,.0f} | {r['load_busy']:.0%} |"
        yield line


def _text(store: Store) -> Iterator[str]:
    yield "# What libws measures\n"
    yield ABOUT
    others = [r["others_busy"] for c in store.get("cells", {}).values() for r in c["results"].values()]
    yield "\n## Machine\n"
    yield from _machine()
    yield f"- {store['rounds']} rounds{', short (--quick)' if store.get('quick') else ''}; `{store['command'].strip()}`"
    if others:
        yield f"- others used {sorted(others)[len(others) // 2]:.0%} of the processor meanwhile (median; {max(others):.0%} at worst)"
    yield from _figures("Figures of the blocking API", figures.FOUNDATION, store)
    yield from _figures("Figures of the event loop", figures.LOOP, store)
    if store.get("absent") or store.get("failures"):
        yield "\nNot measured:\n"
        for name, why in {**store.get("absent", {}), **store.get("failures", {})}.items():
            yield f"- {name}: {why}"
    yield "\n![rates against µWebSockets](results.svg)"
    yield "\n## Cells"
    for cell in CELLS:
        measured = store.get("cells", {}).get(cell.name)
        if measured and measured["results"]:
            yield from _cell(cell, measured)
    if store.get("go"):
        yield "\n### Inside Go\n\n| benchmark | ns | allocations |\n|---|--:|--:|"
        for name, r in store["go"].items():
            yield f"| {name.replace('Benchmark', '', 1)} | {r['ns']:,.1f} | {r['allocs']} |"
    if store.get("crossing"):
        yield "\n### A call from C\n\n| call | ns |\n|---|--:|"
        for key, value in store["crossing"].items():
            yield f"| {CALLS.get(key, key)} | {value:,.1f} |"


def write(store: Store) -> None:
    plot = _said(str(PYTHON), str(BENCH / "plot.py"), str(BUILD / "results.json"), str(BENCH / "results.svg"))
    if plot:
        print(f"skipped: the plot: {plot.splitlines()[-1]}")
    RESULTS.write_text("\n".join(_text(store)) + "\n")
    print(f"wrote {RESULTS.relative_to(ROOT)}")
