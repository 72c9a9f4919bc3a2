/*
 * What the bodies in C look like to the shim: a text comes with its length, the error slot last, and a frame is written
 * to frame_out. 0 or the result is success, -1 or NULL is failure with the slot filled.
 * Generated from capi/abi by capi/gen; do not edit.
 */
#ifndef LIBWS_BODIES_H
#define LIBWS_BODIES_H

#include "error.h"

int64_t libws_c_abi_version(libws_error *error);
const char *libws_c_version(libws_error *error);
int64_t libws_c_struct_size(int64_t which, libws_error *error);
int64_t libws_c_last_error(libws_error *error);
const char *libws_c_last_error_message(libws_error *error);
int64_t libws_c_last_http_status(libws_error *error);
const char *libws_c_error_name(int64_t code, libws_error *error);
int64_t libws_c_frame_ping(WsFrame *frame_out, libws_error *error);
int64_t libws_c_frame_pong(WsFrame *frame_out, libws_error *error);
int64_t libws_c_frame_is_control(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_is_text(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_is_binary(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_is_close(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_is_ping(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_is_pong(const WsFrame *frame, libws_error *error);
const char *libws_c_frame_payload_text(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_close_code(const WsFrame *frame, libws_error *error);
int64_t libws_c_frame_drop(WsFrame *frame, libws_error *error);
int64_t libws_c_server_stop(int64_t server, libws_error *error);

#endif
