/* Event loops: where connections come from, deciding on requests, plain HTTP on the same port, and the loop's descriptor. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>

#include "loop.h"

static void echo_over(int64_t server, int64_t client, int64_t conn)
{
    WsEvent e = await(client, WS_EVENT_OPEN);
    CHECK(e.conn == conn && ws_is_server(conn) == 0 && ws_is_open(conn) == 1);
    CHECK(ws_loop_send(client, conn, WS_OPCODE_TEXT, "hello", 5) > 0);
    CHECK(ws_loop_flush(client) == 0);
    e = await(server, WS_EVENT_MESSAGE);
    CHECK(holds(&e, "hello") && ws_is_server(e.conn) == 1);
    CHECK(ws_loop_send(server, e.conn, e.opcode, e.data, e.len) > 0 && ws_loop_flush(server) == 0);
    e = await(client, WS_EVENT_MESSAGE);
    CHECK(holds(&e, "hello"));
    CHECK(ws_loop_close_conn(client, conn, 3999, "enough") == 0 && ws_loop_flush(client) == 0);
    e = await(server, WS_EVENT_CLOSE);
    CHECK(e.code == 3999 && holds(&e, "enough") && e.error == 0 && e.opcode == WS_OPCODE_CLOSE);
    WsEvent none;
    CHECK(ws_loop_poll(server, &none, 1, 0) == 0);
    e = await(client, WS_EVENT_CLOSE);
    CHECK(e.code == 3999 && e.error == 0);
}

/* Polls both ends of a handshake until the server's end is open; the client's OPEN event is for the caller. */
static void run_handshake(int64_t server, int64_t client)
{
    WsEvent e;
    double begin = seconds();
    do {
        CHECK(ws_loop_poll(client, &e, 1, 0) == 0); /* connects, then sends the request */
        e.kind = 0;
        CHECK(ws_loop_poll(server, &e, 1, 0) <= 1 && seconds() - begin < PATIENCE_MS / 1e3);
    } while (e.kind != WS_EVENT_OPEN);
    CHECK(ws_loop_flush(server) == 0); /* answers it */
}

/* TCP with a shared port, Unix sockets, inherited listeners: loops connect to loops. */
static void listeners_accept(void)
{
    int64_t server = ws_loop_new(NULL), twin = ws_loop_new(NULL), client = ws_loop_new(NULL);
    CHECK(ws_set(client, WS_OPT_PING_INTERVAL_MS, WS_TIMEOUT_NONE) == 0);
    int64_t port = ws_loop_listen(twin, "127.0.0.1", 0, 1);
    CHECK(port > 0 && ws_loop_listen(server, "127.0.0.1", port, 1) == port && ws_loop_port(server) == port);
    CHECK(ws_loop_drop(twin) == 0); /* the port was shared, and goes on with those that are left */
    FAILS(ws_loop_listen(client, "127.0.0.1", port, 0), WS_ERR_SYSTEM);
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/path?q", (int)port);
    int64_t conn = ws_loop_connect(client, url, NULL);
    CHECK(conn > 0 && ws_state(conn) == WS_STATE_CONNECTING && ws_is_open(conn) == 0);
    FAILS(ws_loop_send(client, conn, WS_OPCODE_TEXT, "early", 5), WS_ERR_STATE);
    WsEvent e;
    CHECK(ws_loop_poll(client, &e, 1, 0) <= 1);
    e = await(server, WS_EVENT_OPEN);
    CHECK(strncmp(ws_peer_address(e.conn), "127.0.0.1:", 10) == 0);
    CHECK(strcmp(ws_request_path(e.conn), "/path") == 0 && strcmp(ws_request_query(e.conn), "q") == 0);
    CHECK(ws_loop_flush(server) == 0);
    echo_over(server, client, conn);

    conn = ws_loop_connect(client, "ws://127.0.0.1:1/", NULL); /* nobody listens there */
    e = await(client, WS_EVENT_CLOSE);
    CHECK(e.conn == conn && e.code == WS_CLOSE_ABNORMAL && e.error != 0);

    char name[64];
    snprintf(name, sizeof name, "@libws-%d", (int)getpid());
    CHECK(ws_loop_listen_unix(server, name) == 0);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path + 1, name + 1, strlen(name) - 1);
    CHECK(connect(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))) == 0);
    conn = ws_loop_handshake(client, fd, "ws://unix.test/", NULL);
    CHECK(conn > 0);
    run_handshake(server, client);
    echo_over(server, client, conn);

    int inherited = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof in;
    CHECK(bind(inherited, (struct sockaddr *)&in, size) == 0);
    FAILS(ws_loop_listen_fd(server, inherited), WS_ERR_ARGUMENT); /* it does not listen yet */
    CHECK(listen(inherited, 5) == 0 && ws_loop_listen_fd(server, inherited) == 0);
    CHECK(getsockname(inherited, (struct sockaddr *)&in, &size) == 0);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/", ntohs(in.sin_port));
    conn = ws_loop_connect(client, url, NULL);
    run_handshake(server, client);
    echo_over(server, client, conn);
    CHECK(ws_loop_drop(server) == 0 && ws_loop_drop(client) == 0);

    server = ws_loop_new(NULL); /* the port of an inherited listener is told, too */
    int unix_fd = socket(AF_UNIX, SOCK_STREAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(unix_fd, (struct sockaddr *)&a, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) == 0 && listen(unix_fd, 5) == 0);
    CHECK(ws_loop_listen_fd(server, unix_fd) == 0 && ws_loop_port(server) == 0);
    CHECK(listen(tcp, 5) == 0 && getsockname(tcp, (struct sockaddr *)&in, &size) == 0);
    CHECK(ws_loop_listen_fd(server, tcp) == 0 && ws_loop_port(server) == ntohs(in.sin_port));
    CHECK(ws_loop_listen(server, "127.0.0.1", 0, 0) > 0 && ws_loop_port(server) == ntohs(in.sin_port)); /* the first one's */
    CHECK(ws_loop_drop(server) == 0);
}

/* Reads what the other end of a socket pair has to say, up to a text. */
static void read_until(int fd, const char *end)
{
    char got[4096];
    size_t have = 0;
    do {
        ssize_t n = read(fd, got + have, sizeof got - 1 - have);
        CHECK(n > 0);
        have += (size_t)n;
        got[have] = '\0';
    } while (strstr(got, end) == NULL);
}

static const char upgrade[] = "GET /chat?a=b HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: tea, coffee\r\n"
                              "Origin: https://example.com\r\nX-More: 1\r\nX-More: 2\r\n\r\n";

/* With WS_OPT_REQUESTS the program decides; plain requests are answered on the same connection, one after the other. */
static void requests_are_decided_on(void)
{
    char answer[512] = "";
    WsLoopOptions o = WS_LOOP_OPTIONS_INIT;
    o.requests = 1;
    int64_t loop = ws_loop_new(&o);
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    const char plain[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    int64_t conn = ws_loop_adopt(loop, fds[0], WS_ADOPT_REQUEST, plain, 10); /* some of it was read already */
    CHECK(conn > 0 && write(fds[1], plain + 10, sizeof plain - 1 - 10) == sizeof plain - 1 - 10);
    WsEvent e = await(loop, WS_EVENT_REQUEST);
    CHECK(e.conn == conn && e.code == 426 && holds(&e, "/health"));
    FAILS(ws_accept_upgrade(conn, NULL, NULL), WS_ERR_STATE); /* it asks for no upgrade */
    CHECK(ws_respond(conn, 200, "X-Extra: yes\nX-More: too", "fine", 4) == 0);
    FAILS(ws_respond(conn, 200, NULL, NULL, 0), WS_ERR_STATE); /* once is enough */
    CHECK(write(fds[1], upgrade, sizeof upgrade - 1) == sizeof upgrade - 1);
    e = await(loop, WS_EVENT_REQUEST);
    read_until(fds[1], "\r\n\r\nfine");
    CHECK(e.conn == conn && e.code == 0 && holds(&e, "/chat?a=b"));
    const char *path = ws_request_path(conn);
    CHECK(strcmp(path, "/chat") == 0 && strcmp(ws_request_query(conn), "a=b") == 0 && strcmp(ws_request_method(conn), "GET") == 0);
    CHECK(strcmp(ws_request_host(conn), "example.com") == 0 && strcmp(ws_request_origin(conn), "https://example.com") == 0);
    CHECK(strcmp(ws_request_header(conn, "x-more"), "1, 2") == 0 && ws_request_header(conn, "x-none") == NULL);
    CHECK(ws_request_header_count(conn) == 9 && strcmp(ws_request_header_name(conn, 0), "Host") == 0);
    CHECK(strcmp(ws_request_header_value(conn, 8), "2") == 0);
    CHECK(ws_request_header_value(conn, 9) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    CHECK(strcmp(path, "/chat") == 0); /* texts live until the next poll */
    FAILS(ws_accept_upgrade(conn, "milk", NULL), WS_ERR_ARGUMENT);
    FAILS(ws_accept_upgrade(conn, "tea", "a: b\r\n\r\n: c"), WS_ERR_HEADER);
    CHECK(ws_accept_upgrade(conn, "coffee", "X-Extra: 1") == 0);
    e = await(loop, WS_EVENT_OPEN);
    CHECK(e.conn == conn && holds(&e, "coffee") && ws_is_open(conn) == 1);
    CHECK(strcmp(ws_subprotocol(conn), "coffee") == 0);
    CHECK(ws_loop_flush(loop) == 0);
    read_until(fds[1], "\r\n\r\n");
    close(fds[1]);
    e = await(loop, WS_EVENT_CLOSE);
    CHECK(e.code == WS_CLOSE_ABNORMAL && e.error == WS_ERR_ABNORMAL);

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    conn = ws_loop_adopt(loop, fds[0], WS_ADOPT_REQUEST, upgrade, sizeof upgrade - 1);
    e = await(loop, WS_EVENT_REQUEST);
    CHECK(ws_refuse(conn, 403, NULL, "no", 2) == 0 && ws_loop_flush(loop) == 0);
    ssize_t n = read(fds[1], answer, sizeof answer - 1);
    CHECK(n > 0 && strstr(answer, "\r\nConnection: close\r\n") != NULL && strstr(answer, "\r\n\r\nno") != NULL);
    CHECK(await(loop, WS_EVENT_CLOSE).conn == conn); /* at once, and not by the peer */
    CHECK(read(fds[1], answer, 1) == 0);
    close(fds[1]);
    CHECK(ws_loop_drop(loop) == 0);
}

/* Whatever there is to do makes the descriptor readable, and nothing else does. */
static void the_descriptor_tells(void)
{
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer);
    struct pollfd p = {.fd = (int)ws_loop_fd(loop), .events = POLLIN};
    WsEvent e;
    CHECK(poll(&p, 1, PATIENCE_MS) == 1 && ws_loop_poll(loop, &e, 1, 0) == 1 && e.kind == WS_EVENT_OPEN);
    while (ws_loop_poll(loop, &e, 1, 0) > 0) {
    }
    CHECK(poll(&p, 1, 0) == 0);
    CHECK(ws_send_text(peer, "in") > 0);
    CHECK(poll(&p, 1, PATIENCE_MS) == 1 && ws_loop_poll(loop, &e, 1, 0) == 1 && holds(&e, "in"));
    CHECK(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "at once", 7) > 0); /* the answer to a lone event: nothing is left to do */
    expect(peer, "at once");
    CHECK(poll(&p, 1, 0) == 0);
    CHECK(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "out", 3) > 0); /* between polls */
    CHECK(poll(&p, 1, PATIENCE_MS) == 1 && ws_loop_poll(loop, &e, 1, 0) == 0);
    expect(peer, "out");
    CHECK(ws_loop_wake(loop) == 0);
    CHECK(poll(&p, 1, PATIENCE_MS) == 1 && ws_loop_poll(loop, &e, 1, 0) == 0);
    CHECK(poll(&p, 1, 0) == 0);
    CHECK(ws_set(loop, WS_OPT_CLOSE_TIMEOUT_MS, 50) == 0 && ws_loop_close_conn(loop, conn, 1000, NULL) == 0);
    CHECK(poll(&p, 1, PATIENCE_MS) == 1 && ws_loop_poll(loop, &e, 1, 0) == 0);
    do { /* the peer does not answer: only a timer is left to make it readable */
        CHECK(poll(&p, 1, PATIENCE_MS) == 1);
    } while (ws_loop_poll(loop, &e, 1, 0) == 0);
    CHECK(e.kind == WS_EVENT_CLOSE && e.error == WS_ERR_TIMEOUT);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

/* A loop that probes before it sleeps reports the same. */
static void spinning_changes_nothing(void)
{
    WsLoopOptions o = WS_LOOP_OPTIONS_INIT;
    o.spin_us = 200;
    int64_t loop = ws_loop_new(&o), peer, conn = join(loop, &peer);
    CHECK(ws_get(loop, WS_OPT_SPIN_US) == 200);
    await(loop, WS_EVENT_OPEN);
    WsEvent e;
    for (int i = 0; i < 300; i++) {
        CHECK(ws_send_text(peer, "x") > 0);
        e = await(loop, WS_EVENT_MESSAGE);
        CHECK(ws_loop_send(loop, conn, e.opcode, e.data, e.len) > 0 && ws_loop_flush(loop) == 0);
        expect(peer, "x");
        if (i % 30 == 0) {
            double begin = seconds();
            CHECK(ws_loop_poll(loop, &e, 1, 2) == 0 && seconds() - begin >= 0.0019);
        }
    }
    CHECK(ws_set(loop, WS_OPT_SPIN_US, 0) == 0 && ws_loop_poll(loop, &e, 1, 1) == 0);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

int main(void)
{
    listeners_accept();
    requests_are_decided_on();
    the_descriptor_tells();
    spinning_changes_nothing();
    CHECK(ws_handle_count() == 0);
    return 0;
}
