/*
 * The table's facts for C: the layout of structs, checked when this is compiled, and the names of errors.
 * Generated from capi/abi by capi/gen; do not edit.
 */
#include <stddef.h>

#include "ws.h"
#include "bodies.h"

_Static_assert(sizeof(WsFrame) == 40, "WsFrame");
_Static_assert(offsetof(WsFrame, opcode) == 0, "WsFrame.opcode");
_Static_assert(offsetof(WsFrame, payload) == 8, "WsFrame.payload");
_Static_assert(offsetof(WsFrame, payload_len) == 16, "WsFrame.payload_len");
_Static_assert(offsetof(WsFrame, is_final) == 24, "WsFrame.is_final");
_Static_assert(offsetof(WsFrame, is_masked) == 32, "WsFrame.is_masked");
_Static_assert(sizeof(WsConnectOptions) == 64, "WsConnectOptions");
_Static_assert(offsetof(WsConnectOptions, struct_size) == 0, "WsConnectOptions.struct_size");
_Static_assert(offsetof(WsConnectOptions, timeout_ms) == 8, "WsConnectOptions.timeout_ms");
_Static_assert(offsetof(WsConnectOptions, subprotocols) == 16, "WsConnectOptions.subprotocols");
_Static_assert(offsetof(WsConnectOptions, headers) == 24, "WsConnectOptions.headers");
_Static_assert(offsetof(WsConnectOptions, origin) == 32, "WsConnectOptions.origin");
_Static_assert(offsetof(WsConnectOptions, max_message_bytes) == 40, "WsConnectOptions.max_message_bytes");
_Static_assert(offsetof(WsConnectOptions, max_frame_bytes) == 48, "WsConnectOptions.max_frame_bytes");
_Static_assert(offsetof(WsConnectOptions, interruptible) == 56, "WsConnectOptions.interruptible");

int64_t libws_c_abi_version(void)
{
    return WS_ABI_VERSION;
}

const char *libws_c_version(void)
{
    return WS_VERSION;
}

int64_t libws_c_struct_size(int64_t which)
{
    switch (which) {
    case WS_STRUCT_FRAME:
        return (int64_t)sizeof(WsFrame);
    case WS_STRUCT_CONNECT_OPTIONS:
        return (int64_t)sizeof(WsConnectOptions);
    default:
        libws_fail(WS_ERR_ARGUMENT, "ws_struct_size: which is %lld; it must be one of WS_STRUCT_*", (long long)which);
        return -1;
    }
}

const char *libws_c_error_name(int64_t code)
{
    switch (code) {
    case WS_ERR_NONE:
        return "WS_ERR_NONE";
    case WS_ERR_ARGUMENT:
        return "WS_ERR_ARGUMENT";
    case WS_ERR_HANDLE:
        return "WS_ERR_HANDLE";
    case WS_ERR_STATE:
        return "WS_ERR_STATE";
    case WS_ERR_BUSY:
        return "WS_ERR_BUSY";
    case WS_ERR_UTF8:
        return "WS_ERR_UTF8";
    case WS_ERR_CLOSE_CODE:
        return "WS_ERR_CLOSE_CODE";
    case WS_ERR_CONTROL_SIZE:
        return "WS_ERR_CONTROL_SIZE";
    case WS_ERR_TOO_LARGE:
        return "WS_ERR_TOO_LARGE";
    case WS_ERR_FORKED:
        return "WS_ERR_FORKED";
    case WS_ERR_URL:
        return "WS_ERR_URL";
    case WS_ERR_HEADER:
        return "WS_ERR_HEADER";
    case WS_ERR_OPTION:
        return "WS_ERR_OPTION";
    case WS_ERR_CLOSED:
        return "WS_ERR_CLOSED";
    case WS_ERR_ABNORMAL:
        return "WS_ERR_ABNORMAL";
    case WS_ERR_TIMEOUT:
        return "WS_ERR_TIMEOUT";
    case WS_ERR_INTERRUPTED:
        return "WS_ERR_INTERRUPTED";
    case WS_ERR_WOULD_BLOCK:
        return "WS_ERR_WOULD_BLOCK";
    case WS_ERR_SYSTEM:
        return "WS_ERR_SYSTEM";
    case WS_ERR_RESOLVE:
        return "WS_ERR_RESOLVE";
    case WS_ERR_PROTOCOL:
        return "WS_ERR_PROTOCOL";
    case WS_ERR_PEER_UTF8:
        return "WS_ERR_PEER_UTF8";
    case WS_ERR_PEER_TOO_LARGE:
        return "WS_ERR_PEER_TOO_LARGE";
    case WS_ERR_PEER_POLICY:
        return "WS_ERR_PEER_POLICY";
    case WS_ERR_HANDSHAKE:
        return "WS_ERR_HANDSHAKE";
    case WS_ERR_REFUSED:
        return "WS_ERR_REFUSED";
    case WS_ERR_ORIGIN:
        return "WS_ERR_ORIGIN";
    case WS_ERR_NO_MEMORY:
        return "WS_ERR_NO_MEMORY";
    case WS_ERR_QUEUE_FULL:
        return "WS_ERR_QUEUE_FULL";
    case WS_ERR_TOO_MANY:
        return "WS_ERR_TOO_MANY";
    case WS_ERR_INTERNAL:
        return "WS_ERR_INTERNAL";
    default:
        return "WS_ERR_UNKNOWN";
    }
}
