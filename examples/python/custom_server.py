"""Custom WebSocket server: the second example of the API, frame by frame. Usage: custom_server.py PORT [--max-message BYTES]"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws
from libws import WsServer


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=16 << 20, metavar="BYTES")
    asked = arguments.parse_args()

    server = WsServer.bind(asked.port, asked.host)
    if server.is_valid() == 0:
        print(libws.last_error_message(), file=sys.stderr)
        return -1
    server.set_option(libws.WS_OPT_MAX_FRAME_BYTES, asked.max_message)
    server.set_option(libws.WS_OPT_MAX_MESSAGE_BYTES, asked.max_message)
    print(f"listening on {asked.host}:{server.port}", flush=True)

    while True:
        conn = server.accept()
        if conn.fd < 0:
            continue

        # Handle connection
        while conn.is_open() == 1:
            frame = conn.recv_frame()
            if frame.opcode == -1:
                break  # Connection closed or error

            if frame.is_final == 0 or frame.opcode == libws.WS_OPCODE_CONTINUATION:
                conn.send_frame(frame)  # A fragment goes back as it came
            elif frame.is_text() == 1:
                msg = frame.payload_text()
                # Process text message
                conn.send_text(msg)
            elif frame.is_binary() == 1:
                conn.send_binary(frame.payload)
            elif frame.is_ping() == 1:
                conn.send_pong()
            elif frame.is_close() == 1:
                break  # Close handled in recv_frame

            frame.drop()

        conn.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
