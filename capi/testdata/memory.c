/* Memory: constructors copy, received payloads are the caller's and end in NUL, texts live as long as their connection. */
#include <malloc.h>
#include <pthread.h>

#include "loop.h"

static void frames(void)
{
    char source[] = "hello";
    WsFrame f = ws_frame_text(source);
    memset(source, 'x', 5);
    CHECK(f.opcode == 1 && f.payload_len == 5 && f.is_final == 1 && f.is_masked == 0);
    CHECK(strcmp(ws_frame_payload_text(&f), "hello") == 0);
    WsFrame copy = f;
    CHECK(ws_frame_drop(&f) == 0 && f.payload == 0 && f.payload_len == 0);
    CHECK(ws_frame_drop(&f) == 0); /* the second does nothing */
    CHECK(copy.payload != 0);      /* and must not be dropped as well */
    WsFrame nul = ws_frame_text_n("a\0b", 3);
    CHECK(nul.payload_len == 3 && memcmp((void *)(intptr_t)nul.payload, "a\0b", 4) == 0);
    ws_frame_drop(&nul);
    WsFrame closing = ws_frame_close(4999);
    CHECK(closing.payload_len == 2 && ws_frame_close_code(&closing) == 4999);
    ws_frame_drop(&closing);
    CHECK(ws_frame_close(WS_CLOSE_NO_STATUS).opcode == -1 && ws_last_error() == WS_ERR_CLOSE_CODE);
    WsFrame bare = ws_frame_new(WS_OPCODE_CLOSE, NULL, 0);
    CHECK(bare.opcode == WS_OPCODE_CLOSE && bare.payload_len == 0 && ws_frame_close_code(&bare) == WS_CLOSE_NO_STATUS);
    WsFrame ping = ws_frame_ping(), pong = ws_frame_pong();
    CHECK(ws_frame_is_ping(&ping) == 1 && ws_frame_is_pong(&pong) == 1 && ws_frame_is_control(&ping) == 1 && ws_frame_is_text(&ping) == 0);
    CHECK(ws_frame_drop(&ping) == 0 && ws_frame_drop(&pong) == 0);
}

static void received(void)
{
    int64_t server, client;
    pair(&server, &client);
    static char block[65536];
    memset(block, 'm', sizeof block);
    CHECK(ws_send_binary(client, block, sizeof block) > (int64_t)sizeof block);
    CHECK(ws_send_text(client, "next") == 10);
    CHECK(ws_mask_key(client) >= 0);
    WsFrame big = ws_recv_frame(server), next = ws_recv_frame(server);
    CHECK(big.opcode == WS_OPCODE_BINARY && big.is_masked == 1 && big.payload_len == sizeof block);
    CHECK(memcmp((char *)(intptr_t)big.payload, block, sizeof block) == 0); /* receiving again did not touch it */
    CHECK(((char *)(intptr_t)big.payload)[sizeof block] == '\0');
    CHECK(strcmp(ws_frame_payload_text(&next), "next") == 0);
    ws_drop(server);
    ws_drop(client);
    CHECK(((char *)(intptr_t)big.payload)[sizeof block - 1] == 'm'); /* it outlives the connection */
    CHECK(malloc_usable_size((void *)(intptr_t)big.payload) > sizeof block);
    ws_frame_drop(&big);
    ws_frame_drop(&next);
}

static int64_t listener;

static void *dial(void *arg)
{
    char url[64];
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    options.subprotocols = "chat, other";
    options.headers = "X-One: 1\r\nX-Two: a\nx-two: b\n";
    options.origin = "http://example.org";
    snprintf(url, sizeof url, "ws://127.0.0.1:%lld/path?query=1", (long long)ws_server_port(listener));
    int64_t conn = ws_connect_with(url, &options);
    *(int64_t *)arg = conn;
    return NULL;
}

static void texts(void)
{
    int64_t client = 0;
    pthread_t thread;
    listener = ws_server_bind_host("127.0.0.1", 0);
    CHECK(pthread_create(&thread, NULL, dial, &client) == 0);
    int64_t conn = ws_server_accept_request(listener);
    CHECK(conn > 0 && ws_state(conn) == WS_STATE_CONNECTING && ws_is_open(conn) == 0);
    FAILS(ws_send_text(conn, "early"), WS_ERR_STATE);
    const char *path = ws_request_path(conn);
    CHECK(strcmp(path, "/path") == 0 && strcmp(ws_request_query(conn), "query=1") == 0);
    CHECK(strcmp(ws_request_method(conn), "GET") == 0 && strncmp(ws_request_host(conn), "127.0.0.1:", 10) == 0);
    CHECK(strcmp(ws_request_origin(conn), "http://example.org") == 0);
    CHECK(strcmp(ws_request_header(conn, "x-ONE"), "1") == 0 && strcmp(ws_request_header(conn, "X-Two"), "a, b") == 0);
    FAILS(ws_request_header_count(-5), WS_ERR_HANDLE);
    CHECK(ws_request_header(conn, "absent") == NULL && ws_last_error() == WS_ERR_HANDLE); /* absence is no failure */
    int64_t count = ws_request_header_count(conn), found = 0;
    for (int64_t i = 0; i < count; i++) {
        CHECK(ws_request_header_name(conn, i) && ws_request_header_value(conn, i));
        found += strcmp(ws_request_header_name(conn, i), "X-One") == 0;
    }
    CHECK(found == 1);
    CHECK(ws_request_header_name(conn, count) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    CHECK(ws_request_header_value(conn, -1) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    FAILS(ws_accept_upgrade(conn, "unoffered", NULL), WS_ERR_ARGUMENT);
    FAILS(ws_accept_upgrade(conn, "chat", "X-Bad: a\rb"), WS_ERR_HEADER);
    CHECK(ws_http_status(conn) == 0);
    CHECK(ws_accept_upgrade(conn, "chat", "X-Three: 3") == 0);
    CHECK(pthread_join(thread, NULL) == 0 && client > 0);
    CHECK(strcmp(ws_subprotocol(conn), "chat") == 0 && strcmp(ws_subprotocol(client), "chat") == 0);
    CHECK(ws_http_status(conn) == 101 && ws_http_status(client) == 101);
    CHECK(path == ws_request_path(conn) && strcmp(path, "/path") == 0); /* the same memory, as long as the connection lives */
    CHECK(strncmp(ws_peer_address(client), "127.0.0.1:", 10) == 0);
    CHECK(ws_send_close_reason(client, 3001, "why not") > 0);
    WsFrame f = ws_recv_message(conn);
    CHECK(f.opcode == WS_OPCODE_CLOSE && ws_frame_close_code(&f) == 3001);
    ws_frame_drop(&f);
    CHECK(ws_close_code(conn) == 3001 && strcmp(ws_close_reason(conn), "why not") == 0);
    CHECK(ws_state(conn) == WS_STATE_CLOSED && ws_close(conn) == 0 && ws_close(client) == 0);

    CHECK(pthread_create(&thread, NULL, dial, &client) == 0);
    conn = ws_server_accept_request(listener);
    CHECK(conn > 0);
    FAILS(ws_refuse(conn, 101, NULL, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_refuse(conn, -1, NULL, NULL, 0), WS_ERR_ARGUMENT);
    FAILS(ws_refuse(conn, 403, "X: a\rb", NULL, 0), WS_ERR_HEADER);
    CHECK(ws_refuse(conn, 403, "X-Why: because\n", "no\n", 3) == 0);
    CHECK(pthread_join(thread, NULL) == 0 && client == -1);
    CHECK(ws_drop(conn) == 0);
    ws_server_drop(listener);
}

static void *refused(void *arg)
{
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%lld/", (long long)ws_server_port(*(int64_t *)arg));
    FAILS(ws_connect(url), WS_ERR_REFUSED);
    CHECK(ws_last_http_status() == 418);
    return NULL;
}

static void statuses(void)
{
    pthread_t thread;
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    CHECK(pthread_create(&thread, NULL, refused, &server) == 0);
    int64_t conn = ws_server_accept_request(server);
    CHECK(conn > 0 && ws_refuse(conn, 418, NULL, NULL, 0) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    ws_drop(conn);
    ws_server_drop(server);
}

/* A context is the caller's own, which may be a number in the place of an address: even one at which Go has objects of its own. */
static void contexts_may_be_numbers(void)
{
    int64_t loop = ws_loop_new(NULL), peer, conn = join(loop, &peer);
    char line[512], rights[8];
    unsigned long begin, end;
    FILE *maps = fopen("/proc/self/maps", "r");
    int heaps = 0;
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &begin, &end, rights) != 3 || begin >= 0x500000000000 || rights[0] != 'r' || end - begin < 1 << 20) {
            continue;
        }
        heaps++;
        for (unsigned long at = begin; at < end && at < begin + (8 << 20); at += 8192) { /* in its arenas, below all that is C's */
            CHECK(ws_loop_set_context(loop, conn, (void *)at) == 0 && ws_loop_context(loop, conn) == (void *)at);
        }
    }
    fclose(maps);
    CHECK(heaps > 0);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
}

int main(void)
{
    frames();
    received();
    texts();
    statuses();
    contexts_may_be_numbers();
    CHECK(ws_handle_count() == 0);
    return 0;
}
