/* Event loops: every wrong argument and every wrong handle is an error that says so, and nothing has happened. */
#include <fcntl.h>
#include <sys/wait.h>

#include "loop.h"

static WsEvent events[4];

static void options_are_checked(void)
{
    WsLoopOptions o = WS_LOOP_OPTIONS_INIT;
    o.struct_size = 12;
    FAILS(ws_loop_new(&o), WS_ERR_ARGUMENT);
    int64_t *fields[] = {&o.max_message_bytes, &o.max_frame_bytes, &o.stream_over_bytes, &o.queue_bytes,
                         &o.queue_policy, &o.max_connections, &o.spin_us, &o.requests};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        o = (WsLoopOptions)WS_LOOP_OPTIONS_INIT;
        *fields[i] = -1;
        FAILS(ws_loop_new(&o), WS_ERR_OPTION);
        *fields[i] = INT64_MAX;
        FAILS(ws_loop_new(&o), WS_ERR_OPTION);
    }
    o = (WsLoopOptions)WS_LOOP_OPTIONS_INIT;
    o.subprotocols = "no spaces allowed";
    FAILS(ws_loop_new(&o), WS_ERR_HEADER);
    CHECK(ws_handle_count() == 0);
}

static void polling_is_checked(int64_t loop)
{
    FAILS(ws_loop_poll(loop, NULL, 4, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_poll(loop, NULL, 0, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_poll(loop, events, 0, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_poll(loop, events, -1, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_poll(loop, events, INT64_MAX, 0), WS_ERR_TOO_LARGE);
    FAILS(ws_loop_poll(loop, events, 4, -1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_poll(loop, events, 4, INT64_MIN), WS_ERR_ARGUMENT);
    CHECK(ws_loop_poll(loop, events, 4, 0) == 0);
    WsSend item = {0};
    FAILS(ws_loop_send_and_poll(loop, NULL, 1, events, 4, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send_and_poll(loop, &item, -1, events, 4, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send_and_poll(loop, &item, INT64_MAX, events, 4, 0), WS_ERR_TOO_LARGE);
    FAILS(ws_loop_send_and_poll(loop, NULL, 0, NULL, 4, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send_and_poll(loop, NULL, 0, events, 0, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send_and_poll(loop, NULL, 0, events, 4, -1), WS_ERR_ARGUMENT);
    CHECK(item.error == 0 && ws_loop_send_and_poll(loop, &item, 1, events, 4, 0) == 0);
    CHECK(item.result == -1 && item.error == WS_ERR_ARGUMENT);
    double begin = seconds();
    CHECK(ws_loop_poll(loop, events, 4, 30) == 0);
    CHECK(seconds() - begin >= 0.029);
    FAILS(ws_loop_drain(loop, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_drain(loop, -1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_drain(loop, WS_TIMEOUT_NONE), WS_ERR_ARGUMENT);
    WsMetrics m;
    FAILS(ws_loop_metrics(loop, NULL, sizeof m), WS_ERR_ARGUMENT);
    FAILS(ws_loop_metrics(loop, &m, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_metrics(loop, &m, -8), WS_ERR_ARGUMENT);
    FAILS(ws_loop_metrics(loop, &m, 13), WS_ERR_ARGUMENT);
}

static void listening_is_checked(int64_t loop)
{
    FAILS(ws_loop_listen(loop, "127.0.0.1", -1, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen(loop, "127.0.0.1", 65536, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen(loop, "127.0.0.1", 0, 2), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen(loop, "no address", 0, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen(loop, "unix", 18080, 0), WS_ERR_ARGUMENT); /* no file of that name is made */
    CHECK(access("18080", F_OK) != 0);
    FAILS(ws_loop_listen(loop, "127.0.0.1:1", 0, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen(loop, "[::1]", 0, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen(loop, "192.0.2.1", 0, 0), WS_ERR_SYSTEM);
    FAILS(ws_loop_listen_unix(loop, NULL), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen_unix(loop, ""), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen_unix(loop, "/nowhere/at/all"), WS_ERR_SYSTEM);
    FAILS(ws_loop_listen_fd(loop, -1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen_fd(loop, 1 << 20), WS_ERR_ARGUMENT);
    CHECK(ws_loop_port(loop) == 0);
}

static void adopting_is_checked(int64_t loop)
{
    int fds[2], file = open("/dev/null", O_RDONLY);
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && file >= 0);
    FAILS(ws_loop_adopt(loop, -1, WS_ADOPT_SERVER, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_adopt(loop, INT64_MAX, WS_ADOPT_SERVER, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_adopt(loop, file, WS_ADOPT_SERVER, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_adopt(loop, fds[0], 0, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_adopt(loop, fds[0], 4, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_adopt(loop, fds[0], WS_ADOPT_REQUEST, NULL, 1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_adopt(loop, fds[0], WS_ADOPT_REQUEST, "x", -1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_listen_fd(loop, fds[0]), WS_ERR_ARGUMENT);
    FAILS(ws_loop_connect(loop, NULL, NULL), WS_ERR_ARGUMENT);
    FAILS(ws_loop_connect(loop, "http://x/", NULL), WS_ERR_URL);
    WsConnectOptions o = WS_CONNECT_OPTIONS_INIT;
    o.headers = "no colon";
    FAILS(ws_loop_connect(loop, "ws://127.0.0.1:1/", &o), WS_ERR_HEADER);
    o.headers = NULL;
    o.origin = "a\r\nb: c";
    FAILS(ws_loop_connect(loop, "ws://127.0.0.1:1/", &o), WS_ERR_HEADER);
    FAILS(ws_loop_handshake(loop, fds[0], "nonsense", NULL), WS_ERR_URL);
    FAILS(ws_loop_handshake(loop, file, "ws://x/", NULL), WS_ERR_ARGUMENT);
    CHECK(write(fds[0], "mine", 4) == 4); /* a refused descriptor stays the caller's */
    close(fds[0]);
    close(fds[1]);
    close(file);
}

static void sending_is_checked(int64_t loop, int64_t conn)
{
    static char long_reason[200];
    memset(long_reason, 'r', sizeof long_reason - 1);
    FAILS(ws_loop_send(loop, conn, WS_OPCODE_TEXT, NULL, 1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "x", -1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "x", WS_LENGTH_MAX + 1), WS_ERR_TOO_LARGE);
    FAILS(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "\xff", 1), WS_ERR_UTF8);
    const int64_t opcodes[] = {0, 3, 8, 9, 10, 11, 15, 16, 257, -1, INT64_MAX};
    for (size_t i = 0; i < sizeof opcodes / sizeof *opcodes; i++) {
        FAILS(ws_loop_send(loop, conn, opcodes[i], "x", 1), WS_ERR_ARGUMENT);
        FAILS(ws_loop_send_key(loop, conn, opcodes[i], "x", 1, 7), WS_ERR_ARGUMENT);
        FAILS(ws_loop_broadcast(loop, &conn, 1, opcodes[i], "x", 1, NULL), WS_ERR_ARGUMENT);
        FAILS(ws_loop_publish(loop, "t", opcodes[i], "x", 1, 0), WS_ERR_ARGUMENT);
    }
    FAILS(ws_loop_send_fragment(loop, conn, WS_OPCODE_CONTINUATION, "x", 1, 1), WS_ERR_STATE);
    FAILS(ws_loop_send_fragment(loop, conn, WS_OPCODE_PING, "x", 1, 1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send_fragment(loop, conn, WS_OPCODE_TEXT, "x", 1, 2), WS_ERR_ARGUMENT);
    FAILS(ws_loop_ping(loop, conn, long_reason, 126), WS_ERR_CONTROL_SIZE);
    FAILS(ws_loop_send_batch(loop, NULL, 1), WS_ERR_ARGUMENT);
    FAILS(ws_loop_send_batch(loop, NULL, -1), WS_ERR_ARGUMENT);
    CHECK(ws_loop_send_batch(loop, NULL, 0) == 0);
    FAILS(ws_loop_broadcast(loop, NULL, 1, WS_OPCODE_TEXT, "x", 1, NULL), WS_ERR_ARGUMENT);
    FAILS(ws_loop_broadcast(loop, &conn, -1, WS_OPCODE_TEXT, "x", 1, NULL), WS_ERR_ARGUMENT);
    FAILS(ws_loop_broadcast(loop, &conn, 1, WS_OPCODE_TEXT, "\xff", 1, NULL), WS_ERR_UTF8);
    FAILS(ws_loop_publish(loop, "", WS_OPCODE_TEXT, "x", 1, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_publish(loop, NULL, WS_OPCODE_TEXT, "x", 1, 0), WS_ERR_ARGUMENT);
    FAILS(ws_loop_publish(loop, "t", WS_OPCODE_TEXT, "\xff", 1, 0), WS_ERR_UTF8);
    FAILS(ws_loop_subscribe(loop, conn, ""), WS_ERR_ARGUMENT);
    FAILS(ws_loop_unsubscribe(loop, conn, ""), WS_ERR_ARGUMENT);
    FAILS(ws_loop_close_conn(loop, conn, 1005, NULL), WS_ERR_CLOSE_CODE);
    FAILS(ws_loop_close_conn(loop, conn, -1, NULL), WS_ERR_CLOSE_CODE);
    FAILS(ws_loop_close_conn(loop, conn, 1000 + 65536, NULL), WS_ERR_CLOSE_CODE);
    FAILS(ws_loop_close_conn(loop, conn, 1000, "\xff"), WS_ERR_UTF8);
    FAILS(ws_loop_close_conn(loop, conn, 1000, long_reason), WS_ERR_CONTROL_SIZE);
    FAILS(ws_respond(conn, 200, NULL, NULL, 0), WS_ERR_STATE);
    FAILS(ws_respond(conn, 199, NULL, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_respond(conn, 600, NULL, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_respond(conn, 200, "no colon", NULL, 0), WS_ERR_HEADER);
    FAILS(ws_accept_upgrade(conn, NULL, NULL), WS_ERR_STATE);
    FAILS(ws_set(conn, WS_OPT_QUEUE_BYTES, 0), WS_ERR_OPTION);
    FAILS(ws_set(conn, WS_OPT_MAX_FRAME_BYTES, 1), WS_ERR_OPTION);
    FAILS(ws_get(conn, WS_OPT_MAX_FRAME_BYTES), WS_ERR_OPTION);
    CHECK(ws_state(conn) == WS_STATE_OPEN);
}

/* In a batch or a broadcast a bad entry fails alone and says why; the others are sent. */
static void entries_fail_alone(int64_t loop, int64_t conn, int64_t peer, int64_t stale, int64_t foreign)
{
    WsSend items[] = {
        {conn, WS_OPCODE_TEXT, "one", 3, 0, 9, 9},      {stale, WS_OPCODE_TEXT, "x", 1, 0, 9, 9},
        {foreign, WS_OPCODE_TEXT, "x", 1, 0, 9, 9},     {12345, WS_OPCODE_TEXT, "x", 1, 0, 9, 9},
        {conn, WS_OPCODE_TEXT, "\xff", 1, 0, 9, 9},     {conn, WS_OPCODE_PING, "x", 1, 0, 9, 9},
        {conn, WS_OPCODE_BINARY, NULL, 1, 0, 9, 9},     {conn, WS_OPCODE_BINARY, "x", -1, 0, 9, 9},
        {conn, WS_OPCODE_BINARY, "x", INT64_MAX, 0, 9, 9}, {conn, 258, "x", 1, 0, 9, 9},
        {conn, WS_OPCODE_BINARY, NULL, 0, 0, 9, 9},     {conn, WS_OPCODE_BINARY, "last", 4, 0, 9, 9},
    };
    const int64_t errors[] = {0, WS_ERR_CLOSED, WS_ERR_HANDLE, WS_ERR_HANDLE, WS_ERR_UTF8, WS_ERR_ARGUMENT,
                              WS_ERR_ARGUMENT, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_ARGUMENT, 0, 0};
    const int64_t bytes[] = {5, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, 6};
    CHECK(ws_loop_send_batch(loop, items, 12) == 3);
    for (int i = 0; i < 12; i++) {
        CHECK(items[i].error == errors[i] && items[i].result == bytes[i]);
    }
    int64_t list[] = {conn, stale, 0, -1, foreign, conn}, results[6];
    CHECK(ws_loop_broadcast(loop, list, 6, WS_OPCODE_TEXT, "all", 3, results) == 2);
    CHECK(results[0] == 5 && results[1] == -WS_ERR_CLOSED && results[2] == -WS_ERR_HANDLE);
    CHECK(results[3] == -WS_ERR_HANDLE && results[4] == -WS_ERR_HANDLE && results[5] == 5);
    CHECK(ws_loop_broadcast(loop, NULL, 0, WS_OPCODE_TEXT, "none", 4, NULL) == 0);
    CHECK(ws_loop_flush(loop) == 0);
    const char *wanted[] = {"one", "", "last", "all", "all"};
    for (int i = 0; i < 5; i++) {
        expect(peer, wanted[i]);
    }
}

/* Every call that takes a connection of a loop, on one that does not answer. */
static void conn_fails(int64_t loop, int64_t conn, int64_t code)
{
    FAILS(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "x", 1), code);
    FAILS(ws_loop_send_key(loop, conn, WS_OPCODE_TEXT, "x", 1, 1), code);
    FAILS(ws_loop_send_fragment(loop, conn, WS_OPCODE_TEXT, "x", 1, 1), code);
    FAILS(ws_loop_ping(loop, conn, NULL, 0), code);
    FAILS(ws_loop_subscribe(loop, conn, "t"), code);
    FAILS(ws_loop_unsubscribe(loop, conn, "t"), code);
    FAILS(ws_loop_close_conn(loop, conn, 1000, NULL), code);
    FAILS(ws_loop_abort_conn(loop, conn), code);
    FAILS(ws_loop_set_context(loop, conn, NULL), code);
    CHECK(ws_loop_context(loop, conn) == NULL && ws_last_error() == code);
}

/* The calls that take the connection alone. */
static void own_calls_fail(int64_t conn, int64_t code)
{
    FAILS(ws_pause(conn), code);
    FAILS(ws_resume(conn), code);
    FAILS(ws_respond(conn, 200, NULL, NULL, 0), code);
    FAILS(ws_accept_upgrade(conn, NULL, NULL), code);
    FAILS(ws_refuse(conn, 404, NULL, NULL, 0), code);
    FAILS(ws_set(conn, WS_OPT_QUEUE_BYTES, 1024), code);
    FAILS(ws_get(conn, WS_OPT_QUEUE_BYTES), code);
    FAILS(ws_is_server(conn), code);
    CHECK(ws_request_path(conn) == NULL && ws_last_error() == code);
    CHECK(ws_peer_address(conn) == NULL && ws_last_error() == code);
    CHECK(ws_is_open(conn) == 0);
}

/* Every call that takes a loop, on one that does not answer. */
static void loop_fails(int64_t loop, int64_t code)
{
    WsMetrics m;
    FAILS(ws_loop_listen(loop, NULL, 0, 0), code);
    FAILS(ws_loop_listen_unix(loop, "@x"), code);
    FAILS(ws_loop_listen_fd(loop, 0), code);
    FAILS(ws_loop_port(loop), code);
    FAILS(ws_loop_adopt(loop, 0, WS_ADOPT_SERVER, NULL, 0), code);
    FAILS(ws_loop_connect(loop, "ws://x/", NULL), code);
    FAILS(ws_loop_handshake(loop, 0, "ws://x/", NULL), code);
    FAILS(ws_loop_poll(loop, events, 4, 0), code);
    FAILS(ws_loop_fd(loop), code);
    FAILS(ws_loop_wake(loop), code);
    FAILS(ws_loop_flush(loop), code);
    FAILS(ws_loop_drain(loop, 1), code);
    FAILS(ws_loop_close(loop), code);
    FAILS(ws_loop_metrics(loop, &m, sizeof m), code);
    FAILS(ws_loop_send_batch(loop, NULL, 0), code);
    FAILS(ws_loop_broadcast(loop, NULL, 0, WS_OPCODE_TEXT, NULL, 0, NULL), code);
    FAILS(ws_loop_publish(loop, "t", WS_OPCODE_TEXT, NULL, 0, 0), code);
    if (ws_is_open(loop) == 0) { /* ws_set and ws_get take connections, too */
        FAILS(ws_set(loop, WS_OPT_POISON, 1), code);
        FAILS(ws_get(loop, WS_OPT_POISON), code);
    }
    conn_fails(loop, 5, code);
}

/* In a forked child every call fails at once. */
static void forks_are_told(void)
{
    int64_t loop = ws_loop_new(NULL), status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        WsEvent e;
        alarm(10);
        FAILS(ws_loop_poll(loop, &e, 1, 0), WS_ERR_FORKED);
        FAILS(ws_loop_wake(loop), WS_ERR_FORKED);
        FAILS(ws_loop_drop(loop), WS_ERR_FORKED);
        FAILS(ws_loop_new(NULL), WS_ERR_FORKED);
        _exit(0);
    }
    int how;
    CHECK(waitpid(child, &how, 0) == child);
    status = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    CHECK(status);
    CHECK(ws_loop_drop(loop) == 0);
}

int main(void)
{
    options_are_checked();
    int64_t loop = ws_loop_new(NULL), other = ws_loop_new(NULL), peer, foreign_peer, gone_peer;
    CHECK(loop > 0 && other > 0 && loop != other && ws_handle_count() == 2);
    polling_is_checked(loop);
    listening_is_checked(loop);
    adopting_is_checked(loop);
    int64_t conn = join(loop, &peer), foreign = join(other, &foreign_peer), gone = join(loop, &gone_peer);
    await(loop, WS_EVENT_OPEN);
    CHECK(ws_loop_abort_conn(loop, gone) == 0);
    WsEvent e = await(loop, WS_EVENT_CLOSE);
    CHECK(e.conn == gone && e.code == WS_CLOSE_ABNORMAL && e.error == WS_ERR_CLOSED);
    sending_is_checked(loop, conn);
    entries_fail_alone(loop, conn, peer, gone, foreign);

    conn_fails(loop, gone, WS_ERR_CLOSED);
    own_calls_fail(gone, WS_ERR_CLOSED);
    CHECK(ws_state(gone) == WS_STATE_CLOSED);
    const int64_t invented[] = {0, -1, 1, 77, INT64_MAX, INT64_MIN, conn + (INT64_C(1) << 22), conn + 1000, loop, peer};
    for (size_t i = 0; i < sizeof invented / sizeof *invented; i++) {
        conn_fails(loop, invented[i], WS_ERR_HANDLE);
        if (invented[i] != loop) {
            loop_fails(invented[i], WS_ERR_HANDLE);
        }
    }
    conn_fails(loop, foreign, WS_ERR_HANDLE); /* of another loop */
    own_calls_fail(77, WS_ERR_HANDLE);
    own_calls_fail(conn + (INT64_C(1) << 22), WS_ERR_HANDLE); /* a generation to come */
    FAILS(ws_state(conn + (INT64_C(1) << 22)), WS_ERR_HANDLE);
    /* What has a call of its own for loops says so. */
    FAILS(ws_send_text(conn, "x"), WS_ERR_HANDLE);
    FAILS(ws_close(conn), WS_ERR_HANDLE);
    FAILS(ws_drop(conn), WS_ERR_HANDLE);
    CHECK(strstr(ws_last_error_message(), "event loop") != NULL);

    CHECK(ws_loop_close(loop) == 0);
    loop_fails(loop, WS_ERR_CLOSED);
    CHECK(ws_loop_drop(loop) == 0 && ws_loop_drop(loop) == 0);
    FAILS(ws_loop_drop(99), WS_ERR_HANDLE);
    conn_fails(loop, conn, WS_ERR_CLOSED);
    own_calls_fail(conn, WS_ERR_CLOSED);
    CHECK(ws_state(conn) == WS_STATE_CLOSED);
    CHECK(ws_loop_poll(other, events, 4, 0) == 1); /* the other loop is as it was */
    CHECK(ws_loop_drop(other) == 0);
    ws_drop(peer);
    ws_drop(foreign_peer);
    ws_drop(gone_peer);
    forks_are_told();
    CHECK(ws_handle_count() == 0);
    return 0;
}
