/* Tries requests on ws.h that must not be sent, `misuse HOST PORT`, and prints "NAME CODE" for each: the WS_ERR_ that refused it. */
#include <stdio.h>
#include <string.h>

#include "ws.h"

static const char *host, *port;

static void try_path(const char *name, const char *path) {
    char url[256];
    snprintf(url, sizeof url, "ws://%s:%s%s", host, port, path);
    int64_t conn = ws_connect(url);
    printf("%s %lld\n", name, conn < 0 ? (long long)ws_last_error() : 0LL);
}

static void try_options(const char *name, const char *headers, const char *subprotocols, const char *origin) {
    char url[256];
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    options.headers = headers;
    options.subprotocols = subprotocols;
    options.origin = origin;
    snprintf(url, sizeof url, "ws://%s:%s/", host, port);
    int64_t conn = ws_connect_with(url, &options);
    printf("%s %lld\n", name, conn < 0 ? (long long)ws_last_error() : 0LL);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    host = argv[1];
    port = argv[2];
    try_path("path-crlf", "/\r\nX-Evil: 1");
    try_path("path-lf", "/\nX-Evil: 1");
    try_path("query-crlf", "/?a=\r\nX-Evil: 1");
    try_options("header-value-cr", "X-A: a\rb\r\n", NULL, NULL);
    try_options("header-no-colon", "X-A\r\n", NULL, NULL);
    try_options("header-folded", "X-A: a\r\n b\r\n", NULL, NULL);
    try_options("header-space-in-name", "X A: a\r\n", NULL, NULL);
    try_options("header-reserved", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", NULL, NULL);
    try_options("header-host", "Host: evil\r\n", NULL, NULL);
    try_options("header-empty-line", "X-A: a\r\n\r\nGET / HTTP/1.1\r\n", NULL, NULL);
    try_options("subprotocol-crlf", NULL, "v1\r\nX-Evil: 1", NULL);
    try_options("subprotocol-space", NULL, "v 1", NULL);
    try_options("subprotocol-twice", NULL, "v1, v1", NULL);
    try_options("origin-crlf", NULL, NULL, "https://a\r\nX-Evil: 1");
    return 0;
}
