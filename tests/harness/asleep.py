"""How a test knows that the call of another thread blocks, in this process or another (capi/testdata/asleep.h is the same for C)."""

from __future__ import annotations

import os
import time
from pathlib import Path

LOOKS = 3
LIMIT_S = 20


def until_asleep(thread: int, process: int = 0) -> None:
    """Waits until a thread sleeps in the kernel, that is until its call blocks: three looks in a row must find it so."""
    stat = Path(f"/proc/{process or os.getpid()}/task/{thread}/stat")
    asleep, until = 0, time.monotonic() + LIMIT_S
    while asleep < LOOKS:
        assert time.monotonic() < until, "the thread never blocked"
        state = stat.read_text().rsplit(")", 1)[1].split()[0]
        assert state not in "ZX", "the thread ended instead of blocking"
        asleep = asleep + 1 if state == "S" else 0
        time.sleep(0.002)
