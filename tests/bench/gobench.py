"""Collects what only Go can measure of itself: `go test -bench` of masks, handles and frames; and the calls from C."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any, Dict

from contenders import BUILD, ROOT

# package → the benchmarks whose figures are asked for
PACKAGES = {
    "./core/wire": "^BenchmarkMask$/^(copy|Mask|maskPlain)$/^65536$",
    "./capi/handle": "^BenchmarkGet$",
    "./tests/bench/figures": ".",
}
LINE = re.compile(r"^(Benchmark\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op(?:\s+[\d.]+ MB/s)?(?:\s+(\d+) B/op\s+(\d+) allocs/op)?", re.M)


def run(quick: bool) -> Dict[str, Dict[str, Any]]:
    """Benchmark name → {ns, allocs}: the least time and the most allocations of the repetitions."""
    found: Dict[str, Dict[str, Any]] = {}
    for package, pattern in PACKAGES.items():
        command = ["go", "test", "-run", "^$", "-bench", pattern, "-benchmem", "-benchtime", "0.1s" if quick else "0.3s"]
        try:
            done = subprocess.run(
                [*command, "-count", "1" if quick else "5", package],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=300,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"skipped: go test -bench {package}: {error}")
            continue
        if done.returncode:
            print(f"skipped: go test -bench {package}: {(done.stdout.strip().splitlines() or ['no output'])[-1]}")
        for name, ns, _, allocs in LINE.findall(done.stdout):
            before = found.setdefault(name, {"ns": float(ns), "allocs": 0})
            before["ns"] = min(before["ns"], float(ns))
            before["allocs"] = max(before["allocs"], int(allocs or 0))
    for name, r in found.items():
        print(f"  {name:36} {r['ns']:10,.1f} ns  {r['allocs']} allocations")
    return found


def crossing() -> Dict[str, float]:
    """What a call from C into the library costs, in nanoseconds; empty when the library is not built."""
    program = BUILD / "crossing"
    if not program.exists():
        print("skipped: crossing: build/libws.so is not built")
        return {}
    try:
        done = subprocess.run([str(program)], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        print("skipped: crossing: it did not end in time")
        return {}
    if done.returncode:
        print(f"skipped: crossing: {done.stderr.strip()}")
        return {}
    figures: Dict[str, float] = json.loads(done.stdout)
    print("  " + ", ".join(f"{name} {value}" for name, value in figures.items()))
    return figures
