/*
 * The same as server.c on an event loop; loop PING_MS also pings that often and waits so long for an answer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ws.h"

enum { EVENTS = 64 };

int main(int argc, char **argv) {
    WsLoopOptions options = WS_LOOP_OPTIONS_INIT;
    options.origins = "https://example.com, https://b.example";
    options.subprotocols = "v2, v1";
    int64_t loop = ws_loop_new(&options);
    int64_t port = loop < 0 ? -1 : ws_loop_listen(loop, "127.0.0.1", 0, 0);
    int64_t ping_ms = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (port < 0 || ws_set(loop, WS_OPT_MESSAGE_TIMEOUT_MS, 400) < 0 ||
        (ping_ms > 0 && (ws_set(loop, WS_OPT_PING_INTERVAL_MS, ping_ms) < 0 || ws_set(loop, WS_OPT_PING_TIMEOUT_MS, ping_ms) < 0))) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    printf("listening on 127.0.0.1:%lld\n", (long long)port);
    fflush(stdout);
    for (;;) {
        WsEvent events[EVENTS];
        int64_t n = ws_loop_poll(loop, events, EVENTS, WS_TIMEOUT_NONE);
        if (n < 0) {
            fprintf(stderr, "%s\n", ws_last_error_message());
            return 1;
        }
        for (int64_t i = 0; i < n; i++)
            if (events[i].kind == WS_EVENT_MESSAGE)
                ws_loop_send(loop, events[i].conn, events[i].opcode, events[i].data, events[i].len);
    }
}
