#!/usr/bin/env python3
"""Runs the bench: contenders interleaved, round after round; best rate and least processor time per message; RESULTS.md and a plot.

python tests/bench/run.py [--quick] [--only PATTERN]... [--rounds N] [--write] [--list]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from fnmatch import fnmatch
from typing import Any, Dict, List

sys.path.insert(0, __file__.rsplit("/", 1)[0])

import figures
import gobench
import report
from cells import CELLS, Cell
from contenders import BUILD, CONTENDERS
from measure import Failed, best, cores, run
from prepare import prepare

STORE = BUILD / "results.json"
OFTEN = 3  # how many times the rounds of others those have whom a figure compares


def arguments() -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="PATTERN matches names of cells, contenders, or 'go'.")
    p.add_argument("--quick", action="store_true", help="two short rounds: a check that all works, not figures")
    p.add_argument("--only", action="append", default=[], metavar="PATTERN", help="only these cells or contenders (repeatable)")
    p.add_argument("--rounds", type=int, default=0, metavar="N", help="rounds (default 5; at least 5 for figures)")
    p.add_argument("--write", action="store_true", help="write RESULTS.md from a partial run too, keeping the other cells' last figures")
    p.add_argument("--list", action="store_true", help="list cells and contenders and end")
    return p.parse_args()


def chosen(patterns: List[str]) -> Dict[str, List[str]]:
    """Cell name → contenders to run, under the patterns of --only."""
    cell_patterns = [p for p in patterns if any(fnmatch(c.name, p) for c in CELLS)]
    who_patterns = [p for p in patterns if any(fnmatch(name, p) for name in CONTENDERS)]
    unknown = [p for p in patterns if p not in cell_patterns and p not in who_patterns and p != "go"]
    if unknown:
        raise SystemExit(f"no cell and no contender is called {', '.join(unknown)}: see --list")
    if patterns and not cell_patterns and not who_patterns:
        return {}
    plan = {}
    for cell in CELLS:
        if cell_patterns and not any(fnmatch(cell.name, p) for p in cell_patterns):
            continue
        who = [n for n in cell.contenders if not who_patterns or any(fnmatch(n, p) for p in who_patterns)]
        if who:
            plan[cell.name] = who
    return plan


def measure_cell(cell: Cell, names: List[str], rounds: int, quick: bool, failures: Dict[str, str]) -> Dict[str, Any]:
    reports: Dict[str, List[Dict[str, Any]]] = {name: [] for name in names}
    failed: Dict[str, int] = {}
    often = [name for name in names if name in figures.compared(cell.name)]
    for turn in range(rounds * OFTEN if often else rounds):
        takes = names if turn < rounds else often
        for name in takes[turn % len(takes) :] + takes[: turn % len(takes)]:  # nobody always follows the same neighbour
            if failed.get(name, 0) > 1:
                continue  # twice is no accident
            try:
                reports[name].append(run(cell, CONTENDERS[name], quick))
            except Failed as why:
                failed[name] = failed.get(name, 0) + 1
                failures[f"{name} in {cell.name}, {failed[name]} of {rounds} rounds"] = str(why)
                print(f"  {name}: {why}", flush=True)
    found = {name: best(r) for name, r in reports.items()}
    return {name: result for name, result in found.items() if result}


def show(cell: Cell, results: Dict[str, Any]) -> None:
    base: Dict[str, Any] = next(iter(results.values()), {})
    for name, r in results.items():
        line = f"  {name:20} {r['rate']:12,.0f}/s  {r['rate'] / base['rate']:5.2f}  {r.get('cpu_ns', 0):10,.0f} ns CPU"
        if "memory_each" in r:
            line += f"  {r['memory_each']:8,.0f} B each"
        if "load_busy" in r:
            line += f"  server {r['server_busy']:.2f}  load {r['load_busy']:.2f}  p99 {r['latency_us']['p99']:,.0f} us"
        print(line, flush=True)


def main() -> int:
    o = arguments()
    if o.list:
        for cell in CELLS:
            print(f"{cell.name:24} {cell.title}: {', '.join(cell.contenders)}")
        return 0
    if len(cores()) < 2:
        raise SystemExit("the bench needs two processor cores, one for the server and one for the load")
    prepare()
    rounds = o.rounds or (2 if o.quick else 5)
    plan = chosen(o.only)
    absent = {name: why for name, c in CONTENDERS.items() for why in [c.absent()] if why and any(name in p for p in plan.values())}
    for name, why in absent.items():
        print(f"skipped: {name}: {why}")
    store: Dict[str, Any] = json.loads(STORE.read_text()) if STORE.exists() and o.only else {}
    failures: Dict[str, str] = {}
    for cell in CELLS:
        names = [n for n in plan.get(cell.name, []) if n not in absent]
        if not names:
            continue
        print(f"{cell.name}: {cell.title}", flush=True)
        results = measure_cell(cell, names, rounds, o.quick, failures)
        show(cell, results)
        store.setdefault("cells", {})[cell.name] = {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "results": results}
    if not o.only or "go" in o.only:
        store["go"], store["crossing"] = gobench.run(quick=o.quick), gobench.crossing()
    store["absent"], store["failures"] = absent, failures
    store.update(rounds=rounds, quick=o.quick, command="tests/bench/run.py " + " ".join(sys.argv[1:]))
    STORE.write_text(json.dumps(store, indent=1))
    measured: Dict[str, Any] = {"cells": {name: store["cells"][name] for name in plan if name in store.get("cells", {})}}
    if not o.only or "go" in o.only:
        measured["go"] = store["go"]
    for line in figures.lines(measured):
        print(line)
    if o.write or not (o.only or o.quick):
        report.write(store)
    return 0


if __name__ == "__main__":
    sys.exit(main())
