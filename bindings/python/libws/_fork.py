"""Notices a fork: the child holds the locks of threads that it does not have, and waiting for one of those has no end."""

from __future__ import annotations

import os
from typing import List

forked: List[bool] = []
"""True, so to speak, in a process that was forked from the one that loaded the library."""

os.register_at_fork(after_in_child=lambda: forked.append(True))
