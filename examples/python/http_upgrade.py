"""Integration with an HTTP server: the fourth example of the API. Usage: http_upgrade.py PORT [--max-message BYTES]

GET / answers with a page whose script opens a WebSocket to the same port; requests that ask for an upgrade become WebSocket
connections that echo text. A thread for each connection, since browsers open some that they leave idle.
"""

import argparse
import socket
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws
from libws import ws_upgrade

PAGE = b"""<!doctype html>
<meta charset="utf-8">
<title>waiting</title>
<p id="echo">waiting</p>
<script>
  const socket = new WebSocket("ws://" + location.host + "/echo");
  const show = text => { document.title = text; document.getElementById("echo").textContent = text; };
  socket.onopen = () => socket.send("hello from the page");
  socket.onmessage = event => { show(event.data); socket.close(1000); };
  socket.onerror = () => show("the WebSocket failed");
</script>
"""


# Upgrade HTTP connection to WebSocket
def handle_ws_upgrade(tcp_fd: int, http_buffer: bytes, buffer_len: int, max_message: int) -> int:
    conn = ws_upgrade(tcp_fd, http_buffer, buffer_len)
    if conn.fd < 0:
        socket.close(tcp_fd)
        return -1  # Upgrade failed
    conn.set_option(libws.WS_OPT_MAX_FRAME_BYTES, max_message)
    conn.set_option(libws.WS_OPT_MAX_MESSAGE_BYTES, max_message)

    # Handle WebSocket connection
    while conn.is_open() == 1:
        frame = conn.recv_frame()
        if frame.opcode == -1:
            break

        if frame.is_final == 0 or frame.opcode == libws.WS_OPCODE_CONTINUATION:
            conn.send_frame(frame)  # A fragment goes back as it came
        elif frame.is_text() == 1:
            conn.send_text(frame.payload_text())
        elif frame.is_binary() == 1:
            conn.send_binary(frame.payload)
        elif frame.is_ping() == 1:
            conn.send_pong()

        frame.drop()

    conn.close()
    return 0


def handle_http(tcp: socket.socket, max_message: int) -> None:
    tcp.settimeout(10)
    http_buffer = b""
    try:
        while b"\r\n\r\n" not in http_buffer and len(http_buffer) <= libws.WS_HEADER_BUFFER:
            data = tcp.recv(libws.WS_RECV_BUFFER)
            if not data:
                break
            http_buffer += data
        head = http_buffer.partition(b"\r\n\r\n")[0]
        if b"\r\nupgrade:" in head.lower():
            handle_ws_upgrade(tcp.detach(), http_buffer, len(http_buffer), max_message)
            return
        if head.startswith(b"GET / "):
            status, body = b"200 OK", PAGE
        else:
            status, body = b"404 Not Found", b"not found\n"
        tcp.sendall(
            b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
            b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )
    except OSError:
        pass  # the client is gone
    finally:
        tcp.close()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=16 << 20, metavar="BYTES")
    asked = arguments.parse_args()

    listener = socket.create_server((asked.host, asked.port), backlog=128)
    print(f"listening on {asked.host}:{listener.getsockname()[1]}", flush=True)
    while True:
        tcp, _ = listener.accept()
        threading.Thread(target=handle_http, args=(tcp, asked.max_message), daemon=True).start()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
