/* Without memory every call that allocates fails with WS_ERR_NO_MEMORY and leaves nothing behind; the process lives, and no message is lost. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

#include "check.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);

static _Thread_local int none; /* nothing is left for the library in this thread */
static _Thread_local int refusals;

/* Only the library is starved: the system's own starting of threads, for one, is another story. */
static int refuse(void *caller)
{
    Dl_info from;
    if (!none || dladdr(caller, &from) == 0 || strstr(from.dli_fname, "libws.so") == NULL) {
        return 0;
    }
    refusals++;
    return 1;
}

void *malloc(size_t size) { return refuse(__builtin_return_address(0)) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refuse(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size); }

/* The call fails for want of memory, and would not have failed otherwise. */
#define STARVES(call, failure)                             \
    do {                                                   \
        ws_clear_error();                                  \
        refusals = 0;                                      \
        none = 1;                                          \
        int failed_ = (call) == (failure);                 \
        none = 0;                                          \
        CHECK(failed_ && refusals == 1);                   \
        CHECK(ws_last_error() == WS_ERR_NO_MEMORY);        \
    } while (0)

static char url[64];

static void *dial(void *conn_out)
{
    *(int64_t *)conn_out = ws_connect(url);
    return NULL;
}

static void objects(void)
{
    STARVES(ws_server_bind_host("127.0.0.1", 0), -1); /* the first ones, so that the tables of blocks are made as well */
    STARVES(ws_loop_new(NULL), -1);
    CHECK(ws_handle_count() == 0);
    int64_t server = ws_server_bind_host("127.0.0.1", 0), loop = ws_loop_new(NULL);
    CHECK(server > 0 && loop > 0);
    STARVES(ws_server_bind_host("127.0.0.1", 0), -1);
    STARVES(ws_loop_new(NULL), -1);
    static int64_t pack[4000];
    STARVES(ws_loop_poll_packed(loop, pack, sizeof pack, 0), -1);
    STARVES(ws_loop_send_packed(loop, 0, "", 0, NULL), -1);
    CHECK(ws_loop_poll_packed(loop, pack, sizeof pack, 0) == 0);
    CHECK(ws_server_drop(server) == 0 && ws_loop_drop(loop) == 0 && ws_handle_count() == 0);
}

static void texts(void)
{
    int64_t server = ws_server_bind_host("127.0.0.1", 0), client = -1;
    snprintf(url, sizeof url, "ws://127.0.0.1:%lld/path", (long long)ws_server_port(server));
    pthread_t dialler;
    CHECK(pthread_create(&dialler, NULL, dial, &client) == 0);
    int64_t conn = ws_server_accept(server);
    CHECK(conn > 0 && pthread_join(dialler, NULL) == 0 && client > 0);
    STARVES(ws_request_path(conn), NULL);
    STARVES(ws_request_header(conn, "host"), NULL);
    STARVES(ws_request_header_name(conn, 0), NULL);
    STARVES(ws_request_header_value(conn, 0), NULL);
    STARVES(ws_peer_address(conn), NULL);
    STARVES(ws_subprotocol(conn), NULL);
    STARVES(ws_close_reason(conn), NULL);
    CHECK(strcmp(ws_request_path(conn), "/path") == 0);
    CHECK(ws_drop(conn) == 0 && ws_drop(client) == 0 && ws_server_drop(server) == 0);
}

static void frames(void)
{
    STARVES(ws_frame_text("x").opcode, -1);
    STARVES(ws_frame_new(WS_OPCODE_BINARY, "x", 1).opcode, -1);
    STARVES(ws_frame_binary("x", 1).opcode, -1);
    STARVES(ws_frame_close(1000).opcode, -1);
}

static void gives(WsFrame frame, int64_t opcode, const char *payload)
{
    CHECK(frame.opcode == opcode && strcmp(ws_frame_payload_text(&frame), payload) == 0);
    ws_frame_drop(&frame);
}

static void messages_wait(void)
{
    int64_t server, client;
    char room[8];
    pair(&server, &client);
    CHECK(ws_send_text(client, "one") > 0 && ws_send_text(client, "two") > 0 && ws_send_text(client, "three") > 0);
    STARVES(ws_recv_message(server).opcode, -1);
    CHECK(ws_pending(server) == 1);
    STARVES(ws_recv_message(server).opcode, -1); /* again and again */
    gives(ws_recv_message(server), WS_OPCODE_TEXT, "one");
    STARVES(ws_recv_message(server).opcode, -1);
    CHECK(ws_recv_into(server, room, sizeof room) == (3 << 4 | WS_OPCODE_TEXT) && memcmp(room, "two", 3) == 0); /* which needs no memory */
    CHECK(ws_recv_into(server, room, 1) == (5 << 4 | 15));
    STARVES(ws_recv_message(server).opcode, -1);
    gives(ws_recv_frame(server), WS_OPCODE_TEXT, "three");
    CHECK(ws_drop(server) == 0 && ws_drop(client) == 0);
}

static void frames_wait(void)
{
    int64_t server, client;
    char room[8];
    pair(&server, &client);
    CHECK(ws_send_fragment(client, WS_OPCODE_TEXT, "a", 1, 0) > 0 && ws_send_ping_n(client, "p", 1) > 0);
    CHECK(ws_send_fragment(client, WS_OPCODE_CONTINUATION, "b", 1, 1) > 0 && ws_send_close(client, 1000) > 0);
    STARVES(ws_recv_frame(server).opcode, -1);
    CHECK(ws_recv_message(server).opcode == -1 && ws_last_error() == WS_ERR_STATE); /* a part is no message */
    FAILS(ws_recv_into(server, room, sizeof room), WS_ERR_STATE);
    gives(ws_recv_frame(server), WS_OPCODE_TEXT, "a");
    STARVES(ws_recv_frame(server).opcode, -1);
    gives(ws_recv_frame(server), WS_OPCODE_PING, "p");
    gives(ws_recv_frame(server), WS_OPCODE_CONTINUATION, "b");
    STARVES(ws_recv_frame(server).opcode, -1);
    gives(ws_recv_frame(server), WS_OPCODE_CLOSE, "\x03\xe8");
    CHECK(ws_recv_frame(server).opcode == -1 && ws_last_error() == WS_ERR_CLOSED);
    CHECK(ws_drop(server) == 0 && ws_drop(client) == 0);
}

int main(void)
{
    objects();
    texts();
    frames();
    messages_wait();
    frames_wait();
    CHECK(ws_handle_count() == 0);
    return 0;
}
