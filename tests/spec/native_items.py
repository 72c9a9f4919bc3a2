"""Walks the 78 items of the API reference with the table-driven program of one language: one result for each item."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "harness")]

import native
import programs

ITEMS = [line for line in (HERE / "items.txt").read_text().splitlines() if line and not line.startswith("#")]


def counts() -> dict[str, int]:
    """How many items of each kind the list has."""
    constants = [item for item in ITEMS if item.startswith("WS_")]
    examples = [item for item in ITEMS if item.startswith("example ")]
    fields = [item for item in ITEMS if "." in item and not item.endswith("()")]
    methods = [item for item in ITEMS if "." in item and item.endswith("()")]
    functions = [item for item in ITEMS if item.endswith("()") and "." not in item]
    return {"constants": len(constants), "fields": len(fields), "methods": len(methods), "functions": len(functions), "examples": len(examples)}


def walk(language: str, folder: str, output: Path) -> tuple[dict[str, str], str]:
    """Compiles the program of a folder and runs it: "pass" or the expectation that failed for each item, and all it printed."""
    sources = sorted(path for path in (HERE / folder).iterdir() if path.suffix in (".c", ".cpp"))
    program = native.build(sources, output / f"spec_{folder}", language)
    examples = Path(os.environ.get("LIBWS_EXAMPLES", programs.BUILD / "examples")) / folder
    done = native.run(program, str(examples))
    found: dict[str, str] = {}
    item = None
    for line in done.stdout.splitlines():
        if line.startswith("item "):
            item = line.removeprefix("item ")
            assert item not in found, f"{item} is there twice"
            found[item] = "the program ended in this item"
        elif item and line == "pass":
            found[item] = line
        elif item and line.startswith("fail "):
            found[item] = line
    return found, f"exit status {done.returncode}\n{done.stdout}"


def judge(item: str, results: tuple[dict[str, str], str]) -> None:
    """Fails unless the item was there and passed."""
    found, printed = results
    assert item in found, f"no test of {item}\n{printed}"
    assert found[item] == "pass", f"{item}: {found[item]}\n{printed}"


def judge_end(results: tuple[dict[str, str], str]) -> None:
    """Fails unless the program ended well, under its sanitizers, with exactly the items of the list."""
    found, printed = results
    assert printed.startswith("exit status 0\n"), printed
    assert list(found) == ITEMS
