"""The C and the C++ binding offer all 78 items of the API reference, each tested with its sentence, under AddressSanitizer and UBSan."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent)]

import native_items

pytestmark = pytest.mark.timeout(300)  # compiling counts
STANDARDS = {"c": "gnu11", "cpp": "c++17"}


@pytest.fixture(scope="module", params=STANDARDS)
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], str]:
    """What each item's test said, in the language of a folder."""
    return native_items.walk(STANDARDS[request.param], request.param, tmp_path_factory.mktemp("spec"))


@pytest.mark.parametrize("item", native_items.ITEMS)
def test_item(item: str, results: tuple[dict[str, str], str]) -> None:
    native_items.judge(item, results)


def test_nothing_is_missing(results: tuple[dict[str, str], str]) -> None:
    native_items.judge_end(results)
    assert native_items.counts() == {"constants": 25, "fields": 12, "methods": 35, "functions": 2, "examples": 4}
