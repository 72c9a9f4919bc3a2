"""Runs the heart of the suite with every Python from 3.8 to 3.13 that this machine has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Optional

import pytest
from children import Child

PROGRAM = Path(__file__).parent / "everywhere.py"


def find(version: str) -> Optional[str]:
    """A Python of that version: on the PATH, or one that pyenv keeps."""
    named = shutil.which(f"python{version}")
    kept = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}"))
    for candidate in [*([named] if named else []), *map(str, kept)]:
        shown = subprocess.run([candidate, "-c", "import ctypes"], capture_output=True, timeout=60, check=False)
        if shown.returncode == 0:
            return candidate
    return None


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_the_heart_of_the_suite(version: str) -> None:
    interpreter = find(version)
    if interpreter is None:
        pytest.skip(f"no Python {version} on this machine")
    with Child(PROGRAM.read_text(), interpreter=interpreter) as child:
        assert child.finish()[-1].startswith(f"python {version}.")
