/* libws's side of the bench's broadcast cells: everybody is subscribed to one topic, and each message is published to all of them,
 * its sender included.
 *
 * usage: libws_publish PORT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ws.h"

enum { EVENTS = 512 };

static WsEvent events[EVENTS];

int main(int argc, char **argv) {
    int64_t loop = ws_loop_new(NULL);
    int64_t port = argc == 2 ? ws_loop_listen(loop, "127.0.0.1", atoi(argv[1]), 0) : -1;
    if (port < 0) {
        fprintf(stderr, "usage: libws_publish PORT\n%s\n", ws_last_error_message());
        return 2;
    }
    ws_set(loop, WS_OPT_QUEUE_BYTES, 64 << 20); /* nothing is dropped: the load counts every copy */
    printf("listening on 127.0.0.1:%" PRId64 "\n", port);
    fflush(stdout);
    for (;;) {
        int64_t n = ws_loop_poll(loop, events, EVENTS, WS_TIMEOUT_NONE);
        if (n < 0) {
            fprintf(stderr, "%s\n", ws_last_error_message());
            return 1;
        }
        for (int64_t i = 0; i < n; i++) {
            const WsEvent *e = &events[i];
            if (e->kind == WS_EVENT_OPEN) {
                ws_loop_subscribe(loop, e->conn, "all");
            } else if (e->kind == WS_EVENT_MESSAGE) {
                ws_loop_publish(loop, "all", e->opcode, e->data, e->len, 0);
            }
        }
    }
}
