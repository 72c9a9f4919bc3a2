/*
 * How frames get their payloads, and connections their texts: written once, for everybody who gives C memory out.
 */
#ifndef LIBWS_FRAME_H
#define LIBWS_FRAME_H

#include "ws.h"

/* Fills a frame with a copy of the payload in C memory, with a NUL after it. Returns 0, or -1 when memory ran out. */
int64_t libws_frame_fill(WsFrame *frame, int64_t opcode, const uint8_t *payload, int64_t payload_len, int64_t is_final, int64_t is_masked);

/* Copies bytes to C memory, with a NUL after them. Returns NULL when memory ran out. */
char *libws_copy_bytes(const uint8_t *bytes, int64_t len);

/* Copies bytes to memory of the caller that has room for them. */
void libws_copy_to(void *room, const uint8_t *bytes, int64_t len);

#endif
