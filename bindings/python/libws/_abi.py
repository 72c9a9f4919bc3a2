"""The C ABI of libws.so for ctypes: constants, structs and prototypes, and no behaviour.

Library opens the shared object twice. Calls that may block are made through ctypes.CDLL, which lets other Python threads run
meanwhile; calls that cannot block are made through ctypes.PyDLL, which is quicker because it keeps the GIL. Opening checks
that the library speaks this ABI and has structs of the same size.

Generated from capi/abi by capi/gen; do not edit.
"""
# ruff: noqa: E501

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_int64, c_void_p
from typing import Any, Callable, Dict, Tuple

WS_ABI_VERSION = 1
WS_VERSION = "0.1.0"
WS_LENGTH_MAX = 4294967295

# What a frame is (RFC 6455 §5.2).
WS_OPCODE_CONTINUATION = 0
WS_OPCODE_TEXT = 1
WS_OPCODE_BINARY = 2
WS_OPCODE_CLOSE = 8
WS_OPCODE_PING = 9
WS_OPCODE_PONG = 10

# Why a connection is closed (RFC 6455 §7.4.1). 3000 to 4999 are free for applications.
WS_CLOSE_NORMAL = 1000
WS_CLOSE_GOING_AWAY = 1001
WS_CLOSE_PROTOCOL_ERROR = 1002
WS_CLOSE_UNSUPPORTED = 1003
WS_CLOSE_NO_STATUS = 1005
WS_CLOSE_ABNORMAL = 1006
WS_CLOSE_INVALID_DATA = 1007
WS_CLOSE_POLICY = 1008
WS_CLOSE_TOO_LARGE = 1009
WS_CLOSE_EXTENSION = 1010
WS_CLOSE_UNEXPECTED = 1011

# Where a connection is in its life.
WS_STATE_CONNECTING = 0
WS_STATE_OPEN = 1
WS_STATE_CLOSING = 2
WS_STATE_CLOSED = 3

# Sizes in bytes.
WS_MAX_FRAME_SIZE = 65536
WS_HEADER_BUFFER = 8192
WS_RECV_BUFFER = 4096
WS_SEND_BUFFER = 65550

# What ws_last_error tells. The hundreds say whose doing it was: 1 the caller's, 2 the connection's, 3 the peer's, 4
# the opening handshake's, 5 a lack of resources.
WS_ERR_NONE = 0
WS_ERR_ARGUMENT = 100
WS_ERR_HANDLE = 101
WS_ERR_STATE = 102
WS_ERR_BUSY = 103
WS_ERR_UTF8 = 104
WS_ERR_CLOSE_CODE = 105
WS_ERR_CONTROL_SIZE = 106
WS_ERR_TOO_LARGE = 107
WS_ERR_FORKED = 108
WS_ERR_URL = 109
WS_ERR_HEADER = 110
WS_ERR_OPTION = 111
WS_ERR_CLOSED = 200
WS_ERR_ABNORMAL = 201
WS_ERR_TIMEOUT = 202
WS_ERR_INTERRUPTED = 203
WS_ERR_WOULD_BLOCK = 204
WS_ERR_SYSTEM = 205
WS_ERR_RESOLVE = 206
WS_ERR_PROTOCOL = 300
WS_ERR_PEER_UTF8 = 301
WS_ERR_PEER_TOO_LARGE = 302
WS_ERR_PEER_POLICY = 303
WS_ERR_HANDSHAKE = 400
WS_ERR_REFUSED = 401
WS_ERR_ORIGIN = 402
WS_ERR_NO_MEMORY = 500
WS_ERR_QUEUE_FULL = 501
WS_ERR_TOO_MANY = 502
WS_ERR_INTERNAL = 599

# For ws_set and ws_get.
WS_OPT_MAX_FRAME_BYTES = 1
WS_OPT_MAX_MESSAGE_BYTES = 2
WS_OPT_MAX_HEAD_BYTES = 3
WS_OPT_MAX_HEAD_FIELDS = 4
WS_OPT_HANDSHAKE_TIMEOUT_MS = 5
WS_OPT_RECV_TIMEOUT_MS = 6
WS_OPT_SEND_TIMEOUT_MS = 7
WS_OPT_CLOSE_TIMEOUT_MS = 8
WS_OPT_ACCEPT_TIMEOUT_MS = 9
WS_OPT_INTERRUPTIBLE = 10
WS_OPT_SEND_FRAME_BYTES = 11
WS_OPT_MESSAGE_TIMEOUT_MS = 12
WS_OPT_MAX_PENDING = 13
WS_OPT_REQUESTS = 40
WS_OPT_PINGS = 41
WS_OPT_PONGS = 42
WS_OPT_STREAM_OVER_BYTES = 43
WS_OPT_QUEUE_BYTES = 44
WS_OPT_QUEUE_POLICY = 45
WS_OPT_IDLE_TIMEOUT_MS = 46
WS_OPT_PING_INTERVAL_MS = 47
WS_OPT_PING_TIMEOUT_MS = 48
WS_OPT_MAX_CONNECTIONS = 49
WS_OPT_SPIN_US = 50
WS_OPT_POISON = 51

# For every option whose name ends in _TIMEOUT_MS.
WS_TIMEOUT_NONE = 9223372036854775807

# For ws_struct_size.
WS_STRUCT_FRAME = 1
WS_STRUCT_CONNECT_OPTIONS = 2
WS_STRUCT_LOOP_OPTIONS = 3
WS_STRUCT_EVENT = 4
WS_STRUCT_SEND = 5
WS_STRUCT_METRICS = 6

# What ws_copy_text copies.
WS_TEXT_PEER_ADDRESS = 1
WS_TEXT_SUBPROTOCOL = 2
WS_TEXT_CLOSE_REASON = 3
WS_TEXT_REQUEST_METHOD = 4
WS_TEXT_REQUEST_PATH = 5
WS_TEXT_REQUEST_QUERY = 6
WS_TEXT_REQUEST_HOST = 7
WS_TEXT_REQUEST_ORIGIN = 8
WS_TEXT_HEADER_NAME = 65536
WS_TEXT_HEADER_VALUE = 131072

# What a WsEvent reports.
WS_EVENT_OPEN = 1
WS_EVENT_MESSAGE = 2
WS_EVENT_FRAGMENT = 3
WS_EVENT_PING = 4
WS_EVENT_PONG = 5
WS_EVENT_CLOSE = 6
WS_EVENT_DRAIN = 7
WS_EVENT_REQUEST = 8
WS_EVENT_DRAINED = 9

# Bits of WsEvent.flags.
WS_PART_FINAL = 1
WS_PART_FIRST = 2

# What a descriptor is when ws_loop_adopt gets it.
WS_ADOPT_CLIENT = 1
WS_ADOPT_SERVER = 2
WS_ADOPT_REQUEST = 3

# What happens to a message that finds the queue of its connection full (WS_OPT_QUEUE_POLICY). A message is taken
# whole or not at all.
WS_QUEUE_FAIL = 0
WS_QUEUE_DROP_NEWEST = 1
WS_QUEUE_DROP_OLDEST = 2
WS_QUEUE_CONFLATE = 3
WS_QUEUE_CLOSE_1008 = 4
WS_QUEUE_CLOSE_1013 = 5

# What a star import brings: the constants that users of the package see.
__all__ = [
    "AbiMismatchError",
    "WS_OPCODE_CONTINUATION",
    "WS_OPCODE_TEXT",
    "WS_OPCODE_BINARY",
    "WS_OPCODE_CLOSE",
    "WS_OPCODE_PING",
    "WS_OPCODE_PONG",
    "WS_CLOSE_NORMAL",
    "WS_CLOSE_GOING_AWAY",
    "WS_CLOSE_PROTOCOL_ERROR",
    "WS_CLOSE_UNSUPPORTED",
    "WS_CLOSE_NO_STATUS",
    "WS_CLOSE_ABNORMAL",
    "WS_CLOSE_INVALID_DATA",
    "WS_CLOSE_POLICY",
    "WS_CLOSE_TOO_LARGE",
    "WS_CLOSE_EXTENSION",
    "WS_CLOSE_UNEXPECTED",
    "WS_STATE_CONNECTING",
    "WS_STATE_OPEN",
    "WS_STATE_CLOSING",
    "WS_STATE_CLOSED",
    "WS_MAX_FRAME_SIZE",
    "WS_HEADER_BUFFER",
    "WS_RECV_BUFFER",
    "WS_SEND_BUFFER",
    "WS_ERR_NONE",
    "WS_ERR_ARGUMENT",
    "WS_ERR_HANDLE",
    "WS_ERR_STATE",
    "WS_ERR_BUSY",
    "WS_ERR_UTF8",
    "WS_ERR_CLOSE_CODE",
    "WS_ERR_CONTROL_SIZE",
    "WS_ERR_TOO_LARGE",
    "WS_ERR_FORKED",
    "WS_ERR_URL",
    "WS_ERR_HEADER",
    "WS_ERR_OPTION",
    "WS_ERR_CLOSED",
    "WS_ERR_ABNORMAL",
    "WS_ERR_TIMEOUT",
    "WS_ERR_INTERRUPTED",
    "WS_ERR_WOULD_BLOCK",
    "WS_ERR_SYSTEM",
    "WS_ERR_RESOLVE",
    "WS_ERR_PROTOCOL",
    "WS_ERR_PEER_UTF8",
    "WS_ERR_PEER_TOO_LARGE",
    "WS_ERR_PEER_POLICY",
    "WS_ERR_HANDSHAKE",
    "WS_ERR_REFUSED",
    "WS_ERR_ORIGIN",
    "WS_ERR_NO_MEMORY",
    "WS_ERR_QUEUE_FULL",
    "WS_ERR_TOO_MANY",
    "WS_ERR_INTERNAL",
    "WS_OPT_MAX_FRAME_BYTES",
    "WS_OPT_MAX_MESSAGE_BYTES",
    "WS_OPT_MAX_HEAD_BYTES",
    "WS_OPT_MAX_HEAD_FIELDS",
    "WS_OPT_HANDSHAKE_TIMEOUT_MS",
    "WS_OPT_RECV_TIMEOUT_MS",
    "WS_OPT_SEND_TIMEOUT_MS",
    "WS_OPT_CLOSE_TIMEOUT_MS",
    "WS_OPT_ACCEPT_TIMEOUT_MS",
    "WS_OPT_INTERRUPTIBLE",
    "WS_OPT_SEND_FRAME_BYTES",
    "WS_OPT_MESSAGE_TIMEOUT_MS",
    "WS_OPT_MAX_PENDING",
    "WS_OPT_REQUESTS",
    "WS_OPT_PINGS",
    "WS_OPT_PONGS",
    "WS_OPT_STREAM_OVER_BYTES",
    "WS_OPT_QUEUE_BYTES",
    "WS_OPT_QUEUE_POLICY",
    "WS_OPT_IDLE_TIMEOUT_MS",
    "WS_OPT_PING_INTERVAL_MS",
    "WS_OPT_PING_TIMEOUT_MS",
    "WS_OPT_MAX_CONNECTIONS",
    "WS_OPT_SPIN_US",
    "WS_OPT_POISON",
    "WS_TIMEOUT_NONE",
    "WS_STRUCT_FRAME",
    "WS_STRUCT_CONNECT_OPTIONS",
    "WS_STRUCT_LOOP_OPTIONS",
    "WS_STRUCT_EVENT",
    "WS_STRUCT_SEND",
    "WS_STRUCT_METRICS",
    "WS_TEXT_PEER_ADDRESS",
    "WS_TEXT_SUBPROTOCOL",
    "WS_TEXT_CLOSE_REASON",
    "WS_TEXT_REQUEST_METHOD",
    "WS_TEXT_REQUEST_PATH",
    "WS_TEXT_REQUEST_QUERY",
    "WS_TEXT_REQUEST_HOST",
    "WS_TEXT_REQUEST_ORIGIN",
    "WS_TEXT_HEADER_NAME",
    "WS_TEXT_HEADER_VALUE",
    "WS_EVENT_OPEN",
    "WS_EVENT_MESSAGE",
    "WS_EVENT_FRAGMENT",
    "WS_EVENT_PING",
    "WS_EVENT_PONG",
    "WS_EVENT_CLOSE",
    "WS_EVENT_DRAIN",
    "WS_EVENT_REQUEST",
    "WS_EVENT_DRAINED",
    "WS_PART_FINAL",
    "WS_PART_FIRST",
    "WS_ADOPT_CLIENT",
    "WS_ADOPT_SERVER",
    "WS_ADOPT_REQUEST",
    "WS_QUEUE_FAIL",
    "WS_QUEUE_DROP_NEWEST",
    "WS_QUEUE_DROP_OLDEST",
    "WS_QUEUE_CONFLATE",
    "WS_QUEUE_CLOSE_1008",
    "WS_QUEUE_CLOSE_1013",
]

ERROR_MEANINGS: Dict[int, str] = {
    WS_ERR_NONE: "No call of this thread has failed yet.",
    WS_ERR_ARGUMENT: "An argument is NULL, negative or out of its range; the message names it and the bound.",
    WS_ERR_HANDLE: "The handle was never given out, or belongs to another kind of object.",
    WS_ERR_STATE: "The call does not fit the state: a message is unfinished, the handshake is not over or already is.",
    WS_ERR_BUSY: "Another thread is receiving on this connection.",
    WS_ERR_UTF8: "The text given is not valid UTF-8; nothing was sent.",
    WS_ERR_CLOSE_CODE: "The close code may not be sent: only 1000-1003, 1007-1014 and 3000-4999 may.",
    WS_ERR_CONTROL_SIZE: "The payload of a control frame is over 125 bytes, or a close reason is over 123.",
    WS_ERR_TOO_LARGE: "A length given is over the limit; nothing was sent.",
    WS_ERR_FORKED: "This process was forked from the one that loaded the library; use exec or load it after fork.",
    WS_ERR_URL: "The URL is not a ws:// URL that can be connected to.",
    WS_ERR_HEADER: "A header, subprotocol or origin given has characters that HTTP forbids there (CR, LF, NUL) or is reserved; nothing was sent.",
    WS_ERR_OPTION: "No such option for this kind of handle, a value out of its range, or a struct of a newer library.",
    WS_ERR_CLOSED: "The connection or server is closed.",
    WS_ERR_ABNORMAL: "The peer vanished without a close frame (1006).",
    WS_ERR_TIMEOUT: "The time set for this call is over.",
    WS_ERR_INTERRUPTED: "A signal came and WS_OPT_INTERRUPTIBLE is set; nothing is lost, call again.",
    WS_ERR_WOULD_BLOCK: "The call cannot go on without waiting. No call leaves it so far.",
    WS_ERR_SYSTEM: "The operating system refused; ws_last_errno has its reason, the message in words.",
    WS_ERR_RESOLVE: "The host name has no address.",
    WS_ERR_PROTOCOL: "The peer broke RFC 6455; the connection failed with 1002.",
    WS_ERR_PEER_UTF8: "The peer sent text that is not UTF-8; the connection failed with 1007.",
    WS_ERR_PEER_TOO_LARGE: "The peer sent more than the limit; the connection failed with 1009.",
    WS_ERR_PEER_POLICY: "The peer broke a rule of ours, such as fragments that are too small; the connection failed with 1008.",
    WS_ERR_HANDSHAKE: "The opening handshake is malformed or is not one.",
    WS_ERR_REFUSED: "The server answered with another status than 101, which ws_last_http_status tells.",
    WS_ERR_ORIGIN: "The request's origin is not on the list of the server; it was answered with 403.",
    WS_ERR_NO_MEMORY: "Memory ran out.",
    WS_ERR_QUEUE_FULL: "A send queue is full.",
    WS_ERR_TOO_MANY: "Too many open handles or descriptors.",
    WS_ERR_INTERNAL: "A defect in the library was caught; the message says what.",
}


class WsFrame(Structure):
    """One frame, or one whole message, in the caller's memory. The payload of a frame that the library made is C
    memory with a NUL after it; the caller owns it and gives it back with ws_frame_drop. Copying the struct does
    not copy the payload."""

    _fields_ = [
        ("opcode", c_int64),
        ("payload", c_int64),
        ("payload_len", c_int64),
        ("is_final", c_int64),
        ("is_masked", c_int64),
    ]


class WsConnectOptions(Structure):
    """What a client asks for. Set it to WS_CONNECT_OPTIONS_INIT, then change what you need; the library keeps nothing
    of it."""

    _fields_ = [
        ("struct_size", c_int64),
        ("timeout_ms", c_int64),
        ("subprotocols", c_char_p),
        ("headers", c_char_p),
        ("origin", c_char_p),
        ("max_message_bytes", c_int64),
        ("max_frame_bytes", c_int64),
        ("interruptible", c_int64),
    ]

    def __init__(self) -> None:
        super().__init__(ctypes.sizeof(type(self)))


class WsLoopOptions(Structure):
    """How a loop begins. Set it to WS_LOOP_OPTIONS_INIT, then change what you need; the library keeps nothing of it. A
    number of 0 means the default. Every other option of a loop is set with ws_set."""

    _fields_ = [
        ("struct_size", c_int64),
        ("subprotocols", c_char_p),
        ("origins", c_char_p),
        ("max_message_bytes", c_int64),
        ("max_frame_bytes", c_int64),
        ("stream_over_bytes", c_int64),
        ("queue_bytes", c_int64),
        ("queue_policy", c_int64),
        ("max_connections", c_int64),
        ("spin_us", c_int64),
        ("requests", c_int64),
    ]

    def __init__(self) -> None:
        super().__init__(ctypes.sizeof(type(self)))


class WsEvent(Structure):
    """What ws_loop_poll reports: one thing that happened on one connection. data views memory of the loop; it is valid
    until the next ws_loop_poll of that loop, or its end, and must be copied to be kept. It is not ended by NUL."""

    _fields_ = [
        ("kind", c_int64),
        ("conn", c_int64),
        ("context", c_void_p),
        ("opcode", c_int64),
        ("data", c_void_p),
        ("len", c_int64),
        ("code", c_int64),
        ("error", c_int64),
        ("status", c_int64),
        ("flags", c_int64),
    ]


class WsSend(Structure):
    """One message of ws_loop_send_batch. result and error are written by the call."""

    _fields_ = [
        ("conn", c_int64),
        ("opcode", c_int64),
        ("data", c_void_p),
        ("len", c_int64),
        ("key", c_int64),
        ("result", c_int64),
        ("error", c_int64),
    ]


class WsMetrics(Structure):
    """A snapshot of what a loop has done and holds. A later library may append fields; ws_loop_metrics is told how
    many it may write."""

    _fields_ = [
        ("open", c_int64),
        ("pending", c_int64),
        ("total", c_int64),
        ("refused", c_int64),
        ("accepts_failed", c_int64),
        ("messages_in", c_int64),
        ("messages_out", c_int64),
        ("bytes_in", c_int64),
        ("bytes_out", c_int64),
        ("queue_bytes", c_int64),
        ("refused_full", c_int64),
        ("dropped_newest", c_int64),
        ("dropped_oldest", c_int64),
        ("conflated", c_int64),
        ("closed_slow", c_int64),
        ("round_trips", c_int64),
        ("rtt_p50_us", c_int64),
        ("rtt_p99_us", c_int64),
        ("closed_1000", c_int64),
        ("closed_1001", c_int64),
        ("closed_1002", c_int64),
        ("closed_1003", c_int64),
        ("closed_1004", c_int64),
        ("closed_1005", c_int64),
        ("closed_1006", c_int64),
        ("closed_1007", c_int64),
        ("closed_1008", c_int64),
        ("closed_1009", c_int64),
        ("closed_1010", c_int64),
        ("closed_1011", c_int64),
        ("closed_1012", c_int64),
        ("closed_1013", c_int64),
        ("closed_1014", c_int64),
        ("closed_1015", c_int64),
        ("closed_3000", c_int64),
        ("closed_4000", c_int64),
        ("memory_bytes", c_int64),
    ]


STRUCTS: Dict[int, Any] = {
    WS_STRUCT_FRAME: WsFrame,
    WS_STRUCT_CONNECT_OPTIONS: WsConnectOptions,
    WS_STRUCT_LOOP_OPTIONS: WsLoopOptions,
    WS_STRUCT_EVENT: WsEvent,
    WS_STRUCT_SEND: WsSend,
    WS_STRUCT_METRICS: WsMetrics,
}


class AbiMismatchError(ImportError):
    """The library found is not the one that this file was generated for."""


def _bind(library: Any, name: str, restype: Any, argtypes: Tuple[Any, ...]) -> Any:
    try:
        function = getattr(library, name)
    except AttributeError:
        raise AbiMismatchError(f"{library._name} has no {name}: it is older than this binding") from None
    function.restype = restype
    function.argtypes = argtypes
    return function


class Library:
    """The functions of one libws.so, under their C names."""

    __slots__ = (
        "path",
        "ws_abi_version",
        "ws_version",
        "ws_struct_size",
        "ws_last_error",
        "ws_last_error_message",
        "ws_last_http_status",
        "ws_last_errno",
        "ws_clear_error",
        "ws_error_name",
        "ws_handle_count",
        "ws_frame_new",
        "ws_frame_text",
        "ws_frame_text_n",
        "ws_frame_binary",
        "ws_frame_ping",
        "ws_frame_pong",
        "ws_frame_close",
        "ws_frame_is_control",
        "ws_frame_is_text",
        "ws_frame_is_binary",
        "ws_frame_is_close",
        "ws_frame_is_ping",
        "ws_frame_is_pong",
        "ws_frame_payload_text",
        "ws_frame_close_code",
        "ws_frame_drop",
        "ws_from_server",
        "ws_from_client",
        "ws_upgrade",
        "ws_is_open",
        "ws_fd",
        "ws_is_server",
        "ws_state",
        "ws_mask_key",
        "ws_send_frame",
        "ws_send_text",
        "ws_send_text_n",
        "ws_send_binary",
        "ws_send_fragment",
        "ws_send_ping",
        "ws_send_ping_n",
        "ws_send_pong",
        "ws_send_pong_n",
        "ws_flush",
        "ws_send_close",
        "ws_send_close_reason",
        "ws_send_close_n",
        "ws_recv_frame",
        "ws_recv_message",
        "ws_recv_into",
        "ws_pending",
        "ws_close_code",
        "ws_close_reason",
        "ws_close",
        "ws_close_with",
        "ws_force_close",
        "ws_drop",
        "ws_connect",
        "ws_connect_with",
        "ws_client_handshake",
        "ws_server",
        "ws_server_bind",
        "ws_server_bind_host",
        "ws_server_is_valid",
        "ws_server_accept",
        "ws_server_accept_request",
        "ws_server_run_echo",
        "ws_server_stop",
        "ws_server_close",
        "ws_server_drop",
        "ws_server_listener_fd",
        "ws_server_port",
        "ws_server_running",
        "ws_server_set_subprotocols",
        "ws_server_set_origins",
        "ws_request_method",
        "ws_request_path",
        "ws_request_query",
        "ws_request_host",
        "ws_request_origin",
        "ws_request_header",
        "ws_request_header_count",
        "ws_request_header_name",
        "ws_request_header_value",
        "ws_subprotocol",
        "ws_peer_address",
        "ws_copy_text",
        "ws_copy_header",
        "ws_http_status",
        "ws_accept_upgrade",
        "ws_refuse",
        "ws_set",
        "ws_get",
        "ws_loop_new",
        "ws_loop_listen",
        "ws_loop_listen_unix",
        "ws_loop_listen_fd",
        "ws_loop_port",
        "ws_loop_adopt",
        "ws_loop_connect",
        "ws_loop_handshake",
        "ws_loop_poll",
        "ws_loop_send_and_poll",
        "ws_loop_fd",
        "ws_loop_wake",
        "ws_loop_flush",
        "ws_loop_drain",
        "ws_loop_close",
        "ws_loop_drop",
        "ws_loop_metrics",
        "ws_loop_send",
        "ws_loop_send_key",
        "ws_loop_send_fragment",
        "ws_loop_ping",
        "ws_loop_send_batch",
        "ws_loop_broadcast",
        "ws_loop_subscribe",
        "ws_loop_unsubscribe",
        "ws_loop_publish",
        "ws_loop_close_conn",
        "ws_loop_abort_conn",
        "ws_loop_set_context",
        "ws_loop_context",
        "ws_pause",
        "ws_resume",
        "ws_respond",
        "ws_loop_poll_packed",
        "ws_loop_send_packed",
    )

    path: str
    ws_abi_version: Callable[[], int]
    ws_version: Callable[[], Any]
    ws_struct_size: Callable[[int], int]
    ws_last_error: Callable[[], int]
    ws_last_error_message: Callable[[], Any]
    ws_last_http_status: Callable[[], int]
    ws_last_errno: Callable[[], int]
    ws_clear_error: Callable[[], int]
    ws_error_name: Callable[[int], Any]
    ws_handle_count: Callable[[], int]
    ws_frame_new: Callable[[int, Any, int], WsFrame]
    ws_frame_text: Callable[[Any], WsFrame]
    ws_frame_text_n: Callable[[Any, int], WsFrame]
    ws_frame_binary: Callable[[Any, int], WsFrame]
    ws_frame_ping: Callable[[], WsFrame]
    ws_frame_pong: Callable[[], WsFrame]
    ws_frame_close: Callable[[int], WsFrame]
    ws_frame_is_control: Callable[[Any], int]
    ws_frame_is_text: Callable[[Any], int]
    ws_frame_is_binary: Callable[[Any], int]
    ws_frame_is_close: Callable[[Any], int]
    ws_frame_is_ping: Callable[[Any], int]
    ws_frame_is_pong: Callable[[Any], int]
    ws_frame_payload_text: Callable[[Any], Any]
    ws_frame_close_code: Callable[[Any], int]
    ws_frame_drop: Callable[[Any], int]
    ws_from_server: Callable[[int], int]
    ws_from_client: Callable[[int], int]
    ws_upgrade: Callable[[int, Any, int], int]
    ws_is_open: Callable[[int], int]
    ws_fd: Callable[[int], int]
    ws_is_server: Callable[[int], int]
    ws_state: Callable[[int], int]
    ws_mask_key: Callable[[int], int]
    ws_send_frame: Callable[[int, Any], int]
    ws_send_text: Callable[[int, Any], int]
    ws_send_text_n: Callable[[int, Any, int], int]
    ws_send_binary: Callable[[int, Any, int], int]
    ws_send_fragment: Callable[[int, int, Any, int, int], int]
    ws_send_ping: Callable[[int], int]
    ws_send_ping_n: Callable[[int, Any, int], int]
    ws_send_pong: Callable[[int], int]
    ws_send_pong_n: Callable[[int, Any, int], int]
    ws_flush: Callable[[int], int]
    ws_send_close: Callable[[int, int], int]
    ws_send_close_reason: Callable[[int, int, Any], int]
    ws_send_close_n: Callable[[int, int, Any, int], int]
    ws_recv_frame: Callable[[int], WsFrame]
    ws_recv_message: Callable[[int], WsFrame]
    ws_recv_into: Callable[[int, Any, int], int]
    ws_pending: Callable[[int], int]
    ws_close_code: Callable[[int], int]
    ws_close_reason: Callable[[int], Any]
    ws_close: Callable[[int], int]
    ws_close_with: Callable[[int, int, Any], int]
    ws_force_close: Callable[[int], int]
    ws_drop: Callable[[int], int]
    ws_connect: Callable[[Any], int]
    ws_connect_with: Callable[[Any, Any], int]
    ws_client_handshake: Callable[[int, Any, Any], int]
    ws_server: Callable[[int], int]
    ws_server_bind: Callable[[int], int]
    ws_server_bind_host: Callable[[Any, int], int]
    ws_server_is_valid: Callable[[int], int]
    ws_server_accept: Callable[[int], int]
    ws_server_accept_request: Callable[[int], int]
    ws_server_run_echo: Callable[[int], int]
    ws_server_stop: Callable[[int], int]
    ws_server_close: Callable[[int], int]
    ws_server_drop: Callable[[int], int]
    ws_server_listener_fd: Callable[[int], int]
    ws_server_port: Callable[[int], int]
    ws_server_running: Callable[[int], int]
    ws_server_set_subprotocols: Callable[[int, Any], int]
    ws_server_set_origins: Callable[[int, Any], int]
    ws_request_method: Callable[[int], Any]
    ws_request_path: Callable[[int], Any]
    ws_request_query: Callable[[int], Any]
    ws_request_host: Callable[[int], Any]
    ws_request_origin: Callable[[int], Any]
    ws_request_header: Callable[[int, Any], Any]
    ws_request_header_count: Callable[[int], int]
    ws_request_header_name: Callable[[int, int], Any]
    ws_request_header_value: Callable[[int, int], Any]
    ws_subprotocol: Callable[[int], Any]
    ws_peer_address: Callable[[int], Any]
    ws_copy_text: Callable[[int, int, Any, int], int]
    ws_copy_header: Callable[[int, Any, Any, int], int]
    ws_http_status: Callable[[int], int]
    ws_accept_upgrade: Callable[[int, Any, Any], int]
    ws_refuse: Callable[[int, int, Any, Any, int], int]
    ws_set: Callable[[int, int, int], int]
    ws_get: Callable[[int, int], int]
    ws_loop_new: Callable[[Any], int]
    ws_loop_listen: Callable[[int, Any, int, int], int]
    ws_loop_listen_unix: Callable[[int, Any], int]
    ws_loop_listen_fd: Callable[[int, int], int]
    ws_loop_port: Callable[[int], int]
    ws_loop_adopt: Callable[[int, int, int, Any, int], int]
    ws_loop_connect: Callable[[int, Any, Any], int]
    ws_loop_handshake: Callable[[int, int, Any, Any], int]
    ws_loop_poll: Callable[[int, Any, int, int], int]
    ws_loop_send_and_poll: Callable[[int, Any, int, Any, int, int], int]
    ws_loop_fd: Callable[[int], int]
    ws_loop_wake: Callable[[int], int]
    ws_loop_flush: Callable[[int], int]
    ws_loop_drain: Callable[[int, int], int]
    ws_loop_close: Callable[[int], int]
    ws_loop_drop: Callable[[int], int]
    ws_loop_metrics: Callable[[int, Any, int], int]
    ws_loop_send: Callable[[int, int, int, Any, int], int]
    ws_loop_send_key: Callable[[int, int, int, Any, int, int], int]
    ws_loop_send_fragment: Callable[[int, int, int, Any, int, int], int]
    ws_loop_ping: Callable[[int, int, Any, int], int]
    ws_loop_send_batch: Callable[[int, Any, int], int]
    ws_loop_broadcast: Callable[[int, Any, int, int, Any, int, Any], int]
    ws_loop_subscribe: Callable[[int, int, Any], int]
    ws_loop_unsubscribe: Callable[[int, int, Any], int]
    ws_loop_publish: Callable[[int, Any, int, Any, int, int], int]
    ws_loop_close_conn: Callable[[int, int, int, Any], int]
    ws_loop_abort_conn: Callable[[int, int], int]
    ws_loop_set_context: Callable[[int, int, Any], int]
    ws_loop_context: Callable[[int, int], Any]
    ws_pause: Callable[[int], int]
    ws_resume: Callable[[int], int]
    ws_respond: Callable[[int, int, Any, Any, int], int]
    ws_loop_poll_packed: Callable[[int, Any, int, int], int]
    ws_loop_send_packed: Callable[[int, int, Any, int, Any], int]

    def __init__(self, path: str) -> None:
        self.path = path
        waits = ctypes.CDLL(path)
        holds = ctypes.PyDLL(path)
        self.ws_abi_version = _bind(holds, "ws_abi_version", c_int64, ())
        self.ws_version = _bind(holds, "ws_version", c_char_p, ())
        self.ws_struct_size = _bind(holds, "ws_struct_size", c_int64, (c_int64,))
        self.ws_last_error = _bind(holds, "ws_last_error", c_int64, ())
        self.ws_last_error_message = _bind(holds, "ws_last_error_message", c_char_p, ())
        self.ws_last_http_status = _bind(holds, "ws_last_http_status", c_int64, ())
        self.ws_last_errno = _bind(holds, "ws_last_errno", c_int64, ())
        self.ws_clear_error = _bind(holds, "ws_clear_error", c_int64, ())
        self.ws_error_name = _bind(holds, "ws_error_name", c_char_p, (c_int64,))
        self.ws_handle_count = _bind(holds, "ws_handle_count", c_int64, ())
        self.ws_frame_new = _bind(holds, "ws_frame_new", WsFrame, (c_int64, c_void_p, c_int64))
        self.ws_frame_text = _bind(holds, "ws_frame_text", WsFrame, (c_char_p,))
        self.ws_frame_text_n = _bind(holds, "ws_frame_text_n", WsFrame, (c_void_p, c_int64))
        self.ws_frame_binary = _bind(holds, "ws_frame_binary", WsFrame, (c_void_p, c_int64))
        self.ws_frame_ping = _bind(holds, "ws_frame_ping", WsFrame, ())
        self.ws_frame_pong = _bind(holds, "ws_frame_pong", WsFrame, ())
        self.ws_frame_close = _bind(holds, "ws_frame_close", WsFrame, (c_int64,))
        self.ws_frame_is_control = _bind(holds, "ws_frame_is_control", c_int64, (POINTER(WsFrame),))
        self.ws_frame_is_text = _bind(holds, "ws_frame_is_text", c_int64, (POINTER(WsFrame),))
        self.ws_frame_is_binary = _bind(holds, "ws_frame_is_binary", c_int64, (POINTER(WsFrame),))
        self.ws_frame_is_close = _bind(holds, "ws_frame_is_close", c_int64, (POINTER(WsFrame),))
        self.ws_frame_is_ping = _bind(holds, "ws_frame_is_ping", c_int64, (POINTER(WsFrame),))
        self.ws_frame_is_pong = _bind(holds, "ws_frame_is_pong", c_int64, (POINTER(WsFrame),))
        self.ws_frame_payload_text = _bind(holds, "ws_frame_payload_text", c_char_p, (POINTER(WsFrame),))
        self.ws_frame_close_code = _bind(holds, "ws_frame_close_code", c_int64, (POINTER(WsFrame),))
        self.ws_frame_drop = _bind(holds, "ws_frame_drop", c_int64, (POINTER(WsFrame),))
        self.ws_from_server = _bind(holds, "ws_from_server", c_int64, (c_int64,))
        self.ws_from_client = _bind(holds, "ws_from_client", c_int64, (c_int64,))
        self.ws_upgrade = _bind(waits, "ws_upgrade", c_int64, (c_int64, c_void_p, c_int64))
        self.ws_is_open = _bind(holds, "ws_is_open", c_int64, (c_int64,))
        self.ws_fd = _bind(holds, "ws_fd", c_int64, (c_int64,))
        self.ws_is_server = _bind(holds, "ws_is_server", c_int64, (c_int64,))
        self.ws_state = _bind(holds, "ws_state", c_int64, (c_int64,))
        self.ws_mask_key = _bind(holds, "ws_mask_key", c_int64, (c_int64,))
        self.ws_send_frame = _bind(waits, "ws_send_frame", c_int64, (c_int64, POINTER(WsFrame)))
        self.ws_send_text = _bind(waits, "ws_send_text", c_int64, (c_int64, c_char_p))
        self.ws_send_text_n = _bind(waits, "ws_send_text_n", c_int64, (c_int64, c_void_p, c_int64))
        self.ws_send_binary = _bind(waits, "ws_send_binary", c_int64, (c_int64, c_void_p, c_int64))
        self.ws_send_fragment = _bind(waits, "ws_send_fragment", c_int64, (c_int64, c_int64, c_void_p, c_int64, c_int64))
        self.ws_send_ping = _bind(waits, "ws_send_ping", c_int64, (c_int64,))
        self.ws_send_ping_n = _bind(waits, "ws_send_ping_n", c_int64, (c_int64, c_void_p, c_int64))
        self.ws_send_pong = _bind(waits, "ws_send_pong", c_int64, (c_int64,))
        self.ws_send_pong_n = _bind(waits, "ws_send_pong_n", c_int64, (c_int64, c_void_p, c_int64))
        self.ws_flush = _bind(waits, "ws_flush", c_int64, (c_int64,))
        self.ws_send_close = _bind(waits, "ws_send_close", c_int64, (c_int64, c_int64))
        self.ws_send_close_reason = _bind(waits, "ws_send_close_reason", c_int64, (c_int64, c_int64, c_char_p))
        self.ws_send_close_n = _bind(waits, "ws_send_close_n", c_int64, (c_int64, c_int64, c_void_p, c_int64))
        self.ws_recv_frame = _bind(waits, "ws_recv_frame", WsFrame, (c_int64,))
        self.ws_recv_message = _bind(waits, "ws_recv_message", WsFrame, (c_int64,))
        self.ws_recv_into = _bind(waits, "ws_recv_into", c_int64, (c_int64, c_void_p, c_int64))
        self.ws_pending = _bind(holds, "ws_pending", c_int64, (c_int64,))
        self.ws_close_code = _bind(holds, "ws_close_code", c_int64, (c_int64,))
        self.ws_close_reason = _bind(holds, "ws_close_reason", c_char_p, (c_int64,))
        self.ws_close = _bind(waits, "ws_close", c_int64, (c_int64,))
        self.ws_close_with = _bind(waits, "ws_close_with", c_int64, (c_int64, c_int64, c_char_p))
        self.ws_force_close = _bind(holds, "ws_force_close", c_int64, (c_int64,))
        self.ws_drop = _bind(holds, "ws_drop", c_int64, (c_int64,))
        self.ws_connect = _bind(waits, "ws_connect", c_int64, (c_char_p,))
        self.ws_connect_with = _bind(waits, "ws_connect_with", c_int64, (c_char_p, POINTER(WsConnectOptions)))
        self.ws_client_handshake = _bind(waits, "ws_client_handshake", c_int64, (c_int64, c_char_p, POINTER(WsConnectOptions)))
        self.ws_server = _bind(holds, "ws_server", c_int64, (c_int64,))
        self.ws_server_bind = _bind(holds, "ws_server_bind", c_int64, (c_int64,))
        self.ws_server_bind_host = _bind(waits, "ws_server_bind_host", c_int64, (c_char_p, c_int64))
        self.ws_server_is_valid = _bind(holds, "ws_server_is_valid", c_int64, (c_int64,))
        self.ws_server_accept = _bind(waits, "ws_server_accept", c_int64, (c_int64,))
        self.ws_server_accept_request = _bind(waits, "ws_server_accept_request", c_int64, (c_int64,))
        self.ws_server_run_echo = _bind(waits, "ws_server_run_echo", c_int64, (c_int64,))
        self.ws_server_stop = _bind(holds, "ws_server_stop", c_int64, (c_int64,))
        self.ws_server_close = _bind(holds, "ws_server_close", c_int64, (c_int64,))
        self.ws_server_drop = _bind(holds, "ws_server_drop", c_int64, (c_int64,))
        self.ws_server_listener_fd = _bind(holds, "ws_server_listener_fd", c_int64, (c_int64,))
        self.ws_server_port = _bind(holds, "ws_server_port", c_int64, (c_int64,))
        self.ws_server_running = _bind(holds, "ws_server_running", c_int64, (c_int64,))
        self.ws_server_set_subprotocols = _bind(holds, "ws_server_set_subprotocols", c_int64, (c_int64, c_char_p))
        self.ws_server_set_origins = _bind(holds, "ws_server_set_origins", c_int64, (c_int64, c_char_p))
        self.ws_request_method = _bind(holds, "ws_request_method", c_char_p, (c_int64,))
        self.ws_request_path = _bind(holds, "ws_request_path", c_char_p, (c_int64,))
        self.ws_request_query = _bind(holds, "ws_request_query", c_char_p, (c_int64,))
        self.ws_request_host = _bind(holds, "ws_request_host", c_char_p, (c_int64,))
        self.ws_request_origin = _bind(holds, "ws_request_origin", c_char_p, (c_int64,))
        self.ws_request_header = _bind(holds, "ws_request_header", c_char_p, (c_int64, c_char_p))
        self.ws_request_header_count = _bind(holds, "ws_request_header_count", c_int64, (c_int64,))
        self.ws_request_header_name = _bind(holds, "ws_request_header_name", c_char_p, (c_int64, c_int64))
        self.ws_request_header_value = _bind(holds, "ws_request_header_value", c_char_p, (c_int64, c_int64))
        self.ws_subprotocol = _bind(holds, "ws_subprotocol", c_char_p, (c_int64,))
        self.ws_peer_address = _bind(holds, "ws_peer_address", c_char_p, (c_int64,))
        self.ws_copy_text = _bind(holds, "ws_copy_text", c_int64, (c_int64, c_int64, c_void_p, c_int64))
        self.ws_copy_header = _bind(holds, "ws_copy_header", c_int64, (c_int64, c_char_p, c_void_p, c_int64))
        self.ws_http_status = _bind(holds, "ws_http_status", c_int64, (c_int64,))
        self.ws_accept_upgrade = _bind(waits, "ws_accept_upgrade", c_int64, (c_int64, c_char_p, c_char_p))
        self.ws_refuse = _bind(waits, "ws_refuse", c_int64, (c_int64, c_int64, c_char_p, c_void_p, c_int64))
        self.ws_set = _bind(holds, "ws_set", c_int64, (c_int64, c_int64, c_int64))
        self.ws_get = _bind(holds, "ws_get", c_int64, (c_int64, c_int64))
        self.ws_loop_new = _bind(holds, "ws_loop_new", c_int64, (POINTER(WsLoopOptions),))
        self.ws_loop_listen = _bind(holds, "ws_loop_listen", c_int64, (c_int64, c_char_p, c_int64, c_int64))
        self.ws_loop_listen_unix = _bind(holds, "ws_loop_listen_unix", c_int64, (c_int64, c_char_p))
        self.ws_loop_listen_fd = _bind(holds, "ws_loop_listen_fd", c_int64, (c_int64, c_int64))
        self.ws_loop_port = _bind(holds, "ws_loop_port", c_int64, (c_int64,))
        self.ws_loop_adopt = _bind(holds, "ws_loop_adopt", c_int64, (c_int64, c_int64, c_int64, c_void_p, c_int64))
        self.ws_loop_connect = _bind(holds, "ws_loop_connect", c_int64, (c_int64, c_char_p, POINTER(WsConnectOptions)))
        self.ws_loop_handshake = _bind(holds, "ws_loop_handshake", c_int64, (c_int64, c_int64, c_char_p, POINTER(WsConnectOptions)))
        self.ws_loop_poll = _bind(waits, "ws_loop_poll", c_int64, (c_int64, POINTER(WsEvent), c_int64, c_int64))
        self.ws_loop_send_and_poll = _bind(waits, "ws_loop_send_and_poll", c_int64, (c_int64, POINTER(WsSend), c_int64, POINTER(WsEvent), c_int64, c_int64))
        self.ws_loop_fd = _bind(holds, "ws_loop_fd", c_int64, (c_int64,))
        self.ws_loop_wake = _bind(holds, "ws_loop_wake", c_int64, (c_int64,))
        self.ws_loop_flush = _bind(holds, "ws_loop_flush", c_int64, (c_int64,))
        self.ws_loop_drain = _bind(holds, "ws_loop_drain", c_int64, (c_int64, c_int64))
        self.ws_loop_close = _bind(waits, "ws_loop_close", c_int64, (c_int64,))
        self.ws_loop_drop = _bind(waits, "ws_loop_drop", c_int64, (c_int64,))
        self.ws_loop_metrics = _bind(holds, "ws_loop_metrics", c_int64, (c_int64, POINTER(WsMetrics), c_int64))
        self.ws_loop_send = _bind(holds, "ws_loop_send", c_int64, (c_int64, c_int64, c_int64, c_void_p, c_int64))
        self.ws_loop_send_key = _bind(holds, "ws_loop_send_key", c_int64, (c_int64, c_int64, c_int64, c_void_p, c_int64, c_int64))
        self.ws_loop_send_fragment = _bind(holds, "ws_loop_send_fragment", c_int64, (c_int64, c_int64, c_int64, c_void_p, c_int64, c_int64))
        self.ws_loop_ping = _bind(holds, "ws_loop_ping", c_int64, (c_int64, c_int64, c_void_p, c_int64))
        self.ws_loop_send_batch = _bind(holds, "ws_loop_send_batch", c_int64, (c_int64, POINTER(WsSend), c_int64))
        self.ws_loop_broadcast = _bind(holds, "ws_loop_broadcast", c_int64, (c_int64, POINTER(c_int64), c_int64, c_int64, c_void_p, c_int64, POINTER(c_int64)))
        self.ws_loop_subscribe = _bind(holds, "ws_loop_subscribe", c_int64, (c_int64, c_int64, c_char_p))
        self.ws_loop_unsubscribe = _bind(holds, "ws_loop_unsubscribe", c_int64, (c_int64, c_int64, c_char_p))
        self.ws_loop_publish = _bind(holds, "ws_loop_publish", c_int64, (c_int64, c_char_p, c_int64, c_void_p, c_int64, c_int64))
        self.ws_loop_close_conn = _bind(holds, "ws_loop_close_conn", c_int64, (c_int64, c_int64, c_int64, c_char_p))
        self.ws_loop_abort_conn = _bind(holds, "ws_loop_abort_conn", c_int64, (c_int64, c_int64))
        self.ws_loop_set_context = _bind(holds, "ws_loop_set_context", c_int64, (c_int64, c_int64, c_void_p))
        self.ws_loop_context = _bind(holds, "ws_loop_context", c_void_p, (c_int64, c_int64))
        self.ws_pause = _bind(holds, "ws_pause", c_int64, (c_int64,))
        self.ws_resume = _bind(holds, "ws_resume", c_int64, (c_int64,))
        self.ws_respond = _bind(holds, "ws_respond", c_int64, (c_int64, c_int64, c_char_p, c_void_p, c_int64))
        self.ws_loop_poll_packed = _bind(waits, "ws_loop_poll_packed", c_int64, (c_int64, POINTER(c_int64), c_int64, c_int64))
        self.ws_loop_send_packed = _bind(holds, "ws_loop_send_packed", c_int64, (c_int64, c_int64, c_void_p, c_int64, POINTER(c_int64)))
        self._check()

    def _check(self) -> None:
        version = self.ws_abi_version()
        if version != WS_ABI_VERSION:
            raise AbiMismatchError(f"{self.path} speaks ABI {version}, this binding ABI {WS_ABI_VERSION}")
        for which, struct in STRUCTS.items():
            size = self.ws_struct_size(which)
            if size != ctypes.sizeof(struct):
                raise AbiMismatchError(f"{self.path}: {struct.__name__} has {size} bytes, here {ctypes.sizeof(struct)}")
