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
_Static_assert(sizeof(WsLoopOptions) == 88, "WsLoopOptions");
_Static_assert(offsetof(WsLoopOptions, struct_size) == 0, "WsLoopOptions.struct_size");
_Static_assert(offsetof(WsLoopOptions, subprotocols) == 8, "WsLoopOptions.subprotocols");
_Static_assert(offsetof(WsLoopOptions, origins) == 16, "WsLoopOptions.origins");
_Static_assert(offsetof(WsLoopOptions, max_message_bytes) == 24, "WsLoopOptions.max_message_bytes");
_Static_assert(offsetof(WsLoopOptions, max_frame_bytes) == 32, "WsLoopOptions.max_frame_bytes");
_Static_assert(offsetof(WsLoopOptions, stream_over_bytes) == 40, "WsLoopOptions.stream_over_bytes");
_Static_assert(offsetof(WsLoopOptions, queue_bytes) == 48, "WsLoopOptions.queue_bytes");
_Static_assert(offsetof(WsLoopOptions, queue_policy) == 56, "WsLoopOptions.queue_policy");
_Static_assert(offsetof(WsLoopOptions, max_connections) == 64, "WsLoopOptions.max_connections");
_Static_assert(offsetof(WsLoopOptions, spin_us) == 72, "WsLoopOptions.spin_us");
_Static_assert(offsetof(WsLoopOptions, requests) == 80, "WsLoopOptions.requests");
_Static_assert(sizeof(WsEvent) == 80, "WsEvent");
_Static_assert(offsetof(WsEvent, kind) == 0, "WsEvent.kind");
_Static_assert(offsetof(WsEvent, conn) == 8, "WsEvent.conn");
_Static_assert(offsetof(WsEvent, context) == 16, "WsEvent.context");
_Static_assert(offsetof(WsEvent, opcode) == 24, "WsEvent.opcode");
_Static_assert(offsetof(WsEvent, data) == 32, "WsEvent.data");
_Static_assert(offsetof(WsEvent, len) == 40, "WsEvent.len");
_Static_assert(offsetof(WsEvent, code) == 48, "WsEvent.code");
_Static_assert(offsetof(WsEvent, error) == 56, "WsEvent.error");
_Static_assert(offsetof(WsEvent, status) == 64, "WsEvent.status");
_Static_assert(offsetof(WsEvent, flags) == 72, "WsEvent.flags");
_Static_assert(sizeof(WsSend) == 56, "WsSend");
_Static_assert(offsetof(WsSend, conn) == 0, "WsSend.conn");
_Static_assert(offsetof(WsSend, opcode) == 8, "WsSend.opcode");
_Static_assert(offsetof(WsSend, data) == 16, "WsSend.data");
_Static_assert(offsetof(WsSend, len) == 24, "WsSend.len");
_Static_assert(offsetof(WsSend, key) == 32, "WsSend.key");
_Static_assert(offsetof(WsSend, result) == 40, "WsSend.result");
_Static_assert(offsetof(WsSend, error) == 48, "WsSend.error");
_Static_assert(sizeof(WsMetrics) == 296, "WsMetrics");
_Static_assert(offsetof(WsMetrics, open) == 0, "WsMetrics.open");
_Static_assert(offsetof(WsMetrics, pending) == 8, "WsMetrics.pending");
_Static_assert(offsetof(WsMetrics, total) == 16, "WsMetrics.total");
_Static_assert(offsetof(WsMetrics, refused) == 24, "WsMetrics.refused");
_Static_assert(offsetof(WsMetrics, accepts_failed) == 32, "WsMetrics.accepts_failed");
_Static_assert(offsetof(WsMetrics, messages_in) == 40, "WsMetrics.messages_in");
_Static_assert(offsetof(WsMetrics, messages_out) == 48, "WsMetrics.messages_out");
_Static_assert(offsetof(WsMetrics, bytes_in) == 56, "WsMetrics.bytes_in");
_Static_assert(offsetof(WsMetrics, bytes_out) == 64, "WsMetrics.bytes_out");
_Static_assert(offsetof(WsMetrics, queue_bytes) == 72, "WsMetrics.queue_bytes");
_Static_assert(offsetof(WsMetrics, refused_full) == 80, "WsMetrics.refused_full");
_Static_assert(offsetof(WsMetrics, dropped_newest) == 88, "WsMetrics.dropped_newest");
_Static_assert(offsetof(WsMetrics, dropped_oldest) == 96, "WsMetrics.dropped_oldest");
_Static_assert(offsetof(WsMetrics, conflated) == 104, "WsMetrics.conflated");
_Static_assert(offsetof(WsMetrics, closed_slow) == 112, "WsMetrics.closed_slow");
_Static_assert(offsetof(WsMetrics, round_trips) == 120, "WsMetrics.round_trips");
_Static_assert(offsetof(WsMetrics, rtt_p50_us) == 128, "WsMetrics.rtt_p50_us");
_Static_assert(offsetof(WsMetrics, rtt_p99_us) == 136, "WsMetrics.rtt_p99_us");
_Static_assert(offsetof(WsMetrics, closed_1000) == 144, "WsMetrics.closed_1000");
_Static_assert(offsetof(WsMetrics, closed_1001) == 152, "WsMetrics.closed_1001");
_Static_assert(offsetof(WsMetrics, closed_1002) == 160, "WsMetrics.closed_1002");
_Static_assert(offsetof(WsMetrics, closed_1003) == 168, "WsMetrics.closed_1003");
_Static_assert(offsetof(WsMetrics, closed_1004) == 176, "WsMetrics.closed_1004");
_Static_assert(offsetof(WsMetrics, closed_1005) == 184, "WsMetrics.closed_1005");
_Static_assert(offsetof(WsMetrics, closed_1006) == 192, "WsMetrics.closed_1006");
_Static_assert(offsetof(WsMetrics, closed_1007) == 200, "WsMetrics.closed_1007");
_Static_assert(offsetof(WsMetrics, closed_1008) == 208, "WsMetrics.closed_1008");
_Static_assert(offsetof(WsMetrics, closed_1009) == 216, "WsMetrics.closed_1009");
_Static_assert(offsetof(WsMetrics, closed_1010) == 224, "WsMetrics.closed_1010");
_Static_assert(offsetof(WsMetrics, closed_1011) == 232, "WsMetrics.closed_1011");
_Static_assert(offsetof(WsMetrics, closed_1012) == 240, "WsMetrics.closed_1012");
_Static_assert(offsetof(WsMetrics, closed_1013) == 248, "WsMetrics.closed_1013");
_Static_assert(offsetof(WsMetrics, closed_1014) == 256, "WsMetrics.closed_1014");
_Static_assert(offsetof(WsMetrics, closed_1015) == 264, "WsMetrics.closed_1015");
_Static_assert(offsetof(WsMetrics, closed_3000) == 272, "WsMetrics.closed_3000");
_Static_assert(offsetof(WsMetrics, closed_4000) == 280, "WsMetrics.closed_4000");
_Static_assert(offsetof(WsMetrics, memory_bytes) == 288, "WsMetrics.memory_bytes");

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
    case WS_STRUCT_LOOP_OPTIONS:
        return (int64_t)sizeof(WsLoopOptions);
    case WS_STRUCT_EVENT:
        return (int64_t)sizeof(WsEvent);
    case WS_STRUCT_SEND:
        return (int64_t)sizeof(WsSend);
    case WS_STRUCT_METRICS:
        return (int64_t)sizeof(WsMetrics);
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
