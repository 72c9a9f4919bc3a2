/* Closing from anywhere: of a thousand closers one succeeds, and whoever is blocked on what is closed comes back at once. */
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "check.h"

#define CLOSERS 1000

static atomic_int won, lost;
static pthread_rwlock_t go = PTHREAD_RWLOCK_INITIALIZER; /* whoever is to start at once waits to read it */
static int64_t target;
static int64_t (*how)(int64_t);

static void *closer(void *unused) {
    (void)unused;
    CHECK(pthread_rwlock_rdlock(&go) == 0 && pthread_rwlock_unlock(&go) == 0);
    if (how(target) == 0) {
        atomic_fetch_add(&won, 1);
    } else if (ws_last_error() == WS_ERR_CLOSED) {
        atomic_fetch_add(&lost, 1);
    }
    return NULL;
}

static void start(pthread_t *thread, void *(*body)(void *), void *argument) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    CHECK(pthread_create(thread, &small, body, argument) == 0);
    pthread_attr_destroy(&small);
}

static void thousand(int64_t handle, int64_t (*call)(int64_t)) {
    static pthread_t threads[CLOSERS];
    target = handle;
    how = call;
    CHECK(pthread_rwlock_wrlock(&go) == 0);
    atomic_store(&won, 0);
    atomic_store(&lost, 0);
    for (int i = 0; i < CLOSERS; i++) {
        start(&threads[i], closer, NULL);
    }
    CHECK(pthread_rwlock_unlock(&go) == 0);
    for (int i = 0; i < CLOSERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    printf("%d closed it, %d were told that it is closed\n", atomic_load(&won), atomic_load(&lost));
    CHECK(atomic_load(&won) == 1 && atomic_load(&lost) == CLOSERS - 1);
}

static int64_t close_with(int64_t handle) { return ws_close_with(handle, 4000, "one of many"); }

static void thousand_connection_closers(void) {
    static int64_t (*const calls[])(int64_t) = {ws_close, ws_force_close, close_with};
    for (size_t i = 0; i < 3; i++) {
        int64_t server, client;
        both_ends(&server, &client);
        CHECK(ws_set(client, WS_OPT_CLOSE_TIMEOUT_MS, 1) == 0);
        thousand(client, calls[i]);
        CHECK(ws_drop(server) == 0);
    }
    CHECK(ws_handle_count() == 0);
}

static void thousand_server_closers(void) {
    thousand(ws_server_bind_host("127.0.0.1", 0), ws_server_close);
    CHECK(ws_handle_count() == 0);
}

/* Closing and dropping at once, while others send and receive: somebody closes it, nobody crashes. */
static void *dropper(void *argument) {
    CHECK(ws_drop(*(int64_t *)argument) == 0);
    return NULL;
}

static void drops_and_closes(void) {
    for (int round = 0; round < 200; round++) {
        pthread_t threads[8];
        int64_t server, client;
        both_ends(&server, &client);
        target = client;
        how = ws_force_close;
        for (int i = 0; i < 8; i++) {
            start(&threads[i], i % 2 ? dropper : closer, &client);
        }
        for (int i = 0; i < 8; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
        CHECK(ws_is_open(client) == 0 && ws_drop(server) == 0);
    }
    CHECK(ws_handle_count() == 0);
}

/* ---- waking ---- */

typedef struct Blocked {
    int64_t handle;
    int64_t result, error;
    double woken;
    atomic_int thread;
} Blocked;

static void done(Blocked *b, int64_t result) {
    b->woken = seconds();
    b->result = result;
    b->error = ws_last_error();
}

static void *receiver(void *argument) {
    Blocked *b = argument;
    atomic_store(&b->thread, (int)syscall(SYS_gettid));
    done(b, ws_recv_frame(b->handle).opcode);
    return NULL;
}

static void *message_receiver(void *argument) {
    Blocked *b = argument;
    atomic_store(&b->thread, (int)syscall(SYS_gettid));
    done(b, ws_recv_message(b->handle).opcode);
    return NULL;
}

static void *sender(void *argument) {
    static char block[1 << 20];
    Blocked *b = argument;
    int64_t sent = 0;
    atomic_store(&b->thread, (int)syscall(SYS_gettid));
    while (sent >= 0) {
        sent = ws_send_binary(b->handle, block, sizeof block);
    }
    done(b, sent);
    return NULL;
}

static void *acceptor(void *argument) {
    Blocked *b = argument;
    atomic_store(&b->thread, (int)syscall(SYS_gettid));
    done(b, ws_server_accept(b->handle));
    return NULL;
}

static void *echo(void *argument) {
    Blocked *b = argument;
    atomic_store(&b->thread, (int)syscall(SYS_gettid));
    done(b, ws_server_run_echo(b->handle));
    return NULL;
}

static double wake(void *(*body)(void *), int64_t handle, int64_t (*call)(int64_t), int64_t result) {
    pthread_t thread;
    Blocked blocked = {.handle = handle};
    start(&thread, body, &blocked);
    while (atomic_load(&blocked.thread) == 0) {
        sched_yield();
    }
    until_asleep(atomic_load(&blocked.thread));
    double asked = seconds();
    CHECK(call(handle) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(blocked.result == result && (result == 0 || blocked.error == WS_ERR_CLOSED));
    return blocked.woken - asked;
}

/* A bound of 100 ms, on a machine that may be busy with other things: half of the wakes keep it, and none takes seconds. */
static void judge(const char *what, double *times, int count) {
    int kept = 0;
    double worst = 0;
    for (int i = 0; i < count; i++) {
        kept += times[i] <= 0.1;
        worst = times[i] > worst ? times[i] : worst;
    }
    printf("%s: %d of %d within 100 ms, the slowest %.1f ms\n", what, kept, count, worst * 1e3);
    CHECK(kept * 2 >= count && worst < 5);
}

static void wakes_on_connection(const char *what, void *(*body)(void *), int64_t (*call)(int64_t)) {
    double times[10];
    for (int i = 0; i < 10; i++) {
        int64_t server, client;
        both_ends(&server, &client);
        times[i] = wake(body, i % 2 ? server : client, call, -1);
        CHECK(ws_drop(server) == 0 && ws_drop(client) == 0);
    }
    judge(what, times, 10);
}

static void wakes_receivers(void) {
    wakes_on_connection("force_close wakes recv_frame", receiver, ws_force_close);
    wakes_on_connection("close wakes recv_frame", receiver, ws_close);
    wakes_on_connection("drop wakes recv_message", message_receiver, ws_drop);
}

static void wakes_senders(void) {
    wakes_on_connection("force_close wakes send", sender, ws_force_close);
    wakes_on_connection("close wakes send", sender, ws_close);
}

static void wakes_on_server(const char *what, void *(*body)(void *), int64_t (*call)(int64_t), int64_t result) {
    double times[10];
    for (int i = 0; i < 10; i++) {
        int64_t server = ws_server_bind_host("127.0.0.1", 0);
        times[i] = wake(body, server, call, result);
        CHECK(ws_server_drop(server) == 0);
    }
    judge(what, times, 10);
}

static void wakes_servers(void) {
    wakes_on_server("stop wakes accept", acceptor, ws_server_stop, -1);
    wakes_on_server("close wakes accept", acceptor, ws_server_close, -1);
    wakes_on_server("stop wakes run_echo", echo, ws_server_stop, 0);
    wakes_on_server("close wakes run_echo", echo, ws_server_close, 0);
}

/* A close that waits for its answer is cut short by force_close. */
static void *close_it(void *argument) {
    Blocked *b = argument;
    atomic_store(&b->thread, (int)syscall(SYS_gettid));
    done(b, ws_close(b->handle));
    return NULL;
}

static void wakes_closers(void) {
    double times[10];
    for (int i = 0; i < 10; i++) {
        pthread_t thread;
        int64_t server, client;
        both_ends(&server, &client);
        CHECK(ws_set(client, WS_OPT_CLOSE_TIMEOUT_MS, 60000) == 0);
        Blocked blocked = {.handle = client};
        start(&thread, close_it, &blocked);
        while (ws_state(client) != WS_STATE_CLOSING || atomic_load(&blocked.thread) == 0) {
            sched_yield();
        }
        until_asleep(atomic_load(&blocked.thread));
        double asked = seconds();
        ws_force_close(client);
        CHECK(pthread_join(thread, NULL) == 0);
        times[i] = blocked.woken - asked;
        CHECK(ws_is_open(client) == 0 && ws_drop(server) == 0);
    }
    judge("force_close wakes close", times, 10);
    CHECK(ws_handle_count() == 0);
}

CASES({"thousand_connection_closers", thousand_connection_closers},
      {"thousand_server_closers", thousand_server_closers},
      {"drops_and_closes", drops_and_closes},
      {"wakes_receivers", wakes_receivers},
      {"wakes_senders", wakes_senders},
      {"wakes_servers", wakes_servers},
      {"wakes_closers", wakes_closers})
