"""Walks the 78 items of the WebSocket API: each one is there in Python and does what its sentence says, errors included."""

from __future__ import annotations

import check_connection  # noqa: F401  # registers its checks
import check_constants  # noqa: F401
import check_examples  # noqa: F401
import check_frame  # noqa: F401
import check_server  # noqa: F401
import pytest
from spec_items import CHECKS, CONSTANTS, EXAMPLES, FIELDS, FUNCTIONS, ITEMS, METHODS


def test_the_table_has_all_items() -> None:
    fields, methods = sum(map(len, FIELDS.values())), sum(map(len, METHODS.values()))
    assert (len(CONSTANTS), fields, methods, len(FUNCTIONS), len(EXAMPLES)) == (25, 12, 35, 2, 4)
    assert len(set(ITEMS)) == 78


@pytest.mark.parametrize("name", ITEMS)
def test_item(name: str) -> None:
    assert name in CHECKS, f"nothing proves {name}"
    CHECKS[name]()
