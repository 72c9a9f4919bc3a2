"""The promises of the C ABI and of the C++ layer, kept by programs under AddressSanitizer and UBSan: one process for each case."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "harness")]

import native

HERE = Path(__file__).parent
pytestmark = pytest.mark.timeout(300)  # compiling counts
SOURCES = {path.stem: path for path in sorted([*HERE.glob("*.c"), *HERE.glob("*.cpp")])}
CASES = [(stem, case) for stem, path in SOURCES.items() for case in re.findall(r'\{"(\w+)", \w+\}[,)]', path.read_text().split("CASES(")[1])]
LANGUAGE = {".c": "gnu11", ".cpp": "gnu++17"}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The programs that were compiled so far."""
    return {"": tmp_path_factory.mktemp("abi")}


@pytest.mark.parametrize("program, case", CASES)
def test_case(program: str, case: str, built: dict[str, Path]) -> None:
    if program not in built:
        source = SOURCES[program]
        built[program] = native.build([source], built[""] / program, LANGUAGE[source.suffix])
    done = native.run(built[program], case)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}"
    print(done.stdout)


@pytest.mark.parametrize("case", [case for program, case in CASES if program == "leaks"])
def test_leaks_without_sanitizers(case: str, built: dict[str, Path]) -> None:
    """The C library's own allocator counts to the byte what AddressSanitizer's does not."""
    if "plain" not in built:
        built["plain"] = native.build([HERE / "leaks.c"], built[""] / "plain", "gnu11", sanitize=False)
    done = native.run(built["plain"], case)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}"


def test_sanitizers_are_on(tmp_path: Path) -> None:
    """A program of this kind that reads what it dropped, or loses what it owns, ends with the sanitizers' status."""
    for name, body in {
        "late": 'WsFrame f = ws_frame_text("x"); char *p = (char *)(intptr_t)f.payload; ws_frame_drop(&f); return *p;',
        "lost": 'WsFrame f = ws_frame_text("x"); return (int)(f.payload = 0);',
    }.items():
        source = tmp_path / f"{name}.c"
        source.write_text(f'#include "ws.h"\nint main(void) {{ {body} }}\n')
        done = native.run(native.build([source], tmp_path / name, "gnu11"))
        assert done.returncode == 99 and "Sanitizer" in done.stdout, f"{name}: status {done.returncode}\n{done.stdout}"
