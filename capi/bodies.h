/*
 * What the bodies in C look like to the shim: a text comes with its length, and a frame is written to frame_out.
 * 0 or the result is success, -1 or NULL is failure with the thread's error slot filled.
 * Generated from capi/abi by capi/gen; do not edit.
 *
 * Go's build cache does not look at include/ws.h, but at this file. The header's SHA-256:
 * 766428b2581274ba908a81cf76ff5f7fa991783200836c58b5da41283b5d94cf
 */
#ifndef LIBWS_BODIES_H
#define LIBWS_BODIES_H

#include "error.h"

int64_t libws_c_abi_version(void);
const char *libws_c_version(void);
int64_t libws_c_struct_size(int64_t which);
int64_t libws_c_last_error(void);
const char *libws_c_last_error_message(void);
int64_t libws_c_last_http_status(void);
int64_t libws_c_last_errno(void);
int64_t libws_c_clear_error(void);
const char *libws_c_error_name(int64_t code);
int64_t libws_c_frame_ping(WsFrame *frame_out);
int64_t libws_c_frame_pong(WsFrame *frame_out);
int64_t libws_c_frame_is_control(const WsFrame *frame);
int64_t libws_c_frame_is_text(const WsFrame *frame);
int64_t libws_c_frame_is_binary(const WsFrame *frame);
int64_t libws_c_frame_is_close(const WsFrame *frame);
int64_t libws_c_frame_is_ping(const WsFrame *frame);
int64_t libws_c_frame_is_pong(const WsFrame *frame);
const char *libws_c_frame_payload_text(const WsFrame *frame);
int64_t libws_c_frame_close_code(const WsFrame *frame);
int64_t libws_c_frame_drop(WsFrame *frame);
int64_t libws_c_server_stop(int64_t server);
int64_t libws_c_loop_poll(int64_t loop, WsEvent *events, int64_t cap, int64_t timeout_ms);
int64_t libws_c_loop_send_and_poll(int64_t loop, WsSend *items, int64_t n, WsEvent *events, int64_t cap, int64_t timeout_ms);
int64_t libws_c_loop_wake(int64_t loop);
int64_t libws_c_loop_poll_packed(int64_t loop, int64_t *pack_out, int64_t size, int64_t timeout_ms);
int64_t libws_c_loop_send_packed(int64_t loop, int64_t n, const void *packed, int64_t len, int64_t *results_out);

#endif
