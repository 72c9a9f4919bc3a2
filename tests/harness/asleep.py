"""How a test knows that the call of another thread blocks, in this process or another (capi/testdata/asleep.h is the same for C)."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

LOOKS = 3
LIMIT_S = 20
FUTEX = {"x86_64": "202", "aarch64": "98"}.get(platform.machine())


def sleeps(task: Path, on_locks: bool) -> bool:
    """Whether a thread sleeps in the kernel, but not on a lock unless that will do, too. Where the kernel does not tell, any sleep will do."""
    state = (task / "stat").read_text().rsplit(")", 1)[1].split()[0]
    assert state not in "ZX", "the thread ended instead of blocking"
    if state != "S" or on_locks:
        return state == "S"
    try:
        return (task / "syscall").read_text().split()[0] not in ("running", FUTEX)
    except OSError:
        return True


def until_asleep(thread: int, process: int = 0, *, on_locks: bool = False) -> None:
    """Waits until the call of a thread blocks: three looks in a row must find it asleep.

    On a lock it sleeps on its way to the call, too: Python's own, or while the Go runtime has no processor for it, which takes long on
    a busy machine. on_locks is for main threads, of which some calls wait for another thread.
    """
    task = Path(f"/proc/{process or os.getpid()}/task/{thread}")
    asleep, until = 0, time.monotonic() + LIMIT_S
    while asleep < LOOKS:
        assert time.monotonic() < until, "the thread never blocked"
        asleep = asleep + 1 if sleeps(task, on_locks) else 0
        time.sleep(0.002)
