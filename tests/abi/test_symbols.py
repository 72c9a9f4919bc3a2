"""What libws.so exports is the table's list, its name is libws.so.0, and the tests of handles name every call that takes one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "harness")]

import native
import programs

LIST = (programs.ROOT / "capi" / "libws.symbols").read_text().split()
HEADER = (programs.ROOT / "include" / "ws.h").read_text()


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_exports_are_the_list() -> None:
    lines = output("nm", "-D", "--defined-only", "--format=posix", str(native.library())).splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(LIST)
    assert all(name.startswith("ws_") for name in LIST)


def test_header_declares_the_list() -> None:
    assert sorted(re.findall(r"^WS_API [^(]*?(ws_\w+)\(", HEADER, re.M)) == sorted(LIST)


def test_soname() -> None:
    assert "Library soname: [libws.so.0]" in output("readelf", "-d", str(native.library()))


def test_needs_only_the_c_library() -> None:
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", str(native.library())))
    assert all(re.match(r"(libc|libpthread|libresolv|libdl|ld-linux.*)\.so\.", name) for name in needed), needed


def test_every_call_on_a_handle_is_tried_with_bad_ones() -> None:
    takes = re.findall(r"^WS_API [^(]*?(ws_\w+)\(int64_t (?:conn|server|handle|loop)\b", HEADER, re.M)
    assert len(takes) > 50
    source = (Path(__file__).parent / "handles.c").read_text()
    assert [name for name in takes if f"{name}(h" not in source] == []
