/*
 * An echo client on ws.h that a fuzzing server drives: it asks for the number of cases, echoes in each, and asks for the report.
 *
 * Usage: client HOST PORT AGENT. Prints "ended CASE ERROR CLOSE_CODE" for each case, ERROR being a WS_ERR_ number or 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

static const int64_t LIMIT = 64 << 20;

static int64_t open_path(const char *host, const char *port, const char *path) {
    char url[512];
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    options.max_message_bytes = LIMIT;
    options.max_frame_bytes = LIMIT;
    snprintf(url, sizeof url, "ws://%s:%s%s", host, port, path);
    int64_t conn = ws_connect_with(url, &options);
    if (conn < 0)
        fprintf(stderr, "%s: %s: %s\n", url, ws_error_name(ws_last_error()), ws_last_error_message());
    return conn;
}

/* Echoes until the connection ends; returns the error that ended it, 0 for a close frame. */
static int64_t echo(int64_t conn) {
    for (;;) {
        WsFrame message = ws_recv_message(conn);
        if (message.opcode == -1)
            return ws_last_error();
        if (message.opcode == WS_OPCODE_CLOSE) {
            ws_frame_drop(&message);
            return 0;
        }
        int64_t sent = ws_send_frame(conn, &message);
        ws_frame_drop(&message);
        if (sent < 0)
            return ws_last_error();
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s HOST PORT AGENT\n", argv[0]);
        return 2;
    }
    int64_t conn = open_path(argv[1], argv[2], "/getCaseCount");
    if (conn < 0)
        return 1;
    WsFrame count = ws_recv_message(conn);
    long cases = count.opcode == WS_OPCODE_TEXT ? strtol(ws_frame_payload_text(&count), NULL, 10) : -1;
    ws_frame_drop(&count);
    ws_close(conn);
    if (cases < 0) {
        fprintf(stderr, "no number of cases\n");
        return 1;
    }
    for (long number = 1; number <= cases; number++) {
        char path[256];
        snprintf(path, sizeof path, "/runCase?case=%ld&agent=%s", number, argv[3]);
        conn = open_path(argv[1], argv[2], path);
        if (conn < 0) {
            printf("ended %ld %lld 0\n", number, (long long)ws_last_error());
            continue;
        }
        int64_t ended = echo(conn);
        printf("ended %ld %lld %lld\n", number, (long long)ended, (long long)ws_close_code(conn));
        fflush(stdout);
        ws_close(conn);
    }
    char path[256];
    snprintf(path, sizeof path, "/updateReports?agent=%s", argv[3]);
    conn = open_path(argv[1], argv[2], path);
    if (conn < 0)
        return 1;
    echo(conn);
    ws_close(conn);
    return 0;
}
