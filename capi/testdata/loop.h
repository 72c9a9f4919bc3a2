/* What the C programs about event loops share: a connection of a loop with a blocking peer, and waiting for one event. */
#ifndef LOOP_H
#define LOOP_H

#include "check.h"

#define PATIENCE_MS 10000

/* A server's connection of the loop on one end of a socket pair; a blocking client is the other. */
static inline int64_t join(int64_t loop, int64_t *peer)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    int64_t conn = ws_loop_adopt(loop, fds[0], WS_ADOPT_SERVER, NULL, 0);
    CHECK(conn > 0);
    *peer = ws_from_client(fds[1]);
    CHECK(*peer > 0);
    return conn;
}

/* Polls, one event at a time, until one of the given kind comes; OPEN and DRAIN in between are passed over. */
static inline WsEvent await(int64_t loop, int64_t kind)
{
    WsEvent e;
    for (;;) {
        CHECK(ws_loop_poll(loop, &e, 1, PATIENCE_MS) == 1);
        if (e.kind == kind) {
            return e;
        }
        CHECK(e.kind == WS_EVENT_OPEN || e.kind == WS_EVENT_DRAIN);
    }
}

static inline int holds(const WsEvent *e, const char *text)
{
    return e->len == (int64_t)strlen(text) && (e->len == 0 || memcmp(e->data, text, (size_t)e->len) == 0);
}

/* Receives a whole message at the peer and compares it. */
static inline void expect(int64_t peer, const char *text)
{
    WsFrame f = ws_recv_message(peer);
    CHECK(f.opcode == WS_OPCODE_TEXT || f.opcode == WS_OPCODE_BINARY);
    CHECK(strcmp(ws_frame_payload_text(&f), text) == 0);
    ws_frame_drop(&f);
}

#endif
