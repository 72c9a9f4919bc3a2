/* Receiving into the caller's memory: what fits is written and nothing else; what does not fit is kept for the next receiving call. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "check.h"

#define RESULT(length, opcode) ((int64_t)(length) << 4 | (opcode))
#define NO_ROOM 15

static char room[70000];

static void whole_messages(void)
{
    int64_t server, client;
    pair(&server, &client);
    memset(room, '#', sizeof room);
    CHECK(ws_send_text(client, "hello") > 0 && ws_send_binary(client, "a\0b", 3) > 0 && ws_send_text(client, "") > 0);
    CHECK(ws_recv_into(server, room, 5) == RESULT(5, WS_OPCODE_TEXT));
    CHECK(memcmp(room, "hello#", 6) == 0); /* no NUL is put after it */
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(3, WS_OPCODE_BINARY));
    CHECK(memcmp(room, "a\0blo#", 6) == 0);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(0, WS_OPCODE_TEXT));
    CHECK(ws_send_fragment(client, WS_OPCODE_TEXT, "one", 3, 0) > 0 && ws_send_ping(client) > 0);
    CHECK(ws_send_fragment(client, WS_OPCODE_CONTINUATION, "two", 3, 1) > 0);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(6, WS_OPCODE_TEXT) && memcmp(room, "onetwo", 6) == 0);
    WsFrame pong = ws_recv_frame(client);
    CHECK(ws_frame_is_pong(&pong) == 1);
    CHECK(ws_set(server, WS_OPT_MAX_FRAME_BYTES, 1 << 20) == 0);
    static char block[sizeof room];
    memset(block, 'm', sizeof block);
    CHECK(ws_send_binary(client, block, sizeof block) > (int64_t)sizeof block);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(sizeof room, WS_OPCODE_BINARY) && memcmp(room, block, sizeof room) == 0);
    ws_drop(server);
    ws_drop(client);
}

static void too_little_room(void)
{
    int64_t server, client;
    pair(&server, &client);
    memset(room, '#', sizeof room);
    for (int i = 0; i < 3; i++) {
        CHECK(ws_send_text(client, "first") > 0 && ws_send_binary(client, "second", 6) > 0);
    }
    CHECK(ws_recv_into(server, room, 4) == RESULT(5, NO_ROOM) && ws_recv_into(server, room, 0) == RESULT(5, NO_ROOM));
    CHECK(ws_recv_into(server, NULL, 0) == RESULT(5, NO_ROOM) && room[0] == '#');
    CHECK(ws_recv_into(server, room, 5) == RESULT(5, WS_OPCODE_TEXT) && memcmp(room, "first#", 6) == 0);
    CHECK(ws_recv_into(server, NULL, 0) == RESULT(6, NO_ROOM));
    WsFrame f = ws_recv_message(server);
    CHECK(f.opcode == WS_OPCODE_BINARY && f.payload_len == 6 && f.is_final == 1 && strcmp((char *)(intptr_t)f.payload, "second") == 0);
    ws_frame_drop(&f);
    CHECK(ws_recv_into(server, room, 1) == RESULT(5, NO_ROOM));
    f = ws_recv_frame(server);
    CHECK(f.opcode == WS_OPCODE_TEXT && f.payload_len == 5 && f.is_masked == 1);
    ws_frame_drop(&f);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(6, WS_OPCODE_BINARY)); /* each is given out once */

    CHECK(ws_recv_into(server, room, 1) == RESULT(5, NO_ROOM));
    CHECK(ws_send_close(client, 1000) > 0 && ws_close(client) == 0);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(5, WS_OPCODE_TEXT)); /* the peer is gone, the message is not */
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(6, WS_OPCODE_BINARY));
    CHECK(ws_recv_into(server, room, 0) == RESULT(2, NO_ROOM) && ws_close_code(server) == 1000); /* nor is its close frame */
    CHECK(ws_recv_into(server, room, 2) == RESULT(2, WS_OPCODE_CLOSE) && memcmp(room, "\x03\xe8", 2) == 0);
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_CLOSED);
    ws_drop(server);
}

static void wrong_arguments(void)
{
    int64_t server, client;
    pair(&server, &client);
    CHECK(ws_send_text(client, "safe") > 0);
    FAILS(ws_recv_into(server, NULL, 1), WS_ERR_ARGUMENT);
    FAILS(ws_recv_into(server, room, -1), WS_ERR_ARGUMENT);
    FAILS(ws_recv_into(server, room, WS_LENGTH_MAX + 1), WS_ERR_TOO_LARGE);
    FAILS(ws_recv_into(12345, room, sizeof room), WS_ERR_HANDLE);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(4, WS_OPCODE_TEXT));
    CHECK(ws_set(server, WS_OPT_RECV_TIMEOUT_MS, 20) == 0);
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_TIMEOUT);
    CHECK(ws_send_text(client, "later") > 0 && ws_recv_into(server, room, sizeof room) == RESULT(5, WS_OPCODE_TEXT));
    ws_drop(server);
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_CLOSED);
    FAILS(ws_recv_into(client, room, sizeof room), WS_ERR_ABNORMAL);
    ws_drop(client);
}

static void close_frame(void)
{
    int64_t server, client;
    pair(&server, &client);
    CHECK(ws_send_close_reason(client, 3001, "why not") > 0);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(9, WS_OPCODE_CLOSE));
    CHECK(memcmp(room, "\x0b\xb9why not", 9) == 0 && ws_state(server) == WS_STATE_CLOSED);
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_CLOSED);
    ws_drop(server);
    ws_drop(client);
}

static void closed_with_a_message_kept(void)
{
    const int64_t before = ws_handle_count();
    for (int i = 0; i < 100; i++) {
        int64_t server, client;
        pair(&server, &client);
        CHECK(ws_send_text(client, "never read") > 0 && ws_recv_into(server, room, 1) == RESULT(10, NO_ROOM));
        CHECK(i % 2 ? ws_force_close(server) == 0 : ws_drop(server) == 0);
        FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_CLOSED);
        ws_drop(client);
    }
    CHECK(ws_handle_count() == before);
}

static atomic_int receiving; /* the thread that does */

static void *receive(void *conn)
{
    char own[64];
    atomic_store(&receiving, (int)syscall(SYS_gettid));
    CHECK(ws_recv_into(*(int64_t *)conn, own, sizeof own) == RESULT(5, WS_OPCODE_TEXT) && memcmp(own, "woken", 5) == 0);
    return NULL;
}

static void *be_closed(void *conn)
{
    char own[64];
    atomic_store(&receiving, (int)syscall(SYS_gettid));
    FAILS(ws_recv_into(*(int64_t *)conn, own, sizeof own), WS_ERR_CLOSED);
    return NULL;
}

/* The other thread, once it runs. */
static pid_t receiver(void)
{
    while (atomic_load(&receiving) == 0) {
        usleep(100);
    }
    return atomic_load(&receiving);
}

static void another_thread(void)
{
    pthread_t thread;
    int64_t server, client;
    pair(&server, &client);
    CHECK(pthread_create(&thread, NULL, receive, &server) == 0);
    until_asleep(receiver());
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_BUSY);
    CHECK(ws_recv_message(server).opcode == -1 && ws_last_error() == WS_ERR_BUSY);
    CHECK(ws_send_text(client, "woken") > 0 && pthread_join(thread, NULL) == 0);

    CHECK(ws_set(server, WS_OPT_CLOSE_TIMEOUT_MS, 100) == 0);
    atomic_store(&receiving, 0);
    CHECK(pthread_create(&thread, NULL, be_closed, &server) == 0);
    until_asleep(receiver());
    CHECK(ws_close(server) == 0 && pthread_join(thread, NULL) == 0);
    ws_drop(client);
}

static void note(int number) { (void)number; }

static void interrupted(void)
{
    int64_t server, client;
    pair(&server, &client);
    CHECK(signal(SIGALRM, note) != SIG_ERR && ws_set(server, WS_OPT_INTERRUPTIBLE, 1) == 0);
    alarm(1);
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_INTERRUPTED);
    CHECK(ws_send_text(client, "whole") > 0 && ws_recv_into(server, room, sizeof room) == RESULT(5, WS_OPCODE_TEXT));
    ws_drop(server);
    ws_drop(client);
}

static int readable(int64_t conn)
{
    struct pollfd p = {.fd = (int)ws_fd(conn), .events = POLLIN};
    return poll(&p, 1, 0);
}

/* What was read from the socket already makes its descriptor readable no more: ws_pending tells of it. */
static void watching(void)
{
    int64_t server, client;
    pair(&server, &client);
    CHECK(ws_pending(server) == 0 && readable(server) == 0);
    CHECK(ws_send_text(client, "one") > 0 && ws_send_text(client, "two") > 0 && ws_send_text(client, "three") > 0);
    CHECK(ws_pending(server) == 0 && readable(server) == 1);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(3, WS_OPCODE_TEXT));
    CHECK(readable(server) == 0 && ws_pending(server) == 1);
    CHECK(ws_recv_into(server, room, 0) == RESULT(3, NO_ROOM) && ws_pending(server) == 1);
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(3, WS_OPCODE_TEXT) && ws_pending(server) == 1);
    CHECK(ws_recv_into(server, room, 0) == RESULT(5, NO_ROOM) && ws_pending(server) == 1); /* the last one, kept */
    CHECK(ws_recv_into(server, room, sizeof room) == RESULT(5, WS_OPCODE_TEXT) && ws_pending(server) == 0);

    int64_t received = 0; /* a program that waits for many connections gets every message without being stuck */
    for (int i = 0; i < 100; i++) {
        CHECK(ws_send_text(client, "m") > 0);
    }
    while (received < 100) {
        CHECK(ws_pending(server) == 1 || readable(server) == 1);
        CHECK(ws_recv_into(server, room, sizeof room) == RESULT(1, WS_OPCODE_TEXT));
        received++;
    }
    CHECK(ws_pending(server) == 0 && readable(server) == 0);

    pthread_t thread; /* asking leaves alone who receives */
    atomic_store(&receiving, 0);
    CHECK(pthread_create(&thread, NULL, receive, &server) == 0);
    until_asleep(receiver());
    CHECK(ws_pending(server) == 0 && ws_send_text(client, "woken") > 0 && pthread_join(thread, NULL) == 0);

    CHECK(ws_send_close(client, 1000) > 0 && ws_recv_into(server, room, sizeof room) == RESULT(2, WS_OPCODE_CLOSE));
    CHECK(ws_fd(server) == -1 && ws_pending(server) == 1); /* a receiving call tells the end at once */
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_CLOSED);
    ws_drop(server);
    FAILS(ws_pending(server), WS_ERR_CLOSED);
    ws_drop(client);
}

int main(void)
{
    whole_messages();
    too_little_room();
    wrong_arguments();
    close_frame();
    closed_with_a_message_kept();
    another_thread();
    interrupted();
    watching();
    CHECK(ws_handle_count() == 0);
    return 0;
}
