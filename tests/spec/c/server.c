/* WsServer: its 3 fields and 7 methods; ws_server and ws_upgrade; each with its sentence of the API reference (RFC 6455 §4.2). */
#include <fcntl.h>
#include <pthread.h>

#include "items.h"

/* A client by hand that has sent its request and not read the answer. */
static int visitor(int64_t port) {
    char request[512];
    int fd = peer_connect(port);
    return fd >= 0 && peer_write(fd, request, peer_request(request, sizeof request, "/chat")) ? fd : -1;
}

static int welcomed(int fd) {
    char head[1024];
    return peer_read_head(fd, head, sizeof head) > 0 && strncmp(head, "HTTP/1.1 101 ", 13) == 0 &&
           strstr(head, "Sec-WebSocket-Accept: " PEER_ACCEPT "\r\n") != NULL;
}

/* Whether no frame has come yet; the answer to the opening handshake may have. */
static int unserved(int fd) {
    char head[1024];
    ssize_t n = recv(fd, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
    return n <= 0 || memcmp(head + n - 4, "\r\n\r\n", 4) == 0;
}

/* A port that somebody else listens on. */
static int taken_port(int64_t *port) {
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 1) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

/* ---- fields ---- */

static void listener_fd_field(void) {
    WsServer server = WsServer_bind(0);
    int listening = 0;
    socklen_t size = sizeof listening;
    EXPECT(server.listener_fd >= 0 && server.listener_fd == ws_server_listener_fd(server.handle));
    EXPECT(getsockopt((int)server.listener_fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1);
    EXPECT(WsServer_close(&server) == 0 && server.listener_fd == -1);
    EXPECT_ERROR(ws_server_listener_fd(server.handle), WS_ERR_CLOSED);
    EXPECT(WsServer_bind(-1).listener_fd == -1);
}

static void port_field(void) {
    WsServer any = WsServer_bind(0);
    EXPECT(any.port >= 1 && any.port <= 65535 && any.port == ws_server_port(any.handle)); /* 0 picks one, and this tells which */
    int64_t port = any.port;
    WsServer_drop(&any);
    WsServer again = WsServer_bind(port);
    EXPECT(again.port == port && WsServer_is_valid(&again) == 1);
    WsServer_drop(&again);
    EXPECT_ERROR(ws_server_port(again.handle), WS_ERR_CLOSED);
}

static void running_field(void) {
    WsServer server = WsServer_bind(0);
    EXPECT(server.running == 1 && ws_server_running(server.handle) == 1);
    EXPECT(WsServer_stop(&server) == 0 && server.running == 0);
    WsServer_drop(&server);
    EXPECT(server.running == 0 && ws_server_running(server.handle) == 0);
    EXPECT(WsServer_bind(-1).running == 0);
}

/* ---- methods ---- */

static int binds(WsServer (*make)(int64_t)) {
    int64_t port = 0;
    const int64_t bad[] = {-1, 65536, INT64_MAX, INT64_MIN, (int64_t)1 << 32};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        WsServer none = make(bad[i]);
        if (WsServer_is_valid(&none) != 0 || ws_last_error() == WS_ERR_NONE || none.handle != -1) {
            return 0;
        }
    }
    int fd = taken_port(&port);
    WsServer refused = make(port);
    int failed = WsServer_is_valid(&refused) == 0 && refused.listener_fd == -1;
    close(fd);
    WsServer server = make(0);
    int client = visitor(server.port);
    WsConnection conn = WsServer_accept(&server);
    int works = WsServer_is_valid(&server) == 1 && conn.fd >= 0 && welcomed(client);
    WsConnection_drop(&conn);
    close(client);
    WsServer_drop(&server);
    return failed && works;
}

/* "Create and bind a WebSocket server on the given port." */
static void bind_method(void) { EXPECT(binds(WsServer_bind)); }

/* "Check if server is valid (listener bound successfully). Returns 1 if valid, 0 otherwise." */
static void is_valid_method(void) {
    WsServer server = WsServer_bind(0), none = WsServer_bind(65536);
    EXPECT(WsServer_is_valid(&server) == 1 && WsServer_is_valid(&none) == 0);
    EXPECT(WsServer_close(&server) == 0 && WsServer_is_valid(&server) == 0);
}

/* "Accept a WebSocket connection (performs HTTP upgrade handshake). Returns WsConnection with fd=-1 on error." */
static void accept_method(void) {
    char answer[1024];
    WsServer server = WsServer_bind(0);
    int good = visitor(server.port);
    WsConnection conn = WsServer_accept(&server);
    EXPECT(conn.fd >= 0 && conn.is_server == 1 && conn.state == WS_STATE_OPEN && welcomed(good));
    EXPECT(WsConnection_send_text(&conn, "welcome") == 9);
    WsConnection_drop(&conn);
    close(good);

    int bad = peer_connect(server.port);
    EXPECT(peer_write(bad, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27));
    conn = WsServer_accept(&server);
    EXPECT(conn.fd == -1 && ws_last_error() == WS_ERR_HANDSHAKE);
    EXPECT(peer_read_head(bad, answer, sizeof answer) > 0 && strncmp(answer, "HTTP/1.1 426 ", 13) == 0);
    close(bad);

    WsServer_stop(&server);
    EXPECT(WsServer_accept(&server).fd == -1 && ws_last_error() == WS_ERR_CLOSED);
    WsServer_drop(&server);
    EXPECT(WsServer_accept(&server).fd == -1 && ws_last_error() == WS_ERR_CLOSED);
}

static void *echo(void *server) {
    return (void *)(intptr_t)ws_server_run_echo(*(int64_t *)server);
}

/* "Run an echo server loop. Accepts one connection at a time and echoes text and binary frames back." */
static void run_echo_method(void) {
    static PeerFrame seen;
    pthread_t thread;
    void *result = NULL;
    WsServer server = WsServer_bind(0);
    EXPECT(pthread_create(&thread, NULL, echo, &server.handle) == 0);
    int first = visitor(server.port), second = visitor(server.port);
    EXPECT(welcomed(first));
    EXPECT(peer_write_frame(first, 0x81, "text", 4, 1) && peer_read_frame(first, &seen));
    EXPECT(seen.first == 0x81 && seen.len == 4 && memcmp(seen.payload, "text", 4) == 0);
    EXPECT(peer_write_frame(first, 0x82, "\0\xff", 2, 1) && peer_read_frame(first, &seen));
    EXPECT(seen.first == 0x82 && seen.len == 2 && memcmp(seen.payload, "\0\xff", 2) == 0);
    EXPECT(peer_write_frame(second, 0x81, "next", 4, 1)); /* one connection at a time: this waits */
    EXPECT(peer_write_frame(first, 0x81, "more", 4, 1) && peer_read_frame(first, &seen) && unserved(second));
    EXPECT(peer_write_frame(first, 0x88, "\x03\xe8", 2, 1) && peer_read_frame(first, &seen) && seen.first == 0x88);
    close(first);
    EXPECT(welcomed(second) && peer_read_frame(second, &seen) && seen.len == 4 && memcmp(seen.payload, "next", 4) == 0);
    EXPECT(WsServer_stop(&server) == 0 && pthread_join(thread, &result) == 0 && result == NULL);
    close(second);
    WsServer_drop(&server);
    EXPECT_ERROR(WsServer_run_echo(&server), WS_ERR_CLOSED);
}

/* "Stop the server." run_echo and accept in other threads return. */
static void stop_method(void) {
    pthread_t thread;
    void *result = NULL;
    WsServer server = WsServer_bind(0), none = WsServer_bind(-1);
    EXPECT(pthread_create(&thread, NULL, echo, &server.handle) == 0);
    EXPECT(WsServer_stop(&server) == 0 && server.running == 0 && pthread_join(thread, &result) == 0);
    EXPECT(WsServer_stop(&server) == 0); /* again does no harm */
    EXPECT(WsServer_is_valid(&server) == 1 && server.listener_fd >= 0); /* the listener is bound until close */
    WsServer_drop(&server);
    EXPECT_ERROR(WsServer_stop(&server), WS_ERR_CLOSED);
    EXPECT_ERROR(WsServer_stop(&none), WS_ERR_HANDLE);
}

/* "Close the server listener." Connections that were accepted live on. */
static void close_method(void) {
    WsServer server = WsServer_bind(0), none = WsServer_bind(-1);
    int client = visitor(server.port);
    WsConnection conn = WsServer_accept(&server);
    int64_t fd = server.listener_fd;
    EXPECT(welcomed(client));
    EXPECT(WsServer_close(&server) == 0 && server.listener_fd == -1 && fcntl((int)fd, F_GETFD) == -1);
    EXPECT(peer_connect(server.port) == -1);
    EXPECT(WsConnection_send_text(&conn, "still here") == 12);
    WsConnection_drop(&conn);
    close(client);
    EXPECT_ERROR(WsServer_close(&server), WS_ERR_CLOSED);
    EXPECT_ERROR(WsServer_close(&none), WS_ERR_HANDLE);
}

/* "Cleanup / destructor (calls close)." */
static void drop_method(void) {
    WsServer server = WsServer_bind(0), none = WsServer_bind(-1);
    int64_t handles = ws_handle_count();
    EXPECT(WsServer_drop(&server) == 0 && server.listener_fd == -1 && ws_handle_count() == handles - 1);
    EXPECT(peer_connect(server.port) == -1);
    EXPECT(WsServer_drop(&server) == 0); /* harmless after it was closed */
    EXPECT_ERROR(WsServer_drop(&none), WS_ERR_HANDLE);
}

/* ---- convenience functions ---- */

/* "Create a WebSocket server bound to a port." */
static void ws_server_function(void) {
    EXPECT(binds(WebSocket_server));
    EXPECT_ERROR(ws_server(65536), WS_ERR_ARGUMENT);
    int64_t server = ws_server(0);
    EXPECT(server > 0 && ws_server_is_valid(server) == 1 && ws_server_drop(server) == 0);
}

/* "Perform server-side handshake on an existing TCP connection. Returns WsConnection with fd=-1 on failure." */
static void ws_upgrade_function(void) {
    char request[600], head[1024];
    size_t len = peer_request(request, sizeof request, "/chat");
    int fd = -1, peer = peer_pair(&fd);
    memcpy(request + len, "\x81\x82\0\0\0\0hi", 8); /* a frame in the same segment as the request */
    WsConnection conn = WebSocket_upgrade(fd, request, (int64_t)len + 8);
    EXPECT(conn.fd == fd && conn.is_server == 1 && conn.state == WS_STATE_OPEN && welcomed(peer));
    WsFrame frame = WsConnection_recv_frame(&conn);
    EXPECT(WsFrame_is_text(&frame) == 1 && strcmp(WsFrame_payload_text(&frame), "hi") == 0);
    EXPECT(strcmp(ws_request_path(conn.handle), "/chat") == 0);
    WsFrame_drop(&frame);
    WsConnection_drop(&conn);
    close(peer);

    peer = peer_pair(&fd); /* an incomplete request: the rest comes from the socket */
    EXPECT(peer_write(peer, request + 10, len - 10));
    conn = WebSocket_upgrade(fd, request, 10);
    EXPECT(conn.fd == fd && welcomed(peer));
    WsConnection_drop(&conn);
    close(peer);

    peer = peer_pair(&fd);
    conn = WebSocket_upgrade(fd, "POST / HTTP/1.1\r\nHost: x\r\n\r\n", 28);
    EXPECT(conn.fd == -1 && ws_last_error() == WS_ERR_HANDSHAKE && ws_last_http_status() == 405);
    EXPECT(peer_read_head(peer, head, sizeof head) > 0 && strncmp(head, "HTTP/1.1 405 ", 13) == 0);
    EXPECT(fcntl(fd, F_GETFD) >= 0); /* the descriptor stayed the caller's */
    EXPECT(WebSocket_upgrade(fd, NULL, 1).fd == -1 && ws_last_error() == WS_ERR_ARGUMENT);
    EXPECT(WebSocket_upgrade(-1, "", 0).fd == -1);
    close(fd);
    close(peer);
}

const Item server_items[] = {
    {"WsServer.listener_fd", listener_fd_field},
    {"WsServer.port", port_field},
    {"WsServer.running", running_field},
    {"WsServer.bind()", bind_method},
    {"WsServer.is_valid()", is_valid_method},
    {"WsServer.accept()", accept_method},
    {"WsServer.run_echo()", run_echo_method},
    {"WsServer.stop()", stop_method},
    {"WsServer.close()", close_method},
    {"WsServer.drop()", drop_method},
    {"ws_server()", ws_server_function},
    {"ws_upgrade()", ws_upgrade_function},
    {NULL, NULL},
};
