"""Lets the Python suite find the package, the library of this checkout and the suite's own modules."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ.setdefault("LIBWS_LIBRARY", str(ROOT / "build" / "libws.so"))
sys.path[:0] = [str(ROOT / "bindings" / "python"), str(Path(__file__).parent), str(ROOT / "tests" / "harness")]
