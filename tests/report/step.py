"""Runs one step of `make test` under a time limit and makes sure that a step which fails is seen by the tally.

Usage: step.py --reports DIR --limit SECONDS NAME -- COMMAND...
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree


def failed_cases(reports: Path, before: set[str]) -> int:
    """Counts failed test cases in the reports that appeared since `before` was listed."""
    count = 0
    for path in reports.glob("*.xml"):
        if path.name in before:
            continue
        try:
            root = ElementTree.parse(path).getroot()
        except ElementTree.ParseError:
            continue
        for case in root.iter("testcase"):
            count += any(case.find(outcome) is not None for outcome in ("failure", "error"))
    return count


def write_report(path: Path, name: str, seconds: float, failure: str | None) -> None:
    """Writes a report of one test case: the step itself."""
    suite = ElementTree.Element(
        "testsuite",
        name="steps",
        tests="1",
        errors="0",
        skipped="0",
        failures="0" if failure is None else "1",
        time=f"{seconds:.1f}",
    )
    case = ElementTree.SubElement(suite, "testcase", classname="make", name=f"test-{name}", time=f"{seconds:.1f}")
    if failure is not None:
        ElementTree.SubElement(case, "failure", message=failure)
    ElementTree.ElementTree(suite).write(path, encoding="unicode", xml_declaration=True)


def usual_signals() -> None:
    """Signals are neither ignored nor held back, as tests of signals expect: a shell starts background jobs with SIGINT ignored."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def run(command: list[str], limit: float) -> tuple[int, bool]:
    """Runs the command in its own process group; returns its exit status and whether the limit ended it."""
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL, preexec_fn=usual_signals)
    timed_out = False
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        timed_out = True
        os.killpg(process.pid, signal.SIGINT)  # test runners end what they started and write their reports
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    except KeyboardInterrupt:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(10)
        raise
    return process.returncode, timed_out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, required=True)
    parser.add_argument("--limit", type=float, required=True, help="seconds after which the step is ended")
    parser.add_argument("name")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command

    options.reports.mkdir(parents=True, exist_ok=True)
    before = {path.name for path in options.reports.glob("*.xml")}
    print(f"\n=== {options.name}", flush=True)
    start = time.monotonic()
    status, timed_out = run(command, options.limit)
    seconds = time.monotonic() - start

    failure = None
    if timed_out:
        failure = f"ended after {options.limit:.0f} s without finishing"
    elif status != 0 and failed_cases(options.reports, before) == 0:
        failure = f"{' '.join(command)} ended with {status}"
    # A step whose own report says what failed is not counted twice.
    if failure is not None or status == 0:
        write_report(options.reports / f"step-{options.name}.xml", options.name, seconds, failure)
    print(f"=== {options.name}: {'ok' if status == 0 else 'FAILED'} in {seconds:.0f} s", flush=True)
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
