/* The host process: fork, signals and their handlers are the host's. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

static _Atomic int caught[65]; /* lock-free, so fit for handlers */
static _Atomic pid_t waiting; /* the thread that is to block */

/* Waits until the thread that was just made is inside its blocking call. */
static void until_blocked(void)
{
    while (waiting == 0) {
        sched_yield();
    }
    until_asleep(waiting);
}

static void note(int signal)
{
    caught[signal]++;
}

static void child_fails_at_once(int64_t server, int64_t conn)
{
    FAILS(ws_send_text(conn, "x"), WS_ERR_FORKED);
    FAILS(ws_connect("ws://127.0.0.1:1/"), WS_ERR_FORKED);
    FAILS(ws_server_bind(0), WS_ERR_FORKED);
    FAILS(ws_server_stop(server), WS_ERR_FORKED);
    FAILS(ws_close(conn), WS_ERR_FORKED);
    FAILS(ws_drop(conn), WS_ERR_FORKED);
    FAILS(ws_handle_count(), WS_ERR_FORKED);
    CHECK(ws_is_open(conn) == 0 && ws_recv_frame(conn).opcode == -1 && ws_peer_address(conn) == NULL);
    CHECK(ws_frame_text("x").opcode == -1);
    CHECK(ws_abi_version() == WS_ABI_VERSION && ws_last_error() == WS_ERR_FORKED);
}

static void fork_is_safe(void)
{
    int64_t conn, peer, server = ws_server_bind_host("127.0.0.1", 0);
    pair(&conn, &peer);
    WsFrame before = ws_frame_text("made before");
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(10); /* a hang is a failure, too */
        child_fails_at_once(server, conn);
        CHECK(strcmp(ws_frame_payload_text(&before), "made before") == 0 && ws_frame_drop(&before) == 0);
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(ws_server_running(server) == 1);
    CHECK(ws_send_text(conn, "parent unharmed") > 0); /* the parent's connection is as it was */
    WsFrame f = ws_recv_frame(peer);
    CHECK(strcmp(ws_frame_payload_text(&f), "parent unharmed") == 0);
    ws_frame_drop(&f);
    ws_frame_drop(&before);
    ws_drop(conn);
    ws_drop(peer);
    ws_server_drop(server);
}

/* Handlers that the host installs after the library was loaded; late.c has those from before. */
static void handlers_are_kept(void)
{
    const int signals[] = {SIGINT, SIGPIPE, SIGCHLD, SIGTERM, SIGUSR1};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction act = {.sa_handler = note, .sa_flags = SA_ONSTACK | SA_RESTART};
        CHECK(sigaction(signals[i], &act, NULL) == 0);
        CHECK(ws_handle_count() == 0);
        int before = caught[signals[i]];
        CHECK(raise(signals[i]) == 0);
        CHECK(caught[signals[i]] == before + 1);
    }
}

/* A peer that is gone makes an error, not a SIGPIPE. */
static void no_sigpipe(void)
{
    int64_t server, client;
    static char block[65536];
    pair(&server, &client);
    int before = caught[SIGPIPE];
    CHECK(ws_force_close(server) == 0);
    for (int i = 0; i < 100 && ws_send_binary(client, block, sizeof block) > 0; i++) {
    }
    CHECK(ws_last_error() == WS_ERR_ABNORMAL);
    CHECK(caught[SIGPIPE] == before);
    ws_drop(client);
}

static int64_t server;

static void stop_it(int signal)
{
    caught[signal]++;
    ws_server_stop(server);
}

static void *echo(void *arg)
{
    waiting = gettid();
    *(int64_t *)arg = ws_server_run_echo(server);
    return NULL;
}

/* The handler runs on the thread that is blocked inside Go. */
static void stop_from_handler(int with_client)
{
    pthread_t thread;
    int64_t result = -7, client = 0;
    server = ws_server_bind_host("127.0.0.1", 0);
    CHECK(server > 0);
    struct sigaction act = {.sa_handler = stop_it, .sa_flags = SA_RESTART | SA_ONSTACK};
    CHECK(sigaction(SIGUSR2, &act, NULL) == 0);
    waiting = 0;
    CHECK(pthread_create(&thread, NULL, echo, &result) == 0);
    if (with_client) {
        char url[64];
        snprintf(url, sizeof url, "ws://127.0.0.1:%lld/", (long long)ws_server_port(server));
        client = ws_connect(url);
        CHECK(client > 0 && ws_send_text(client, "once") > 0);
        WsFrame f = ws_recv_message(client);
        CHECK(strcmp(ws_frame_payload_text(&f), "once") == 0);
        ws_frame_drop(&f);
    } else {
        until_blocked();
    }
    double start = seconds();
    CHECK(pthread_kill(thread, SIGUSR2) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(result == 0 && seconds() - start < 20); /* or else never */
    CHECK(ws_server_running(server) == 0 && ws_server_stop(server) == 0);
    if (with_client) {
        ws_drop(client);
    }
    CHECK(ws_server_close(server) == 0);
}

static void *interrupted(void *arg)
{
    int64_t conn = *(int64_t *)arg;
    waiting = gettid();
    WsFrame f = ws_recv_frame(conn);
    CHECK(f.opcode == -1 && ws_last_error() == WS_ERR_INTERRUPTED);
    f = ws_recv_frame(conn); /* nothing is lost */
    CHECK(f.opcode == WS_OPCODE_TEXT && strcmp(ws_frame_payload_text(&f), "after") == 0);
    ws_frame_drop(&f);
    return NULL;
}

static void *undisturbed(void *arg)
{
    waiting = gettid();
    WsFrame f = ws_recv_frame(*(int64_t *)arg);
    CHECK(f.opcode == WS_OPCODE_TEXT && strcmp(ws_frame_payload_text(&f), "after") == 0);
    ws_frame_drop(&f);
    return NULL;
}

static void signals_and_waits(int64_t interruptible)
{
    int64_t conn, peer;
    pthread_t thread;
    struct sigaction act = {.sa_handler = note, .sa_flags = SA_ONSTACK};
    CHECK(sigaction(SIGUSR1, &act, NULL) == 0);
    pair(&conn, &peer);
    CHECK(ws_set(conn, WS_OPT_INTERRUPTIBLE, interruptible) == 0 && ws_get(conn, WS_OPT_INTERRUPTIBLE) == interruptible);
    waiting = 0;
    int before = caught[SIGUSR1];
    CHECK(pthread_create(&thread, NULL, interruptible ? interrupted : undisturbed, &conn) == 0);
    until_blocked();
    CHECK(pthread_kill(thread, SIGUSR1) == 0);
    while (caught[SIGUSR1] == before) {
        sched_yield();
    }
    until_blocked(); /* it waits on, or again */
    CHECK(ws_send_text(peer, "after") > 0);
    CHECK(pthread_join(thread, NULL) == 0);
    ws_drop(conn);
    ws_drop(peer);
}

/* A close that a signal interrupts has not ended the connection: the next one goes on with what is left of the time. */
static void interrupted_close(void)
{
    int64_t conn, peer;
    struct sigaction act = {.sa_handler = note, .sa_flags = SA_ONSTACK};
    CHECK(sigaction(SIGALRM, &act, NULL) == 0);
    for (int turn = 0; turn < 4; turn++) {
        pair(&conn, &peer);
        CHECK(ws_set(conn, WS_OPT_INTERRUPTIBLE, 1) == 0 && ws_set(conn, WS_OPT_CLOSE_TIMEOUT_MS, turn == 1 ? 1200 : 60000) == 0);
        double begin = seconds();
        alarm(1);
        FAILS(ws_close_with(conn, 3000, "going"), WS_ERR_INTERRUPTED);
        CHECK(seconds() - begin < 30 && ws_state(conn) == WS_STATE_CLOSING && ws_is_open(conn) == 0 && ws_fd(conn) >= 0);
        FAILS(ws_send_text(conn, "x"), WS_ERR_CLOSED);
        if (turn == 0) { /* the peer answers meanwhile */
            WsFrame f = ws_recv_message(peer);
            CHECK(ws_frame_close_code(&f) == 3000);
            ws_frame_drop(&f);
            CHECK(ws_close(conn) == 0);
        } else if (turn == 1) {
            CHECK(ws_close(conn) == 0 && seconds() - begin >= 1.19 && seconds() - begin < 30);
        } else {
            CHECK((turn == 2 ? ws_force_close(conn) : ws_drop(conn)) == 0);
        }
        FAILS(ws_close(conn), WS_ERR_CLOSED);
        CHECK(ws_state(conn) == WS_STATE_CLOSED);
        ws_drop(peer);
    }
}

static void *on_a_small_stack(void *arg)
{
    static int64_t pack[8192];
    int64_t conn, peer, loop = ws_loop_new(NULL);
    int fds[2];
    (void)arg;
    pair(&conn, &peer);
    CHECK(ws_send_text(peer, "small") > 0);
    WsFrame f = ws_recv_message(conn);
    CHECK(strcmp(ws_frame_payload_text(&f), "small") == 0);
    ws_frame_drop(&f);
    FAILS(ws_connect("ws://127.0.0.1:1/"), WS_ERR_SYSTEM);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    int64_t member = ws_loop_adopt(loop, fds[0], WS_ADOPT_SERVER, NULL, 0), visitor = ws_from_client(fds[1]);
    CHECK(ws_loop_poll_packed(loop, pack, sizeof pack, 1000) == 1);
    const int64_t block[] = {member, WS_OPCODE_TEXT, 0};
    CHECK(ws_loop_send_packed(loop, 1, block, sizeof block, pack) == 1 && pack[0] == 2);
    WsEvent event;
    CHECK(ws_loop_poll(loop, &event, 1, 0) == 0 && ws_loop_drop(loop) == 0);
    ws_drop(conn);
    ws_drop(peer);
    ws_drop(visitor);
    return NULL;
}

/* No call takes more of a thread's stack than the header says; nobody notices that one does, but for the memory below it. */
static void small_stacks(void)
{
    const size_t size = 64 << 10, below = 1 << 20;
    char *memory = mmap(NULL, below + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    CHECK(memory != MAP_FAILED);
    for (size_t some = size / 2; some <= size; some *= 2) { /* half of it does, too */
        char *stack = memory + below + size - some;
        CHECK(mprotect(stack, some, PROT_READ | PROT_WRITE) == 0 && pthread_attr_init(&attributes) == 0);
        CHECK(pthread_attr_setstack(&attributes, stack, some) == 0 && pthread_create(&thread, &attributes, on_a_small_stack, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0 && pthread_attr_destroy(&attributes) == 0);
    }
    munmap(memory, below + size);
}

int main(void)
{
    handlers_are_kept();
    fork_is_safe();
    no_sigpipe();
    stop_from_handler(0);
    stop_from_handler(1);
    signals_and_waits(1);
    signals_and_waits(0);
    interrupted_close();
    small_stacks();
    CHECK(ws_handle_count() == 0);
    return 0;
}
