"""`make install` writes what a C or C++ program needs and `make uninstall` takes all of it away."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from installation import ROOT, Installed, run

PROGRAM = """
#include <stdio.h>
#include "ws.h"
int main(void) {
    printf("%s %d\\n", ws_version(), (int)ws_abi_version());
    return 0;
}
"""


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def test_installs_library_headers_and_pkg_config(installed: Installed) -> None:
    found = files(installed.prefix)
    assert {"lib/libws.so", "lib/libws.so.0", "lib/pkgconfig/libws.pc", "include/libws/ws.h"} <= found
    assert {"include/libws/websocket.h", "include/libws/websocket.hpp"} <= found
    assert not (installed.prefix / "lib/libws.so.0").is_symlink()
    assert (installed.prefix / "lib/libws.so").readlink() == Path("libws.so.0")


def test_library_carries_its_soname(installed: Installed) -> None:
    dynamic = run("readelf", "-d", installed.prefix / "lib/libws.so", cwd=ROOT)
    assert "Library soname: [libws.so.0]" in dynamic


@pytest.mark.parametrize("compiler", [["gcc", "-std=c99"], ["g++", "-std=c++17"]], ids=["c", "cpp"])
def test_program_builds_from_an_empty_directory(installed: Installed, compiler: list[str], tmp_path: Path) -> None:
    source = tmp_path / ("program.c" if compiler[0] == "gcc" else "program.cpp")
    source.write_text(PROGRAM)
    strict = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
    run(*compiler, *strict, source.name, "-o", "program", *installed.flags(), cwd=tmp_path)
    printed = run("./program", cwd=tmp_path, env=installed.environment)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, abi = printed.split()
    assert f"## {version}" in changelog, f"the changelog does not speak of {version}"
    assert int(abi) >= 1


def test_pkg_config_knows_the_version(installed: Installed) -> None:
    installed.flags()
    tool = shutil.which("pkg-config") or shutil.which("pkgconf")
    version = run(tool, "--modversion", "libws", cwd=ROOT, env=installed.environment).strip()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_uninstall_leaves_nothing(tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    run("make", "install", "PREFIX=/usr", f"DESTDIR={stage}", cwd=ROOT)
    staged = files(stage)
    assert "usr/lib/libws.so.0" in staged
    assert "prefix=/usr\n" in (stage / "usr/lib/pkgconfig/libws.pc").read_text(encoding="utf-8")
    run("make", "uninstall", "PREFIX=/usr", f"DESTDIR={stage}", cwd=ROOT)
    assert files(stage) == set()


@pytest.mark.parametrize("target", ["build", "test", "check", "lint", "fuzz", "bench", "generate", "install", "uninstall", "help"])
def test_help_lists_the_targets(target: str) -> None:
    assert any(line.split()[0] == target for line in run("make", "help", cwd=ROOT).splitlines())
