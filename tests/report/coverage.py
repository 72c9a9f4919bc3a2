"""Prints the statement coverage of each package in a Go cover profile and fails when one is under the bound.

Usage: coverage.py --min PERCENT PROFILE
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path


def by_package(profile: str) -> dict[str, tuple[int, int, list[str]]]:
    """Maps each package to (covered statements, all statements, blocks that no test reached)."""
    blocks: dict[str, tuple[int, bool]] = {}
    for line in profile.splitlines():
        if line.startswith("mode:") or not line.strip():
            continue
        place, count, hits = line.rsplit(" ", 2)
        reached = blocks.get(place, (0, False))[1] or int(hits) > 0
        blocks[place] = (int(count), reached)
    packages: dict[str, tuple[int, int, list[str]]] = defaultdict(lambda: (0, 0, []))
    for place, (size, reached) in sorted(blocks.items()):
        package = place.split(":")[0].rsplit("/", 1)[0]
        covered, total, missed = packages[package]
        if not reached:
            missed.append(place)
        packages[package] = (covered + (size if reached else 0), total + size, missed)
    return packages


def by_file(places: list[str]) -> dict[str, list[int]]:
    """Maps each file to the first lines of its blocks, in order."""
    lines: dict[str, set[int]] = defaultdict(set)
    for place in places:
        file, where = place.split(":")
        lines[file].add(int(where.split(".")[0]))
    return {file: sorted(found) for file, found in sorted(lines.items())}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--min", type=float, required=True, help="the least coverage of each package, in percent")
    parser.add_argument("profile", type=Path)
    options = parser.parse_args()
    status = 0
    packages = by_package(options.profile.read_text(encoding="utf-8"))
    if not packages:
        print(f"{options.profile}: no package was measured")
        return 1
    for package, (covered, total, missed) in sorted(packages.items()):
        percent = 100 * covered / max(total, 1)
        print(f"coverage of {package}: {percent:.1f}% of {total} statements")
        if percent < options.min:
            status = 1
            print(f"  under {options.min:g}%; lines not reached:")
            for file, lines in by_file(missed).items():
                print(f"    {file}: {', '.join(str(line) for line in lines)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
