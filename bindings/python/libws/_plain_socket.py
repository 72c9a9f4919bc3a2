"""Refuses what is no socket, and sockets whose bytes are not what their descriptor carries: those of TLS."""

from __future__ import annotations

import sys
from typing import Any


def check_plain(sock: Any) -> None:
    """Raises TypeError for what has no descriptor, and for an ssl.SSLSocket: the library would write past its encryption, in the clear."""
    if not isinstance(sock, int) and not hasattr(sock, "fileno"):
        raise TypeError(f"a socket must be an int or have a fileno(), not {type(sock).__name__}")
    ssl = sys.modules.get("ssl")  # who has such a socket has imported it
    if ssl is not None and isinstance(sock, ssl.SSLSocket):
        raise TypeError("a TLS socket cannot be given: the library would write to its descriptor in the clear")
