"""A peer in a process of its own, which can be stopped as a whole: `answering.py HOST PORT` opens a connection and answers pings.

It prints "ping" and when it answered for each of them, "closed CODE" for a close frame, and "gone" when the connection ends without one.
"""

from __future__ import annotations

import struct
import sys
import time

import rawpeer

with rawpeer.connect(sys.argv[1], int(sys.argv[2])) as peer:
    try:
        while (got := peer.read_frame()).opcode != rawpeer.CLOSE:
            assert got.opcode == rawpeer.PING, got
            now = time.monotonic()  # that of every process of this machine
            peer.send_until_refused(peer.frame(rawpeer.PONG, got.payload))
            print("ping", now, flush=True)
        print("closed", *struct.unpack("!H", got.payload[:2]), flush=True)
        peer.expect_gone()
    except (rawpeer.Closed, ConnectionResetError):
        print("gone", flush=True)
