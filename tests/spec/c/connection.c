/* WsConnection: its 4 fields and 13 methods, each with its sentence of the API reference (RFC 6455 §5–§7). */
#include <fcntl.h>

#include "items.h"

static PeerFrame seen;

/* Receives one frame at the peer and compares it. */
static int peer_sees(int peer, int first, const char *payload, size_t len, int masked) {
    return peer_read_frame(peer, &seen) && seen.first == first && seen.len == len && memcmp(seen.payload, payload, len) == 0 &&
           seen.masked == masked;
}

static void hang_up(WsConnection *conn, int peer) {
    WsConnection_drop(conn);
    close(peer);
}

/* ---- fields ---- */

/* "TCP socket file descriptor"; -1 when there is none. */
static void fd_field(void) {
    int fd = -1, peer = peer_pair(&fd);
    WsConnection conn = WsConnection_from_server(fd);
    EXPECT(conn.fd == fd && ws_fd(conn.handle) == fd);
    WsConnection_force_close(&conn);
    EXPECT(conn.fd == -1);
    EXPECT_ERROR(ws_fd(conn.handle), WS_ERR_CLOSED);
    close(peer);
    EXPECT(WsConnection_from_server(-1).fd == -1);
}

/* "1 if server-side, 0 if client-side" */
static void is_server_field(void) {
    int peers[2];
    WsConnection server = server_end(&peers[0]), client = client_end(&peers[1]);
    EXPECT(server.is_server == 1 && client.is_server == 0);
    EXPECT(ws_is_server(server.handle) == 1 && ws_is_server(client.handle) == 0);
    hang_up(&server, peers[0]);
    hang_up(&client, peers[1]);
    EXPECT_ERROR(ws_is_server(0), WS_ERR_HANDLE);
}

/* "Connection state (WS_STATE_*)" */
static void state_field(void) {
    int peer;
    WsConnection conn = server_end(&peer);
    EXPECT(conn.state == WS_STATE_OPEN);
    EXPECT(WsConnection_send_close(&conn, 1000) == 4 && conn.state == WS_STATE_CLOSING);
    EXPECT(peer_write_frame(peer, 0x88, "\x03\xe8", 2, 1));
    WsFrame frame = WsConnection_recv_frame(&conn);
    EXPECT(frame.opcode == WS_OPCODE_CLOSE && conn.state == WS_STATE_CLOSED);
    WsFrame_drop(&frame);
    hang_up(&conn, peer);
    EXPECT(conn.state == WS_STATE_CLOSED && ws_state(conn.handle) == WS_STATE_CLOSED);
    EXPECT_ERROR(ws_state(0), WS_ERR_HANDLE);
}

/* WS_STATE_CONNECTING, which only a request that waits for its answer is in. */
static void connecting_state(void) {
    char request[512], head[1024];
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    int peer = peer_connect(ws_server_port(server));
    EXPECT(peer_write(peer, request, peer_request(request, sizeof request, "/")));
    WsConnection conn = WsConnection_from_handle(ws_server_accept_request(server));
    EXPECT(conn.state == WS_STATE_CONNECTING && WsConnection_is_open(&conn) == 0);
    EXPECT_ERROR(WsConnection_send_text(&conn, "early"), WS_ERR_STATE);
    EXPECT(ws_accept_upgrade(conn.handle, NULL, NULL) == 0);
    WsConnection_refresh(&conn);
    EXPECT(conn.state == WS_STATE_OPEN);
    EXPECT(peer_read_head(peer, head, sizeof head) > 0 && strstr(head, PEER_ACCEPT) != NULL);
    hang_up(&conn, peer);
    ws_server_drop(server);
}

static void all_states(void) {
    state_field();
    connecting_state();
}

/* "Mask key for client->server frames": the last one used. */
static void mask_key_field(void) {
    int peers[2];
    WsConnection server = server_end(&peers[0]), client = client_end(&peers[1]);
    EXPECT(server.mask_key == 0 && client.mask_key == 0);
    EXPECT(WsConnection_send_text(&client, "a") == 7 && peer_sees(peers[1], 0x81, "a", 1, 1));
    EXPECT(client.mask_key == (int64_t)seen.key);
    int64_t first = client.mask_key;
    EXPECT(WsConnection_send_text(&client, "b") == 7 && peer_sees(peers[1], 0x81, "b", 1, 1));
    EXPECT(client.mask_key == (int64_t)seen.key && client.mask_key != first); /* RFC 6455 §5.3: unpredictable, so a new one each */
    EXPECT(peer_write_frame(peers[0], 0x81, "c", 1, 1));
    WsFrame frame = WsConnection_recv_frame(&server);
    EXPECT(WsConnection_send_text(&server, "d") == 3);
    WsFrame_drop(&frame);
    EXPECT(server.mask_key == 0); /* a server masks nothing */
    hang_up(&server, peers[0]);
    hang_up(&client, peers[1]);
    EXPECT_ERROR(ws_mask_key(client.handle), WS_ERR_CLOSED);
}

/* ---- making one ---- */

static int refuses_descriptors(WsConnection (*make)(int64_t)) {
    int file = open("/dev/null", O_RDWR), refused = 1;
    const int64_t bad[] = {-1, file, 1 << 20, INT64_MAX, (int64_t)1 << 32};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        WsConnection conn = make(bad[i]);
        refused &= conn.fd == -1 && conn.handle == -1 && conn.state == WS_STATE_CLOSED && ws_last_error() != WS_ERR_NONE;
    }
    refused &= fcntl(file, F_GETFD) >= 0; /* what failed stays the caller's */
    close(file);
    return refused;
}

/* "Create a server-side WebSocket connection from an already-accepted TCP socket." */
static void from_server_method(void) {
    int peer;
    WsConnection conn = server_end(&peer);
    EXPECT(conn.handle > 0 && conn.is_server == 1 && conn.state == WS_STATE_OPEN && peer_silent(peer));
    EXPECT(WsConnection_send_text(&conn, "unmasked") == 10 && peer_sees(peer, 0x81, "unmasked", 8, 0));
    hang_up(&conn, peer);
    EXPECT(refuses_descriptors(WsConnection_from_server));
}

/* "Create a client-side WebSocket connection." */
static void from_client_method(void) {
    int peer;
    WsConnection conn = client_end(&peer);
    EXPECT(conn.handle > 0 && conn.is_server == 0 && conn.state == WS_STATE_OPEN && peer_silent(peer));
    EXPECT(WsConnection_send_text(&conn, "masked") == 12 && peer_sees(peer, 0x81, "masked", 6, 1));
    hang_up(&conn, peer);
    EXPECT(refuses_descriptors(WsConnection_from_client));
}

/* "Check if connection is open. Returns 1 if open, 0 otherwise." */
static void is_open_method(void) {
    int peer;
    WsConnection conn = server_end(&peer), none = WsConnection_from_handle(-1);
    EXPECT(WsConnection_is_open(&conn) == 1);
    EXPECT(WsConnection_send_close(&conn, 1000) > 0 && WsConnection_is_open(&conn) == 0);
    hang_up(&conn, peer);
    EXPECT(WsConnection_is_open(&conn) == 0 && WsConnection_is_open(&none) == 0);
}

/* ---- sending: "Returns bytes sent on success, -1 on error." ---- */

/* After a connection is closed, and on none. */
static int sends_nothing(int64_t (*sending)(WsConnection *)) {
    int peer;
    WsConnection conn = client_end(&peer), none = WsConnection_from_handle(-1);
    WsConnection_force_close(&conn);
    int failed = sending(&conn) == -1 && ws_last_error() == WS_ERR_CLOSED;
    failed &= peer_ended(peer) && sending(&none) == -1 && ws_last_error() == WS_ERR_HANDLE;
    close(peer);
    return failed;
}

static int64_t send_a_frame(WsConnection *conn) {
    WsFrame ping = WsFrame_ping();
    return WsConnection_send_frame(conn, &ping);
}

/* "Send a WebSocket frame." */
static void send_frame_method(void) {
    int peer;
    WsConnection conn = client_end(&peer);
    WsFrame part = WsFrame_text("be"), rest = WsFrame_new(WS_OPCODE_CONTINUATION, "gun", 3), empty = WsFrame_new(WS_OPCODE_CLOSE, NULL, 0);
    EXPECT_ERROR(WsConnection_send_frame(&conn, &rest), WS_ERR_STATE); /* RFC 6455 §5.4: nothing to continue */
    part.is_final = 0;
    EXPECT(WsConnection_send_frame(&conn, &part) == 8 && peer_sees(peer, 0x01, "be", 2, 1));
    EXPECT_ERROR(WsConnection_send_frame(&conn, &part), WS_ERR_STATE); /* inside a message */
    EXPECT(WsConnection_send_frame(&conn, &rest) == 9 && peer_sees(peer, 0x80, "gun", 3, 1));
    WsFrame wrong = {3, 0, 0, 1, 0};
    EXPECT_ERROR(WsConnection_send_frame(&conn, &wrong), WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsConnection_send_frame(&conn, NULL), WS_ERR_ARGUMENT);
    EXPECT(peer_silent(peer));
    EXPECT(WsConnection_send_frame(&conn, &empty) == 6 && peer_sees(peer, 0x88, "", 0, 1));
    WsFrame_drop(&part);
    WsFrame_drop(&rest);
    hang_up(&conn, peer);
    EXPECT(sends_nothing(send_a_frame));
}

static int64_t send_a_text(WsConnection *conn) { return WsConnection_send_text(conn, "late"); }

/* "Send a text message." */
static void send_text_method(void) {
    int peer;
    static char text[WS_MAX_FRAME_SIZE + 1];
    WsConnection conn = server_end(&peer);
    EXPECT(WsConnection_send_text(&conn, "h\xc3\xa9") == 5 && peer_sees(peer, 0x81, "h\xc3\xa9", 3, 0));
    EXPECT(WsConnection_send_text(&conn, "") == 2 && peer_sees(peer, 0x81, "", 0, 0));
    memset(text, 't', 126);
    EXPECT(WsConnection_send_text(&conn, text) == 130 && peer_sees(peer, 0x81, text, 126, 0));
    memset(text, 't', WS_MAX_FRAME_SIZE);
    EXPECT(WsConnection_send_text(&conn, text) == WS_MAX_FRAME_SIZE + 10 && peer_sees(peer, 0x81, text, WS_MAX_FRAME_SIZE, 0));
    EXPECT_ERROR(WsConnection_send_text(&conn, "\xff"), WS_ERR_UTF8);
    EXPECT_ERROR(WsConnection_send_text(&conn, NULL), WS_ERR_ARGUMENT);
    EXPECT(peer_silent(peer) && WsConnection_is_open(&conn) == 1);
    hang_up(&conn, peer);
    EXPECT(sends_nothing(send_a_text));
}

static int64_t send_binary_data(WsConnection *conn) { return WsConnection_send_binary(conn, "late", 4); }

/* "Send binary data." */
static void send_binary_method(void) {
    int peer;
    WsConnection conn = client_end(&peer);
    EXPECT(WsConnection_send_binary(&conn, "\0\xff", 2) == 8 && peer_sees(peer, 0x82, "\0\xff", 2, 1));
    EXPECT(WsConnection_send_binary(&conn, NULL, 0) == 6 && peer_sees(peer, 0x82, "", 0, 1));
    EXPECT_ERROR(WsConnection_send_binary(&conn, NULL, 1), WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsConnection_send_binary(&conn, "x", -1), WS_ERR_ARGUMENT);
    EXPECT_ERROR(WsConnection_send_binary(&conn, "x", INT64_MAX), WS_ERR_TOO_LARGE);
    EXPECT(peer_silent(peer));
    hang_up(&conn, peer);
    EXPECT(sends_nothing(send_binary_data));
}

/* "Send a ping frame." */
static void send_ping_method(void) {
    int peer;
    WsConnection conn = client_end(&peer);
    EXPECT(WsConnection_send_ping(&conn) == 6 && peer_sees(peer, 0x89, "", 0, 1));
    hang_up(&conn, peer);
    EXPECT(sends_nothing(WsConnection_send_ping));
}

/* "Send a pong frame (response to ping)." */
static void send_pong_method(void) {
    int peer;
    WsConnection conn = server_end(&peer);
    EXPECT(WsConnection_send_pong(&conn) == 2 && peer_sees(peer, 0x8a, "", 0, 0));
    EXPECT(peer_write_frame(peer, 0x89, "first", 5, 1) && peer_write_frame(peer, 0x89, "second", 6, 1));
    for (int i = 0; i < 2; i++) {
        WsFrame ping = WsConnection_recv_frame(&conn);
        EXPECT(WsFrame_is_ping(&ping) == 1);
        WsFrame_drop(&ping);
    }
    /* RFC 6455 §5.5.3: the payload of the latest ping */
    EXPECT(WsConnection_send_pong(&conn) == 8 && peer_sees(peer, 0x8a, "second", 6, 0));
    hang_up(&conn, peer);
    EXPECT(sends_nothing(WsConnection_send_pong));
}

static int64_t send_a_close(WsConnection *conn) { return WsConnection_send_close(conn, WS_CLOSE_NORMAL); }

/* "Send a close frame with status code." */
static void send_close_method(void) {
    int peer;
    WsConnection conn = server_end(&peer);
    EXPECT_ERROR(WsConnection_send_close(&conn, WS_CLOSE_NO_STATUS), WS_ERR_CLOSE_CODE);
    EXPECT_ERROR(WsConnection_send_close(&conn, WS_CLOSE_ABNORMAL), WS_ERR_CLOSE_CODE);
    EXPECT(peer_silent(peer) && WsConnection_is_open(&conn) == 1);
    EXPECT(WsConnection_send_close(&conn, WS_CLOSE_GOING_AWAY) == 4 && peer_sees(peer, 0x88, "\x03\xe9", 2, 0));
    EXPECT(conn.state == WS_STATE_CLOSING && WsConnection_send_text(&conn, "after") == -1 && peer_silent(peer));
    hang_up(&conn, peer);
    EXPECT(sends_nothing(send_a_close));
}

/* ---- receiving and closing ---- */

/* "Receive a WebSocket frame. Returns frame with opcode=-1 on error or connection closed. Automatically handles close
 * handshake and responds to close frames." */
static void recv_frame_method(void) {
    int peer;
    WsConnection conn = server_end(&peer), none = WsConnection_from_handle(-1);
    EXPECT(peer_write_frame(peer, 0x81, "one", 3, 1) && peer_write_frame(peer, 0x88, "\x0f\xa1" "bye", 5, 1));
    WsFrame frame = WsConnection_recv_frame(&conn);
    EXPECT(frame.opcode == WS_OPCODE_TEXT && frame.is_final == 1 && strcmp(WsFrame_payload_text(&frame), "one") == 0);
    WsFrame_drop(&frame);
    frame = WsConnection_recv_frame(&conn);
    EXPECT(WsFrame_is_close(&frame) == 1 && WsFrame_close_code(&frame) == 4001);
    WsFrame_drop(&frame);
    EXPECT(peer_sees(peer, 0x88, "\x0f\xa1", 2, 0)); /* answered with its own code, RFC 6455 §5.5.1 */
    EXPECT_ERROR(WsConnection_recv_frame(&conn).opcode, WS_ERR_CLOSED);
    EXPECT(ws_close_code(conn.handle) == 4001 && strcmp(ws_close_reason(conn.handle), "bye") == 0);
    hang_up(&conn, peer);
    EXPECT_ERROR(WsConnection_recv_frame(&conn).opcode, WS_ERR_CLOSED);
    EXPECT_ERROR(WsConnection_recv_frame(&none).opcode, WS_ERR_HANDLE);

    conn = server_end(&peer);
    EXPECT(peer_write_frame(peer, 0x81, "x", 1, 0)); /* RFC 6455 §5.1: a client must mask */
    EXPECT_ERROR(WsConnection_recv_frame(&conn).opcode, WS_ERR_PROTOCOL);
    EXPECT(peer_read_frame(peer, &seen) && seen.first == 0x88 && seen.payload[0] == 0x03 && seen.payload[1] == 0xea);
    hang_up(&conn, peer);

    conn = server_end(&peer);
    close(peer);
    EXPECT_ERROR(WsConnection_recv_frame(&conn).opcode, WS_ERR_ABNORMAL);
    WsConnection_drop(&conn);
}

/* "Close the WebSocket connection gracefully (sends close frame if open)." */
static void close_method(void) {
    int peer;
    WsConnection conn = client_end(&peer), none = WsConnection_from_handle(-1);
    EXPECT(peer_write_frame(peer, 0x88, "\x03\xe8", 2, 0)); /* the answer waits already */
    EXPECT(WsConnection_close(&conn) == 0 && conn.fd == -1 && conn.state == WS_STATE_CLOSED);
    EXPECT(peer_sees(peer, 0x88, "\x03\xe8", 2, 1) && peer_ended(peer));
    close(peer);
    EXPECT_ERROR(WsConnection_close(&conn), WS_ERR_CLOSED);
    EXPECT_ERROR(WsConnection_close(&none), WS_ERR_HANDLE);

    conn = server_end(&peer); /* not open any more: no second close frame */
    EXPECT(WsConnection_send_close(&conn, 4000) == 4 && peer_write_frame(peer, 0x88, "\x0f\xa0", 2, 1));
    EXPECT(WsConnection_close(&conn) == 0 && peer_sees(peer, 0x88, "\x0f\xa0", 2, 0) && peer_ended(peer));
    close(peer);
}

/* "Force close without handshake (immediately closes TCP socket)." */
static void force_close_method(void) {
    int peer;
    WsConnection conn = client_end(&peer), none = WsConnection_from_handle(-1);
    int64_t fd = conn.fd;
    EXPECT(WsConnection_force_close(&conn) == 0 && conn.fd == -1 && conn.state == WS_STATE_CLOSED);
    EXPECT(peer_ended(peer)); /* and no close frame before */
    EXPECT(fcntl((int)fd, F_GETFD) == -1);
    EXPECT_ERROR(WsConnection_force_close(&conn), WS_ERR_CLOSED);
    EXPECT_ERROR(WsConnection_force_close(&none), WS_ERR_HANDLE);
    close(peer);
}

/* "Cleanup / destructor (calls force_close)." */
static void drop_method(void) {
    int peer;
    WsConnection conn = client_end(&peer), none = WsConnection_from_handle(-1);
    int64_t handles = ws_handle_count();
    EXPECT(WsConnection_drop(&conn) == 0 && conn.fd == -1 && peer_ended(peer) && ws_handle_count() == handles - 1);
    EXPECT(WsConnection_drop(&conn) == 0); /* harmless after it was closed */
    EXPECT_ERROR(WsConnection_drop(&none), WS_ERR_HANDLE);
    close(peer);
}

const Item connection_items[] = {
    {"WsConnection.fd", fd_field},
    {"WsConnection.is_server", is_server_field},
    {"WsConnection.state", all_states},
    {"WsConnection.mask_key", mask_key_field},
    {"WsConnection.from_server()", from_server_method},
    {"WsConnection.from_client()", from_client_method},
    {"WsConnection.is_open()", is_open_method},
    {"WsConnection.send_frame()", send_frame_method},
    {"WsConnection.send_text()", send_text_method},
    {"WsConnection.send_binary()", send_binary_method},
    {"WsConnection.send_ping()", send_ping_method},
    {"WsConnection.send_pong()", send_pong_method},
    {"WsConnection.send_close()", send_close_method},
    {"WsConnection.recv_frame()", recv_frame_method},
    {"WsConnection.close()", close_method},
    {"WsConnection.force_close()", force_close_method},
    {"WsConnection.drop()", drop_method},
    {NULL, NULL},
};
