/* Every argument is checked before anything happens: the code is stable, the message names argument and bound, nothing was sent. */
#include "check.h"

static char big[127];

/* NULL, and lengths that cannot be. */
static const char too_long[] = "9223372036854775807";

static void frames(void) {
    REFUSED(ws_frame_new(3, "x", 1).opcode, WS_ERR_ARGUMENT, "opcode", "3");
    REFUSED(ws_frame_new(-1, "x", 1).opcode, WS_ERR_ARGUMENT, "opcode", "-1");
    REFUSED(ws_frame_new(16, "x", 1).opcode, WS_ERR_ARGUMENT, "opcode", "16");
    REFUSED(ws_frame_new(257, "x", 1).opcode, WS_ERR_ARGUMENT, "opcode", "257");
    REFUSED(ws_frame_new(INT64_MAX, "x", 1).opcode, WS_ERR_ARGUMENT, "opcode");
    REFUSED(ws_frame_new(1, NULL, 1).opcode, WS_ERR_ARGUMENT, "payload", "NULL", "payload_len");
    REFUSED(ws_frame_new(1, "x", -1).opcode, WS_ERR_ARGUMENT, "payload_len", "-1");
    REFUSED(ws_frame_new(1, "x", INT64_MIN).opcode, WS_ERR_ARGUMENT, "payload_len");
    REFUSED(ws_frame_new(1, "x", INT64_MAX).opcode, WS_ERR_TOO_LARGE, "payload_len", too_long, "4294967295");
    REFUSED(ws_frame_new(9, big, 126).opcode, WS_ERR_CONTROL_SIZE, "payload_len", "126", "125");
    REFUSED(ws_frame_text(NULL).opcode, WS_ERR_ARGUMENT, "msg", "NULL");
    REFUSED(ws_frame_text("ok\xff").opcode, WS_ERR_UTF8, "msg", "UTF-8");
    REFUSED(ws_frame_text_n(NULL, 1).opcode, WS_ERR_ARGUMENT, "msg", "NULL", "len");
    REFUSED(ws_frame_text_n("x", -1).opcode, WS_ERR_ARGUMENT, "len", "-1");
    REFUSED(ws_frame_text_n("x", INT64_MAX).opcode, WS_ERR_TOO_LARGE, "len", too_long);
    REFUSED(ws_frame_text_n("\xe2\x82", 2).opcode, WS_ERR_UTF8, "msg");
    REFUSED(ws_frame_binary(NULL, 1).opcode, WS_ERR_ARGUMENT, "data", "NULL", "len");
    REFUSED(ws_frame_binary("x", -1).opcode, WS_ERR_ARGUMENT, "len", "-1");
    REFUSED(ws_frame_binary("x", INT64_MAX).opcode, WS_ERR_TOO_LARGE, "len", too_long);
    REFUSED(ws_frame_is_control(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_is_text(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_is_binary(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_is_close(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_is_ping(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_is_pong(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_close_code(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    REFUSED(ws_frame_drop(NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    CHECK(ws_frame_payload_text(NULL) == NULL && ws_last_error() == WS_ERR_ARGUMENT);
    WsFrame empty = ws_frame_new(WS_OPCODE_TEXT, NULL, 0), text = ws_frame_text_n(NULL, 0), data = ws_frame_binary(NULL, 0);
    CHECK(empty.opcode == 1 && text.opcode == 1 && data.opcode == 2); /* NULL is fine with the length 0 */
}

static const int64_t reserved_codes[] = {INT64_MIN, -1, 0, 999, 1004, 1005, 1006, 1015, 1016, 1999, 2999, 5000, 65535, 65536 + 1000, INT64_MAX};

static void close_codes(void) {
    int peer;
    int64_t conn = end_of(1, &peer);
    for (size_t i = 0; i < sizeof reserved_codes / sizeof *reserved_codes; i++) {
        const int64_t code = reserved_codes[i];
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, code);
        REFUSED(ws_frame_close(code).opcode, WS_ERR_CLOSE_CODE, number, "1000-1003, 1007-1014 or 3000-4999");
        REFUSED(ws_send_close(conn, code), WS_ERR_CLOSE_CODE, number, "1000-1003, 1007-1014 or 3000-4999");
        REFUSED(ws_send_close_reason(conn, code, "why"), WS_ERR_CLOSE_CODE, number);
        REFUSED(ws_send_close_n(conn, code, "why", 3), WS_ERR_CLOSE_CODE, number);
        REFUSED(ws_close_with(conn, code, "why"), WS_ERR_CLOSE_CODE, number);
    }
    unsigned char on_the_wire[3][2] = {{0x03, 0xed}, {0x03, 0xee}, {0, 0}}; /* 1005, 1006, 0 in a frame made by hand */
    for (int i = 0; i < 3; i++) {
        WsFrame frame = ws_frame_new(WS_OPCODE_CLOSE, on_the_wire[i], 2);
        REFUSED(ws_send_frame(conn, &frame), WS_ERR_CLOSE_CODE, "1000-1003");
        ws_frame_drop(&frame);
    }
    CHECK(peer_silent(peer) && ws_is_open(conn) == 1);
    WsFrame empty = ws_frame_new(WS_OPCODE_CLOSE, NULL, 0);
    CHECK(ws_send_frame(conn, &empty) == 2); /* a close frame without a code is sent by hand */
    ws_drop(conn);
    close(peer);
}

static void close_reasons(void) {
    int peer;
    int64_t conn = end_of(0, &peer);
    char reason[125];
    memset(reason, 'r', sizeof reason);
    reason[124] = '\0';
    REFUSED(ws_send_close_reason(conn, 1000, reason), WS_ERR_CONTROL_SIZE, "reason", "123");
    REFUSED(ws_send_close_n(conn, 1000, reason, 124), WS_ERR_CONTROL_SIZE, "reason", "123");
    REFUSED(ws_close_with(conn, 1000, reason), WS_ERR_CONTROL_SIZE, "reason", "123");
    REFUSED(ws_send_close_reason(conn, 1000, "\xff"), WS_ERR_UTF8, "reason");
    REFUSED(ws_send_close_n(conn, 1000, "\xc0\x80", 2), WS_ERR_UTF8, "reason");
    REFUSED(ws_close_with(conn, 1000, "\xed\xa0\x80"), WS_ERR_UTF8, "reason");
    REFUSED(ws_send_close_n(conn, 1000, "x", -1), WS_ERR_ARGUMENT, "reason_len", "-1");
    REFUSED(ws_send_close_n(conn, 1000, NULL, 1), WS_ERR_ARGUMENT, "reason", "NULL");
    REFUSED(ws_send_close_n(conn, 1000, "x", INT64_MAX), WS_ERR_TOO_LARGE, "reason_len");
    CHECK(peer_silent(peer) && ws_is_open(conn) == 1);
    CHECK(ws_send_close_n(conn, 1000, reason, 123) == 2 + 4 + 125);
    ws_drop(conn);
    close(peer);
}

static void sending(void) {
    static const char *const bad_utf8[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "ok \xf0\x9f\x98"};
    for (int server = 0; server < 2; server++) {
        int peer;
        int64_t conn = end_of(server, &peer);
        for (size_t i = 0; i < sizeof bad_utf8 / sizeof *bad_utf8; i++) {
            WsFrame frame = ws_frame_new(WS_OPCODE_TEXT, bad_utf8[i], (int64_t)strlen(bad_utf8[i]));
            REFUSED(ws_send_text(conn, bad_utf8[i]), WS_ERR_UTF8, "UTF-8");
            REFUSED(ws_send_text_n(conn, bad_utf8[i], (int64_t)strlen(bad_utf8[i])), WS_ERR_UTF8, "UTF-8");
            REFUSED(ws_send_frame(conn, &frame), WS_ERR_UTF8, "UTF-8");
            REFUSED(ws_send_fragment(conn, WS_OPCODE_TEXT, bad_utf8[i], (int64_t)strlen(bad_utf8[i]), 1), WS_ERR_UTF8, "UTF-8");
            ws_frame_drop(&frame);
        }
        REFUSED(ws_send_text(conn, NULL), WS_ERR_ARGUMENT, "msg", "NULL");
        REFUSED(ws_send_text_n(conn, NULL, 1), WS_ERR_ARGUMENT, "msg", "NULL", "len");
        REFUSED(ws_send_text_n(conn, "x", -1), WS_ERR_ARGUMENT, "len", "-1");
        REFUSED(ws_send_text_n(conn, "x", INT64_MAX), WS_ERR_TOO_LARGE, "len", too_long);
        REFUSED(ws_send_binary(conn, NULL, 1), WS_ERR_ARGUMENT, "data", "NULL", "len");
        REFUSED(ws_send_binary(conn, "x", INT64_MIN), WS_ERR_ARGUMENT, "len");
        REFUSED(ws_send_binary(conn, "x", INT64_MAX), WS_ERR_TOO_LARGE, "len", too_long);
        REFUSED(ws_send_fragment(conn, 2, NULL, 1, 1), WS_ERR_ARGUMENT, "data", "NULL");
        REFUSED(ws_send_fragment(conn, 2, "x", -1, 1), WS_ERR_ARGUMENT, "len", "-1");
        REFUSED(ws_send_fragment(conn, 2, "x", INT64_MAX, 1), WS_ERR_TOO_LARGE, "len");
        REFUSED(ws_send_fragment(conn, 3, "x", 1, 1), WS_ERR_ARGUMENT, "opcode", "3");
        REFUSED(ws_send_fragment(conn, 9, "x", 1, 1), WS_ERR_ARGUMENT, "opcode");
        REFUSED(ws_send_fragment(conn, 0, "x", 1, 1), WS_ERR_STATE, "continuation");
        REFUSED(ws_send_ping_n(conn, big, 126), WS_ERR_CONTROL_SIZE, "125");
        REFUSED(ws_send_pong_n(conn, big, 126), WS_ERR_CONTROL_SIZE, "125");
        REFUSED(ws_send_ping_n(conn, NULL, 1), WS_ERR_ARGUMENT, "data", "NULL");
        REFUSED(ws_send_pong_n(conn, "x", -1), WS_ERR_ARGUMENT, "len", "-1");
        REFUSED(ws_send_ping_n(conn, "x", INT64_MAX), WS_ERR_TOO_LARGE, "len");
        CHECK(peer_silent(peer) && ws_is_open(conn) == 1);
        const int64_t mask = server ? 0 : 4;
        CHECK(ws_send_text_n(conn, NULL, 0) == 2 + mask && ws_send_binary(conn, NULL, 0) == 2 + mask);
        CHECK(ws_send_ping_n(conn, NULL, 0) == 2 + mask && ws_send_fragment(conn, 2, NULL, 0, 1) == 2 + mask);
        ws_drop(conn);
        close(peer);
    }
}

/* Frames that a caller filled in by hand. */
static void made_frames(void) {
    int peer;
    int64_t conn = end_of(1, &peer);
    char text[] = "text";
    const int64_t at = (int64_t)(intptr_t)text;
    const struct {
        WsFrame frame;
        int64_t code;
        const char *word;
    } rows[] = {
        {{-1, 0, 0, 1, 0}, WS_ERR_ARGUMENT, "opcode"},
        {{11, 0, 0, 1, 0}, WS_ERR_ARGUMENT, "opcode"},
        {{1, 0, 4, 1, 0}, WS_ERR_ARGUMENT, "payload"},
        {{1, at, -1, 1, 0}, WS_ERR_ARGUMENT, "payload_len"},
        {{1, at, INT64_MAX, 1, 0}, WS_ERR_TOO_LARGE, "payload_len"},
        {{9, at, 4, 0, 0}, WS_ERR_STATE, "fragment"}, /* RFC 6455 §5.5: control frames are never fragmented */
        {{0, at, 4, 1, 0}, WS_ERR_STATE, "continuation"},
        {{8, at, 1, 1, 0}, WS_ERR_ARGUMENT, "close"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(ws_send_frame(conn, &rows[i].frame) == -1);
        if (ws_last_error() != rows[i].code || strstr(ws_last_error_message(), rows[i].word) == NULL) {
            fprintf(stderr, "row %zu\n", i);
            CHECK(!"the code and the word of the row");
        }
    }
    REFUSED(ws_send_frame(conn, NULL), WS_ERR_ARGUMENT, "frame", "NULL");
    CHECK(peer_silent(peer) && ws_is_open(conn) == 1);
    WsFrame fine = {1, at, 4, 7, 1}; /* any is_final but 0, and whatever is_masked says */
    CHECK(ws_send_frame(conn, &fine) == 6);
    ws_drop(conn);
    close(peer);
}

static void ports_and_hosts(void) {
    static const int64_t ports[] = {-1, 65536, INT64_MAX, INT64_MIN, (int64_t)1 << 32};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, ports[i]);
        REFUSED(ws_server(ports[i]), WS_ERR_ARGUMENT, "port", number, "65535");
        REFUSED(ws_server_bind(ports[i]), WS_ERR_ARGUMENT, "port", number, "65535");
        REFUSED(ws_server_bind_host("127.0.0.1", ports[i]), WS_ERR_ARGUMENT, "port", number, "65535");
    }
    REFUSED(ws_server_bind_host("192.0.2.1", 0), WS_ERR_SYSTEM, "assign"); /* not an address of this machine */
    CHECK(ws_server_bind_host("not a host", 0) == -1 && ws_last_error() != WS_ERR_INTERNAL);
    CHECK(ws_server_bind_host("\xff", 0) == -1 && ws_last_error() != WS_ERR_INTERNAL);
    int64_t any = ws_server_bind_host(NULL, 0); /* NULL: every interface */
    CHECK(any > 0 && ws_server_drop(any) == 0);
}

static void descriptors(void) {
    char name[] = "/tmp/libws-XXXXXX";
    int file = mkstemp(name), unconnected = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET, SOCK_DGRAM, 0), ends[2];
    CHECK(file >= 0 && unlink(name) == 0 && pipe(ends) == 0);
    const int64_t bad[] = {-1, INT64_MIN, INT64_MAX, (int64_t)1 << 32, 1 << 20, file, ends[0], unconnected, datagram};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        printf("descriptor %" PRId64 "\n", bad[i]);
        fflush(stdout);
        CHECK(ws_from_server(bad[i]) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_SYSTEM));
        CHECK(ws_from_client(bad[i]) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_SYSTEM));
        CHECK(ws_upgrade(bad[i], "", 0) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_SYSTEM));
        CHECK(ws_client_handshake(bad[i], "ws://h/", NULL) == -1 && (ws_last_error() == WS_ERR_ARGUMENT || ws_last_error() == WS_ERR_SYSTEM));
    }
    REFUSED(ws_from_server(-1), WS_ERR_ARGUMENT, "fd", "-1");
    CHECK(fcntl(file, F_GETFD) >= 0 && fcntl(unconnected, F_GETFD) >= 0 && fcntl(ends[0], F_GETFD) >= 0 && fcntl(datagram, F_GETFD) >= 0);
    CHECK(ws_handle_count() == 0);
}

static void upgrading(void) {
    int fd = -1, peer = peer_pair(&fd);
    REFUSED(ws_upgrade(fd, NULL, 1), WS_ERR_ARGUMENT, "buffer", "NULL", "buffer_len");
    REFUSED(ws_upgrade(fd, "G", -1), WS_ERR_ARGUMENT, "buffer_len", "-1");
    REFUSED(ws_upgrade(fd, "G", INT64_MAX), WS_ERR_TOO_LARGE, "buffer_len");
    CHECK(peer_silent(peer) && fcntl(fd, F_GETFD) >= 0);
    close(fd);
    close(peer);
}

static void options(void) {
    int peer;
    char url[64];
    int64_t conn = end_of(1, &peer), server = listening(url, sizeof url);
    for (int64_t option = WS_OPT_MAX_FRAME_BYTES; option <= WS_OPT_MAX_PENDING; option++) {
        int64_t before = ws_get(server, option);
        CHECK(before >= 0);
        REFUSED(ws_set(server, option, -1), WS_ERR_OPTION, "must be");
        REFUSED(ws_set(server, option, INT64_MIN), WS_ERR_OPTION, "must be");
        if (option == WS_OPT_INTERRUPTIBLE) {
            REFUSED(ws_set(server, option, 3), WS_ERR_OPTION, "0 to 2");
        } else {
            REFUSED(ws_set(server, option, 0), WS_ERR_OPTION, "must be"); /* never "unlimited" */
        }
        CHECK(ws_get(server, option) == before && ws_set(server, option, before) == 0);
    }
    REFUSED(ws_set(server, WS_OPT_MAX_FRAME_BYTES, INT64_MAX), WS_ERR_OPTION);
    CHECK(ws_set(server, WS_OPT_RECV_TIMEOUT_MS, WS_TIMEOUT_NONE) == 0);
    REFUSED(ws_set(server, 0, 1), WS_ERR_OPTION, "option");
    REFUSED(ws_get(server, 0), WS_ERR_OPTION, "option");
    REFUSED(ws_get(server, -1), WS_ERR_OPTION);
    REFUSED(ws_get(conn, INT64_MAX), WS_ERR_OPTION);
    REFUSED(ws_set(conn, WS_OPT_ACCEPT_TIMEOUT_MS, 1), WS_ERR_OPTION); /* of servers only */
    REFUSED(ws_get(conn, WS_OPT_MAX_PENDING), WS_ERR_OPTION);
    ws_drop(conn);
    close(peer);
    ws_server_drop(server);
}

static void others(void) {
    REFUSED(ws_struct_size(0), WS_ERR_ARGUMENT, "which");
    REFUSED(ws_struct_size(INT64_MAX), WS_ERR_ARGUMENT, "which");
    CHECK(strcmp(ws_error_name(-1), "WS_ERR_UNKNOWN") == 0 && strcmp(ws_error_name(INT64_MAX), "WS_ERR_UNKNOWN") == 0);
    CHECK(ws_struct_size(WS_STRUCT_FRAME) == (int64_t)sizeof(WsFrame));
    CHECK(ws_struct_size(WS_STRUCT_CONNECT_OPTIONS) == (int64_t)sizeof(WsConnectOptions));
    CHECK(ws_abi_version() == WS_ABI_VERSION && strcmp(ws_version(), WS_VERSION) == 0);
}

CASES({"frames", frames},
      {"close_codes", close_codes},
      {"close_reasons", close_reasons},
      {"sending", sending},
      {"made_frames", made_frames},
      {"ports_and_hosts", ports_and_hosts},
      {"descriptors", descriptors},
      {"upgrading", upgrading},
      {"options", options},
      {"others", others})
