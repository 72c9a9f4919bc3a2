/*
 * Frames in the caller's memory: the questions about them, and their payloads, which are C memory with a NUL after them.
 * RFC 6455 §5.2, §5.5.
 */
#include <stdlib.h>
#include <string.h>

#include "bodies.h"
#include "frame.h"

char *libws_copy_bytes(const uint8_t *bytes, int64_t len)
{
    char *copy = malloc((size_t)len + 1);
    if (copy != NULL) {
        if (len > 0) {
            memcpy(copy, bytes, (size_t)len);
        }
        copy[len] = '\0';
    }
    return copy;
}

void libws_copy_to(void *room, const uint8_t *bytes, int64_t len)
{
    memcpy(room, bytes, (size_t)len);
}

int64_t libws_frame_fill(WsFrame *frame, int64_t opcode, const uint8_t *payload, int64_t payload_len, int64_t is_final, int64_t is_masked)
{
    char *copy = NULL;
    if (payload_len > 0) {
        copy = libws_copy_bytes(payload, payload_len);
        if (copy == NULL) {
            return -1;
        }
    }
    frame->opcode = opcode;
    frame->payload = (int64_t)(intptr_t)copy;
    frame->payload_len = payload_len;
    frame->is_final = is_final;
    frame->is_masked = is_masked;
    return 0;
}

static int64_t empty(WsFrame *frame_out, int64_t opcode)
{
    return libws_frame_fill(frame_out, opcode, NULL, 0, 1, 0);
}

int64_t libws_c_frame_ping(WsFrame *frame_out)
{
    return empty(frame_out, WS_OPCODE_PING);
}

int64_t libws_c_frame_pong(WsFrame *frame_out)
{
    return empty(frame_out, WS_OPCODE_PONG);
}

/* RFC 6455 §5.5: control frames are those whose opcode has its highest bit set. */
int64_t libws_c_frame_is_control(const WsFrame *frame)
{
    return frame->opcode >= WS_OPCODE_CLOSE;
}

int64_t libws_c_frame_is_text(const WsFrame *frame)
{
    return frame->opcode == WS_OPCODE_TEXT;
}

int64_t libws_c_frame_is_binary(const WsFrame *frame)
{
    return frame->opcode == WS_OPCODE_BINARY;
}

int64_t libws_c_frame_is_close(const WsFrame *frame)
{
    return frame->opcode == WS_OPCODE_CLOSE;
}

int64_t libws_c_frame_is_ping(const WsFrame *frame)
{
    return frame->opcode == WS_OPCODE_PING;
}

int64_t libws_c_frame_is_pong(const WsFrame *frame)
{
    return frame->opcode == WS_OPCODE_PONG;
}

const char *libws_c_frame_payload_text(const WsFrame *frame)
{
    if (frame->opcode < 0 || frame->payload == 0 || frame->payload_len <= 0) {
        return "";
    }
    return (const char *)(intptr_t)frame->payload;
}

/* RFC 6455 §5.5.1: the code is the first two bytes, in network byte order. */
int64_t libws_c_frame_close_code(const WsFrame *frame)
{
    if (frame->opcode != WS_OPCODE_CLOSE || frame->payload == 0 || frame->payload_len < 2) {
        return WS_CLOSE_NO_STATUS;
    }
    const unsigned char *payload = (const unsigned char *)(intptr_t)frame->payload;
    return (int64_t)payload[0] << 8 | payload[1];
}

int64_t libws_c_frame_drop(WsFrame *frame)
{
    free((void *)(intptr_t)frame->payload);
    frame->payload = 0;
    frame->payload_len = 0;
    return 0;
}
