"""Draws the plot of RESULTS.md: per cell, each contender's rate and CPU time per message against µWebSockets. usage: plot.py JSON SVG"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any, Dict, List

from cells import CELLS
from contenders import CONTENDERS

os.environ["MPLBACKEND"] = "svg"
plt: Any = importlib.import_module("matplotlib.pyplot")

OURS, PEERS = "#c2410c", "#94a3b8"


def draw(store: Dict[str, Any], path: str) -> None:
    cells = [c for c in CELLS if c.contenders[0].startswith("uws") and store.get("cells", {}).get(c.name, {}).get("results")]
    if not cells:
        raise SystemExit("no cell with µWebSockets was measured")
    plt.rcParams.update({"font.size": 8, "svg.hashsalt": "libws", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure, axes = plt.subplots(len(cells), 2, figsize=(10, 2.2 * len(cells)), squeeze=False)
    for row, cell in zip(axes, cells):
        results = store["cells"][cell.name]["results"]
        base = next(iter(results.values()))
        names: List[str] = sorted(results, key=lambda n: float(results[n]["rate"]))
        colours = [OURS if CONTENDERS[n].ours else PEERS for n in names]
        for axis, key, title in ((row[0], "rate", "rate, more is better"), (row[1], "cpu_ns", "CPU per message, less is better")):
            values = [results[n][key] / base[key] for n in names]
            axis.barh([CONTENDERS[n].label for n in names], values, color=colours)
            axis.axvline(1, color="black", linewidth=0.8)
            axis.set_xlim(0, max(1.15, min(4.0, max(values)) * 1.12))
            for y, value in enumerate(values):
                axis.text(min(value, 4.0), y, f" {value:.2f}", va="center", fontsize=7, clip_on=False)
            axis.set_title(f"{cell.title}: {title}", fontsize=8, loc="left")
            axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    with open(sys.argv[1]) as results:
        draw(json.load(results), sys.argv[2])
