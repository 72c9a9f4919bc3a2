"""Takes each example out of README.md, builds it from an empty directory against an installed libws and runs it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
from installation import ROOT, Installed, run

README = (ROOT / "README.md").read_text(encoding="utf-8")
PORT = "9001"  # the port that the README's examples name


def example(language: str) -> str:
    """The one fenced block in that language that says hello; tests/python/test_loop_readme.py has the others."""
    blocks = [block for block in re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE) if "Hello from" in block]
    assert len(blocks) == 1, f"README.md has {len(blocks)} examples in {language}"
    return blocks[0]


@pytest.fixture
def port(request: pytest.FixtureRequest) -> Iterator[str]:
    """A running echo server's port."""
    server = subprocess.Popen([ROOT / "build/examples/c/echo_server", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("listening on "), line
        yield line.strip().rsplit(":", 1)[1]
    finally:
        server.kill()
        server.communicate()


def commands(naming: str) -> list[list[str]]:
    """The commands of the one shell block that has this in it, with the place of this checkout."""
    blocks = [block for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE) if naming in block]
    assert len(blocks) == 1, f"README.md has {len(blocks)} shell blocks with {naming}"
    text = blocks[0].replace("/path/to/this/checkout", shlex.quote(str(ROOT)))
    return [shlex.split(line, comments=True) for line in text.splitlines()]


def write(folder: Path, name: str, language: str, port: str) -> Path:
    text = example(language)
    assert PORT in text
    path = folder / name
    path.write_text(text.replace(PORT, port), encoding="utf-8")
    return path


@pytest.mark.parametrize("language", ["c", "cpp", "python", "go"])
def test_examples_are_short(language: str) -> None:
    lines = [line for line in example(language).splitlines() if line.strip()]
    assert 3 <= len(lines) <= 17


def test_c(installed: Installed, tmp_path: Path, port: str) -> None:
    source = write(tmp_path, "hello.c", "c", port)
    run("gcc", "-Wall", "-Wextra", "-Werror", source.name, "-o", "hello", *installed.flags(), cwd=tmp_path)
    assert "Hello from C\n" in run("./hello", cwd=tmp_path, env=installed.environment)


def test_cpp(installed: Installed, tmp_path: Path, port: str) -> None:
    source = write(tmp_path, "hello.cpp", "cpp", port)
    run("g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", source.name, "-o", "hello", *installed.flags(), cwd=tmp_path)
    assert "Hello from C++\n" in run("./hello", cwd=tmp_path, env=installed.environment)


def test_python(installed: Installed, tmp_path: Path, port: str) -> None:
    source = write(tmp_path, "hello.py", "python", port)
    package, start = commands("pip install")
    where = {"PYTHONPATH": package[-1]}  # pip would fetch what it builds packages with
    variable, place = start[0].split("=")
    assert start[1:] == ["python3", source.name]
    for environment in ({variable: place}, installed.environment):
        clean = {"LIBWS_LIBRARY": "", **where, **environment}
        assert "Hello from Python\n" in run(sys.executable, source.name, cwd=tmp_path, env=clean)


def test_go(tmp_path: Path, port: str) -> None:
    write(tmp_path, "main.go", "go", port)
    environment = {"GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -mod=mod".strip(), "GOWORK": "off"}
    printed = [run(*command, cwd=tmp_path, env=environment) for command in commands("go mod")]
    assert "Hello from Go\n" in printed[-1]


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README):
        if not re.match(r"[a-z]+:", target):
            assert (ROOT / target).exists(), f"README.md links to {target}"


def test_shell_commands_name_real_targets() -> None:
    listed = {line.split()[0] for line in run("make", "help", cwd=ROOT).splitlines()}
    for target in re.findall(r"^(?:\./build\.sh|make) ([a-z]+)", README, re.MULTILINE):
        assert target in listed, f"README.md says make {target}"
