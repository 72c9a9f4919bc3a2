"""The 25 constants."""

from __future__ import annotations

import libws
from spec_items import CONSTANTS, proves


def _check(name: str, value: int) -> None:
    assert getattr(libws, name) == value
    assert name in libws.__all__


for _name, _value in CONSTANTS.items():
    proves(f"constant {_name}")(lambda name=_name, value=_value: _check(name, value))
