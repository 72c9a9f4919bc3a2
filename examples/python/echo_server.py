"""WebSocket echo server: the first example of the API, with run_echo. Usage: echo_server.py PORT [--max-message BYTES]"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bindings" / "python"))
import libws


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("port", type=int, help="0 picks a free one")
    arguments.add_argument("--host", default="127.0.0.1")
    arguments.add_argument("--max-message", type=int, default=16 << 20, metavar="BYTES")
    asked = arguments.parse_args()

    server = libws.ws_server(asked.port, asked.host)
    if server.is_valid() == 0:
        print(libws.last_error_message(), file=sys.stderr)
        return -1
    server.set_option(libws.WS_OPT_MAX_FRAME_BYTES, asked.max_message)
    server.set_option(libws.WS_OPT_MAX_MESSAGE_BYTES, asked.max_message)
    print(f"listening on {asked.host}:{server.port}", flush=True)

    # Run echo server (blocks)
    server.run_echo()

    server.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
