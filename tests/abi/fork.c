/* After fork() every call of the child fails with WS_ERR_FORKED and hangs never; the parent goes on as if nothing had been. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

static int64_t listener, server, client;
static WsFrame made_before;

/* Everything that needs the library's state. What only looks at its arguments goes on. */
static void child(void) {
    WsFrame frame = {WS_OPCODE_TEXT, 0, 0, 1, 0};
    REFUSED(ws_handle_count(), WS_ERR_FORKED, "fork");
    REFUSED(ws_frame_new(1, "x", 1).opcode, WS_ERR_FORKED, "fork");
    REFUSED(ws_frame_text("x").opcode, WS_ERR_FORKED);
    REFUSED(ws_frame_text_n("x", 1).opcode, WS_ERR_FORKED);
    REFUSED(ws_frame_binary("x", 1).opcode, WS_ERR_FORKED);
    REFUSED(ws_frame_close(1000).opcode, WS_ERR_FORKED);
    REFUSED(ws_from_server(0), WS_ERR_FORKED);
    REFUSED(ws_from_client(0), WS_ERR_FORKED);
    REFUSED(ws_upgrade(0, "", 0), WS_ERR_FORKED);
    REFUSED(ws_connect("ws://127.0.0.1:1/"), WS_ERR_FORKED);
    REFUSED(ws_connect_with("ws://127.0.0.1:1/", NULL), WS_ERR_FORKED);
    REFUSED(ws_client_handshake(0, "ws://h/", NULL), WS_ERR_FORKED);
    REFUSED(ws_send_frame(client, &frame), WS_ERR_FORKED);
    REFUSED(ws_send_text(client, "x"), WS_ERR_FORKED);
    REFUSED(ws_send_text_n(client, "x", 1), WS_ERR_FORKED);
    REFUSED(ws_send_binary(client, "x", 1), WS_ERR_FORKED);
    REFUSED(ws_send_fragment(client, 1, "x", 1, 1), WS_ERR_FORKED);
    REFUSED(ws_send_ping(client), WS_ERR_FORKED);
    REFUSED(ws_send_pong(client), WS_ERR_FORKED);
    REFUSED(ws_flush(client), WS_ERR_FORKED);
    REFUSED(ws_send_close(client, 1000), WS_ERR_FORKED);
    REFUSED(ws_recv_frame(client).opcode, WS_ERR_FORKED);
    REFUSED(ws_recv_message(client).opcode, WS_ERR_FORKED);
    REFUSED(ws_recv_into(client, NULL, 0), WS_ERR_FORKED);
    REFUSED(ws_close(client), WS_ERR_FORKED);
    REFUSED(ws_close_with(client, 1000, NULL), WS_ERR_FORKED);
    REFUSED(ws_force_close(client), WS_ERR_FORKED);
    REFUSED(ws_drop(client), WS_ERR_FORKED);
    REFUSED(ws_fd(client), WS_ERR_FORKED);
    REFUSED(ws_state(client), WS_ERR_FORKED);
    REFUSED(ws_is_server(client), WS_ERR_FORKED);
    REFUSED(ws_mask_key(client), WS_ERR_FORKED);
    REFUSED(ws_close_code(client), WS_ERR_FORKED);
    CHECK(ws_is_open(client) == 0 && ws_close_reason(client) == NULL && ws_peer_address(client) == NULL && ws_request_path(server) == NULL);
    REFUSED(ws_server(0), WS_ERR_FORKED);
    REFUSED(ws_server_bind(0), WS_ERR_FORKED);
    REFUSED(ws_server_bind_host("127.0.0.1", 0), WS_ERR_FORKED);
    REFUSED(ws_server_accept(listener), WS_ERR_FORKED);
    REFUSED(ws_server_accept_request(listener), WS_ERR_FORKED);
    REFUSED(ws_server_run_echo(listener), WS_ERR_FORKED);
    REFUSED(ws_server_stop(listener), WS_ERR_FORKED);
    REFUSED(ws_server_close(listener), WS_ERR_FORKED);
    REFUSED(ws_server_drop(listener), WS_ERR_FORKED);
    REFUSED(ws_server_port(listener), WS_ERR_FORKED);
    REFUSED(ws_server_running(listener), WS_ERR_FORKED);
    CHECK(ws_server_is_valid(listener) == 0);
    REFUSED(ws_set(client, WS_OPT_INTERRUPTIBLE, 1), WS_ERR_FORKED);
    REFUSED(ws_get(client, WS_OPT_INTERRUPTIBLE), WS_ERR_FORKED);
    /* The child owns its copy of a frame, and may ask about it. */
    CHECK(ws_frame_is_text(&made_before) == 1 && strcmp(ws_frame_payload_text(&made_before), "made before") == 0 && ws_frame_drop(&made_before) == 0);
    CHECK(ws_abi_version() == WS_ABI_VERSION && strcmp(ws_error_name(WS_ERR_FORKED), "WS_ERR_FORKED") == 0);
}

static void in_child(void (*body)(void)) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(30); /* a hang is a failure too */
        body();
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "the child ended with status %x\n", status);
        CHECK(!"a child that ends well");
    }
}

static void set_up(void) {
    char url[64];
    listener = listening(url, sizeof url);
    both_ends(&server, &client);
    made_before = ws_frame_text("made before");
}

static void parent_is_unharmed(void) {
    CHECK(ws_last_error() != WS_ERR_FORKED);
    CHECK(ws_is_open(server) == 1 && ws_is_open(client) == 1 && ws_server_running(listener) == 1 && ws_handle_count() == 3);
    CHECK(ws_send_text(client, "up") > 0 && ws_send_text(server, "down") > 0);
    receives(server, "up");
    receives(client, "down");
    CHECK(strcmp(ws_frame_payload_text(&made_before), "made before") == 0);
}

static void tear_down(void) {
    ws_frame_drop(&made_before);
    CHECK(ws_drop(server) == 0 && ws_drop(client) == 0 && ws_server_drop(listener) == 0 && ws_handle_count() == 0);
}

static void child_fails(void) {
    set_up();
    in_child(child);
    parent_is_unharmed();
    tear_down();
}

static void grandchild_fails_body(void) { in_child(child); }

static void grandchild_fails(void) {
    set_up();
    in_child(grandchild_fails_body);
    parent_is_unharmed();
    tear_down();
}

/* Forks while other threads are inside the library, which hold locks at any moment. */
static atomic_int stop;

static void *busy(void *argument) {
    int64_t a, b;
    (void)argument;
    both_ends(&a, &b);
    while (!atomic_load(&stop)) {
        CHECK(ws_send_text(a, "busy") > 0);
        receives(b, "busy");
        WsFrame frame = ws_frame_text("busy");
        ws_frame_drop(&frame);
    }
    ws_drop(a);
    ws_drop(b);
    return NULL;
}

static void forks_amid_calls(void) {
    pthread_t threads[2];
    set_up();
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&threads[i], NULL, busy, NULL) == 0);
    }
    for (int i = 0; i < 20; i++) {
        in_child(child);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    parent_is_unharmed();
    tear_down();
}

/* A child that becomes another program, as system() and posix_spawn() do, has a library of its own, and inherits no socket. */
static void exec_is_fine(void) {
    set_up();
    char command[256];
    snprintf(command, sizeof command, "test ! -e /proc/self/fd/%d && test ! -e /proc/self/fd/%d", (int)ws_fd(client), (int)ws_server_listener_fd(listener));
    CHECK(system(command) == 0);
    parent_is_unharmed();
    tear_down();
}

CASES({"child_fails", child_fails},
      {"grandchild_fails", grandchild_fails},
      {"forks_amid_calls", forks_amid_calls},
      {"exec_is_fine", exec_is_fine})
