/* The 25 constants: their values are those of the API reference, and each can be used where C wants a constant expression. */
#include "items.h"

#define CONSTANT(name, value)                                          \
    static void test_##name(void) {                                    \
        enum { constant = name };                                      \
        EXPECT(constant == value && name == (int64_t)value);           \
    }

#define CONSTANTS(row)                 \
    row(WS_OPCODE_CONTINUATION, 0)     \
    row(WS_OPCODE_TEXT, 1)             \
    row(WS_OPCODE_BINARY, 2)           \
    row(WS_OPCODE_CLOSE, 8)            \
    row(WS_OPCODE_PING, 9)             \
    row(WS_OPCODE_PONG, 10)            \
    row(WS_CLOSE_NORMAL, 1000)         \
    row(WS_CLOSE_GOING_AWAY, 1001)     \
    row(WS_CLOSE_PROTOCOL_ERROR, 1002) \
    row(WS_CLOSE_UNSUPPORTED, 1003)    \
    row(WS_CLOSE_NO_STATUS, 1005)      \
    row(WS_CLOSE_ABNORMAL, 1006)       \
    row(WS_CLOSE_INVALID_DATA, 1007)   \
    row(WS_CLOSE_POLICY, 1008)         \
    row(WS_CLOSE_TOO_LARGE, 1009)      \
    row(WS_CLOSE_EXTENSION, 1010)      \
    row(WS_CLOSE_UNEXPECTED, 1011)     \
    row(WS_STATE_CONNECTING, 0)        \
    row(WS_STATE_OPEN, 1)              \
    row(WS_STATE_CLOSING, 2)           \
    row(WS_STATE_CLOSED, 3)            \
    row(WS_MAX_FRAME_SIZE, 65536)      \
    row(WS_HEADER_BUFFER, 8192)        \
    row(WS_RECV_BUFFER, 4096)          \
    row(WS_SEND_BUFFER, 65550)

CONSTANTS(CONSTANT)

#define ROW(name, value) {#name, test_##name},

const Item constant_items[] = {CONSTANTS(ROW){NULL, NULL}};
