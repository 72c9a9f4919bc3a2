/*
 * An echo client on an event loop that a fuzzing server drives, like client.c: one connection after the other, all on one loop.
 *
 * Usage: loopclient HOST PORT AGENT. Prints "ended CASE ERROR CLOSE_CODE" for each case, ERROR being a WS_ERR_ number or 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

enum { EVENTS = 64 };

static const int64_t LIMIT = 64 << 20;

/* How a connection ended, and the last message that it brought. */
typedef struct Ended {
    int64_t error;
    int64_t code;
    char last[32];
} Ended;

/* Connects to a path, echoes when asked to, and returns once the connection is over. */
static Ended visit(int64_t loop, const char *host, const char *port, const char *path, int echo) {
    Ended ended = {0, 0, ""};
    char url[512];
    WsEvent events[EVENTS];
    snprintf(url, sizeof url, "ws://%s:%s%s", host, port, path);
    int64_t conn = ws_loop_connect(loop, url, NULL);
    if (conn < 0) {
        ended.error = ws_last_error();
        return ended;
    }
    for (;;) {
        int64_t n = ws_loop_poll(loop, events, EVENTS, 60000);
        if (n <= 0) {
            ended.error = n < 0 ? ws_last_error() : WS_ERR_TIMEOUT;
            return ended;
        }
        for (int64_t i = 0; i < n; i++) {
            const WsEvent *e = &events[i];
            if (e->kind == WS_EVENT_MESSAGE && echo) {
                ws_loop_send(loop, conn, e->opcode, e->data, e->len);
            } else if (e->kind == WS_EVENT_MESSAGE) {
                snprintf(ended.last, sizeof ended.last, "%.*s", (int)e->len, (const char *)e->data);
            } else if (e->kind == WS_EVENT_CLOSE) {
                ended.error = e->error;
                ended.code = e->code;
                return ended;
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s HOST PORT AGENT\n", argv[0]);
        return 2;
    }
    WsLoopOptions options = WS_LOOP_OPTIONS_INIT;
    options.max_message_bytes = LIMIT;
    options.max_frame_bytes = LIMIT;
    options.queue_bytes = LIMIT;
    int64_t loop = ws_loop_new(&options);
    if (loop < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    Ended count = visit(loop, argv[1], argv[2], "/getCaseCount", 0);
    long cases = count.last[0] != '\0' ? strtol(count.last, NULL, 10) : -1;
    if (cases < 0) {
        fprintf(stderr, "no number of cases: error %lld\n", (long long)count.error);
        return 1;
    }
    char path[256];
    for (long number = 1; number <= cases; number++) {
        snprintf(path, sizeof path, "/runCase?case=%ld&agent=%s", number, argv[3]);
        Ended ended = visit(loop, argv[1], argv[2], path, 1);
        printf("ended %ld %lld %lld\n", number, (long long)ended.error, (long long)ended.code);
        fflush(stdout);
    }
    /* A loop tells that a connection is over before its socket is gone, so the server is asked until it knows it, too. */
    for (int tries = 0; tries < 1000; tries++) {
        snprintf(path, sizeof path, "/getCaseStatus?case=%ld&agent=%s", cases, argv[3]);
        if (strstr(visit(loop, argv[1], argv[2], path, 0).last, "behavior") != NULL) {
            break;
        }
    }
    snprintf(path, sizeof path, "/updateReports?agent=%s", argv[3]);
    visit(loop, argv[1], argv[2], path, 0);
    WsEvent event = {0};
    if (ws_loop_drain(loop, 5000) == 0) { /* the answer to the last close frame goes out with a poll */
        while (event.kind != WS_EVENT_DRAINED && ws_loop_poll(loop, &event, 1, 60000) > 0) {
        }
    }
    ws_loop_drop(loop);
    return 0;
}
