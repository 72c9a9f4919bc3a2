/* Handles: stale, foreign and invented ones are errors; a closed one answers for ever; one of many closers succeeds; closing wakes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "check.h"

static void closed_for_ever(int64_t conn, int64_t is_server)
{
    CHECK(ws_is_open(conn) == 0);
    CHECK(ws_state(conn) == WS_STATE_CLOSED);
    CHECK(ws_is_server(conn) == is_server);
    FAILS(ws_fd(conn), WS_ERR_CLOSED);
    FAILS(ws_send_text(conn, "x"), WS_ERR_CLOSED);
    FAILS(ws_send_close(conn, 1000), WS_ERR_CLOSED);
    FAILS(ws_close(conn), WS_ERR_CLOSED);
    FAILS(ws_force_close(conn), WS_ERR_CLOSED);
    CHECK(ws_recv_frame(conn).opcode == -1 && ws_last_error() == WS_ERR_CLOSED);
    CHECK(ws_recv_message(conn).opcode == -1 && ws_last_error() == WS_ERR_CLOSED);
    CHECK(ws_peer_address(conn) == NULL && ws_last_error() == WS_ERR_CLOSED);
    CHECK(ws_drop(conn) == 0 && ws_drop(conn) == 0);
}

static void stale(void)
{
    int64_t first_server, first_client;
    pair(&first_server, &first_client);
    CHECK(ws_drop(first_client) == 0 && ws_force_close(first_server) == 0);
    for (int i = 0; i < 1000; i++) {
        int64_t server, client;
        pair(&server, &client);
        CHECK(server != first_server && client != first_client);
        CHECK(ws_is_open(server) == 1 && ws_is_server(server) == 1 && ws_is_server(client) == 0);
        if (i % 100 == 0) {
            closed_for_ever(first_server, 1);
            closed_for_ever(first_client, 0);
            CHECK(ws_is_open(server) == 1);
        }
        ws_drop(server);
        ws_drop(client);
    }
    CHECK(ws_handle_count() == 0);
}

static void invented(int64_t handle)
{
    CHECK(ws_is_open(handle) == 0 && ws_last_error() == WS_ERR_HANDLE);
    FAILS(ws_state(handle), WS_ERR_HANDLE);
    FAILS(ws_is_server(handle), WS_ERR_HANDLE);
    FAILS(ws_fd(handle), WS_ERR_HANDLE);
    FAILS(ws_mask_key(handle), WS_ERR_HANDLE);
    FAILS(ws_send_text(handle, "x"), WS_ERR_HANDLE);
    FAILS(ws_close(handle), WS_ERR_HANDLE);
    FAILS(ws_force_close(handle), WS_ERR_HANDLE);
    FAILS(ws_drop(handle), WS_ERR_HANDLE);
    FAILS(ws_accept_upgrade(handle, NULL, NULL), WS_ERR_HANDLE);
    CHECK(ws_recv_frame(handle).opcode == -1 && ws_last_error() == WS_ERR_HANDLE);
    CHECK(ws_request_path(handle) == NULL && ws_last_error() == WS_ERR_HANDLE);
}

static void invented_server(int64_t handle)
{
    CHECK(ws_server_is_valid(handle) == 0 && ws_last_error() == WS_ERR_HANDLE);
    FAILS(ws_server_accept(handle), WS_ERR_HANDLE);
    FAILS(ws_server_run_echo(handle), WS_ERR_HANDLE);
    FAILS(ws_server_stop(handle), WS_ERR_HANDLE);
    FAILS(ws_server_close(handle), WS_ERR_HANDLE);
    FAILS(ws_server_drop(handle), WS_ERR_HANDLE);
    FAILS(ws_server_port(handle), WS_ERR_HANDLE);
    FAILS(ws_server_running(handle), WS_ERR_HANDLE);
}

static void foreign(void)
{
    int64_t server, client, listener = ws_server_bind_host("127.0.0.1", 0);
    CHECK(listener > 0);
    pair(&server, &client);
    const int64_t odd[] = {0, -1, 1, 2, 42, -server, INT64_MAX, INT64_MIN, 1LL << 62, 1LL << 32, server + 1000, client + (1LL << 24)};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        invented(odd[i]);
        invented_server(odd[i]);
        FAILS(ws_set(odd[i], WS_OPT_INTERRUPTIBLE, 1), WS_ERR_HANDLE);
        FAILS(ws_get(odd[i], WS_OPT_INTERRUPTIBLE), WS_ERR_HANDLE);
    }
    unsigned long long random = 88172645463325252ULL;
    for (int i = 0; i < 200; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        invented((int64_t)random);
        invented_server((int64_t)random);
    }
    invented(listener);
    invented_server(client);
    CHECK(ws_is_open(server) == 1 && ws_is_open(client) == 1 && ws_server_is_valid(listener) == 1);
    ws_drop(server);
    ws_drop(client);

    int64_t port = ws_server_port(listener);
    CHECK(port > 0 && ws_server_running(listener) == 1 && ws_server_listener_fd(listener) >= 0);
    CHECK(ws_server_close(listener) == 0);
    FAILS(ws_server_close(listener), WS_ERR_CLOSED);
    FAILS(ws_server_stop(listener), WS_ERR_CLOSED);
    FAILS(ws_server_accept(listener), WS_ERR_CLOSED);
    FAILS(ws_server_listener_fd(listener), WS_ERR_CLOSED);
    CHECK(ws_server_is_valid(listener) == 0 && ws_server_running(listener) == 0 && ws_server_drop(listener) == 0);
    int64_t next = ws_server_bind_host("127.0.0.1", 0);
    CHECK(next > 0 && next != listener);
    FAILS(ws_server_stop(listener), WS_ERR_CLOSED);
    CHECK(ws_server_running(next) == 1);
    CHECK(ws_server_drop(next) == 0);
    CHECK(ws_handle_count() == 0);
}

#define THREADS 200

static atomic_int go, won, lost;
static int64_t target;
static int64_t (*closer)(int64_t);

static void *close_it(void *arg)
{
    (void)arg;
    while (!atomic_load(&go)) {
    }
    if (closer(target) == 0) {
        atomic_fetch_add(&won, 1);
    } else {
        CHECK(ws_last_error() == WS_ERR_CLOSED);
        atomic_fetch_add(&lost, 1);
    }
    return NULL;
}

static void one_closer(int64_t (*how)(int64_t), int64_t handle)
{
    pthread_t threads[THREADS];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 256 << 10);
    closer = how;
    target = handle;
    atomic_store(&go, 0);
    atomic_store(&won, 0);
    atomic_store(&lost, 0);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], &small, close_it, NULL) == 0);
    }
    atomic_store(&go, 1);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(atomic_load(&won) == 1 && atomic_load(&lost) == THREADS - 1);
}

static void closers(void)
{
    int64_t server, client;
    for (int round = 0; round < 3; round++) {
        pair(&server, &client);
        one_closer(ws_force_close, server);
        one_closer(ws_close, client);
        one_closer(ws_server_close, ws_server_bind_host("127.0.0.1", 0));
    }
    CHECK(ws_handle_count() == 0);
}

static _Atomic double woken;
static _Atomic pid_t waiting; /* the thread that is to block */

static void *wait_for_frame(void *arg)
{
    waiting = gettid();
    WsFrame f = ws_recv_frame(*(int64_t *)arg);
    woken = seconds();
    CHECK(f.opcode == -1 && ws_last_error() == WS_ERR_CLOSED);
    return NULL;
}

static void *wait_for_client(void *arg)
{
    waiting = gettid();
    CHECK(ws_server_accept(*(int64_t *)arg) == -1);
    woken = seconds();
    CHECK(ws_last_error() == WS_ERR_CLOSED);
    return NULL;
}

static void *send_for_ever(void *arg)
{
    static char block[1 << 16];
    waiting = gettid();
    while (ws_send_binary(*(int64_t *)arg, block, sizeof block) > 0) {
    }
    woken = seconds();
    CHECK(ws_last_error() == WS_ERR_CLOSED);
    return NULL;
}

/* How long a blocked call goes on after another thread has begun to end it. */
static double wakes(void *(*waiter)(void *), int64_t handle, int64_t (*how)(int64_t))
{
    pthread_t thread;
    waiting = 0;
    CHECK(pthread_create(&thread, NULL, waiter, &handle) == 0);
    while (waiting == 0) {
        sched_yield();
    }
    until_asleep(waiting);
    double start = seconds();
    CHECK(how(handle) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    return woken - start;
}

static void waking(void)
{
    static const struct {
        void *(*waiter)(void *);
        int64_t (*how)(int64_t);
        int client;
    } blocked[] = {
        {wait_for_frame, ws_force_close, 0},
        {wait_for_frame, ws_close, 1},
        {send_for_ever, ws_force_close, 0},
        {send_for_ever, ws_close, 1},
        {wait_for_client, ws_server_close, 0},
        {wait_for_client, ws_server_stop, 0},
    };
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++) {
        double best = 1e9;
        for (int try = 0; try < TRIES && best > 0.1; try++) {
            int64_t ends[2] = {0, 0};
            double took;
            if (blocked[i].waiter == wait_for_client) {
                ends[0] = ws_server_bind_host("127.0.0.1", 0);
                took = wakes(blocked[i].waiter, ends[0], blocked[i].how);
                ws_server_drop(ends[0]);
            } else {
                pair(&ends[0], &ends[1]);
                took = wakes(blocked[i].waiter, ends[blocked[i].client], blocked[i].how);
                ws_drop(ends[!blocked[i].client]);
            }
            best = took < best ? took : best;
        }
        printf("wake-up %zu: %.1f ms\n", i, best * 1e3);
        CHECK(best <= 0.1);
    }
    CHECK(ws_handle_count() == 0);
}

/* A descriptor of a connection is closed with it, and not before. */
static void descriptors(void)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    int64_t conn = ws_from_server(fds[0]);
    CHECK(ws_fd(conn) == fds[0] && fcntl(fds[0], F_GETFD) >= 0);
    CHECK(ws_drop(conn) == 0);
    CHECK(fcntl(fds[0], F_GETFD) == -1 && errno == EBADF);
    close(fds[1]);
    CHECK(ws_from_server(0x7fffffff) == -1);
}

int main(void)
{
    stale();
    foreign();
    closers();
    waking();
    descriptors();
    return 0;
}
