/* A client on ws.h for the interoperation script: `client HOST PORT STEP...` (see ../README.md). */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

enum { LARGE = 1 << 20 };

static int64_t conn;

/* Compares a received frame and gives it back. */
static bool is(WsFrame *got, int64_t opcode, const void *payload, int64_t length) {
    bool same = got->opcode == opcode && got->payload_len == length && (length == 0 || memcmp((void *)(intptr_t)got->payload, payload, (size_t)length) == 0);
    if (!same)
        fprintf(stderr, "opcode %lld and %lld bytes came instead of %lld and %lld: %s\n", (long long)got->opcode, (long long)got->payload_len,
                (long long)opcode, (long long)length, ws_last_error_message());
    ws_frame_drop(got);
    return same;
}

static bool echoes(int64_t opcode, const void *payload, int64_t length) {
    int64_t sent = opcode == WS_OPCODE_TEXT ? ws_send_text_n(conn, payload, length) : ws_send_binary(conn, payload, length);
    if (sent < length)
        return false;
    WsFrame got = ws_recv_message(conn);
    return is(&got, opcode, payload, length);
}

static bool answers(const char *request, const char *reply) {
    if (ws_send_text(conn, request) < 0)
        return false;
    WsFrame got = ws_recv_message(conn);
    return is(&got, WS_OPCODE_TEXT, reply, (int64_t)strlen(reply));
}

static bool large(void) {
    unsigned char *data = malloc(LARGE);
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (unsigned char)(7 * i);
    bool same = echoes(WS_OPCODE_BINARY, data, LARGE);
    free(data);
    return same;
}

static bool fragments(void) {
    if (ws_send_fragment(conn, WS_OPCODE_TEXT, "frag", 4, 0) < 0 || ws_send_fragment(conn, WS_OPCODE_CONTINUATION, "men", 3, 0) < 0 ||
        ws_send_fragment(conn, WS_OPCODE_CONTINUATION, "ted", 3, 1) < 0)
        return false;
    WsFrame got = ws_recv_message(conn);
    return is(&got, WS_OPCODE_TEXT, "fragmented", 10);
}

static bool ping(void) {
    if (ws_send_ping_n(conn, "are you there", 13) < 0)
        return false;
    WsFrame got = ws_recv_frame(conn);
    return is(&got, WS_OPCODE_PONG, "are you there", 13);
}

/* The close frame that comes has the code, and the reason or none. */
static bool closes(int64_t code, const char *reason) {
    WsFrame got = ws_recv_message(conn);
    bool same = got.opcode == WS_OPCODE_CLOSE && ws_frame_close_code(&got) == code &&
                (got.payload_len == 2 || (got.payload_len == (int64_t)strlen(reason) + 2 && memcmp((char *)(intptr_t)got.payload + 2, reason, strlen(reason)) == 0));
    if (!same)
        fprintf(stderr, "opcode %lld with code %lld came\n", (long long)got.opcode, (long long)ws_frame_close_code(&got));
    ws_frame_drop(&got);
    return same && ws_close_code(conn) == code && ws_is_open(conn) == 0;
}

static bool step(const char *name) {
    unsigned char bytes[256];
    if (strcmp(name, "text") == 0)
        return answers("Grüße, 世界 👋", "Grüße, 世界 👋");
    if (strcmp(name, "binary") == 0) {
        for (int i = 0; i < 256; i++)
            bytes[i] = (unsigned char)i;
        return echoes(WS_OPCODE_BINARY, bytes, sizeof bytes);
    }
    if (strcmp(name, "empty") == 0)
        return echoes(WS_OPCODE_TEXT, NULL, 0) && echoes(WS_OPCODE_BINARY, NULL, 0);
    if (strcmp(name, "large") == 0)
        return large();
    if (strcmp(name, "fragments") == 0)
        return fragments();
    if (strcmp(name, "ping") == 0)
        return ping();
    if (strcmp(name, "server-fragments") == 0)
        return answers("please fragment", "in three parts");
    if (strcmp(name, "server-ping") == 0)
        return answers("please ping", "pong came");
    if (strcmp(name, "server-close") == 0)
        return ws_send_text(conn, "please close") > 0 && closes(4002, "as you wish");
    if (strcmp(name, "close") == 0)
        return ws_send_close_reason(conn, 4001, "that was all") > 0 && closes(4001, "that was all");
    fprintf(stderr, "no such step\n");
    return false;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: %s HOST PORT STEP...\n", argv[0]);
        return 2;
    }
    char url[256];
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    options.max_frame_bytes = LARGE;
    snprintf(url, sizeof url, "ws://%s:%s/", argv[1], argv[2]);
    conn = ws_connect_with(url, &options);
    if (conn < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    for (int i = 3; i < argc; i++) {
        if (!step(argv[i])) {
            fprintf(stderr, "%s: %s\n", argv[i], ws_last_error_message());
            return 1;
        }
        printf("ok %s\n", argv[i]);
        fflush(stdout);
    }
    return ws_drop(conn) == 0 ? 0 : 1;
}
