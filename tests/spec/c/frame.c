/* WsFrame: its 5 fields and 15 methods, each with its sentence of the API reference (RFC 6455 §5.2, §5.5). */
#include "items.h"

#define KIND(opcode_) WsFrame_new(opcode_, NULL, 0)

/* ---- fields ---- */

static void opcode_field(void) {
    int peer;
    WsConnection conn = server_end(&peer);
    const int64_t opcodes[] = {WS_OPCODE_TEXT, WS_OPCODE_CONTINUATION, WS_OPCODE_BINARY, WS_OPCODE_PING, WS_OPCODE_PONG, WS_OPCODE_CLOSE};
    for (size_t i = 0; i < 6; i++) {
        /* the text is a fragment, which the continuation ends */
        EXPECT(peer_write_frame(peer, (int)opcodes[i] | (i == 0 ? 0 : 0x80), NULL, 0, 1));
        WsFrame frame = WsConnection_recv_frame(&conn);
        EXPECT(frame.opcode == opcodes[i]);
        WsFrame_drop(&frame);
    }
    WsFrame none = WsConnection_recv_frame(&conn);
    EXPECT(none.opcode == -1 && none.payload == 0 && none.payload_len == 0);
    WsConnection_drop(&conn);
    close(peer);
}

static void payload_field(void) {
    static const char data[4] = {'a', 0, 'b', (char)0xff};
    WsFrame frame = WsFrame_binary(data, 4);
    EXPECT(frame.payload != 0 && frame.payload != (int64_t)(intptr_t)data); /* a copy */
    EXPECT(memcmp((const void *)(intptr_t)frame.payload, data, 4) == 0);
    EXPECT(((const char *)(intptr_t)frame.payload)[4] == '\0'); /* NUL after it */
    WsFrame_drop(&frame);
    frame = WsFrame_ping();
    EXPECT(frame.payload == 0);
}

static void payload_len_field(void) {
    WsFrame frame = WsFrame_text("f\xc3\xbcnf"); /* bytes, not characters */
    EXPECT(frame.payload_len == 5);
    WsFrame_drop(&frame);
    EXPECT(frame.payload_len == 0);
    frame = WsFrame_text("");
    EXPECT(frame.payload_len == 0);
    WsFrame_drop(&frame);
}

static void is_final_field(void) {
    int peer;
    WsConnection conn = server_end(&peer);
    WsFrame frame = WsFrame_text("made");
    EXPECT(frame.is_final == 1);
    WsFrame_drop(&frame);
    EXPECT(peer_write_frame(peer, 0x01, "a", 1, 1) && peer_write_frame(peer, 0x80, "b", 1, 1));
    frame = WsConnection_recv_frame(&conn);
    EXPECT(frame.opcode == WS_OPCODE_TEXT && frame.is_final == 0);
    WsFrame_drop(&frame);
    frame = WsConnection_recv_frame(&conn);
    EXPECT(frame.opcode == WS_OPCODE_CONTINUATION && frame.is_final == 1);
    WsFrame_drop(&frame);
    WsConnection_drop(&conn);
    close(peer);
}

static void is_masked_field(void) {
    int peers[2];
    WsConnection server = server_end(&peers[0]), client = client_end(&peers[1]);
    WsFrame made = WsFrame_text("made");
    EXPECT(made.is_masked == 0);
    WsFrame_drop(&made);
    EXPECT(peer_write_frame(peers[0], 0x81, "to a server", 11, 1));
    WsFrame frame = WsConnection_recv_frame(&server);
    EXPECT(frame.is_masked == 1 && strcmp(WsFrame_payload_text(&frame), "to a server") == 0); /* unmasked already */
    WsFrame_drop(&frame);
    EXPECT(peer_write_frame(peers[1], 0x81, "to a client", 11, 0));
    frame = WsConnection_recv_frame(&client);
    EXPECT(frame.is_masked == 0);
    WsFrame_drop(&frame);
    WsConnection_drop(&server);
    WsConnection_drop(&client);
    close(peers[0]);
    close(peers[1]);
}

/* ---- constructors ---- */

/* "Create a new WebSocket frame with custom opcode and payload." */
static void new_method(void) {
    WsFrame frame = WsFrame_new(WS_OPCODE_CONTINUATION, "rest", 4);
    EXPECT(frame.opcode == WS_OPCODE_CONTINUATION && frame.payload_len == 4 && frame.is_final == 1 && frame.is_masked == 0);
    EXPECT(memcmp((const void *)(intptr_t)frame.payload, "rest", 4) == 0);
    WsFrame_drop(&frame);
    EXPECT_ERROR(WsFrame_new(3, "x", 1).opcode, WS_ERR_ARGUMENT); /* reserved, RFC 6455 §5.2 */
    EXPECT_ERROR(WsFrame_new(-1, "x", 1).opcode, WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsFrame_new(WS_OPCODE_TEXT, NULL, 1).opcode, WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsFrame_new(WS_OPCODE_TEXT, "x", -1).opcode, WS_ERR_ARGUMENT);
    char big[126] = {0};
    EXPECT_ERROR(WsFrame_new(WS_OPCODE_PING, big, 126).opcode, WS_ERR_CONTROL_SIZE);
}

/* "Create a text frame from a string message." */
static void text_method(void) {
    char msg[] = "h\xc3\xa9llo";
    WsFrame frame = WsFrame_text(msg);
    memset(msg, 'x', sizeof msg - 1);
    EXPECT(frame.opcode == WS_OPCODE_TEXT && strcmp(WsFrame_payload_text(&frame), "h\xc3\xa9llo") == 0);
    WsFrame_drop(&frame);
    EXPECT_ERROR(WsFrame_text(NULL).opcode, WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsFrame_text("\xc3").opcode, WS_ERR_UTF8);
}

/* "Create a binary frame from raw data." */
static void binary_method(void) {
    WsFrame frame = WsFrame_binary("\0\xff", 2);
    EXPECT(frame.opcode == WS_OPCODE_BINARY && frame.payload_len == 2 && memcmp((const void *)(intptr_t)frame.payload, "\0\xff", 2) == 0);
    WsFrame_drop(&frame);
    frame = WsFrame_binary(NULL, 0);
    EXPECT(frame.opcode == WS_OPCODE_BINARY && frame.payload_len == 0);
    WsFrame_drop(&frame);
    EXPECT_ERROR(WsFrame_binary(NULL, 1).opcode, WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsFrame_binary("x", -1).opcode, WS_ERR_ARGUMENT);
}

/* "Create a ping frame with no payload." It has no error. */
static void ping_method(void) {
    WsFrame frame = WsFrame_ping();
    EXPECT(frame.opcode == WS_OPCODE_PING && frame.payload == 0 && frame.payload_len == 0 && frame.is_final == 1);
}

/* "Create a pong frame (response to ping)." It has no error. */
static void pong_method(void) {
    WsFrame frame = WsFrame_pong();
    EXPECT(frame.opcode == WS_OPCODE_PONG && frame.payload == 0 && frame.payload_len == 0 && frame.is_final == 1);
}

/* "Create a close frame with a status code." */
static void close_method(void) {
    const int64_t good[] = {1000, 1003, 1007, 1014, 3000, 4999}, bad[] = {-1, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 66536};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        WsFrame frame = WsFrame_close(good[i]);
        const unsigned char *payload = (const unsigned char *)(intptr_t)frame.payload;
        EXPECT(frame.opcode == WS_OPCODE_CLOSE && frame.payload_len == 2 && (payload[0] << 8 | payload[1]) == good[i]);
        WsFrame_drop(&frame);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        EXPECT_ERROR(WsFrame_close(bad[i]).opcode, WS_ERR_CLOSE_CODE); /* RFC 6455 §7.4 */
    }
}

/* ---- questions: "Returns 1 if true, 0 otherwise." ---- */

static int asks(int64_t (*question)(const WsFrame *), int64_t from, int64_t to) {
    const int64_t opcodes[] = {0, 1, 2, 8, 9, 10};
    for (size_t i = 0; i < 6; i++) {
        WsFrame frame = KIND(opcodes[i]);
        if (question(&frame) != (opcodes[i] >= from && opcodes[i] <= to)) {
            return 0;
        }
    }
    WsFrame none = {-1, 0, 0, 0, 0};
    return question(&none) == 0 && question(NULL) == -1 && ws_last_error() == WS_ERR_ARGUMENT;
}

static void is_control_method(void) { EXPECT(asks(WsFrame_is_control, 8, 10)); }
static void is_text_method(void) { EXPECT(asks(WsFrame_is_text, 1, 1)); }
static void is_binary_method(void) { EXPECT(asks(WsFrame_is_binary, 2, 2)); }
static void is_close_method(void) { EXPECT(asks(WsFrame_is_close, 8, 8)); }
static void is_ping_method(void) { EXPECT(asks(WsFrame_is_ping, 9, 9)); }
static void is_pong_method(void) { EXPECT(asks(WsFrame_is_pong, 10, 10)); }

/* ---- the rest ---- */

/* "Get payload as string (for text frames). Returns empty string if no payload." */
static void payload_text_method(void) {
    WsFrame frame = WsFrame_text("words"), empty = WsFrame_text(""), none = {-1, 0, 0, 0, 0};
    EXPECT(strcmp(WsFrame_payload_text(&frame), "words") == 0);
    EXPECT(strcmp(WsFrame_payload_text(&empty), "") == 0 && strcmp(WsFrame_payload_text(&none), "") == 0);
    WsFrame_drop(&frame);
    EXPECT(strcmp(WsFrame_payload_text(&frame), "") == 0);
    EXPECT(WsFrame_payload_text(NULL) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
}

/* "Get close status code from close frame. Returns WS_CLOSE_NO_STATUS if not a close frame." */
static void close_code_method(void) {
    WsFrame closing = WsFrame_close(4321), empty = KIND(WS_OPCODE_CLOSE), other = WsFrame_binary("\x03\xe8", 2);
    EXPECT(WsFrame_close_code(&closing) == 4321);
    EXPECT(WsFrame_close_code(&empty) == WS_CLOSE_NO_STATUS && WsFrame_close_code(&other) == WS_CLOSE_NO_STATUS);
    EXPECT(WsFrame_close_code(NULL) == -1 && ws_last_error() == WS_ERR_ARGUMENT);
    WsFrame_drop(&closing);
    WsFrame_drop(&other);
}

/* "Free payload memory." A second drop does nothing. */
static void drop_method(void) {
    WsFrame frame = WsFrame_text("gone");
    EXPECT(WsFrame_drop(&frame) == 0 && frame.payload == 0 && frame.payload_len == 0);
    EXPECT(WsFrame_drop(&frame) == 0);
    WsFrame none = {-1, 0, 0, 0, 0};
    EXPECT(WsFrame_drop(&none) == 0);
    EXPECT_ERROR(WsFrame_drop(NULL), WS_ERR_ARGUMENT);
}

const Item frame_items[] = {
    {"WsFrame.opcode", opcode_field},
    {"WsFrame.payload", payload_field},
    {"WsFrame.payload_len", payload_len_field},
    {"WsFrame.is_final", is_final_field},
    {"WsFrame.is_masked", is_masked_field},
    {"WsFrame.new()", new_method},
    {"WsFrame.text()", text_method},
    {"WsFrame.binary()", binary_method},
    {"WsFrame.ping()", ping_method},
    {"WsFrame.pong()", pong_method},
    {"WsFrame.close()", close_method},
    {"WsFrame.is_control()", is_control_method},
    {"WsFrame.is_text()", is_text_method},
    {"WsFrame.is_binary()", is_binary_method},
    {"WsFrame.is_close()", is_close_method},
    {"WsFrame.is_ping()", is_ping_method},
    {"WsFrame.is_pong()", is_pong_method},
    {"WsFrame.payload_text()", payload_text_method},
    {"WsFrame.close_code()", close_code_method},
    {"WsFrame.drop()", drop_method},
    {NULL, NULL},
};
