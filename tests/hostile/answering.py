"""A peer in a process of its own, which can be stopped as a whole: `answering.py HOST PORT` opens a connection and answers pings.

It prints "ping" for each of them, "closed CODE" for a close frame, and "gone" when the connection ends without one.
"""

from __future__ import annotations

import struct
import sys

import rawpeer

with rawpeer.connect(sys.argv[1], int(sys.argv[2])) as peer:
    try:
        while (got := peer.read_frame()).opcode != rawpeer.CLOSE:
            assert got.opcode == rawpeer.PING, got
            peer.send_until_refused(peer.frame(rawpeer.PONG, got.payload))
            print("ping", flush=True)
        print("closed", *struct.unpack("!H", got.payload[:2]), flush=True)
        peer.expect_gone()
    except (rawpeer.Closed, ConnectionResetError):
        print("gone", flush=True)
