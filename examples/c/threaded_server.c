/* Threaded WebSocket echo server: one thread per connection, whole messages. */
#include <pthread.h>

#include "program.h"

static void *serve(void *argument) {
    int64_t conn = *(int64_t *)argument;
    free(argument);
    for (;;) {
        WsFrame message = ws_recv_message(conn);
        int64_t sent = -1;
        if (message.opcode == WS_OPCODE_TEXT || message.opcode == WS_OPCODE_BINARY) {
            sent = ws_send_frame(conn, &message);
        }
        ws_frame_drop(&message);
        if (sent < 0) {
            break; /* closed by the peer or broken; the library has answered */
        }
    }
    ws_close(conn);
    return NULL;
}

int main(int argc, char **argv) {
    Program program = program_arguments(argc, argv);
    int64_t server = program_server(&program);
    if (server < 0) {
        return 1;
    }
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 256 << 10);

    while (ws_server_is_valid(server) == 1) {
        int64_t conn = ws_server_accept(server);
        if (conn < 0) {
            continue; /* a bad request, which was answered */
        }
        int64_t *argument = malloc(sizeof *argument);
        pthread_t thread;
        if (argument == NULL) {
            ws_drop(conn);
            continue;
        }
        *argument = conn;
        if (pthread_create(&thread, &detached, serve, argument) != 0) {
            free(argument);
            ws_drop(conn);
        }
    }
    pthread_attr_destroy(&detached);
    ws_server_drop(server);
    return 0;
}
