"""The least a Python echo server can do and still speak WebSocket: PORT. A thread per connection, recv and sendall of its socket.

It shows what CPython itself takes for two socket calls per message. Nothing is checked or limited; masks are removed by a function in C.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import sys
import threading

from websockets.speedups import apply_mask

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 §1.3
ROOM = 96 << 10  # a message of 64 KiB, and memory that malloc takes from no new pages


def shake_hands(connection: socket.socket) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(ROOM)
    lines = request.split(b"\r\n")
    key = next(line.split(b":", 1)[1].strip() for line in lines if line.lower().startswith(b"sec-websocket-key:"))
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    connection.sendall(head + accept + b"\r\n\r\n")


def serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    shake_hands(connection)
    recv, sendall = connection.recv, connection.sendall
    got = recv(ROOM)
    while got:
        length, head = got[1] & 127, 2
        if length == 126:
            length, head = int.from_bytes(got[2:4], "big"), 4
        elif length == 127:
            length, head = int.from_bytes(got[2:10], "big"), 10
        whole = head + 4 + length
        while len(got) < whole:
            got += recv(ROOM)
        if got[0] == 0x88:
            break
        payload = apply_mask(got[head + 4 : whole], got[head : head + 4])
        sendall(bytes((got[0], got[1] & 127)) + got[2:head] + payload)
        got = got[whole:] if len(got) > whole else recv(ROOM)
    connection.close()


with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096) as listener:
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
