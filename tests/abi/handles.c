/* Every call that takes a handle, with handles that are invented, closed, reused or of the other kind: an error, and never another object. */
#include "check.h"

static WsEvent event;
static WsMetrics metrics;
static int64_t packed[8192];
static WsFrame frame = {WS_OPCODE_TEXT, 0, 0, 1, 0};

/* One call as a number: NULL is -1, a WsFrame its opcode. */
#define NUMBER(name, call) \
    static int64_t name(int64_t h) { return call; }
#define TEXT(name, call) \
    static int64_t name(int64_t h) { return (call) == NULL ? -1 : 0; }

NUMBER(is_open, ws_is_open(h))
NUMBER(fd, ws_fd(h))
NUMBER(is_server, ws_is_server(h))
NUMBER(state, ws_state(h))
NUMBER(mask_key, ws_mask_key(h))
NUMBER(send_frame, ws_send_frame(h, &frame))
NUMBER(send_text, ws_send_text(h, "x"))
NUMBER(send_text_n, ws_send_text_n(h, "x", 1))
NUMBER(send_binary, ws_send_binary(h, "x", 1))
NUMBER(send_fragment, ws_send_fragment(h, WS_OPCODE_TEXT, "x", 1, 1))
NUMBER(send_ping, ws_send_ping(h))
NUMBER(send_ping_n, ws_send_ping_n(h, "x", 1))
NUMBER(send_pong, ws_send_pong(h))
NUMBER(flush, ws_flush(h))
NUMBER(send_pong_n, ws_send_pong_n(h, "x", 1))
NUMBER(send_close, ws_send_close(h, 1000))
NUMBER(send_close_reason, ws_send_close_reason(h, 1000, "x"))
NUMBER(send_close_n, ws_send_close_n(h, 1000, "x", 1))
NUMBER(recv_frame, ws_recv_frame(h).opcode)
NUMBER(recv_message, ws_recv_message(h).opcode)
NUMBER(recv_into, ws_recv_into(h, packed, sizeof packed))
NUMBER(pending, ws_pending(h))
NUMBER(close_code, ws_close_code(h))
TEXT(close_reason, ws_close_reason(h))
NUMBER(close_it, ws_close(h))
NUMBER(close_with, ws_close_with(h, 1000, NULL))
NUMBER(force_close, ws_force_close(h))
NUMBER(drop, ws_drop(h))
TEXT(request_method, ws_request_method(h))
TEXT(request_path, ws_request_path(h))
TEXT(request_query, ws_request_query(h))
TEXT(request_host, ws_request_host(h))
TEXT(request_origin, ws_request_origin(h))
TEXT(request_header, ws_request_header(h, "Host"))
NUMBER(request_header_count, ws_request_header_count(h))
TEXT(request_header_name, ws_request_header_name(h, 0))
TEXT(request_header_value, ws_request_header_value(h, 0))
TEXT(subprotocol, ws_subprotocol(h))
TEXT(peer_address, ws_peer_address(h))
NUMBER(copy_text, ws_copy_text(h, WS_TEXT_PEER_ADDRESS, packed, sizeof packed))
NUMBER(copy_header, ws_copy_header(h, "Host", packed, sizeof packed))
NUMBER(http_status, ws_http_status(h))
NUMBER(accept_upgrade, ws_accept_upgrade(h, NULL, NULL))
NUMBER(refuse, ws_refuse(h, 404, NULL, NULL, 0))
NUMBER(server_is_valid, ws_server_is_valid(h))
NUMBER(server_accept, ws_server_accept(h))
NUMBER(server_accept_request, ws_server_accept_request(h))
NUMBER(server_run_echo, ws_server_run_echo(h))
NUMBER(server_stop, ws_server_stop(h))
NUMBER(server_close, ws_server_close(h))
NUMBER(server_drop, ws_server_drop(h))
NUMBER(server_listener_fd, ws_server_listener_fd(h))
NUMBER(server_port, ws_server_port(h))
NUMBER(server_running, ws_server_running(h))
NUMBER(server_set_subprotocols, ws_server_set_subprotocols(h, "a"))
NUMBER(server_set_origins, ws_server_set_origins(h, "https://a"))
NUMBER(pause_it, ws_pause(h))
NUMBER(resume_it, ws_resume(h))
NUMBER(respond, ws_respond(h, 200, NULL, NULL, 0))
NUMBER(loop_listen, ws_loop_listen(h, "127.0.0.1", 0, 0))
NUMBER(loop_listen_unix, ws_loop_listen_unix(h, "@libws-handles"))
NUMBER(loop_listen_fd, ws_loop_listen_fd(h, 0))
NUMBER(loop_port, ws_loop_port(h))
NUMBER(loop_adopt, ws_loop_adopt(h, 0, WS_ADOPT_CLIENT, NULL, 0))
NUMBER(loop_connect, ws_loop_connect(h, "ws://127.0.0.1:1/", NULL))
NUMBER(loop_handshake, ws_loop_handshake(h, 0, "ws://127.0.0.1:1/", NULL))
NUMBER(loop_poll, ws_loop_poll(h, &event, 1, 0))
NUMBER(loop_send_and_poll, ws_loop_send_and_poll(h, NULL, 0, &event, 1, 0))
NUMBER(loop_fd, ws_loop_fd(h))
NUMBER(loop_wake, ws_loop_wake(h))
NUMBER(loop_flush, ws_loop_flush(h))
NUMBER(loop_drain, ws_loop_drain(h, 1))
NUMBER(loop_close, ws_loop_close(h))
NUMBER(loop_drop, ws_loop_drop(h))
NUMBER(loop_metrics, ws_loop_metrics(h, &metrics, sizeof metrics))
NUMBER(loop_send, ws_loop_send(h, 1, WS_OPCODE_TEXT, "x", 1))
NUMBER(loop_send_key, ws_loop_send_key(h, 1, WS_OPCODE_TEXT, "x", 1, 1))
NUMBER(loop_send_fragment, ws_loop_send_fragment(h, 1, WS_OPCODE_TEXT, "x", 1, 1))
NUMBER(loop_ping, ws_loop_ping(h, 1, "x", 1))
NUMBER(loop_send_batch, ws_loop_send_batch(h, NULL, 0))
NUMBER(loop_broadcast, ws_loop_broadcast(h, NULL, 0, WS_OPCODE_TEXT, "x", 1, NULL))
NUMBER(loop_subscribe, ws_loop_subscribe(h, 1, "topic"))
NUMBER(loop_unsubscribe, ws_loop_unsubscribe(h, 1, "topic"))
NUMBER(loop_publish, ws_loop_publish(h, "topic", WS_OPCODE_TEXT, "x", 1, 0))
NUMBER(loop_close_conn, ws_loop_close_conn(h, 1, 1000, NULL))
NUMBER(loop_abort_conn, ws_loop_abort_conn(h, 1))
NUMBER(loop_set_context, ws_loop_set_context(h, 1, NULL))
TEXT(loop_context, ws_loop_context(h, 1))
NUMBER(loop_poll_packed, ws_loop_poll_packed(h, packed, sizeof packed, 0))
NUMBER(loop_send_packed, ws_loop_send_packed(h, 0, NULL, 0, packed))
NUMBER(set, ws_set(h, WS_OPT_INTERRUPTIBLE, 1))
NUMBER(get, ws_get(h, WS_OPT_INTERRUPTIBLE))

typedef struct Call {
    const char *name;
    int64_t (*call)(int64_t);
    int64_t invented; /* what it returns for a handle that was never given out; the error is WS_ERR_HANDLE */
    int64_t closed;   /* and for one that is closed; -1 comes with WS_ERR_CLOSED */
} Call;

#define FAILS(name) {#name, name, -1, -1}

/* ANY: what differs between roles is looked at below; and some calls are for connections of loops, so others are foreign to them. */
#define ANY -2

static const Call of_connections[] = {
    {"is_open", is_open, 0, 0}, FAILS(fd), {"is_server", is_server, -1, ANY}, {"state", state, -1, WS_STATE_CLOSED},
    FAILS(mask_key), FAILS(send_frame), FAILS(send_text), FAILS(send_text_n), FAILS(send_binary), FAILS(send_fragment), FAILS(send_ping),
    FAILS(send_ping_n), FAILS(send_pong), FAILS(flush), FAILS(send_pong_n), FAILS(send_close), FAILS(send_close_reason), FAILS(send_close_n),
    FAILS(recv_frame), FAILS(recv_message), FAILS(recv_into), FAILS(pending), FAILS(close_code), FAILS(close_reason), FAILS(close_it), FAILS(close_with), FAILS(force_close),
    {"drop", drop, -1, 0}, FAILS(request_method), FAILS(request_path), FAILS(request_query), FAILS(request_host), FAILS(request_origin),
    FAILS(request_header), FAILS(request_header_count), FAILS(request_header_name), FAILS(request_header_value), FAILS(subprotocol),
    FAILS(peer_address), FAILS(copy_text), FAILS(copy_header), FAILS(http_status), FAILS(accept_upgrade), FAILS(refuse), {"pause_it", pause_it, -1, ANY},
    {"resume_it", resume_it, -1, ANY}, {"respond", respond, -1, ANY}, FAILS(set), FAILS(get),
};
static const Call of_servers[] = {
    {"server_is_valid", server_is_valid, 0, 0}, FAILS(server_accept), FAILS(server_accept_request), FAILS(server_run_echo),
    FAILS(server_stop), FAILS(server_close), {"server_drop", server_drop, -1, 0}, FAILS(server_listener_fd), FAILS(server_port),
    {"server_running", server_running, -1, 0}, FAILS(server_set_subprotocols), FAILS(server_set_origins), FAILS(set), FAILS(get),
};
static const Call of_loops[] = {
    FAILS(loop_listen), FAILS(loop_listen_unix), FAILS(loop_listen_fd), FAILS(loop_port), FAILS(loop_adopt), FAILS(loop_connect),
    FAILS(loop_handshake), FAILS(loop_poll), FAILS(loop_send_and_poll), FAILS(loop_fd), FAILS(loop_wake), FAILS(loop_flush), FAILS(loop_drain),
    FAILS(loop_close),
    {"loop_drop", loop_drop, -1, 0}, FAILS(loop_metrics), FAILS(loop_send), FAILS(loop_send_key), FAILS(loop_send_fragment), FAILS(loop_ping),
    FAILS(loop_send_batch), FAILS(loop_broadcast), FAILS(loop_subscribe), FAILS(loop_unsubscribe), FAILS(loop_publish), FAILS(loop_close_conn),
    FAILS(loop_abort_conn), FAILS(loop_set_context), FAILS(loop_context), FAILS(loop_poll_packed), FAILS(loop_send_packed), FAILS(set), FAILS(get),
};
#define LOOP_CALLS (sizeof of_loops / sizeof *of_loops)
#define CONNECTION_CALLS (sizeof of_connections / sizeof *of_connections)
#define SERVER_CALLS (sizeof of_servers / sizeof *of_servers)

static void answers(const Call *call, int64_t handle, int64_t wanted, int64_t code) {
    int64_t got = call->call(handle);
    if (wanted != ANY && (got != wanted || ((got == -1 || code == WS_ERR_HANDLE) && ws_last_error() != code))) {
        fprintf(stderr, "%s of %" PRId64 " gives %" PRId64 " and %s\n", call->name, handle, got, ws_error_name(ws_last_error()));
        CHECK(!"the answer of the table");
    }
}

static void are_invented(const Call *calls, size_t count, int64_t handle) {
    for (size_t i = 0; i < count; i++) {
        answers(&calls[i], handle, calls[i].invented, WS_ERR_HANDLE);
    }
}

static void is_invented(int64_t handle) {
    are_invented(of_connections, CONNECTION_CALLS, handle);
    are_invented(of_servers, SERVER_CALLS, handle);
    are_invented(of_loops, LOOP_CALLS, handle);
}

static void invented(void) {
    int64_t server, client;
    char url[64];
    both_ends(&server, &client);
    int64_t listener = listening(url, sizeof url);
    const int64_t odd[] = {0, -1, 1, 2, 3, 255, 65536, INT64_MAX, INT64_MIN, -server, -listener, server + 1, server - 1, (int64_t)1 << 62, (int64_t)1 << 32,
                           server ^ ((int64_t)1 << 20), server ^ ((int64_t)1 << 40), server ^ ((int64_t)1 << 60), client ^ ((int64_t)1 << 33)};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i] != client && odd[i] != listener) {
            is_invented(odd[i]);
        }
    }
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 500; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        is_invented((int64_t)random);
    }
    CHECK(ws_is_open(server) == 1 && ws_is_open(client) == 1 && ws_server_running(listener) == 1);
    CHECK(ws_send_text(client, "unharmed") > 0);
    receives(server, "unharmed");
    ws_drop(server);
    ws_drop(client);
    ws_server_drop(listener);
}

/* A handle of one kind is none of another. ws_set and ws_get, the last two of each table, serve every kind. */
static void wrong_kind(void) {
    int64_t server, client;
    char url[64];
    both_ends(&server, &client);
    int64_t listener = listening(url, sizeof url), loop = ws_loop_new(NULL);
    CHECK(loop > 0);
    are_invented(of_servers, SERVER_CALLS - 2, client);
    are_invented(of_servers, SERVER_CALLS - 2, loop);
    are_invented(of_connections, CONNECTION_CALLS - 2, listener);
    are_invented(of_connections, CONNECTION_CALLS - 2, loop);
    are_invented(of_loops, LOOP_CALLS - 2, server);
    are_invented(of_loops, LOOP_CALLS - 2, listener);
    CHECK(ws_is_open(client) == 1 && ws_server_running(listener) == 1 && ws_loop_poll(loop, &event, 1, 0) == 0);
    ws_drop(server);
    ws_drop(client);
    ws_server_drop(listener);
    ws_loop_drop(loop);
}

static void is_closed(const Call *calls, size_t count, int64_t handle) {
    for (size_t i = 0; i < count; i++) {
        answers(&calls[i], handle, calls[i].closed, WS_ERR_CLOSED);
    }
}

/* A closed handle answers for ever like a closed object, however many others have taken its place. */
static void closed_for_ever(void) {
    static int64_t (*const ends[])(int64_t) = {ws_force_close, ws_drop, ws_close};
    for (size_t e = 0; e < 3; e++) {
        int64_t server, client, server_now, client_now;
        char url[64];
        both_ends(&server, &client);
        CHECK(ws_force_close(server) == 0 && ends[e](client) == 0);
        int64_t listener = listening(url, sizeof url);
        int64_t loop = ws_loop_new(NULL);
        CHECK(ws_server_close(listener) == 0 && ws_loop_close(loop) == 0);
        for (int i = 0; i < 2000; i++) {
            both_ends(&server_now, &client_now);
            CHECK(server_now != server && client_now != client && server_now != client && client_now != server);
            if (i % 500 == 0) {
                is_closed(of_connections, CONNECTION_CALLS, server);
                is_closed(of_connections, CONNECTION_CALLS, client);
                is_closed(of_servers, SERVER_CALLS, listener);
                is_closed(of_loops, LOOP_CALLS, loop);
                CHECK(ws_is_server(server) == 1 && ws_is_server(client) == 0);
                CHECK(ws_is_open(server_now) == 1 && ws_is_open(client_now) == 1);
            }
            ws_drop(server_now);
            ws_drop(client_now);
        }
    }
    CHECK(ws_handle_count() == 0);
}

/* What a connection lends lives until it is closed, and asking again gives the same. */
static void lent_texts(void) {
    char url[64], request[512];
    int64_t server = listening(url, sizeof url);
    int peer = peer_connect(ws_server_port(server));
    CHECK(peer_write(peer, request, peer_request(request, sizeof request, "/path?query")));
    int64_t conn = ws_server_accept(server);
    const char *path = ws_request_path(conn), *query = ws_request_query(conn), *host = ws_request_header(conn, "hOsT");
    CHECK(strcmp(path, "/path") == 0 && strcmp(query, "query") == 0 && strcmp(host, "127.0.0.1") == 0);
    for (int i = 0; i < 1000; i++) {
        CHECK(ws_request_path(conn) == path && ws_request_header(conn, "Host") == host);
    }
    const int64_t before = ws_last_error();
    CHECK(ws_request_header(conn, "Absent") == NULL && ws_last_error() == before); /* absent is no error */
    CHECK(ws_request_header_count(conn) == 5 && strcmp(ws_request_header_name(conn, 0), "Host") == 0);
    CHECK(strcmp(path, "/path") == 0 && strcmp(query, "query") == 0);
    ws_drop(conn);
    close(peer);
    ws_server_drop(server);
}

CASES({"invented", invented}, {"wrong_kind", wrong_kind}, {"closed_for_ever", closed_for_ever}, {"lent_texts", lent_texts})
