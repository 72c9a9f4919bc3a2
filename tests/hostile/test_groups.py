"""Side by side, each worker has whole groups of cases: a server, and what it holds, is never started twice."""

from __future__ import annotations

import pytest


def test_every_case_is_in_its_group(request: pytest.FixtureRequest) -> None:
    """xdist reads the groups when it writes them into the names, which is too soon unless ours are there first."""
    if not getattr(request.config.option, "loadgroup", False):
        return  # one process has all of them
    items = request.session.items
    strays = [item.nodeid for item in items if not item.nodeid.endswith(f"@{item.get_closest_marker('xdist_group').args[0]}")]
    assert not strays, f"{len(strays)} of {len(items)} cases, as {strays[0]}"
