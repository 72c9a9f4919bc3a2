/* Errors: per thread, left alone by success, stable, readable; arguments are checked before anything is sent. */
#include <pthread.h>

#include "check.h"

static void *other_thread(void *arg)
{
    (void)arg;
    CHECK(ws_last_error() == WS_ERR_NONE);
    CHECK(ws_last_error_message()[0] == '\0');
    FAILS(ws_send_text(1, "x"), WS_ERR_HANDLE);
    return NULL;
}

static void per_thread(void)
{
    pthread_t thread;
    CHECK(ws_last_error() == WS_ERR_NONE);
    FAILS(ws_server_bind(70000), WS_ERR_ARGUMENT);
    CHECK(strstr(ws_last_error_message(), "port is 70000") && strstr(ws_last_error_message(), "65535"));
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(ws_last_error() == WS_ERR_ARGUMENT);
    WsFrame fine = ws_frame_text("fine");
    CHECK(fine.opcode == WS_OPCODE_TEXT && ws_last_error() == WS_ERR_ARGUMENT);
    ws_frame_drop(&fine);
    CHECK(strcmp(ws_error_name(WS_ERR_UTF8), "WS_ERR_UTF8") == 0 && strcmp(ws_error_name(7), "WS_ERR_UNKNOWN") == 0);
    FAILS(ws_struct_size(12345), WS_ERR_ARGUMENT);
    CHECK(ws_clear_error() == WS_ERR_ARGUMENT && ws_last_error() == WS_ERR_NONE && ws_last_error_message()[0] == '\0');
    CHECK(ws_clear_error() == WS_ERR_NONE && ws_loop_context(7, 8) == NULL && ws_last_error() == WS_ERR_HANDLE);
}

#define FRAME_FAILS(call, code)               \
    do {                                      \
        WsFrame f_ = (call);                  \
        CHECK(f_.opcode == -1);               \
        CHECK(f_.payload == 0);               \
        CHECK(ws_last_error() == (code));     \
    } while (0)

static void arguments(void)
{
    int64_t server, client;
    char big[126] = {0};
    pair(&server, &client);

    FAILS(ws_send_text(client, NULL), WS_ERR_ARGUMENT);
    FAILS(ws_send_text(client, "\xff"), WS_ERR_UTF8);
    FAILS(ws_send_text_n(client, "x", -1), WS_ERR_ARGUMENT);
    FAILS(ws_send_text_n(client, "x", INT64_MAX), WS_ERR_TOO_LARGE);
    FAILS(ws_send_text_n(client, NULL, 1), WS_ERR_ARGUMENT);
    FAILS(ws_send_binary(client, "x", -1), WS_ERR_ARGUMENT);
    FAILS(ws_send_binary(client, "x", INT64_MAX), WS_ERR_TOO_LARGE);
    FAILS(ws_send_binary(client, NULL, 5), WS_ERR_ARGUMENT);
    CHECK(strstr(ws_last_error_message(), "data is NULL") && strstr(ws_last_error_message(), "len is 5"));
    FAILS(ws_send_ping_n(client, big, 126), WS_ERR_CONTROL_SIZE);
    FAILS(ws_send_pong_n(client, big, 126), WS_ERR_CONTROL_SIZE);
    const int64_t never[] = {-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65536, 66536, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        FAILS(ws_send_close(client, never[i]), WS_ERR_CLOSE_CODE);
        FAILS(ws_send_close_reason(client, never[i], "x"), WS_ERR_CLOSE_CODE);
        FAILS(ws_close_with(client, never[i], NULL), WS_ERR_CLOSE_CODE);
        FRAME_FAILS(ws_frame_close(never[i]), WS_ERR_CLOSE_CODE);
    }
    char reason[125];
    memset(reason, 'r', sizeof reason);
    FAILS(ws_send_close_n(client, 1000, reason, 124), WS_ERR_CONTROL_SIZE);
    FAILS(ws_send_close_reason(client, 1000, "\xc3"), WS_ERR_UTF8);
    FAILS(ws_send_frame(client, NULL), WS_ERR_ARGUMENT);
    const int64_t reserved[] = {-1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 257, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        WsFrame bad = {reserved[i], 0, 0, 1, 0};
        FAILS(ws_send_frame(client, &bad), WS_ERR_ARGUMENT);
        FAILS(ws_send_fragment(client, reserved[i], NULL, 0, 1), WS_ERR_ARGUMENT);
        FRAME_FAILS(ws_frame_new(reserved[i], "x", 1), WS_ERR_ARGUMENT);
    }
    WsFrame bad = {WS_OPCODE_TEXT, 0, 5, 1, 0};
    FAILS(ws_send_frame(client, &bad), WS_ERR_ARGUMENT);
    bad.payload = (int64_t)(intptr_t)"hello";
    bad.payload_len = -1;
    FAILS(ws_send_frame(client, &bad), WS_ERR_ARGUMENT);
    bad.payload_len = INT64_MAX;
    FAILS(ws_send_frame(client, &bad), WS_ERR_TOO_LARGE);
    bad.opcode = WS_OPCODE_CONTINUATION;
    bad.payload_len = 5;
    FAILS(ws_send_frame(client, &bad), WS_ERR_STATE);
    bad.opcode = WS_OPCODE_PING;
    bad.is_final = 0;
    CHECK(ws_send_frame(client, &bad) == -1);
    FRAME_FAILS(ws_frame_text(NULL), WS_ERR_ARGUMENT);
    FRAME_FAILS(ws_frame_text("\xed\xa0\x80"), WS_ERR_UTF8);
    FRAME_FAILS(ws_frame_text_n("x", -1), WS_ERR_ARGUMENT);
    FRAME_FAILS(ws_frame_binary(NULL, 1), WS_ERR_ARGUMENT);
    FRAME_FAILS(ws_frame_binary("x", INT64_MAX), WS_ERR_TOO_LARGE);
    FRAME_FAILS(ws_frame_new(WS_OPCODE_PING, big, 126), WS_ERR_CONTROL_SIZE);
    FAILS(ws_frame_is_text(NULL), WS_ERR_ARGUMENT);
    FAILS(ws_frame_close_code(NULL), WS_ERR_ARGUMENT);
    FAILS(ws_frame_drop(NULL), WS_ERR_ARGUMENT);
    CHECK(ws_frame_payload_text(NULL) == NULL && ws_last_error() == WS_ERR_ARGUMENT);

    FAILS(ws_from_server(-1), WS_ERR_ARGUMENT);
    FAILS(ws_from_client(INT64_MAX), WS_ERR_ARGUMENT);
    FAILS(ws_from_server(1 << 20), WS_ERR_ARGUMENT);
    FAILS(ws_upgrade(-1, "", 0), WS_ERR_ARGUMENT);
    FAILS(ws_server_bind(-1), WS_ERR_ARGUMENT);
    FAILS(ws_server_bind(65536), WS_ERR_ARGUMENT);
    FAILS(ws_connect(NULL), WS_ERR_ARGUMENT);
    FAILS(ws_connect("http://127.0.0.1/"), WS_ERR_URL);
    FAILS(ws_connect("ws://127.0.0.1:1/\r\nX: y"), WS_ERR_URL);
    WsConnectOptions options = WS_CONNECT_OPTIONS_INIT;
    const int64_t longest = INT64_C(1) << 40, no_time[] = {-1, longest + 1, INT64_MAX / 1000000, INT64_MAX - 1, INT64_MIN};
    for (size_t i = 0; i < sizeof no_time / sizeof *no_time; i++) {
        options.timeout_ms = no_time[i];
        FAILS(ws_connect_with("ws://127.0.0.1:1/", &options), WS_ERR_ARGUMENT);
        CHECK(strstr(ws_last_error_message(), "timeout_ms") && strstr(ws_last_error_message(), "1099511627776"));
    }
    const int64_t times[] = {1000, longest, WS_TIMEOUT_NONE};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        options.timeout_ms = times[i];
        FAILS(ws_connect_with("ws://127.0.0.1:1/", &options), WS_ERR_SYSTEM); /* nobody listens there */
    }
    options.timeout_ms = 0;
    options.headers = "no colon";
    FAILS(ws_connect_with("ws://127.0.0.1:1/", &options), WS_ERR_HEADER);
    options.headers = "X: a\rb";
    FAILS(ws_connect_with("ws://127.0.0.1:1/", &options), WS_ERR_HEADER);
    options.headers = NULL;
    options.subprotocols = "a b";
    FAILS(ws_connect_with("ws://127.0.0.1:1/", &options), WS_ERR_HEADER);
    FAILS(ws_set(client, WS_OPT_MAX_FRAME_BYTES, 0), WS_ERR_OPTION);
    FAILS(ws_set(client, WS_OPT_MAX_FRAME_BYTES, -1), WS_ERR_OPTION);
    FAILS(ws_set(client, WS_OPT_RECV_TIMEOUT_MS, -1), WS_ERR_OPTION);
    FAILS(ws_set(client, 0, 1), WS_ERR_OPTION);
    FAILS(ws_set(client, INT64_MAX, 1), WS_ERR_OPTION);
    FAILS(ws_get(client, -5), WS_ERR_OPTION);
    FAILS(ws_request_header_count(client), WS_ERR_STATE);
    CHECK(ws_request_header(client, NULL) == NULL && ws_last_error() == WS_ERR_ARGUMENT);

    /* Nothing of all that was sent: the first frame to arrive is this one. NULL with the length 0 is an empty payload. */
    CHECK(ws_send_text_n(client, NULL, 0) == 6);
    WsFrame first = ws_recv_frame(server);
    CHECK(first.opcode == WS_OPCODE_TEXT && first.payload_len == 0 && strcmp(ws_frame_payload_text(&first), "") == 0);
    ws_frame_drop(&first);
    ws_drop(server);
    ws_drop(client);
}

static void sized_structs(void)
{
    struct {
        WsConnectOptions known;
        int64_t newer;
    } future = {WS_CONNECT_OPTIONS_INIT, 0};
    future.known.struct_size = (int64_t)sizeof future;
    FAILS(ws_connect_with("ws://127.0.0.1:1/", &future.known), WS_ERR_SYSTEM); /* newer, but all of it is zero */
    future.newer = 1;
    FAILS(ws_connect_with("ws://127.0.0.1:1/", &future.known), WS_ERR_OPTION);
    const int64_t wrong[] = {0, -1, 7, 12, 1 << 20, INT64_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        future.known.struct_size = wrong[i];
        FAILS(ws_connect_with("ws://127.0.0.1:1/", &future.known), WS_ERR_ARGUMENT);
    }
    future.known.struct_size = 16; /* a program that knew struct_size and timeout_ms only: the rest is not looked at */
    future.known.headers = "no colon";
    FAILS(ws_connect_with("ws://127.0.0.1:1/", &future.known), WS_ERR_SYSTEM);
}

/* A message begins with the name of the function that was called, also where several functions share their work. */
static void names(void)
{
    static int64_t pack[8192];
    static const char block[24];
    WsEvent event;
#define NAMED(name, ...)                                                                         \
    do {                                                                                         \
        int64_t result_ = (name)(__VA_ARGS__);                                                   \
        CHECK(result_ == -1 && strncmp(ws_last_error_message(), #name ": ", strlen(#name) + 2) == 0); \
    } while (0)
    NAMED(ws_send_text, 3, "x");
    NAMED(ws_send_text_n, 3, "x", 1);
    NAMED(ws_send_close_reason, 3, 1000, "x");
    NAMED(ws_send_close_n, 3, 1000, "x", 1);
    NAMED(ws_send_close_n, 3, 5, "x", 1);
    NAMED(ws_server, -1);
    NAMED(ws_server_bind, -1);
    NAMED(ws_loop_poll, 3, &event, 1, 0);
    NAMED(ws_loop_send_and_poll, 3, NULL, 0, &event, 1, 0);
    NAMED(ws_loop_poll_packed, 3, pack, sizeof pack, 0);
    NAMED(ws_loop_poll_packed, 3, pack, sizeof pack, -1);
    NAMED(ws_loop_send_packed, 3, 0, NULL, 0, NULL);
    NAMED(ws_loop_send_packed, 3, 1, block, sizeof block, pack);
    CHECK(ws_frame_text_n("\xff", 1).opcode == -1 && strncmp(ws_last_error_message(), "ws_frame_text_n: ", 17) == 0);
    CHECK(ws_frame_text("\xff").opcode == -1 && strncmp(ws_last_error_message(), "ws_frame_text: ", 15) == 0);
    int64_t server, client;
    pair(&server, &client);
    FAILS(ws_send_fragment(server, WS_OPCODE_TEXT, "x", 1, 2), WS_ERR_ARGUMENT); /* 0 or 1, as with loops */
    FAILS(ws_send_fragment(server, WS_OPCODE_TEXT, "x", 1, -1), WS_ERR_ARGUMENT);
    ws_drop(server);
    ws_drop(client);
}

int main(void)
{
    CHECK(ws_abi_version() == WS_ABI_VERSION && strcmp(ws_version(), WS_VERSION) == 0);
    CHECK(ws_struct_size(WS_STRUCT_FRAME) == (int64_t)sizeof(WsFrame) && sizeof(WsFrame) == 40);
    per_thread();
    arguments();
    sized_structs();
    names();
    CHECK(ws_handle_count() == 0);
    return 0;
}
