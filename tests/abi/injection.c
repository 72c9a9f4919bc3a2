/* CR, LF and other bytes that HTTP forbids in what a caller puts into an opening handshake: refused, with nothing sent (RFC 9110 §5.5). */
#include "check.h"

/* Nobody has connected to the listener. */
static void nobody_came(int64_t server) {
    CHECK(ws_set(server, WS_OPT_ACCEPT_TIMEOUT_MS, 1) == 0);
    REFUSED(ws_server_accept(server), WS_ERR_TIMEOUT);
}

static void client(void) {
    char url[64];
    int64_t server = listening(url, sizeof url);
    static const char *const headers[] = {
        "X-A: b\rX-Evil: 1",  "X-A: \x01",     "X-A: \x7f",   "no colon",     ": empty name",          "X A: space",
        "X-A : space",        "X-\xc3\xa9: 1", " X-A: folded", "X-A: b\n c: d", "Host: elsewhere",       "Upgrade: h2c",
        "Connection: close",  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",       "Sec-WebSocket-Version: 8", "Content-Length: 5",
        "Transfer-Encoding: chunked", "Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Extensions: permessage-deflate",
    };
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        options.headers = headers[i];
        if (ws_connect_with(url, &options) != -1 || ws_last_error() != WS_ERR_HEADER) {
            fprintf(stderr, "header %s\n", headers[i]);
            CHECK(!"refused with WS_ERR_HEADER");
        }
    }
    options.headers = NULL;
    static const char *const subprotocols[] = {"chat\r\nX: y", "a b", "chat, super\nchat", "\"q\"", "caf\xc3\xa9"};
    for (size_t i = 0; i < sizeof subprotocols / sizeof *subprotocols; i++) {
        options.subprotocols = subprotocols[i];
        if (ws_connect_with(url, &options) != -1 || ws_last_error() != WS_ERR_HEADER) {
            fprintf(stderr, "subprotocols %s\n", subprotocols[i]);
            CHECK(!"refused with WS_ERR_HEADER");
        }
    }
    options.subprotocols = "a, b, a";
    REFUSED(ws_connect_with(url, &options), WS_ERR_ARGUMENT, "twice"); /* RFC 6455 §4.1 */
    options.subprotocols = NULL;
    static const char *const origins[] = {"http://a\r\nX: y", "http://a\n", "\x01"};
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        options.origin = origins[i];
        REFUSED(ws_connect_with(url, &options), WS_ERR_HEADER, "rigin");
    }
    nobody_came(server);
    ws_server_drop(server);
    CHECK(ws_handle_count() == 0);
}

static void urls(void) {
    char url[64], bad[128];
    int64_t server = listening(url, sizeof url);
    static const char *const tails[] = {"a\r\nX: y", "a\nb", "#fragment", "\x7f", "\x01", "%zz"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(bad, sizeof bad, "%s%s", url, tails[i]);
        if (ws_connect(bad) != -1 || ws_last_error() != WS_ERR_URL) {
            fprintf(stderr, "url %s\n", bad);
            CHECK(!"refused with WS_ERR_URL");
        }
    }
    static const char *const whole[] = {"", "ws://", "http://127.0.0.1/", "ws://127.0.0.1:65536/", "ws://127.0.0.1:-1/", "ws://:80/",
                                        "ws://user@127.0.0.1/", "ws://[::1/", "ws://[::1]x/", "//127.0.0.1/", "ws:127.0.0.1", "ws://a b/"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (ws_connect(whole[i]) != -1 || ws_last_error() != WS_ERR_URL) {
            fprintf(stderr, "url %s\n", whole[i]);
            CHECK(!"refused with WS_ERR_URL");
        }
    }
    REFUSED(ws_connect(NULL), WS_ERR_ARGUMENT, "url", "NULL");
    REFUSED(ws_connect_with(NULL, NULL), WS_ERR_ARGUMENT, "url", "NULL");
    int fd = -1, peer = peer_pair(&fd);
    REFUSED(ws_client_handshake(fd, NULL, NULL), WS_ERR_ARGUMENT, "url", "NULL");
    REFUSED(ws_client_handshake(fd, "ws://h/\r\nX: y", NULL), WS_ERR_URL);
    CHECK(peer_silent(peer) && fcntl(fd, F_GETFD) >= 0);
    close(fd);
    close(peer);
    nobody_came(server);
    ws_server_drop(server);
}

static void options(void) {
    char url[64];
    int64_t server = listening(url, sizeof url);
    WsConnectOptions none = WS_CONNECT_OPTIONS_INIT, o = none;
    o.timeout_ms = -1;
    REFUSED(ws_connect_with(url, &o), WS_ERR_ARGUMENT, "timeout_ms", "-1");
    o = none;
    o.max_message_bytes = -1;
    CHECK(ws_connect_with(url, &o) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_OPTION));
    CHECK(strstr(ws_last_error_message(), "max_message_bytes") != NULL || strstr(ws_last_error_message(), "MAX_MESSAGE_BYTES") != NULL);
    o = none;
    o.max_frame_bytes = INT64_MIN;
    CHECK(ws_connect_with(url, &o) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_OPTION));
    o = none;
    o.interruptible = 2;
    REFUSED(ws_connect_with(url, &o), WS_ERR_ARGUMENT, "interruptible", "2");
    o = none;
    o.struct_size = 0;
    CHECK(ws_connect_with(url, &o) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_OPTION));
    o.struct_size = -8;
    CHECK(ws_connect_with(url, &o) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_OPTION));
    nobody_came(server);
    ws_server_drop(server);
}

/* A struct of a later release: what this one does not know must be zero; one of an earlier release is shorter. */
static void other_releases(void) {
    char url[64];
    int64_t server = listening(url, sizeof url);
    struct {
        WsConnectOptions known;
        int64_t later[2];
    } bigger = {WS_CONNECT_OPTIONS_INIT, {0, 1}};
    bigger.known.struct_size = sizeof bigger;
    REFUSED(ws_connect_with(url, &bigger.known), WS_ERR_OPTION);
    nobody_came(server);
    CHECK(ws_server_stop(server) == 0);
    bigger.later[1] = 0;
    bigger.known.timeout_ms = 50; /* it gets as far as the network, where nobody answers */
    REFUSED(ws_connect_with(url, &bigger.known), WS_ERR_TIMEOUT);
    WsConnectOptions first;
    memset(&first, 0xff, sizeof first); /* what an earlier release did not have is never looked at */
    first.struct_size = 16;
    first.timeout_ms = 50;
    REFUSED(ws_connect_with(url, &first), WS_ERR_TIMEOUT);
    ws_server_drop(server);
}

/* What a server says. */
static void answers(void) {
    char url[64], request[512];
    int64_t server = listening(url, sizeof url);
    int peer = peer_connect(ws_server_port(server));
    CHECK(peer_write(peer, request, peer_request(request, sizeof request, "/")));
    int64_t conn = ws_server_accept_request(server);
    CHECK(conn > 0);
    static const char *const headers[] = {"X-A: b\rX-Evil: 1", "no colon", "X A: b", "Upgrade: x", "Connection: close", "Sec-WebSocket-Accept: x", "X: \x01"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        if (ws_accept_upgrade(conn, NULL, headers[i]) != -1 || ws_last_error() != WS_ERR_HEADER) {
            fprintf(stderr, "header %s\n", headers[i]);
            CHECK(!"refused with WS_ERR_HEADER");
        }
    }
    REFUSED(ws_accept_upgrade(conn, "not offered", NULL), WS_ERR_ARGUMENT);
    CHECK(ws_accept_upgrade(conn, "a\r\nX: y", NULL) == -1);
    REFUSED(ws_refuse(conn, 404, "X: a\rY: b", "", 0), WS_ERR_HEADER);
    REFUSED(ws_refuse(conn, 101, NULL, "", 0), WS_ERR_ARGUMENT, "status");
    REFUSED(ws_refuse(conn, 600, NULL, "", 0), WS_ERR_ARGUMENT, "status");
    REFUSED(ws_refuse(conn, -1, NULL, "", 0), WS_ERR_ARGUMENT, "status", "200 to 599");
    REFUSED(ws_refuse(conn, 404, NULL, NULL, 1), WS_ERR_ARGUMENT, "body", "NULL");
    REFUSED(ws_refuse(conn, 404, NULL, "x", -1), WS_ERR_ARGUMENT, "body_len", "-1");
    REFUSED(ws_refuse(conn, 404, NULL, "x", INT64_MAX), WS_ERR_TOO_LARGE, "body_len");
    CHECK(ws_request_header(conn, NULL) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    CHECK(ws_request_header_name(conn, -1) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    CHECK(ws_request_header_value(conn, INT64_MAX) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    CHECK(peer_silent(peer) && ws_state(conn) == WS_STATE_CONNECTING);
    CHECK(ws_accept_upgrade(conn, NULL, "X-Fine: yes\r\nX-Also: \xc3\xa9\n") == 0); /* and the request can still be answered */
    REFUSED(ws_accept_upgrade(conn, NULL, NULL), WS_ERR_STATE);
    char head[1024];
    CHECK(peer_read_head(peer, head, sizeof head) > 0 && strstr(head, "X-Fine: yes\r\n") != NULL);
    ws_drop(conn);
    close(peer);
    ws_server_drop(server);
}

static void lists(void) {
    char url[64];
    int64_t server = listening(url, sizeof url);
    REFUSED(ws_server_set_subprotocols(server, "a b"), WS_ERR_HEADER);
    REFUSED(ws_server_set_subprotocols(server, "chat\r\nX: y"), WS_ERR_HEADER);
    REFUSED(ws_server_set_origins(server, "https://a\r\nX: y"), WS_ERR_HEADER);
    REFUSED(ws_server_set_origins(server, "\x01"), WS_ERR_HEADER);
    CHECK(ws_server_set_subprotocols(server, NULL) == 0 && ws_server_set_origins(server, "") == 0);
    CHECK(ws_server_set_subprotocols(server, "chat, superchat") == 0 && ws_server_set_origins(server, "https://a.example, https://b.example:8443") == 0);
    ws_server_drop(server);
}

CASES({"client", client},
      {"urls", urls},
      {"options", options},
      {"other_releases", other_releases},
      {"answers", answers},
      {"lists", lists})
