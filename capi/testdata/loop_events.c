/* Event loops: what polls report, how long it may be looked at, and that nothing is lost on the way. */
#include "loop.h"

/* A full array loses nothing: the rest comes with the next polls, in order. */
static void full_arrays_lose_nothing(void)
{
    enum { PEERS = 5, MESSAGES = 40 };
    int64_t loop = ws_loop_new(NULL), conns[PEERS], peers[PEERS], next[PEERS] = {0};
    for (int p = 0; p < PEERS; p++) {
        conns[p] = join(loop, &peers[p]);
        CHECK(ws_loop_set_context(loop, conns[p], &next[p]) == 0);
        CHECK(ws_loop_context(loop, conns[p]) == &next[p]);
        char text[32];
        for (int m = 0; m < MESSAGES; m++) {
            snprintf(text, sizeof text, "message %d", m);
            CHECK(ws_send_text(peers[p], text) > 0);
        }
        CHECK(ws_send_close(peers[p], 3000 + p) > 0);
    }
    WsEvent events[3];
    int opened = 0, closed = 0;
    while (closed < PEERS) {
        int64_t n = ws_loop_poll(loop, events, 3, PATIENCE_MS);
        CHECK(n >= 1 && n <= 3);
        for (int64_t i = 0; i < n; i++) {
            const WsEvent *e = &events[i];
            int64_t *count = e->context;
            int p = (int)(count - next);
            CHECK(p >= 0 && p < PEERS && e->conn == conns[p]);
            char text[32];
            snprintf(text, sizeof text, "message %d", (int)*count);
            if (e->kind == WS_EVENT_OPEN) {
                CHECK(*count == 0);
                opened++;
            } else if (e->kind == WS_EVENT_MESSAGE) {
                CHECK(holds(e, text) && e->opcode == WS_OPCODE_TEXT && e->flags == (WS_PART_FIRST | WS_PART_FINAL));
                (*count)++;
            } else {
                CHECK(e->kind == WS_EVENT_CLOSE && *count == MESSAGES && e->code == 3000 + p && e->error == 0);
                closed++;
            }
        }
    }
    CHECK(opened == PEERS);
    WsMetrics m;
    CHECK(ws_loop_metrics(loop, &m, sizeof m) == (int64_t)sizeof m);
    CHECK(m.open == 0 && m.total == PEERS && m.messages_in == PEERS * MESSAGES && m.closed_3000 == PEERS && m.closed_1000 == 0);
    int64_t first[2] = {-1, -1};
    CHECK(ws_loop_metrics(loop, (WsMetrics *)first, 8) == 8 && first[0] == 0 && first[1] == -1); /* an older program's struct */
    for (int p = 0; p < PEERS; p++) {
        ws_drop(peers[p]);
    }
    CHECK(ws_loop_drop(loop) == 0);
}

/* Views stay until the next poll, whatever is sent meanwhile; WS_OPT_POISON shows who looks at them later. */
static void views_live_until_the_next_poll(void)
{
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer);
    CHECK(ws_set(loop, WS_OPT_POISON, 1) == 0 && ws_get(loop, WS_OPT_POISON) == 1);
    await(loop, WS_EVENT_OPEN);
    CHECK(ws_send_text(peer, "a view") > 0);
    WsEvent e = await(loop, WS_EVENT_MESSAGE);
    for (int i = 0; i < 100; i++) {
        CHECK(ws_loop_send(loop, conn, e.opcode, e.data, e.len) == 8);
    }
    CHECK(ws_loop_flush(loop) == 0 && holds(&e, "a view"));
    for (int i = 0; i < 100; i++) {
        expect(peer, "a view");
    }
    WsEvent none;
    CHECK(ws_loop_poll(loop, &none, 1, 0) == 0);
    CHECK(((const unsigned char *)e.data)[0] == 0xDB && ((const unsigned char *)e.data)[5] == 0xDB);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

/* Answers go out with the poll that ends what they view; a wrong argument sends nothing. */
static void answers_leave_with_the_next_poll(void)
{
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer);
    CHECK(ws_set(loop, WS_OPT_POISON, 1) == 0);
    await(loop, WS_EVENT_OPEN);
    WsSend answers[4];
    WsEvent events[4];
    int64_t count = 0;
    for (int turn = 0; turn < 20; turn++) {
        CHECK(ws_send_text(peer, "first") > 0 && ws_send_text(peer, "second") > 0);
        int64_t seen = 0;
        while (seen < 2) {
            int64_t n = ws_loop_send_and_poll(loop, answers, count, events, 4, PATIENCE_MS);
            CHECK(n >= 1 && n <= 2);
            for (int64_t i = 0; i < count; i++) {
                CHECK(answers[i].error == 0 && answers[i].result == answers[i].len + 2);
            }
            count = 0;
            for (int64_t i = 0; i < n; i++, seen++) {
                CHECK(events[i].kind == WS_EVENT_MESSAGE && holds(&events[i], seen == 0 ? "first" : "second"));
                answers[count++] = (WsSend){.conn = conn, .opcode = WS_OPCODE_TEXT, .data = events[i].data, .len = events[i].len};
            }
        }
        FAILS(ws_loop_send_and_poll(loop, answers, count, events, 0, 0), WS_ERR_ARGUMENT);
        CHECK(ws_loop_send_and_poll(loop, answers, count, events, 4, 0) == 0);
        count = 0;
        expect(peer, "first");
        expect(peer, "second");
    }
    WsMetrics m;
    CHECK(ws_loop_metrics(loop, &m, sizeof m) > 0 && m.messages_out == 40);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

/* Long messages come, and are sent, in parts. */
static void messages_come_in_parts(void)
{
    enum { SIZE = 200000 };
    WsLoopOptions o = WS_LOOP_OPTIONS_INIT;
    o.stream_over_bytes = 1000;
    int64_t loop = ws_loop_new(&o), peer, conn = join(loop, &peer);
    await(loop, WS_EVENT_OPEN);
    CHECK(ws_get(loop, WS_OPT_STREAM_OVER_BYTES) == 1000);
    char *block = malloc(SIZE);
    CHECK(block != NULL);
    memset(block, 'b', SIZE);
    CHECK(ws_set(peer, WS_OPT_SEND_FRAME_BYTES, SIZE) == 0);
    int64_t sent = 0, got = 0;
    WsEvent e;
    for (; sent < SIZE; sent += SIZE / 4) { /* no more than the socket takes without a reader */
        CHECK(ws_send_fragment(peer, sent == 0 ? WS_OPCODE_BINARY : WS_OPCODE_CONTINUATION, block, SIZE / 4, sent + SIZE / 4 == SIZE) > 0);
        while (got < sent + SIZE / 4) {
            e = await(loop, WS_EVENT_FRAGMENT);
            CHECK(e.opcode == WS_OPCODE_BINARY && e.conn == conn && ((e.flags & WS_PART_FIRST) != 0) == (got == 0));
            CHECK(e.len >= 0 && memchr(e.data, 'b', 1) == e.data);
            got += e.len;
        }
    }
    while (!(e.flags & WS_PART_FINAL)) {
        e = await(loop, WS_EVENT_FRAGMENT);
        got += e.len;
    }
    CHECK(got == SIZE);
    free(block);

    CHECK(ws_loop_send_fragment(loop, conn, WS_OPCODE_TEXT, "one ", 4, 0) > 0);
    FAILS(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "between", 7), WS_ERR_STATE);
    CHECK(ws_loop_ping(loop, conn, "p", 1) > 0);
    CHECK(ws_loop_send_fragment(loop, conn, WS_OPCODE_CONTINUATION, "message", 7, 1) > 0);
    CHECK(ws_loop_flush(loop) == 0);
    expect(peer, "one message");
    CHECK(ws_set(loop, WS_OPT_PONGS, 1) == 0);
    e = await(loop, WS_EVENT_PONG);
    CHECK(holds(&e, "p") && e.status == -1); /* of our own ping, not of the loop's */
    CHECK(ws_set(loop, WS_OPT_PINGS, 1) == 0 && ws_send_ping_n(peer, "q", 1) > 0);
    e = await(loop, WS_EVENT_PING);
    CHECK(holds(&e, "q") && e.opcode == WS_OPCODE_PING);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

/* Topics reach every subscriber in every loop, and none twice. */
static void topics_reach_their_subscribers(void)
{
    int64_t here = ws_loop_new(NULL), there = ws_loop_new(NULL), peers[3];
    int64_t a = join(here, &peers[0]), b = join(here, &peers[1]), c = join(there, &peers[2]);
    await(here, WS_EVENT_OPEN);
    await(here, WS_EVENT_OPEN);
    await(there, WS_EVENT_OPEN);
    CHECK(ws_loop_subscribe(here, a, "tea") == 0 && ws_loop_subscribe(here, a, "tea") == 0);
    CHECK(ws_loop_subscribe(here, b, "tea") == 0 && ws_loop_subscribe(there, c, "tea") == 0);
    CHECK(ws_loop_publish(here, "tea", WS_OPCODE_TEXT, "with all", 8, 0) == 2);
    CHECK(ws_loop_publish(here, "tea", WS_OPCODE_TEXT, "without a", 9, a) == 1);
    CHECK(ws_loop_publish(here, "coffee", WS_OPCODE_TEXT, "nobody", 6, 0) == 0);
    CHECK(ws_loop_unsubscribe(here, b, "tea") == 0 && ws_loop_unsubscribe(here, b, "tea") == 0);
    CHECK(ws_loop_publish(here, "tea", WS_OPCODE_TEXT, "after b", 7, 0) == 1);
    CHECK(ws_loop_flush(here) == 0);
    WsEvent none;
    CHECK(ws_loop_poll(there, &none, 1, 0) == 0); /* what another loop published leaves with a poll */
    const char *wanted[3][4] = {{"with all", "after b"}, {"with all", "without a"}, {"with all", "without a", "after b"}};
    for (int p = 0; p < 3; p++) {
        for (int i = 0; wanted[p][i] != NULL; i++) {
            expect(peers[p], wanted[p][i]);
        }
        ws_drop(peers[p]);
    }
    CHECK(ws_loop_drop(here) == 0 && ws_loop_drop(there) == 0);
}

/* A peer that does not read fills its queue; the policy decides, and WS_EVENT_DRAIN tells of room. */
static void full_queues_follow_their_policy(void)
{
    static char block[32 << 10];
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer), n, sent = 0;
    await(loop, WS_EVENT_OPEN);
    CHECK(ws_set(conn, WS_OPT_QUEUE_BYTES, 100 << 10) == 0 && ws_get(conn, WS_OPT_QUEUE_BYTES) == 100 << 10);
    CHECK(ws_get(loop, WS_OPT_QUEUE_BYTES) == 1 << 20 && ws_get(conn, WS_OPT_QUEUE_POLICY) == WS_QUEUE_FAIL);
    while ((n = ws_loop_send(loop, conn, WS_OPCODE_BINARY, block, sizeof block)) > 0) {
        CHECK(++sent < 1000);
    }
    CHECK(n == -1 && ws_last_error() == WS_ERR_QUEUE_FULL);
    CHECK(ws_set(conn, WS_OPT_QUEUE_POLICY, WS_QUEUE_DROP_NEWEST) == 0);
    CHECK(ws_loop_send(loop, conn, WS_OPCODE_BINARY, block, sizeof block) == 0);
    CHECK(ws_set(conn, WS_OPT_QUEUE_POLICY, WS_QUEUE_CONFLATE) == 0);
    CHECK(ws_set(conn, WS_OPT_QUEUE_BYTES, 1 << 20) == 0);
    CHECK(ws_loop_send_key(loop, conn, WS_OPCODE_TEXT, "price 1", 7, 42) > 0);
    CHECK(ws_loop_send_key(loop, conn, WS_OPCODE_TEXT, "price 2", 7, 42) > 0);
    WsMetrics m;
    CHECK(ws_loop_metrics(loop, &m, sizeof m) > 0);
    CHECK(m.refused_full == 1 && m.dropped_newest == 1 && m.conflated == 1 && m.queue_bytes > 0);
    for (; sent > 0; sent--) { /* the peer reads at last */
        WsEvent e;
        CHECK(ws_loop_poll(loop, &e, 1, 0) <= 1);
        WsFrame f = ws_recv_message(peer);
        CHECK(f.payload_len == sizeof block);
        ws_frame_drop(&f);
    }
    WsEvent e;
    while (ws_loop_poll(loop, &e, 1, 20) > 0) {
        CHECK(e.kind == WS_EVENT_DRAIN && e.conn == conn);
    }
    expect(peer, "price 2");
    CHECK(ws_set(conn, WS_OPT_QUEUE_BYTES, 1024) == 0 && ws_set(conn, WS_OPT_QUEUE_POLICY, WS_QUEUE_CLOSE_1013) == 0);
    while (ws_loop_send(loop, conn, WS_OPCODE_BINARY, block, sizeof block) > 0) {
    }
    CHECK(ws_last_error() == WS_ERR_CLOSED);
    e = await(loop, WS_EVENT_CLOSE);
    CHECK(e.code == 1013 && e.error == WS_ERR_QUEUE_FULL);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

/* A paused connection is not read. */
static void pausing_stops_reading(void)
{
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer);
    await(loop, WS_EVENT_OPEN);
    CHECK(ws_pause(conn) == 0 && ws_send_text(peer, "later") > 0);
    WsEvent e;
    CHECK(ws_loop_poll(loop, &e, 1, 20) == 0);
    CHECK(ws_resume(conn) == 0);
    e = await(loop, WS_EVENT_MESSAGE);
    CHECK(holds(&e, "later"));
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

/* Draining tells everybody, and then the program. */
static void draining_ends_in_good_order(void)
{
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer);
    await(loop, WS_EVENT_OPEN);
    CHECK(ws_loop_drain(loop, 5000) == 0);
    WsEvent e;
    CHECK(ws_loop_poll(loop, &e, 1, 0) == 0 && ws_state(conn) == WS_STATE_CLOSING);
    WsFrame f = ws_recv_frame(peer);
    CHECK(f.opcode == WS_OPCODE_CLOSE && ws_frame_close_code(&f) == WS_CLOSE_GOING_AWAY);
    ws_frame_drop(&f);
    ws_close(peer);
    e = await(loop, WS_EVENT_CLOSE);
    CHECK(e.code == WS_CLOSE_GOING_AWAY && e.error == 0);
    CHECK(ws_loop_poll(loop, &e, 1, PATIENCE_MS) == 1 && e.kind == WS_EVENT_DRAINED && e.conn == 0);
    FAILS(ws_loop_listen(loop, "127.0.0.1", 0, 0), WS_ERR_STATE);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0 && listen(listener, 5) == 0);
    FAILS(ws_loop_listen_fd(loop, listener), WS_ERR_STATE);
    CHECK(close(listener) == 0); /* it stayed the caller's */
    CHECK(ws_loop_drop(loop) == 0);
}

int main(void)
{
    full_arrays_lose_nothing();
    views_live_until_the_next_poll();
    answers_leave_with_the_next_poll();
    messages_come_in_parts();
    topics_reach_their_subscribers();
    full_queues_follow_their_policy();
    pausing_stops_reading();
    draining_ends_in_good_order();
    CHECK(ws_handle_count() == 0);
    return 0;
}
