"""Adds up every JUnit report of a test run: skipped tests with reasons, failures, then `N passed, N failed, N skipped`.

Usage: tally.py DIR. Ends with 0 when at least one test ran and none failed.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite


def cases(element: JUnitXml | TestSuite) -> Iterator[TestCase]:
    """Yields every test case of a report, however deeply its suites are nested."""
    for child in element:
        if isinstance(child, TestCase):
            yield child
        else:
            yield from cases(child)


def reason(result: Skipped | Failure | Error) -> str:
    """The first line that says why a test was skipped or failed; Go puts lines before it that only name the test."""
    text = f"{result.message or ''}\n{result.text or ''}"
    for line in map(str.strip, text.splitlines()):
        if line and line != "Failed" and not line.startswith(("=== ", "--- ", "fuzz: elapsed")):
            return line[:200]
    return "no reason given"


def lines(found: list[tuple[str, str]]) -> Iterator[str]:
    """Lines of name and reason; tests with the same reason share a line, so that one cause cannot bury the others."""
    names: dict[str, list[str]] = {}
    for name, why in found:
        names.setdefault(why, []).append(name)
    for why, sharing in names.items():
        yield f"{sharing[0]}{f' and {len(sharing) - 1} more' if len(sharing) > 1 else ''}: {why}"


def main() -> int:
    folder = Path(sys.argv[1])
    count: Counter[str] = Counter()
    skipped: list[tuple[str, str]] = []
    failed: list[tuple[str, str]] = []
    for path in sorted(folder.glob("*.xml")):
        try:
            report = JUnitXml.fromfile(str(path))
        except Exception as error:  # a report cut short by a crash is a failure too
            count["failed"] += 1
            failed.append((path.name, f"unreadable report: {error}"))
            continue
        for case in cases(report):
            name = f"{path.stem}: {case.classname or ''} {case.name}"
            results = case.result if isinstance(case.result, list) else [case.result]
            bad = [r for r in results if isinstance(r, (Failure, Error))]
            skip = [r for r in results if isinstance(r, Skipped)]
            if bad:
                count["failed"] += 1
                failed.append((name, reason(bad[0])))
            elif skip:
                count["skipped"] += 1
                skipped.append((name, reason(skip[0])))
            else:
                count["passed"] += 1

    for title, found in (("skipped", skipped), ("failed", failed)):
        if found:
            print(f"\n{title}:")
            for line in lines(found):
                print(f"  {line}")
    print(f"\n{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 0 if count["failed"] == 0 and count["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
