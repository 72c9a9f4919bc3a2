"""Each server and client of ours shows the behavior that expected.txt demands, case by case."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "harness")]

import autobahn
import run


AT_A_TIME, SHARDS_EACH = 2, 3  # a subject alone leaves half of two processors idle, since its fuzzer and it wait for each other


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[run.Outcome]]]:
    """Starts the suite for every subject that was asked for, in the order of their tests."""
    try:
        autobahn.install()
    except autobahn.Unavailable as reason:
        pytest.skip(str(reason))
    asked = [item.callspec.params["subject"] for item in request.session.items if "outcomes" in getattr(item, "fixturenames", ())]
    pool = ThreadPoolExecutor(AT_A_TIME)
    yield {subject: pool.submit(run.run_subject, subject, jobs=SHARDS_EACH) for subject in asked}
    pool.shutdown(wait=False, cancel_futures=True)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("subject", run.subjects())
def test_conformance(subject, outcomes, capsys):
    outcome = outcomes[subject].result()
    with capsys.disabled():
        print()
        run.print_table([outcome])
    assert run.compare(outcome) == []


def test_expected_table_allows_nothing_else():
    """OK everywhere, but for three informational cases and compression, which is not offered."""
    table = run.expected()
    for case, behavior in table.items():
        section = run.case_key(case)[0]
        allowed = {"UNIMPLEMENTED"} if section in (12, 13) else {"OK"}
        if case in ("7.1.6", "7.13.1", "7.13.2"):
            allowed.add("INFORMATIONAL")
        assert behavior in allowed, case
    assert {run.case_key(case)[0] for case in table} == {1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13}
