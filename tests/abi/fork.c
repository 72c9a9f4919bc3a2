/* After fork() every call of the child fails with WS_ERR_FORKED and hangs never; the parent goes on as if nothing had been. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

static int64_t listener, server, client, loop, member, visitor;
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
    WsEvent event;
    WsSend item = {member, WS_OPCODE_TEXT, "x", 1, 0, 0, 0};
    WsMetrics metrics;
    static int64_t packed[8192];
    char buffer[16];
    REFUSED(ws_pending(client), WS_ERR_FORKED);
    REFUSED(ws_copy_text(client, WS_TEXT_PEER_ADDRESS, buffer, sizeof buffer), WS_ERR_FORKED);
    REFUSED(ws_copy_header(client, "Host", buffer, sizeof buffer), WS_ERR_FORKED);
    REFUSED(ws_loop_new(NULL), WS_ERR_FORKED, "fork");
    REFUSED(ws_loop_listen(loop, "127.0.0.1", 0, 0), WS_ERR_FORKED);
    REFUSED(ws_loop_listen_unix(loop, "@x"), WS_ERR_FORKED);
    REFUSED(ws_loop_listen_fd(loop, 0), WS_ERR_FORKED);
    REFUSED(ws_loop_port(loop), WS_ERR_FORKED);
    REFUSED(ws_loop_adopt(loop, 0, WS_ADOPT_SERVER, NULL, 0), WS_ERR_FORKED);
    REFUSED(ws_loop_connect(loop, "ws://127.0.0.1:1/", NULL), WS_ERR_FORKED);
    REFUSED(ws_loop_handshake(loop, 0, "ws://h/", NULL), WS_ERR_FORKED);
    REFUSED(ws_loop_poll(loop, &event, 1, 0), WS_ERR_FORKED, "fork");
    REFUSED(ws_loop_poll(loop, &event, 1, WS_TIMEOUT_NONE), WS_ERR_FORKED);
    REFUSED(ws_loop_send_and_poll(loop, &item, 1, &event, 1, WS_TIMEOUT_NONE), WS_ERR_FORKED);
    REFUSED(ws_loop_poll_packed(loop, packed, sizeof packed, WS_TIMEOUT_NONE), WS_ERR_FORKED);
    REFUSED(ws_loop_send_packed(loop, 0, NULL, 0, packed), WS_ERR_FORKED);
    REFUSED(ws_loop_fd(loop), WS_ERR_FORKED);
    REFUSED(ws_loop_wake(loop), WS_ERR_FORKED, "fork");
    REFUSED(ws_loop_flush(loop), WS_ERR_FORKED);
    REFUSED(ws_loop_drain(loop, 1), WS_ERR_FORKED);
    REFUSED(ws_loop_close(loop), WS_ERR_FORKED);
    REFUSED(ws_loop_drop(loop), WS_ERR_FORKED);
    REFUSED(ws_loop_metrics(loop, &metrics, sizeof metrics), WS_ERR_FORKED);
    REFUSED(ws_loop_send(loop, member, WS_OPCODE_TEXT, "x", 1), WS_ERR_FORKED);
    REFUSED(ws_loop_send_key(loop, member, WS_OPCODE_TEXT, "x", 1, 1), WS_ERR_FORKED);
    REFUSED(ws_loop_send_fragment(loop, member, WS_OPCODE_TEXT, "x", 1, 1), WS_ERR_FORKED);
    REFUSED(ws_loop_ping(loop, member, "x", 1), WS_ERR_FORKED);
    REFUSED(ws_loop_send_batch(loop, &item, 1), WS_ERR_FORKED);
    REFUSED(ws_loop_broadcast(loop, &member, 1, WS_OPCODE_TEXT, "x", 1, NULL), WS_ERR_FORKED);
    REFUSED(ws_loop_subscribe(loop, member, "t"), WS_ERR_FORKED);
    REFUSED(ws_loop_unsubscribe(loop, member, "t"), WS_ERR_FORKED);
    REFUSED(ws_loop_publish(loop, "t", WS_OPCODE_TEXT, "x", 1, 0), WS_ERR_FORKED);
    REFUSED(ws_loop_close_conn(loop, member, 1000, NULL), WS_ERR_FORKED);
    REFUSED(ws_loop_abort_conn(loop, member), WS_ERR_FORKED);
    REFUSED(ws_loop_set_context(loop, member, NULL), WS_ERR_FORKED);
    CHECK(ws_loop_context(loop, member) == NULL && ws_is_open(member) == 0 && ws_subprotocol(member) == NULL);
    REFUSED(ws_pause(member), WS_ERR_FORKED);
    REFUSED(ws_resume(member), WS_ERR_FORKED);
    REFUSED(ws_respond(member, 200, NULL, NULL, 0), WS_ERR_FORKED);
    REFUSED(ws_set(loop, WS_OPT_POISON, 1), WS_ERR_FORKED);
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
    int fd = -1, peer = peer_pair(&fd);
    WsEvent event;
    loop = ws_loop_new(NULL);
    member = ws_loop_adopt(loop, fd, WS_ADOPT_SERVER, NULL, 0);
    visitor = ws_from_client(peer);
    CHECK(member > 0 && visitor > 0 && ws_loop_poll(loop, &event, 1, 0) == 1 && event.kind == WS_EVENT_OPEN);
}

static void parent_is_unharmed(void) {
    CHECK(ws_last_error() != WS_ERR_FORKED);
    CHECK(ws_is_open(server) == 1 && ws_is_open(client) == 1 && ws_server_running(listener) == 1 && ws_handle_count() == 5);
    CHECK(ws_send_text(client, "up") > 0 && ws_send_text(server, "down") > 0);
    receives(server, "up");
    receives(client, "down");
    WsEvent event;
    CHECK(ws_send_text(visitor, "to the loop") > 0);
    CHECK(ws_loop_poll(loop, &event, 1, 30000) == 1 && event.kind == WS_EVENT_MESSAGE && event.len == 11);
    CHECK(ws_loop_send(loop, member, event.opcode, event.data, event.len) > 0 && ws_loop_flush(loop) == 0);
    receives(visitor, "to the loop");
    CHECK(strcmp(ws_frame_payload_text(&made_before), "made before") == 0);
}

static void tear_down(void) {
    ws_frame_drop(&made_before);
    CHECK(ws_drop(server) == 0 && ws_drop(client) == 0 && ws_server_drop(listener) == 0 && ws_drop(visitor) == 0 && ws_loop_drop(loop) == 0);
    CHECK(ws_handle_count() == 0);
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

/* Whether the other end of a socket sees its end within seconds. */
static int sees_the_end(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, 5000) == 1 && read(fd, &byte, 1) <= 0;
}

/* What the parent closes is closed, though a child that only lives on has copies of all descriptors. */
static void closes_beside_a_child(void) {
    char url[64];
    int gate[2], fd = -1, peers[3];
    WsEvent event;
    listener = listening(url, sizeof url);
    const int64_t port = ws_server_port(listener);
    loop = ws_loop_new(NULL);
    const int64_t loop_port = ws_loop_listen(loop, "127.0.0.1", 0, 0);
    peers[0] = peer_pair(&fd);
    member = ws_loop_adopt(loop, fd, WS_ADOPT_SERVER, NULL, 0);
    peers[1] = peer_pair(&fd);
    CHECK(ws_loop_adopt(loop, fd, WS_ADOPT_SERVER, NULL, 0) > 0);
    server = end_of(1, &peers[2]);
    CHECK(loop_port > 0 && member > 0 && ws_loop_poll(loop, &event, 1, 0) == 1 && pipe(gate) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        char byte;
        close(gate[1]);
        for (int i = 0; i < 3; i++) {
            close(peers[i]);
        }
        _exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
    }
    CHECK(ws_loop_abort_conn(loop, member) == 0 && ws_loop_poll(loop, &event, 1, 0) == 1 && sees_the_end(peers[0]));
    CHECK(ws_force_close(server) == 0 && sees_the_end(peers[2]));
    CHECK(ws_server_close(listener) == 0 && ws_loop_close(loop) == 0 && sees_the_end(peers[1]));
    CHECK(ws_connect(url) == -1 && ws_last_error() == WS_ERR_SYSTEM);
    snprintf(url, sizeof url, "ws://127.0.0.1:%" PRId64 "/", loop_port);
    CHECK(ws_connect(url) == -1 && ws_last_error() == WS_ERR_SYSTEM);
    listener = ws_server_bind_host("127.0.0.1", port); /* and the ports are free */
    CHECK(listener > 0 && ws_server_close(listener) == 0);
    loop = ws_loop_new(NULL);
    CHECK(ws_loop_listen(loop, "127.0.0.1", loop_port, 0) == loop_port && ws_loop_drop(loop) == 0);
    close(gate[1]);
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 && ws_handle_count() == 0);
    for (int i = 0; i < 3; i++) {
        close(peers[i]);
    }
}

/* A listener that came from outside goes on in the processes that share it. */
static void shared_listeners_go_on(void) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof in;
    int shared = socket(AF_INET, SOCK_STREAM, 0), given;
    CHECK(bind(shared, (struct sockaddr *)&in, size) == 0 && listen(shared, 5) == 0 && getsockname(shared, (struct sockaddr *)&in, &size) == 0);
    CHECK((given = dup(shared)) >= 0);
    loop = ws_loop_new(NULL);
    CHECK(ws_loop_listen_fd(loop, given) == 0 && ws_loop_close(loop) == 0);
    int peer = peer_connect(ntohs(in.sin_port));
    CHECK(peer >= 0 && accept(shared, NULL, NULL) >= 0);
    close(peer);
    close(shared);
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
      {"closes_beside_a_child", closes_beside_a_child},
      {"shared_listeners_go_on", shared_listeners_go_on},
      {"exec_is_fine", exec_is_fine})
