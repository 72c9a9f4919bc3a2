"""Each public header compiles alone and twice in a row, without a word, in every language that it serves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "harness")]

import native
import programs

C = ["c99", "c11", "c17", "c2x", "c++11", "c++17", "c++20", "c++2b"]
C_BINDING = ["c99", "c11", "c17", "c2x", "c++17", "c++20", "c++2b"]
CPP = ["c++17", "c++20"]
HEADERS = [("include/ws.h", language) for language in C]
HEADERS += [(f"bindings/c/{path.name}", language) for path in sorted((programs.ROOT / "bindings/c").glob("*.h")) for language in C_BINDING]
HEADERS += [(f"bindings/cpp/{path.name}", language) for path in sorted((programs.ROOT / "bindings/cpp").glob("*.hpp")) for language in CPP]

HEADERS += [("bindings/cpp/websocket.hpp", "c++2b")]
ENTRANCES = [(header, language) for header, language in HEADERS if Path(header).name in ("ws.h", "websocket.h", "websocket_loop.h", "websocket.hpp")]


@pytest.mark.parametrize("header, language", HEADERS)
def test_alone(header: str, language: str) -> None:
    native.check_alone(programs.ROOT / header, language)


@pytest.mark.skipif(shutil.which("clang++") is None, reason="no clang is installed")
@pytest.mark.parametrize("header, language", ENTRANCES)
def test_alone_for_clang(header: str, language: str) -> None:
    """What programs include, and with it the rest."""
    native.check_alone(programs.ROOT / header, language, "clang++" if "++" in language else "clang")


def test_the_flags_find_something(tmp_path: Path) -> None:
    """The check can fail: GNU C is refused."""
    bad = tmp_path / "bad.h"
    bad.write_text("static inline int f(int n) { int a[n]; return ({ (int)sizeof a; }); }\n")
    with pytest.raises(AssertionError, match="pedantic"):
        native.check_alone(bad, "c99")
