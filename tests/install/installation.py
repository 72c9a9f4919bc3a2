"""Runs commands for the tests of what users do with an installed libws, and describes the prefix that they use."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIME_LIMIT_S = 110


def run(*command: object, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Runs a command that must succeed and returns what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass
class Installed:
    """A prefix that `make install` filled."""

    prefix: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a user with an unusual prefix sets: where pkg-config and the loader look."""
        library = self.prefix / "lib"
        return {"PKG_CONFIG_PATH": str(library / "pkgconfig"), "LD_LIBRARY_PATH": str(library)}

    def flags(self) -> list[str]:
        """The compiler's flags as pkg-config gives them."""
        tool = shutil.which("pkg-config") or shutil.which("pkgconf")
        if tool is None:
            pytest.skip("pkg-config is not installed")
        return shlex.split(run(tool, "--cflags", "--libs", "libws", cwd=self.prefix, env=self.environment))
