"""Runs Autobahn|Testsuite against our servers and clients, prints the table and compares it with the expected one.

    python tests/conformance/run.py                          everything that the project promises
    python tests/conformance/run.py c-server go-client       some of it
    python tests/conformance/run.py --cases '1.*' go-server  some cases
    python tests/conformance/run.py --port 9001 peer         an echo server that listens there

expected.txt beside this file is the table that everyone has to meet: case and behavior. The closing behavior has to be OK as well, or
informational where the case is. The cases that a subject does not run are named here, in SKIPPED.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "harness")]

import autobahn
import programs

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected.txt"
MAX_MESSAGE = 64 << 20
SHARD_S = 420

# Shards of the cases, so that the many that only wait run beside those that compute; the longest first.
SHARDS = [["9.1.*", "9.2.*"], ["9.3.*", "9.4.*"], ["9.5.*", "9.6.*", "9.7.*", "9.8.*"], ["6.*"], ["1.*", "2.*", "3.*", "4.*", "5.*"]]
SHARDS += [["7.*", "10.*"], ["12.*", "13.*"]]

# Section 9 measures limits and speed of the engine below the binding, and that is the same one for all.
SKIPPED = {"python-server": ["9."], "python-client": ["9."], "python-loop": ["9."]}


@dataclass
class Outcome:
    """What the suite said of one subject: behavior and closing behavior by case."""

    subject: str
    results: dict[str, tuple[str, str]] = field(default_factory=dict)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def subjects() -> list[str]:
    """Everything that the project has to test."""
    names = [f"{language}-server" for language in programs.LANGUAGES]
    names += [f"{language}-client" for language in programs.LANGUAGES]
    names.append("c-loopclient")
    names += [f"{language}-loop" for language in programs.LANGUAGES if programs.is_promised(language, "echo_loop")]
    return names


def case_key(case: str) -> tuple[int, ...]:
    return tuple(int(part) for part in case.split("."))


def expected() -> dict[str, str]:
    """The committed table."""
    table = {}
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            case, behavior = line.split()
            table[case] = behavior
    return table


def client_command(language: str, kind: str) -> list[str]:
    """Builds the echo client of a language; returns its command line. The loop's client is a C program."""
    output = programs.BUILD / "tests" / "conformance" / f"{language}-{kind}"
    if language == "c":
        programs.build_c(HERE / f"{kind}.c", output)
    elif language == "go":
        programs.build_go(HERE / "goclient", output)
    else:
        return [sys.executable, str(HERE / "client.py")]
    return [str(output)]


def wanted_shards(subject: str, cases: list[str] | None) -> list[list[str]]:
    if cases:
        return [cases]
    skipped = SKIPPED.get(subject, [])
    shards = [[case for case in shard if not case.startswith(tuple(skipped))] for shard in SHARDS]
    return [shard for shard in shards if shard]


def run_server(outcome: Outcome, port: int, shards: list[list[str]], jobs: int) -> None:
    def shard(cases: list[str]) -> dict[str, dict[str, object]]:
        return autobahn.fuzz_server(outcome.subject, port, cases, SHARD_S)

    collect(outcome, shard, shards, jobs)


def run_client(outcome: Outcome, command: list[str], shards: list[list[str]], jobs: int) -> None:
    def shard(cases: list[str]) -> dict[str, dict[str, object]]:
        with autobahn.fuzzing_server(outcome.subject, cases) as (port, results):
            line = [*command, "127.0.0.1", str(port), outcome.subject]
            done = subprocess.run(line, capture_output=True, text=True, timeout=SHARD_S, env=programs.environment())
        if done.returncode != 0:
            outcome.problems.append(f"{' '.join(line)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return results

    collect(outcome, shard, shards, jobs)


def collect(outcome: Outcome, shard, shards: list[list[str]], jobs: int) -> None:
    """Runs the shards side by side and gathers what they say."""
    with ThreadPoolExecutor(jobs) as pool:
        for running in [pool.submit(shard, cases) for cases in shards]:
            try:
                results = running.result()
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                outcome.problems.append(str(error))
                continue
            for case, result in results.items():
                outcome.results[case] = (str(result["behavior"]), str(result["behaviorClose"]))


def run_subject(subject: str, *, cases: list[str] | None = None, jobs: int = 4, port: int | None = None) -> Outcome:
    """Runs the suite for one subject."""
    outcome = Outcome(subject)
    start = time.monotonic()
    shards = wanted_shards(subject, cases)
    autobahn.install()
    if port is not None:
        run_server(outcome, port, shards, jobs)
    else:
        language, kind = subject.split("-")
        if kind in ("client", "loopclient"):
            run_client(outcome, client_command(language, kind), shards, jobs)
        else:
            name = "echo_loop" if kind == "loop" else "threaded_server"
            if not programs.is_built(language, name):
                raise RuntimeError(f"{' '.join(programs.command(language, name))} is not there; run make first")
            with programs.Program(programs.command(language, name, "0", "--max-message", str(MAX_MESSAGE))) as server:
                run_server(outcome, server.port, shards, jobs)
                if not server.is_alive():
                    outcome.problems.append(f"the server ended: {server.stderr()}")
    outcome.seconds = time.monotonic() - start
    return outcome


def compare(outcome: Outcome, cases: list[str] | None = None) -> list[str]:
    """Everything in which an outcome differs from the expected table, a line each."""
    table = expected()
    lines = list(outcome.problems)
    for case, (behavior, closing) in sorted(outcome.results.items(), key=lambda item: case_key(item[0])):
        if behavior != table.get(case):
            lines.append(f"{outcome.subject} {case}: behavior {behavior}, expected {table.get(case, 'nothing: a new case')}")
        if closing != "OK" and not (closing == behavior == table.get(case)):
            lines.append(f"{outcome.subject} {case}: closing behavior {closing}, expected OK")
    if cases is None:
        skipped = tuple(SKIPPED.get(outcome.subject, []))
        for case in sorted(table, key=case_key):
            if case not in outcome.results and not (skipped and case.startswith(skipped)):
                lines.append(f"{outcome.subject} {case}: was not run")
    return lines


def print_table(outcomes: list[Outcome]) -> None:
    """One row per section and subject: how many cases ended how."""
    print(f"{'subject':16} {'section':8} {'cases':>5}  behavior")
    for outcome in outcomes:
        sections: dict[int, Counter[str]] = {}
        for case, (behavior, closing) in outcome.results.items():
            told = behavior if closing in ("OK", behavior) else f"{behavior}/close {closing}"
            sections.setdefault(case_key(case)[0], Counter())[told] += 1
        for section, counts in sorted(sections.items()):
            told = ", ".join(f"{count} {behavior}" for behavior, count in counts.most_common())
            print(f"{outcome.subject:16} {section:<8} {sum(counts.values()):>5}  {told}")
        print(f"{outcome.subject:16} {'all':8} {len(outcome.results):>5}  in {outcome.seconds:.0f} s")
    sys.stdout.flush()


def write_expected(outcomes: list[Outcome]) -> None:
    """Takes the outcomes for the table; where they differ, the worse one, so that a look at the diff shows it."""
    table: dict[str, str] = {}
    for outcome in outcomes:
        for case, (behavior, _) in outcome.results.items():
            if table.get(case, "OK") == "OK":
                table[case] = behavior
    lines = ["# Autobahn|Testsuite " + autobahn.VERSION + ": case and behavior that every server and client of ours has to show."]
    lines += [f"{case} {table[case]}" for case in sorted(table, key=case_key)]
    EXPECTED.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", help="such as c-server or go-client")
    parser.add_argument("--cases", nargs="+", help="cases such as 1.* or 7.1.6 instead of all")
    parser.add_argument("--jobs", type=int, default=4, help="shards at a time")
    parser.add_argument("--port", type=int, help="test the echo server on this port")
    parser.add_argument("--write", action="store_true", help="write expected.txt instead of comparing with it")
    options = parser.parse_args()
    outcomes, differences = [], []
    for subject in options.subjects or subjects():
        try:
            outcome = run_subject(subject, cases=options.cases, jobs=options.jobs, port=options.port)
        except autobahn.Unavailable as reason:
            print(f"conformance: skipped: {reason}")
            return 0
        outcomes.append(outcome)
        print_table([outcome])
        if not options.write:
            differences += compare(outcome, options.cases)
    if options.write:
        write_expected(outcomes)
    for line in differences:
        print(line)
    print(f"conformance: {len(differences)} differences from {EXPECTED.name}")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
