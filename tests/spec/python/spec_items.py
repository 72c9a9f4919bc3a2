"""The 78 items of the WebSocket API, and the register of the checks that prove them in Python."""

from __future__ import annotations

from typing import Callable, Dict, TypeVar

CONSTANTS = {
    "WS_OPCODE_CONTINUATION": 0,
    "WS_OPCODE_TEXT": 1,
    "WS_OPCODE_BINARY": 2,
    "WS_OPCODE_CLOSE": 8,
    "WS_OPCODE_PING": 9,
    "WS_OPCODE_PONG": 10,
    "WS_CLOSE_NORMAL": 1000,
    "WS_CLOSE_GOING_AWAY": 1001,
    "WS_CLOSE_PROTOCOL_ERROR": 1002,
    "WS_CLOSE_UNSUPPORTED": 1003,
    "WS_CLOSE_NO_STATUS": 1005,
    "WS_CLOSE_ABNORMAL": 1006,
    "WS_CLOSE_INVALID_DATA": 1007,
    "WS_CLOSE_POLICY": 1008,
    "WS_CLOSE_TOO_LARGE": 1009,
    "WS_CLOSE_EXTENSION": 1010,
    "WS_CLOSE_UNEXPECTED": 1011,
    "WS_STATE_CONNECTING": 0,
    "WS_STATE_OPEN": 1,
    "WS_STATE_CLOSING": 2,
    "WS_STATE_CLOSED": 3,
    "WS_MAX_FRAME_SIZE": 65536,
    "WS_HEADER_BUFFER": 8192,
    "WS_RECV_BUFFER": 4096,
    "WS_SEND_BUFFER": 65550,
}

FIELDS = {
    "WsFrame": ("opcode", "payload", "payload_len", "is_final", "is_masked"),
    "WsConnection": ("fd", "is_server", "state", "mask_key"),
    "WsServer": ("listener_fd", "port", "running"),
}

METHODS = {
    "WsFrame": (
        "new", "text", "binary", "ping", "pong", "close", "is_control", "is_text", "is_binary", "is_close", "is_ping", "is_pong",
        "payload_text", "close_code", "drop",
    ),
    "WsConnection": (
        "from_server", "from_client", "is_open", "send_frame", "send_text", "send_binary", "send_ping", "send_pong",
        "send_close", "recv_frame", "close", "force_close", "drop",
    ),
    "WsServer": ("bind", "is_valid", "accept", "run_echo", "stop", "close", "drop"),
}  # fmt: skip

FUNCTIONS = ("ws_server", "ws_upgrade")

EXAMPLES = ("echo_server", "custom_server", "client_send", "http_upgrade")

# Methods and fields of a class may share a name (a close frame, is_server); the kind keeps them apart.
ITEMS = [
    *(f"constant {name}" for name in CONSTANTS),
    *(f"field {owner}.{name}" for owner, names in FIELDS.items() for name in names),
    *(f"method {owner}.{name}" for owner, names in METHODS.items() for name in names),
    *(f"function {name}" for name in FUNCTIONS),
    *(f"example {name}" for name in EXAMPLES),
]

CHECKS: Dict[str, Callable[[], None]] = {}

Check = TypeVar("Check", bound=Callable[[], None])


def proves(*items: str) -> Callable[[Check], Check]:
    """Registers a check for items of the API."""

    def register(check: Check) -> Check:
        for name in items:
            assert name in ITEMS, f"{name} is no item of the API"
            assert name not in CHECKS, f"{name} has two checks"
            CHECKS[name] = check
        return check

    return register
