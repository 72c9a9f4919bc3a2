/* ws_last_errno: the operating system's reason goes with the failure that it caused, in the thread that saw it, and with no other. */
#include <errno.h>
#include <sys/resource.h>

#include "check.h"

/* The call failed with this code, for this reason of the system's. */
#define SYSTEM(call, code, reason)             \
    do {                                       \
        CHECK((call) == -1);                   \
        CHECK(ws_last_error() == (code));      \
        CHECK(ws_last_errno() == (reason));    \
    } while (0)

static void blocking_calls(void) {
    CHECK(ws_last_errno() == 0);
    SYSTEM(ws_connect("ws://127.0.0.1:1/"), WS_ERR_SYSTEM, ECONNREFUSED);
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    CHECK(server > 0 && ws_last_errno() == ECONNREFUSED); /* a call that succeeds leaves it */
    SYSTEM(ws_server_bind_host("127.0.0.1", ws_server_port(server)), WS_ERR_SYSTEM, EADDRINUSE);
    SYSTEM(ws_from_server(900), WS_ERR_ARGUMENT, EBADF);
    SYSTEM(ws_server_bind(-1), WS_ERR_ARGUMENT, 0);
    SYSTEM(ws_connect("ws://no such host.invalid/"), WS_ERR_URL, 0);
    SYSTEM(ws_connect("ws://nosuchhost.invalid/"), WS_ERR_RESOLVE, 0);
    CHECK(ws_server_close(server) == 0);
}

static void peers_that_reset(void) {
    int peer, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    CHECK(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&at, &size) == 0);
    CHECK((peer = peer_connect(ntohs(at.sin_port))) >= 0);
    int64_t conn = ws_from_server(accept(listener, NULL, NULL));
    struct linger cut = {1, 0};
    CHECK(conn > 0 && setsockopt(peer, SOL_SOCKET, SO_LINGER, &cut, sizeof cut) == 0);
    close(peer);
    CHECK(ws_recv_frame(conn).opcode == -1 && ws_last_error() == WS_ERR_ABNORMAL && ws_last_errno() == ECONNRESET);
    CHECK(ws_clear_error() == WS_ERR_ABNORMAL && ws_last_errno() == 0);
    CHECK(ws_drop(conn) == 0);
    close(listener);
}

static void loops(void) {
    int64_t loop = ws_loop_new(NULL), port = ws_loop_listen(loop, "127.0.0.1", 0, 0);
    CHECK(port > 0);
    SYSTEM(ws_loop_listen(loop, "127.0.0.1", port, 0), WS_ERR_SYSTEM, EADDRINUSE);
    SYSTEM(ws_loop_listen_unix(loop, "/no/such/folder"), WS_ERR_SYSTEM, ENOENT);
    SYSTEM(ws_loop_adopt(loop, 900, WS_ADOPT_SERVER, NULL, 0), WS_ERR_ARGUMENT, EBADF);
    SYSTEM(ws_loop_flush(0), WS_ERR_HANDLE, 0);
    SYSTEM(ws_loop_listen_unix(loop, "/no/such/folder"), WS_ERR_SYSTEM, ENOENT);
    WsEvent event;
    SYSTEM(ws_loop_poll(loop, &event, 0, 0), WS_ERR_ARGUMENT, 0); /* a failure that never enters Go */
    CHECK(ws_loop_close(loop) == 0);
}

static void no_descriptors(void) {
    struct rlimit none, before;
    CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    CHECK(server > 0);
    none = before;
    none.rlim_cur = 3;
    CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
    SYSTEM(ws_loop_new(NULL), WS_ERR_SYSTEM, EMFILE);
    SYSTEM(ws_server_bind_host("127.0.0.1", 0), WS_ERR_SYSTEM, EMFILE);
    SYSTEM(ws_connect("ws://127.0.0.1:1/"), WS_ERR_SYSTEM, EMFILE);
    CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(ws_server_close(server) == 0);
}

static void *of_this_thread(void *unused) {
    (void)unused;
    CHECK(ws_last_errno() == 0);
    SYSTEM(ws_from_server(900), WS_ERR_ARGUMENT, EBADF);
    return NULL;
}

static void threads(void) {
    pthread_t thread;
    SYSTEM(ws_connect("ws://127.0.0.1:1/"), WS_ERR_SYSTEM, ECONNREFUSED);
    CHECK(pthread_create(&thread, NULL, of_this_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(ws_last_errno() == ECONNREFUSED);
}

CASES({"blocking_calls", blocking_calls}, {"peers_that_reset", peers_that_reset}, {"loops", loops}, {"no_descriptors", no_descriptors},
      {"threads", threads})
