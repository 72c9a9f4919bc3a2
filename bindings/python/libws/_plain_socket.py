"""Refuses sockets whose bytes are not what their descriptor carries: those of TLS."""

from __future__ import annotations

import sys
from typing import Any


def check_plain(sock: Any) -> None:
    """Raises TypeError for an ssl.SSLSocket: the library would write past its encryption, in the clear."""
    ssl = sys.modules.get("ssl")  # who has such a socket has imported it
    if ssl is not None and isinstance(sock, ssl.SSLSocket):
        raise TypeError("a TLS socket cannot be given: the library would write to its descriptor in the clear")
