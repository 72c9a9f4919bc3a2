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

/* Texts are copied like snprintf does it, whole even with a NUL inside. */
static void copies(void)
{
    int64_t client = 0;
    pthread_t thread;
    char buffer[64];
    listener = ws_server_bind_host("127.0.0.1", 0);
    CHECK(pthread_create(&thread, NULL, dial, &client) == 0);
    int64_t conn = ws_server_accept_request(listener);
    CHECK(conn > 0 && ws_copy_text(conn, WS_TEXT_REQUEST_PATH, buffer, sizeof buffer) == 5 && strcmp(buffer, "/path") == 0);
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_METHOD, buffer, sizeof buffer) == 3 && strcmp(buffer, "GET") == 0);
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_QUERY, buffer, sizeof buffer) == 7 && strcmp(buffer, "query=1") == 0);
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_HOST, buffer, sizeof buffer) > 10 && strcmp(buffer, ws_request_host(conn)) == 0);
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_ORIGIN, buffer, sizeof buffer) == 18 && strcmp(buffer, "http://example.org") == 0);
    CHECK(ws_copy_text(conn, WS_TEXT_PEER_ADDRESS, buffer, sizeof buffer) > 10 && strcmp(buffer, ws_peer_address(conn)) == 0);
    CHECK(ws_copy_text(conn, WS_TEXT_SUBPROTOCOL, buffer, sizeof buffer) == 0 && buffer[0] == '\0');
    memset(buffer, '#', sizeof buffer);
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, NULL, 0) == 5); /* how long it is */
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, buffer, 1) == 5 && buffer[0] == '\0' && buffer[1] == '#');
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, buffer, 5) == 5 && strcmp(buffer, "/pat") == 0 && buffer[5] == '#');
    CHECK(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, buffer, 6) == 5 && strcmp(buffer, "/path") == 0 && buffer[6] == '#');
    CHECK(ws_copy_header(conn, "x-tWO", buffer, sizeof buffer) == 4 && strcmp(buffer, "a, b") == 0);
    CHECK(ws_copy_header(conn, "X-Two", NULL, 0) == 4 && ws_copy_header(conn, "absent", buffer, sizeof buffer) == -2);
    int64_t count = ws_request_header_count(conn), found = 0;
    for (int64_t i = 0; i < count; i++) {
        CHECK(ws_copy_text(conn, WS_TEXT_HEADER_VALUE + i, buffer, sizeof buffer) >= 0 && strcmp(buffer, ws_request_header_value(conn, i)) == 0);
        CHECK(ws_copy_text(conn, WS_TEXT_HEADER_NAME + i, buffer, sizeof buffer) > 0);
        found += strcmp(buffer, "X-One") == 0;
    }
    CHECK(found == 1);
    memset(buffer, '#', sizeof buffer);
    const int64_t wrong[] = {0, -1, 9, WS_TEXT_HEADER_NAME - 1, WS_TEXT_HEADER_NAME + count, WS_TEXT_HEADER_VALUE + count, 3 << 16, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        FAILS(ws_copy_text(conn, wrong[i], buffer, sizeof buffer), WS_ERR_ARGUMENT);
    }
    FAILS(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, NULL, 1), WS_ERR_ARGUMENT);
    FAILS(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, buffer, -1), WS_ERR_ARGUMENT);
    FAILS(ws_copy_text(conn, WS_TEXT_REQUEST_PATH, buffer, INT64_MAX), WS_ERR_TOO_LARGE);
    FAILS(ws_copy_header(conn, NULL, buffer, sizeof buffer), WS_ERR_ARGUMENT);
    CHECK(buffer[0] == '#');
    CHECK(ws_accept_upgrade(conn, "chat", NULL) == 0 && pthread_join(thread, NULL) == 0 && client > 0);
    CHECK(ws_copy_text(conn, WS_TEXT_SUBPROTOCOL, buffer, sizeof buffer) == 4 && strcmp(buffer, "chat") == 0);
    CHECK(ws_copy_text(client, WS_TEXT_SUBPROTOCOL, buffer, sizeof buffer) == 4 && strcmp(buffer, "chat") == 0);
    FAILS(ws_copy_text(client, WS_TEXT_REQUEST_PATH, buffer, sizeof buffer), WS_ERR_STATE);
    FAILS(ws_copy_header(client, "Host", buffer, sizeof buffer), WS_ERR_STATE);
    CHECK(ws_send_close_n(client, 3001, "a\0b", 3) > 0);
    WsFrame f = ws_recv_message(conn);
    CHECK(f.opcode == WS_OPCODE_CLOSE);
    ws_frame_drop(&f);
    CHECK(strcmp(ws_close_reason(conn), "a") == 0); /* which a NUL ends */
    CHECK(ws_copy_text(conn, WS_TEXT_CLOSE_REASON, buffer, sizeof buffer) == 3 && memcmp(buffer, "a\0b", 4) == 0);
    ws_drop(conn);
    FAILS(ws_copy_text(conn, WS_TEXT_CLOSE_REASON, buffer, sizeof buffer), WS_ERR_CLOSED);
    ws_drop(client);
    ws_server_drop(listener);
}

static const char plain[] = "GET /somewhere HTTP/1.1\r\nHost: h\r\n\r\n";
static int64_t watched;

/* Copies texts of a connection until it is closed. */
static void *copy_on(void *arg)
{
    int64_t *copied = arg;
    char buffer[64];
    for (;;) {
        int64_t n = ws_copy_text(watched, WS_TEXT_REQUEST_PATH, buffer, sizeof buffer);
        if (n < 0) {
            CHECK(ws_last_error() == WS_ERR_CLOSED);
            return NULL;
        }
        CHECK(n == 10 && strcmp(buffer, "/somewhere") == 0);
        n = ws_copy_header(watched, "host", buffer, sizeof buffer);
        CHECK(n == 1 ? strcmp(buffer, "h") == 0 : n == -1 && ws_last_error() == WS_ERR_CLOSED);
        __atomic_fetch_add(copied, 1, __ATOMIC_RELAXED);
    }
}

/* A copy is whole while other threads poll the loop, which takes lent texts away, and close the connection. */
static void copies_beside_other_threads(void)
{
    WsLoopOptions o = WS_LOOP_OPTIONS_INIT;
    o.requests = 1;
    int64_t loop = ws_loop_new(&o);
    for (int turn = 0; turn < 20; turn++) {
        pthread_t thread;
        int fds[2];
        int64_t copied = 0;
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
        watched = ws_loop_adopt(loop, fds[0], WS_ADOPT_REQUEST, plain, sizeof plain - 1);
        await(loop, WS_EVENT_REQUEST);
        CHECK(pthread_create(&thread, NULL, copy_on, &copied) == 0);
        while (__atomic_load_n(&copied, __ATOMIC_RELAXED) < 20) {
            WsEvent e;
            CHECK(ws_request_path(watched) != NULL && ws_loop_poll(loop, &e, 1, 0) == 0);
        }
        CHECK(ws_loop_abort_conn(loop, watched) == 0);
        await(loop, WS_EVENT_CLOSE);
        CHECK(pthread_join(thread, NULL) == 0);
        close(fds[1]);
    }
    ws_loop_drop(loop);
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
    copies();
    copies_beside_other_threads();
    contexts_may_be_numbers();
    CHECK(ws_handle_count() == 0);
    return 0;
}
