"""Random calls of every function of the ABI break nothing that its documentation promises (random_calls.py, in a process of its own).

LIBWS_FUZZTIME, which `make fuzz` sets, is how long to go on with sequences that nobody has tried; without it they are always the same.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
SECONDS = sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|[smh])", os.environ.get("LIBWS_FUZZTIME", "")))  # 1m30s
ROUNDS = 18
LIMIT_S = SECONDS + 600  # one call alone is not waited for so long: random_calls.py sees to that


@pytest.mark.timeout(LIMIT_S + 60)
def test_any_sequence_of_calls_keeps_the_promises(tmp_path: Path) -> None:
    log, output = tmp_path / "calls", tmp_path / "output"
    seed = random.SystemRandom().randrange(1 << 32) if SECONDS else 0
    command = [sys.executable, "-W", "ignore", str(Path(__file__).parent / "random_calls.py"), f"--seed={seed}", f"--rounds={ROUNDS}"]
    with output.open("wb") as out:
        done = subprocess.run([*command, f"--seconds={SECONDS}", str(log)], stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=LIMIT_S)
    said = output.read_text(errors="replace")
    sequence = log.read_text(errors="replace")
    assert done.returncode == 0, f"status {done.returncode}\n{said[-20_000:]}\nThe calls of the last sequence:\n{sequence[-20_000:]}"
    print(said)
