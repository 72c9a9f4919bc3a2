/*
 * Connects with the blocking client and with an event loop, offering the subprotocols chat and superchat: offer HOST PORT.
 * Prints "blocking CODE [CHOSEN]" and "loop CODE [CHOSEN]", CODE being the WS_ERR_ that the handshake failed with, or 0.
 */
#include <stdio.h>

#include "ws.h"

static void blocking(const char *url, const WsConnectOptions *options) {
    int64_t conn = ws_connect_with(url, options);
    if (conn < 0) {
        printf("blocking %lld\n", (long long)ws_last_error());
        return;
    }
    printf("blocking 0 %s\n", ws_subprotocol(conn));
    ws_close(conn);
}

static void loop(const char *url, const WsConnectOptions *options) {
    int64_t loop = ws_loop_new(NULL);
    WsEvent event = {0};
    if (ws_loop_connect(loop, url, options) < 0 || ws_loop_poll(loop, &event, 1, 20000) != 1)
        printf("loop %lld\n", (long long)ws_last_error());
    else if (event.kind == WS_EVENT_OPEN)
        printf("loop 0 %.*s\n", (int)event.len, (const char *)event.data);
    else
        printf("loop %lld\n", (long long)event.error);
    ws_loop_drop(loop);
}

int main(int argc, char **argv) {
    char url[256];
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    options.subprotocols = "chat, superchat";
    if (argc != 3)
        return 2;
    snprintf(url, sizeof url, "ws://%s:%s/", argv[1], argv[2]);
    blocking(url, &options);
    loop(url, &options);
    return 0;
}
