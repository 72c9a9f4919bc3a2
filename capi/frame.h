/*
 * How frames get their payloads: written once, for received frames and for constructors.
 */
#ifndef LIBWS_FRAME_H
#define LIBWS_FRAME_H

#include "ws.h"

/* Fills a frame with a copy of the payload in C memory, with a NUL after it. Returns 0, or -1 when memory ran out. */
int64_t libws_frame_fill(WsFrame *frame, int64_t opcode, const uint8_t *payload, int64_t payload_len, int64_t is_final, int64_t is_masked);

#endif
