/* The messages of a load: masked frames made once, and the check of every byte that comes back. */
#ifndef LOAD_MESSAGES_H
#define LOAD_MESSAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum { LARGE_PAYLOAD = 65536, FRAME_PIECES = 64 };

/* Variants differ in payload and mask, so an echo that is late, doubled or of another connection is seen. Up to LARGE_PAYLOAD the
 * frames of all variants lie one after another, twice, so a run of messages is one write. A longer payload repeats one block that
 * stays in the cache, so that the load costs less than the server that it loads. */
struct messages {
    int64_t bytes;
    int variants, opcode;
    size_t frame_size, head_size, period;
    uint8_t **plain;    /* per variant: the payload, or its repeating block */
    uint8_t **masked;   /* per variant: the masked block of a large payload */
    uint8_t *run;       /* frames of small messages: 2 × variants */
    uint8_t head[8][14];
};

struct messages *messages_make(int64_t bytes, int text, int longest_run);

/* Bytes of a run of messages that starts with `variant`, from byte `offset` on. Returns how many pieces were filled. */
int messages_pieces(const struct messages *m, int variant, size_t offset, int count, struct iovec pieces[FRAME_PIECES]);

/* The check of one connection's incoming frames. */
struct check {
    uint8_t head[10];
    uint8_t head_have;
    uint8_t in_message, control, final;
    int64_t frame_left, message_at;
    int variant; /* of the message that is expected next */
};

/* Takes bytes of the stream, up to the end of one message. *used says how many were taken. 1: a message ended, 0: more bytes are
 * needed, -1: the bytes are not what was sent, and *why says so. A close frame is an error too. */
int check_bytes(struct check *c, const struct messages *m, const uint8_t *bytes, size_t length, size_t *used, const char **why);

#endif
