"""Holds the tools that run and add up the tests to what they promise: nothing that failed is lost."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(tool: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / tool), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


GO = """<testsuites><testsuite name="libws/core">
<testcase classname="core" name="TestGood"/>
<testcase classname="core" name="TestBad"><failure message="Failed">=== RUN TestBad\nx_test.go:3: broke</failure></testcase>
<testcase classname="core" name="TestSkip"><skipped message="=== RUN   TestSkip&#xA;    x_test.go:9: no IPv6 here"/></testcase>
</testsuite></testsuites>"""
PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="t" name="good"/><testcase classname="t" name="good2"/>
<testcase classname="t" name="skipped"><skipped message="chromium is not installed">t.py:1: chromium</skipped></testcase>
</testsuite></testsuites>"""


def test_tally_adds_up_and_gives_reasons(tmp_path: Path) -> None:
    (tmp_path / "go.xml").write_text(GO)
    (tmp_path / "python.xml").write_text(PYTEST)
    done = run("tally.py", tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "3 passed, 1 failed, 2 skipped"
    assert "TestSkip: x_test.go:9: no IPv6 here" in done.stdout
    assert "skipped: chromium is not installed" in done.stdout
    assert "TestBad: x_test.go:3: broke" in done.stdout


def test_tally_is_green_without_failures(tmp_path: Path) -> None:
    (tmp_path / "python.xml").write_text(PYTEST)
    done = run("tally.py", tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 passed, 0 failed, 1 skipped")


def test_tally_names_a_shared_reason_once(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(PYTEST)
    (tmp_path / "b.xml").write_text(PYTEST)
    done = run("tally.py", tmp_path)
    assert done.stdout.count("chromium is not installed") == 1
    assert "a: t skipped and 1 more: chromium is not installed" in done.stdout
    assert done.stdout.splitlines()[-1] == "4 passed, 0 failed, 2 skipped"


def test_tally_of_nothing_fails(tmp_path: Path) -> None:
    done = run("tally.py", tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "0 passed, 0 failed, 0 skipped")


def test_tally_counts_a_report_that_was_cut_short(tmp_path: Path) -> None:
    (tmp_path / "python.xml").write_text(PYTEST)
    (tmp_path / "cut.xml").write_text(GO[:80])
    done = run("tally.py", tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 passed, 1 failed, 1 skipped")


def step(reports: Path, limit: float, *command: str) -> tuple[int, str]:
    done = run("step.py", "--reports", reports, "--limit", limit, "thing", "--", *command)
    return done.returncode, run("tally.py", reports).stdout.splitlines()[-1]


def test_step_that_succeeds_is_a_passed_test(tmp_path: Path) -> None:
    assert step(tmp_path, 30, "true") == (0, "1 passed, 0 failed, 0 skipped")


def test_step_that_fails_without_a_report_is_a_failed_test(tmp_path: Path) -> None:
    assert step(tmp_path, 30, "false") == (1, "0 passed, 1 failed, 0 skipped")


def test_step_whose_report_tells_the_failure_is_not_counted_twice(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text(GO)
    script = f"cp {source} {tmp_path}/go.xml; exit 1"
    assert step(tmp_path, 30, "sh", "-c", script) == (1, "1 passed, 1 failed, 1 skipped")


def test_step_ends_what_takes_too_long(tmp_path: Path) -> None:
    status, line = step(tmp_path, 0.5, "sh", "-c", "cat /dev/zero >/dev/null")
    assert (status, line) == (1, "0 passed, 1 failed, 0 skipped")


def test_step_has_the_usual_signals(tmp_path: Path) -> None:
    """Also where a script runs the tests as a background job, which a shell starts with SIGINT ignored; nohup ignores SIGHUP."""
    look = "import signal, sys; sys.exit(any(signal.getsignal(n) is signal.SIG_IGN for n in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)))"
    line = [sys.executable, HERE / "step.py", "--reports", tmp_path, "--limit", "30", "thing", "--", sys.executable, "-c", look]
    script = "trap '' INT QUIT HUP; " + shlex.join(map(str, line))
    assert subprocess.run(["bash", "-c", script], timeout=60, check=False).returncode == 0


PROFILE = """mode: set
libws/core/wire/mask.go:1.1,2.2 3 1
libws/core/wire/mask.go:3.1,4.2 1 0
libws/core/wire/mask.go:3.1,4.2 1 1
libws/core/protocol/check.go:7.1,8.2 9 4
libws/core/protocol/check.go:9.1,9.2 1 0
"""


def test_coverage_of_each_package_is_printed_and_bounded(tmp_path: Path) -> None:
    profile = tmp_path / "cover.out"
    profile.write_text(PROFILE)
    enough = run("coverage.py", "--min", 90, profile)
    assert enough.returncode == 0
    assert "coverage of libws/core/protocol: 90.0% of 10 statements" in enough.stdout
    assert "coverage of libws/core/wire: 100.0% of 4 statements" in enough.stdout
    short = run("coverage.py", "--min", 95, profile)
    assert short.returncode == 1
    assert "check.go: 9" in short.stdout


def test_coverage_of_nothing_fails(tmp_path: Path) -> None:
    profile = tmp_path / "cover.out"
    profile.write_text("mode: set\n")
    assert run("coverage.py", "--min", 95, profile).returncode == 1
