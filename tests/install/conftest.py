"""Installs the library into a temporary prefix once, as `make install PREFIX=...` does for a user."""

from __future__ import annotations

import pytest
from installation import ROOT, Installed, run


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    prefix = tmp_path_factory.mktemp("a prefix")  # a space in it must do no harm
    run("make", "install", f"PREFIX={prefix}", "DESTDIR=", cwd=ROOT)
    return Installed(prefix)
