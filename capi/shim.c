/*
 * The functions that libws.so exports. Each checks the fork flag and its arguments, then calls its body in Go or C.
 * Generated from capi/abi by capi/gen; do not edit.
 */
#include <string.h>

#include "ws.h"
#include "bodies.h"
#include "signals.h"
#include "_cgo_export.h"

int64_t ws_abi_version(void)
{
    return libws_c_abi_version();
}

const char *ws_version(void)
{
    return libws_c_version();
}

int64_t ws_struct_size(int64_t which)
{
    return libws_c_struct_size(which);
}

int64_t ws_last_error(void)
{
    return libws_c_last_error();
}

const char *ws_last_error_message(void)
{
    return libws_c_last_error_message();
}

int64_t ws_last_http_status(void)
{
    return libws_c_last_http_status();
}

int64_t ws_last_errno(void)
{
    return libws_c_last_errno();
}

int64_t ws_clear_error(void)
{
    return libws_c_clear_error();
}

const char *ws_error_name(int64_t code)
{
    return libws_c_error_name(code);
}

int64_t ws_handle_count(void)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_handle_count");
        return -1;
    }
    return libws_go_handle_count(libws_slot());
}

WsFrame ws_frame_new(int64_t opcode, const void *payload, int64_t payload_len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_frame_new");
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(payload_len < 0 || payload_len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_frame_new", "payload_len", payload_len);
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(payload == NULL && payload_len > 0)) {
        libws_fail_missing("ws_frame_new", "payload", "payload_len", payload_len);
        return libws_no_frame;
    }
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_frame_new(opcode, (void *)payload, payload_len, &frame_out, libws_slot()) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_frame_text(const char *msg)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_frame_text");
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(msg == NULL)) {
        libws_fail_null("ws_frame_text", "msg");
        return libws_no_frame;
    }
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_frame_text_n((char *)msg, (int64_t)strlen(msg), &frame_out, libws_slot()) < 0)) {
        libws_called("ws_frame_text");
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_frame_text_n(const char *msg, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_frame_text_n");
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_frame_text_n", "len", len);
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(msg == NULL && len > 0)) {
        libws_fail_missing("ws_frame_text_n", "msg", "len", len);
        return libws_no_frame;
    }
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_frame_text_n((char *)msg, len, &frame_out, libws_slot()) < 0)) {
        libws_called("ws_frame_text_n");
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_frame_binary(const void *data, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_frame_binary");
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_frame_binary", "len", len);
        return libws_no_frame;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_frame_binary", "data", "len", len);
        return libws_no_frame;
    }
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_frame_binary((void *)data, len, &frame_out, libws_slot()) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_frame_ping(void)
{
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_c_frame_ping(&frame_out) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_frame_pong(void)
{
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_c_frame_pong(&frame_out) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_frame_close(int64_t status_code)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_frame_close");
        return libws_no_frame;
    }
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_frame_close(status_code, &frame_out, libws_slot()) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

int64_t ws_frame_is_control(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_is_control", "frame");
        return -1;
    }
    return libws_c_frame_is_control(frame);
}

int64_t ws_frame_is_text(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_is_text", "frame");
        return -1;
    }
    return libws_c_frame_is_text(frame);
}

int64_t ws_frame_is_binary(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_is_binary", "frame");
        return -1;
    }
    return libws_c_frame_is_binary(frame);
}

int64_t ws_frame_is_close(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_is_close", "frame");
        return -1;
    }
    return libws_c_frame_is_close(frame);
}

int64_t ws_frame_is_ping(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_is_ping", "frame");
        return -1;
    }
    return libws_c_frame_is_ping(frame);
}

int64_t ws_frame_is_pong(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_is_pong", "frame");
        return -1;
    }
    return libws_c_frame_is_pong(frame);
}

const char *ws_frame_payload_text(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_payload_text", "frame");
        return NULL;
    }
    return libws_c_frame_payload_text(frame);
}

int64_t ws_frame_close_code(const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_close_code", "frame");
        return -1;
    }
    return libws_c_frame_close_code(frame);
}

int64_t ws_frame_drop(WsFrame *frame)
{
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_frame_drop", "frame");
        return -1;
    }
    return libws_c_frame_drop(frame);
}

int64_t ws_from_server(int64_t fd)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_from_server");
        return -1;
    }
    return libws_go_from_server(fd, libws_slot());
}

int64_t ws_from_client(int64_t fd)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_from_client");
        return -1;
    }
    return libws_go_from_client(fd, libws_slot());
}

int64_t ws_upgrade(int64_t fd, const void *buffer, int64_t buffer_len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_upgrade");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(buffer_len < 0 || buffer_len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_upgrade", "buffer_len", buffer_len);
        return -1;
    }
    if (LIBWS_UNLIKELY(buffer == NULL && buffer_len > 0)) {
        libws_fail_missing("ws_upgrade", "buffer", "buffer_len", buffer_len);
        return -1;
    }
    return libws_go_upgrade(fd, (void *)buffer, buffer_len, libws_slot());
}

int64_t ws_is_open(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_is_open");
        return 0;
    }
    return libws_go_is_open(conn, libws_slot());
}

int64_t ws_fd(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_fd");
        return -1;
    }
    return libws_go_fd(conn, libws_slot());
}

int64_t ws_is_server(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_is_server");
        return -1;
    }
    return libws_go_is_server(conn, libws_slot());
}

int64_t ws_state(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_state");
        return -1;
    }
    return libws_go_state(conn, libws_slot());
}

int64_t ws_mask_key(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_mask_key");
        return -1;
    }
    return libws_go_mask_key(conn, libws_slot());
}

int64_t ws_send_frame(int64_t conn, const WsFrame *frame)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_frame");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(frame == NULL)) {
        libws_fail_null("ws_send_frame", "frame");
        return -1;
    }
    return libws_go_send_frame(conn, (WsFrame *)frame, libws_slot());
}

int64_t ws_send_text(int64_t conn, const char *msg)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_text");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(msg == NULL)) {
        libws_fail_null("ws_send_text", "msg");
        return -1;
    }
    int64_t result = libws_go_send_text_n(conn, (char *)msg, (int64_t)strlen(msg), libws_slot());
    if (LIBWS_UNLIKELY(result < 0)) {
        libws_called("ws_send_text");
    }
    return result;
}

int64_t ws_send_text_n(int64_t conn, const char *msg, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_text_n");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_send_text_n", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(msg == NULL && len > 0)) {
        libws_fail_missing("ws_send_text_n", "msg", "len", len);
        return -1;
    }
    int64_t result = libws_go_send_text_n(conn, (char *)msg, len, libws_slot());
    if (LIBWS_UNLIKELY(result < 0)) {
        libws_called("ws_send_text_n");
    }
    return result;
}

int64_t ws_send_binary(int64_t conn, const void *data, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_binary");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_send_binary", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_send_binary", "data", "len", len);
        return -1;
    }
    return libws_go_send_binary(conn, (void *)data, len, libws_slot());
}

int64_t ws_send_fragment(int64_t conn, int64_t opcode, const void *data, int64_t len, int64_t is_final)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_fragment");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_send_fragment", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_send_fragment", "data", "len", len);
        return -1;
    }
    return libws_go_send_fragment(conn, opcode, (void *)data, len, is_final, libws_slot());
}

int64_t ws_send_ping(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_ping");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_send_ping(conn, libws_slot());
}

int64_t ws_send_ping_n(int64_t conn, const void *data, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_ping_n");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_send_ping_n", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_send_ping_n", "data", "len", len);
        return -1;
    }
    return libws_go_send_ping_n(conn, (void *)data, len, libws_slot());
}

int64_t ws_send_pong(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_pong");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_send_pong(conn, libws_slot());
}

int64_t ws_send_pong_n(int64_t conn, const void *data, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_pong_n");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_send_pong_n", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_send_pong_n", "data", "len", len);
        return -1;
    }
    return libws_go_send_pong_n(conn, (void *)data, len, libws_slot());
}

int64_t ws_flush(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_flush");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_flush(conn, libws_slot());
}

int64_t ws_send_close(int64_t conn, int64_t status_code)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_close");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_send_close(conn, status_code, libws_slot());
}

int64_t ws_send_close_reason(int64_t conn, int64_t code, const char *reason)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_close_reason");
        return -1;
    }
    libws_shield_handlers();
    int64_t result = libws_go_send_close_n(conn, code, (char *)reason, reason == NULL ? 0 : (int64_t)strlen(reason), libws_slot());
    if (LIBWS_UNLIKELY(result < 0)) {
        libws_called("ws_send_close_reason");
    }
    return result;
}

int64_t ws_send_close_n(int64_t conn, int64_t code, const char *reason, int64_t reason_len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_send_close_n");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(reason_len < 0 || reason_len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_send_close_n", "reason_len", reason_len);
        return -1;
    }
    if (LIBWS_UNLIKELY(reason == NULL && reason_len > 0)) {
        libws_fail_missing("ws_send_close_n", "reason", "reason_len", reason_len);
        return -1;
    }
    int64_t result = libws_go_send_close_n(conn, code, (char *)reason, reason_len, libws_slot());
    if (LIBWS_UNLIKELY(result < 0)) {
        libws_called("ws_send_close_n");
    }
    return result;
}

WsFrame ws_recv_frame(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_recv_frame");
        return libws_no_frame;
    }
    libws_shield_handlers();
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_recv_frame(conn, &frame_out, libws_slot()) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

WsFrame ws_recv_message(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_recv_message");
        return libws_no_frame;
    }
    libws_shield_handlers();
    WsFrame frame_out;
    if (LIBWS_UNLIKELY(libws_go_recv_message(conn, &frame_out, libws_slot()) < 0)) {
        return libws_no_frame;
    }
    return frame_out;
}

int64_t ws_recv_into(int64_t conn, void *buffer, int64_t size)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_recv_into");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(size < 0 || size > WS_LENGTH_MAX)) {
        libws_fail_length("ws_recv_into", "size", size);
        return -1;
    }
    if (LIBWS_UNLIKELY(buffer == NULL && size > 0)) {
        libws_fail_missing("ws_recv_into", "buffer", "size", size);
        return -1;
    }
    return libws_go_recv_into(conn, buffer, size, libws_slot());
}

int64_t ws_pending(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_pending");
        return -1;
    }
    return libws_go_pending(conn, libws_slot());
}

int64_t ws_close_code(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_close_code");
        return -1;
    }
    return libws_go_close_code(conn, libws_slot());
}

const char *ws_close_reason(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_close_reason");
        return NULL;
    }
    return libws_go_close_reason(conn, libws_slot());
}

int64_t ws_close(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_close");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_close(conn, libws_slot());
}

int64_t ws_close_with(int64_t conn, int64_t code, const char *reason)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_close_with");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_close_with(conn, code, (char *)reason, reason == NULL ? 0 : (int64_t)strlen(reason), libws_slot());
}

int64_t ws_force_close(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_force_close");
        return -1;
    }
    return libws_go_force_close(conn, libws_slot());
}

int64_t ws_drop(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_drop");
        return -1;
    }
    return libws_go_drop(conn, libws_slot());
}

int64_t ws_connect(const char *url)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_connect");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(url == NULL)) {
        libws_fail_null("ws_connect", "url");
        return -1;
    }
    return libws_go_connect((char *)url, (int64_t)strlen(url), libws_slot());
}

int64_t ws_connect_with(const char *url, const WsConnectOptions *options)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_connect_with");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(url == NULL)) {
        libws_fail_null("ws_connect_with", "url");
        return -1;
    }
    WsConnectOptions options_whole;
    if (options != NULL) {
        if (libws_copy_sized("ws_connect_with", "options", &options_whole, sizeof options_whole, options) < 0) {
            return -1;
        }
        options = &options_whole;
    }
    return libws_go_connect_with((char *)url, (int64_t)strlen(url), (WsConnectOptions *)options, libws_slot());
}

int64_t ws_client_handshake(int64_t fd, const char *url, const WsConnectOptions *options)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_client_handshake");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(url == NULL)) {
        libws_fail_null("ws_client_handshake", "url");
        return -1;
    }
    WsConnectOptions options_whole;
    if (options != NULL) {
        if (libws_copy_sized("ws_client_handshake", "options", &options_whole, sizeof options_whole, options) < 0) {
            return -1;
        }
        options = &options_whole;
    }
    return libws_go_client_handshake(fd, (char *)url, (int64_t)strlen(url), (WsConnectOptions *)options, libws_slot());
}

int64_t ws_server(int64_t port)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server");
        return -1;
    }
    int64_t result = libws_go_server_bind(port, libws_slot());
    if (LIBWS_UNLIKELY(result < 0)) {
        libws_called("ws_server");
    }
    return result;
}

int64_t ws_server_bind(int64_t port)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_bind");
        return -1;
    }
    int64_t result = libws_go_server_bind(port, libws_slot());
    if (LIBWS_UNLIKELY(result < 0)) {
        libws_called("ws_server_bind");
    }
    return result;
}

int64_t ws_server_bind_host(const char *host, int64_t port)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_bind_host");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_server_bind_host((char *)host, host == NULL ? 0 : (int64_t)strlen(host), port, libws_slot());
}

int64_t ws_server_is_valid(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_is_valid");
        return 0;
    }
    return libws_go_server_is_valid(server, libws_slot());
}

int64_t ws_server_accept(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_accept");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_server_accept(server, libws_slot());
}

int64_t ws_server_accept_request(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_accept_request");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_server_accept_request(server, libws_slot());
}

int64_t ws_server_run_echo(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_run_echo");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_server_run_echo(server, libws_slot());
}

int64_t ws_server_stop(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_stop");
        return -1;
    }
    return libws_c_server_stop(server);
}

int64_t ws_server_close(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_close");
        return -1;
    }
    return libws_go_server_close(server, libws_slot());
}

int64_t ws_server_drop(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_drop");
        return -1;
    }
    return libws_go_server_drop(server, libws_slot());
}

int64_t ws_server_listener_fd(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_listener_fd");
        return -1;
    }
    return libws_go_server_listener_fd(server, libws_slot());
}

int64_t ws_server_port(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_port");
        return -1;
    }
    return libws_go_server_port(server, libws_slot());
}

int64_t ws_server_running(int64_t server)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_running");
        return -1;
    }
    return libws_go_server_running(server, libws_slot());
}

int64_t ws_server_set_subprotocols(int64_t server, const char *subprotocols)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_set_subprotocols");
        return -1;
    }
    return libws_go_server_set_subprotocols(server, (char *)subprotocols, subprotocols == NULL ? 0 : (int64_t)strlen(subprotocols), libws_slot());
}

int64_t ws_server_set_origins(int64_t server, const char *origins)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_server_set_origins");
        return -1;
    }
    return libws_go_server_set_origins(server, (char *)origins, origins == NULL ? 0 : (int64_t)strlen(origins), libws_slot());
}

const char *ws_request_method(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_method");
        return NULL;
    }
    return libws_go_request_method(conn, libws_slot());
}

const char *ws_request_path(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_path");
        return NULL;
    }
    return libws_go_request_path(conn, libws_slot());
}

const char *ws_request_query(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_query");
        return NULL;
    }
    return libws_go_request_query(conn, libws_slot());
}

const char *ws_request_host(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_host");
        return NULL;
    }
    return libws_go_request_host(conn, libws_slot());
}

const char *ws_request_origin(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_origin");
        return NULL;
    }
    return libws_go_request_origin(conn, libws_slot());
}

const char *ws_request_header(int64_t conn, const char *name)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_header");
        return NULL;
    }
    if (LIBWS_UNLIKELY(name == NULL)) {
        libws_fail_null("ws_request_header", "name");
        return NULL;
    }
    return libws_go_request_header(conn, (char *)name, (int64_t)strlen(name), libws_slot());
}

int64_t ws_request_header_count(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_header_count");
        return -1;
    }
    return libws_go_request_header_count(conn, libws_slot());
}

const char *ws_request_header_name(int64_t conn, int64_t index)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_header_name");
        return NULL;
    }
    return libws_go_request_header_name(conn, index, libws_slot());
}

const char *ws_request_header_value(int64_t conn, int64_t index)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_request_header_value");
        return NULL;
    }
    return libws_go_request_header_value(conn, index, libws_slot());
}

const char *ws_subprotocol(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_subprotocol");
        return NULL;
    }
    return libws_go_subprotocol(conn, libws_slot());
}

const char *ws_peer_address(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_peer_address");
        return NULL;
    }
    return libws_go_peer_address(conn, libws_slot());
}

int64_t ws_copy_text(int64_t conn, int64_t which, void *buffer, int64_t size)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_copy_text");
        return -1;
    }
    if (LIBWS_UNLIKELY(size < 0 || size > WS_LENGTH_MAX)) {
        libws_fail_length("ws_copy_text", "size", size);
        return -1;
    }
    if (LIBWS_UNLIKELY(buffer == NULL && size > 0)) {
        libws_fail_missing("ws_copy_text", "buffer", "size", size);
        return -1;
    }
    return libws_go_copy_text(conn, which, buffer, size, libws_slot());
}

int64_t ws_copy_header(int64_t conn, const char *name, void *buffer, int64_t size)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_copy_header");
        return -1;
    }
    if (LIBWS_UNLIKELY(name == NULL)) {
        libws_fail_null("ws_copy_header", "name");
        return -1;
    }
    if (LIBWS_UNLIKELY(size < 0 || size > WS_LENGTH_MAX)) {
        libws_fail_length("ws_copy_header", "size", size);
        return -1;
    }
    if (LIBWS_UNLIKELY(buffer == NULL && size > 0)) {
        libws_fail_missing("ws_copy_header", "buffer", "size", size);
        return -1;
    }
    return libws_go_copy_header(conn, (char *)name, (int64_t)strlen(name), buffer, size, libws_slot());
}

int64_t ws_http_status(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_http_status");
        return -1;
    }
    return libws_go_http_status(conn, libws_slot());
}

int64_t ws_accept_upgrade(int64_t conn, const char *subprotocol, const char *headers)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_accept_upgrade");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_accept_upgrade(conn, (char *)subprotocol, subprotocol == NULL ? 0 : (int64_t)strlen(subprotocol), (char *)headers, headers == NULL ? 0 : (int64_t)strlen(headers), libws_slot());
}

int64_t ws_refuse(int64_t conn, int64_t status, const char *headers, const void *body, int64_t body_len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_refuse");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(body_len < 0 || body_len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_refuse", "body_len", body_len);
        return -1;
    }
    if (LIBWS_UNLIKELY(body == NULL && body_len > 0)) {
        libws_fail_missing("ws_refuse", "body", "body_len", body_len);
        return -1;
    }
    return libws_go_refuse(conn, status, (char *)headers, headers == NULL ? 0 : (int64_t)strlen(headers), (void *)body, body_len, libws_slot());
}

int64_t ws_set(int64_t handle, int64_t option, int64_t value)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_set");
        return -1;
    }
    return libws_go_set(handle, option, value, libws_slot());
}

int64_t ws_get(int64_t handle, int64_t option)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_get");
        return -1;
    }
    return libws_go_get(handle, option, libws_slot());
}

int64_t ws_loop_new(const WsLoopOptions *options)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_new");
        return -1;
    }
    WsLoopOptions options_whole;
    if (options != NULL) {
        if (libws_copy_sized("ws_loop_new", "options", &options_whole, sizeof options_whole, options) < 0) {
            return -1;
        }
        options = &options_whole;
    }
    return libws_go_loop_new((WsLoopOptions *)options, libws_slot());
}

int64_t ws_loop_listen(int64_t loop, const char *host, int64_t port, int64_t reuse_port)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_listen");
        return -1;
    }
    return libws_go_loop_listen(loop, (char *)host, host == NULL ? 0 : (int64_t)strlen(host), port, reuse_port, libws_slot());
}

int64_t ws_loop_listen_unix(int64_t loop, const char *path)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_listen_unix");
        return -1;
    }
    if (LIBWS_UNLIKELY(path == NULL)) {
        libws_fail_null("ws_loop_listen_unix", "path");
        return -1;
    }
    return libws_go_loop_listen_unix(loop, (char *)path, (int64_t)strlen(path), libws_slot());
}

int64_t ws_loop_listen_fd(int64_t loop, int64_t fd)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_listen_fd");
        return -1;
    }
    return libws_go_loop_listen_fd(loop, fd, libws_slot());
}

int64_t ws_loop_port(int64_t loop)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_port");
        return -1;
    }
    return libws_go_loop_port(loop, libws_slot());
}

int64_t ws_loop_adopt(int64_t loop, int64_t fd, int64_t how, const void *input, int64_t input_len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_adopt");
        return -1;
    }
    if (LIBWS_UNLIKELY(input_len < 0 || input_len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_adopt", "input_len", input_len);
        return -1;
    }
    if (LIBWS_UNLIKELY(input == NULL && input_len > 0)) {
        libws_fail_missing("ws_loop_adopt", "input", "input_len", input_len);
        return -1;
    }
    return libws_go_loop_adopt(loop, fd, how, (void *)input, input_len, libws_slot());
}

int64_t ws_loop_connect(int64_t loop, const char *url, const WsConnectOptions *options)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_connect");
        return -1;
    }
    if (LIBWS_UNLIKELY(url == NULL)) {
        libws_fail_null("ws_loop_connect", "url");
        return -1;
    }
    WsConnectOptions options_whole;
    if (options != NULL) {
        if (libws_copy_sized("ws_loop_connect", "options", &options_whole, sizeof options_whole, options) < 0) {
            return -1;
        }
        options = &options_whole;
    }
    return libws_go_loop_connect(loop, (char *)url, (int64_t)strlen(url), (WsConnectOptions *)options, libws_slot());
}

int64_t ws_loop_handshake(int64_t loop, int64_t fd, const char *url, const WsConnectOptions *options)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_handshake");
        return -1;
    }
    if (LIBWS_UNLIKELY(url == NULL)) {
        libws_fail_null("ws_loop_handshake", "url");
        return -1;
    }
    WsConnectOptions options_whole;
    if (options != NULL) {
        if (libws_copy_sized("ws_loop_handshake", "options", &options_whole, sizeof options_whole, options) < 0) {
            return -1;
        }
        options = &options_whole;
    }
    return libws_go_loop_handshake(loop, fd, (char *)url, (int64_t)strlen(url), (WsConnectOptions *)options, libws_slot());
}

int64_t ws_loop_poll(int64_t loop, WsEvent *events, int64_t cap, int64_t timeout_ms)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_poll");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(events == NULL)) {
        libws_fail_null("ws_loop_poll", "events");
        return -1;
    }
    if (LIBWS_UNLIKELY(cap < 0 || cap > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_poll", "cap", cap);
        return -1;
    }
    if (LIBWS_UNLIKELY(events == NULL && cap > 0)) {
        libws_fail_missing("ws_loop_poll", "events", "cap", cap);
        return -1;
    }
    return libws_c_loop_poll(loop, events, cap, timeout_ms);
}

int64_t ws_loop_send_and_poll(int64_t loop, WsSend *items, int64_t n, WsEvent *events, int64_t cap, int64_t timeout_ms)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_send_and_poll");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(n < 0 || n > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send_and_poll", "n", n);
        return -1;
    }
    if (LIBWS_UNLIKELY(items == NULL && n > 0)) {
        libws_fail_missing("ws_loop_send_and_poll", "items", "n", n);
        return -1;
    }
    if (LIBWS_UNLIKELY(events == NULL)) {
        libws_fail_null("ws_loop_send_and_poll", "events");
        return -1;
    }
    if (LIBWS_UNLIKELY(cap < 0 || cap > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send_and_poll", "cap", cap);
        return -1;
    }
    if (LIBWS_UNLIKELY(events == NULL && cap > 0)) {
        libws_fail_missing("ws_loop_send_and_poll", "events", "cap", cap);
        return -1;
    }
    return libws_c_loop_send_and_poll(loop, items, n, events, cap, timeout_ms);
}

int64_t ws_loop_fd(int64_t loop)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_fd");
        return -1;
    }
    return libws_go_loop_fd(loop, libws_slot());
}

int64_t ws_loop_wake(int64_t loop)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_wake");
        return -1;
    }
    return libws_c_loop_wake(loop);
}

int64_t ws_loop_flush(int64_t loop)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_flush");
        return -1;
    }
    return libws_go_loop_flush(loop, libws_slot());
}

int64_t ws_loop_drain(int64_t loop, int64_t timeout_ms)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_drain");
        return -1;
    }
    return libws_go_loop_drain(loop, timeout_ms, libws_slot());
}

int64_t ws_loop_close(int64_t loop)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_close");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_loop_close(loop, libws_slot());
}

int64_t ws_loop_drop(int64_t loop)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_drop");
        return -1;
    }
    libws_shield_handlers();
    return libws_go_loop_drop(loop, libws_slot());
}

int64_t ws_loop_metrics(int64_t loop, WsMetrics *metrics, int64_t size)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_metrics");
        return -1;
    }
    if (LIBWS_UNLIKELY(metrics == NULL)) {
        libws_fail_null("ws_loop_metrics", "metrics");
        return -1;
    }
    return libws_go_loop_metrics(loop, metrics, size, libws_slot());
}

int64_t ws_loop_send(int64_t loop, int64_t conn, int64_t opcode, const void *data, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_send");
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_loop_send", "data", "len", len);
        return -1;
    }
    return libws_go_loop_send(loop, conn, opcode, (void *)data, len, libws_slot());
}

int64_t ws_loop_send_key(int64_t loop, int64_t conn, int64_t opcode, const void *data, int64_t len, int64_t key)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_send_key");
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send_key", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_loop_send_key", "data", "len", len);
        return -1;
    }
    return libws_go_loop_send_key(loop, conn, opcode, (void *)data, len, key, libws_slot());
}

int64_t ws_loop_send_fragment(int64_t loop, int64_t conn, int64_t opcode, const void *data, int64_t len, int64_t is_final)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_send_fragment");
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send_fragment", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_loop_send_fragment", "data", "len", len);
        return -1;
    }
    return libws_go_loop_send_fragment(loop, conn, opcode, (void *)data, len, is_final, libws_slot());
}

int64_t ws_loop_ping(int64_t loop, int64_t conn, const void *data, int64_t len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_ping");
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_ping", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_loop_ping", "data", "len", len);
        return -1;
    }
    return libws_go_loop_ping(loop, conn, (void *)data, len, libws_slot());
}

int64_t ws_loop_send_batch(int64_t loop, WsSend *items, int64_t n)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_send_batch");
        return -1;
    }
    if (LIBWS_UNLIKELY(n < 0 || n > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send_batch", "n", n);
        return -1;
    }
    if (LIBWS_UNLIKELY(items == NULL && n > 0)) {
        libws_fail_missing("ws_loop_send_batch", "items", "n", n);
        return -1;
    }
    return libws_go_loop_send_batch(loop, items, n, libws_slot());
}

int64_t ws_loop_broadcast(int64_t loop, const int64_t *conns, int64_t n, int64_t opcode, const void *data, int64_t len, int64_t *results_out)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_broadcast");
        return -1;
    }
    if (LIBWS_UNLIKELY(n < 0 || n > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_broadcast", "n", n);
        return -1;
    }
    if (LIBWS_UNLIKELY(conns == NULL && n > 0)) {
        libws_fail_missing("ws_loop_broadcast", "conns", "n", n);
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_broadcast", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_loop_broadcast", "data", "len", len);
        return -1;
    }
    return libws_go_loop_broadcast(loop, (int64_t *)conns, n, opcode, (void *)data, len, results_out, libws_slot());
}

int64_t ws_loop_subscribe(int64_t loop, int64_t conn, const char *topic)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_subscribe");
        return -1;
    }
    if (LIBWS_UNLIKELY(topic == NULL)) {
        libws_fail_null("ws_loop_subscribe", "topic");
        return -1;
    }
    return libws_go_loop_subscribe(loop, conn, (char *)topic, (int64_t)strlen(topic), libws_slot());
}

int64_t ws_loop_unsubscribe(int64_t loop, int64_t conn, const char *topic)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_unsubscribe");
        return -1;
    }
    if (LIBWS_UNLIKELY(topic == NULL)) {
        libws_fail_null("ws_loop_unsubscribe", "topic");
        return -1;
    }
    return libws_go_loop_unsubscribe(loop, conn, (char *)topic, (int64_t)strlen(topic), libws_slot());
}

int64_t ws_loop_publish(int64_t loop, const char *topic, int64_t opcode, const void *data, int64_t len, int64_t except)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_publish");
        return -1;
    }
    if (LIBWS_UNLIKELY(topic == NULL)) {
        libws_fail_null("ws_loop_publish", "topic");
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_publish", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(data == NULL && len > 0)) {
        libws_fail_missing("ws_loop_publish", "data", "len", len);
        return -1;
    }
    return libws_go_loop_publish(loop, (char *)topic, (int64_t)strlen(topic), opcode, (void *)data, len, except, libws_slot());
}

int64_t ws_loop_close_conn(int64_t loop, int64_t conn, int64_t code, const char *reason)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_close_conn");
        return -1;
    }
    return libws_go_loop_close_conn(loop, conn, code, (char *)reason, reason == NULL ? 0 : (int64_t)strlen(reason), libws_slot());
}

int64_t ws_loop_abort_conn(int64_t loop, int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_abort_conn");
        return -1;
    }
    return libws_go_loop_abort_conn(loop, conn, libws_slot());
}

int64_t ws_loop_set_context(int64_t loop, int64_t conn, void *context)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_set_context");
        return -1;
    }
    return libws_go_loop_set_context(loop, conn, (int64_t)(intptr_t)context, libws_slot());
}

void *ws_loop_context(int64_t loop, int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_context");
        return NULL;
    }
    return (void *)(intptr_t)libws_go_loop_context(loop, conn, libws_slot());
}

int64_t ws_pause(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_pause");
        return -1;
    }
    return libws_go_pause(conn, libws_slot());
}

int64_t ws_resume(int64_t conn)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_resume");
        return -1;
    }
    return libws_go_resume(conn, libws_slot());
}

int64_t ws_respond(int64_t conn, int64_t status, const char *headers, const void *body, int64_t body_len)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_respond");
        return -1;
    }
    if (LIBWS_UNLIKELY(body_len < 0 || body_len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_respond", "body_len", body_len);
        return -1;
    }
    if (LIBWS_UNLIKELY(body == NULL && body_len > 0)) {
        libws_fail_missing("ws_respond", "body", "body_len", body_len);
        return -1;
    }
    return libws_go_respond(conn, status, (char *)headers, headers == NULL ? 0 : (int64_t)strlen(headers), (void *)body, body_len, libws_slot());
}

int64_t ws_loop_poll_packed(int64_t loop, int64_t *pack_out, int64_t size, int64_t timeout_ms)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_poll_packed");
        return -1;
    }
    libws_shield_handlers();
    if (LIBWS_UNLIKELY(pack_out == NULL)) {
        libws_fail_null("ws_loop_poll_packed", "pack_out");
        return -1;
    }
    return libws_c_loop_poll_packed(loop, pack_out, size, timeout_ms);
}

int64_t ws_loop_send_packed(int64_t loop, int64_t n, const void *packed, int64_t len, int64_t *results_out)
{
    if (LIBWS_UNLIKELY(libws_forked)) {
        libws_fail_forked("ws_loop_send_packed");
        return -1;
    }
    if (LIBWS_UNLIKELY(len < 0 || len > WS_LENGTH_MAX)) {
        libws_fail_length("ws_loop_send_packed", "len", len);
        return -1;
    }
    if (LIBWS_UNLIKELY(packed == NULL && len > 0)) {
        libws_fail_missing("ws_loop_send_packed", "packed", "len", len);
        return -1;
    }
    return libws_c_loop_send_packed(loop, n, packed, len, results_out);
}
