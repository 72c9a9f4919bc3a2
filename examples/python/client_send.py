"""WebSocket client that sends one message: the third example of the API. Usage: client_send.py HOST PORT MESSAGE"""

import argparse
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws
from libws import WsConnection


def send_message(tcp_fd: int, url: str, msg: str, max_message: int) -> int:
    # The URL asks for the opening handshake; without it, that must be done already
    conn = WsConnection.from_client(tcp_fd, url)
    if conn.fd < 0:
        print(libws.last_error_message(), file=sys.stderr)
        return -1
    conn.set_option(libws.WS_OPT_MAX_FRAME_BYTES, max_message)
    conn.set_option(libws.WS_OPT_MAX_MESSAGE_BYTES, max_message)

    # Send text message
    conn.send_text(msg)

    # Receive response
    response = ""
    while True:
        frame = conn.recv_frame()
        if frame.opcode == -1 or frame.is_close() == 1:
            print(libws.last_error_message() or "the server closed", file=sys.stderr)
            return -1
        if frame.is_control() == 0:
            response += frame.payload_text()
            # Process response
            if frame.is_final == 1:
                print(response)
                break
        frame.drop()

    frame.drop()
    conn.close()
    return 0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("host")
    arguments.add_argument("port", type=int)
    arguments.add_argument("message")
    arguments.add_argument("--max-message", type=int, default=16 << 20, metavar="BYTES")
    asked = arguments.parse_args()

    tcp = socket.create_connection((asked.host, asked.port), timeout=10)
    host = f"[{asked.host}]" if ":" in asked.host else asked.host
    return send_message(tcp.detach(), f"ws://{host}:{asked.port}/", asked.message, asked.max_message)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(str(error))
