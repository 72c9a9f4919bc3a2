/*
 * An echo server on ws.h with an allow-list of origins (https://example.com, https://b.example), two subprotocols (v2, v1) and
 * 400 ms for each message to come in.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "ws.h"

static void *serve(void *argument) {
    int64_t conn = (int64_t)(intptr_t)argument;
    for (;;) {
        WsFrame message = ws_recv_message(conn);
        int64_t sent = message.opcode == WS_OPCODE_TEXT || message.opcode == WS_OPCODE_BINARY ? ws_send_frame(conn, &message) : -1;
        ws_frame_drop(&message);
        if (sent < 0)
            break;
    }
    ws_close(conn);
    return NULL;
}

int main(void) {
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    if (server < 0 || ws_server_set_origins(server, "https://example.com, https://b.example") < 0 || ws_server_set_subprotocols(server, "v2, v1") < 0 ||
        ws_set(server, WS_OPT_MESSAGE_TIMEOUT_MS, 400) < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    printf("listening on 127.0.0.1:%lld\n", (long long)ws_server_port(server));
    fflush(stdout);
    while (ws_server_is_valid(server) == 1) {
        int64_t conn = ws_server_accept(server);
        pthread_t thread;
        if (conn > 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)conn) == 0)
            pthread_detach(thread);
        else if (conn > 0)
            ws_drop(conn);
    }
    return 0;
}
