/* Masked client frames made before the clock starts (RFC 6455 §5.2, §5.3), and the check of every echoed byte against them. */
#include "messages.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 0x9E3779B97F4A7C15u;

static uint32_t random_word(void) { /* xorshift64*: the same frames in each run, so that runs compare */
    seed ^= seed >> 12, seed ^= seed << 25, seed ^= seed >> 27;
    return (uint32_t)(seed * 0x2545F4914F6CDD1Du >> 32);
}

static size_t put_client_head(uint8_t *to, int opcode, int64_t length, const uint8_t key[4]) {
    size_t extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
    to[0] = (uint8_t)(0x80 | opcode);
    to[1] = (uint8_t)(0x80 | (extra == 0 ? length : extra == 2 ? 126 : 127));
    for (size_t i = 0; i < extra; i++) to[2 + i] = (uint8_t)(length >> (8 * (extra - 1 - i)));
    memcpy(to + 2 + extra, key, 4);
    return 6 + extra;
}

struct messages *messages_make(int64_t bytes, int text, int longest_run) {
    struct messages *m = calloc(1, sizeof *m);
    int large = bytes > LARGE_PAYLOAD;
    m->bytes = bytes, m->opcode = text ? 1 : 2;
    m->period = large ? LARGE_PAYLOAD - 12 : (size_t)bytes; /* a multiple of 4, so the mask repeats with it */
    m->variants = large ? 3 : (int)((256 << 10) / (bytes + 14));
    if (m->variants > 61) m->variants = 61; /* a prime: no round number of messages hides a doubled one */
    if (m->variants < 3) m->variants = 3;
    if (!large && m->variants < longest_run) m->variants = longest_run;
    m->plain = calloc((size_t)m->variants, sizeof *m->plain);
    m->masked = calloc((size_t)m->variants, sizeof *m->masked);
    for (int v = 0; v < m->variants; v++) {
        uint8_t key[4], head[14];
        for (int i = 0; i < 4; i++) key[i] = (uint8_t)random_word();
        m->plain[v] = malloc(m->period + 1);
        for (size_t i = 0; i < m->period; i++) m->plain[v][i] = (uint8_t)(text ? 32 + random_word() % 95 : random_word());
        m->head_size = put_client_head(head, m->opcode, bytes, key);
        m->frame_size = m->head_size + (size_t)bytes;
        uint8_t *body;
        if (large) {
            memcpy(m->head[v], head, sizeof head);
            body = m->masked[v] = malloc(m->period);
        } else {
            if (!m->run) m->run = malloc(2 * (size_t)m->variants * m->frame_size);
            memcpy(m->run + (size_t)v * m->frame_size, head, m->head_size);
            body = m->run + (size_t)v * m->frame_size + m->head_size;
        }
        for (size_t i = 0; i < m->period; i++) body[i] = m->plain[v][i] ^ key[i & 3];
    }
    if (m->run) memcpy(m->run + (size_t)m->variants * m->frame_size, m->run, (size_t)m->variants * m->frame_size);
    return m;
}

int messages_pieces(const struct messages *m, int variant, size_t offset, int count, struct iovec pieces[FRAME_PIECES]) {
    if (m->run) {
        if (count > m->variants) count = m->variants;
        pieces[0] = (struct iovec){m->run + (size_t)variant * m->frame_size + offset, (size_t)count * m->frame_size - offset};
        return 1;
    }
    int filled = 0; /* one large message at a time */
    if (offset < m->head_size) {
        pieces[filled++] = (struct iovec){(uint8_t *)m->head[variant] + offset, m->head_size - offset};
        offset = m->head_size;
    }
    while (offset < m->frame_size && filled < FRAME_PIECES) {
        size_t at = (offset - m->head_size) % m->period, length = m->period - at;
        if (length > m->frame_size - offset) length = m->frame_size - offset;
        pieces[filled++] = (struct iovec){m->masked[variant] + at, length};
        offset += length;
    }
    return filled;
}

static int same(const struct messages *m, int variant, int64_t at, const uint8_t *bytes, size_t length) {
    while (length) {
        size_t from = (size_t)at % m->period, n = m->period - from < length ? m->period - from : length;
        if (memcmp(m->plain[variant] + from, bytes, n) != 0) return 0;
        bytes += n, at += (int64_t)n, length -= n;
    }
    return 1;
}

/* 1: the header is whole and in order, 0: bytes are missing, -1: it breaks a rule. */
static int check_head(struct check *c, const struct messages *m, const char **why) {
    if (c->head_have < 2) return 0;
    int opcode = c->head[0] & 15, seven = c->head[1] & 127, size = seven == 126 ? 4 : seven == 127 ? 10 : 2;
    if (c->head_have < size) return 0;
    uint64_t length = size == 2 ? (uint64_t)seven : 0;
    for (int i = 2; i < size; i++) length = length << 8 | c->head[i];
    *why = NULL;
    c->control = opcode >= 8, c->final = c->head[0] >> 7;
    if (c->head[0] & 0x70) *why = "RSV bits set";
    else if (c->head[1] & 0x80) *why = "a masked frame from the server";
    else if (length < (size == 4 ? 126u : size == 10 ? 65536u : 0u)) *why = "a length in more bytes than it needs";
    else if (opcode == 8) *why = "the server closed";
    else if (c->control && (length > 125 || !c->final || (opcode != 9 && opcode != 10))) *why = "a control frame that breaks the rules";
    else if (!c->control && opcode != (c->in_message ? 0 : m->opcode)) *why = "the opcode is not the one sent";
    else if (!c->control && (int64_t)length + c->message_at > m->bytes) *why = "the message is longer than the one sent";
    if (*why) return -1;
    c->frame_left = (int64_t)length, c->head_have = 0x80;
    if (!c->control) c->in_message = 1;
    return 1;
}

int check_bytes(struct check *c, const struct messages *m, const uint8_t *bytes, size_t length, size_t *used, const char **why) {
    size_t at = 0;
    for (;;) {
        while (!(c->head_have & 0x80)) {
            if (at == length) return *used = at, 0;
            c->head[c->head_have++] = bytes[at++];
            if (check_head(c, m, why) < 0) return -1;
        }
        size_t n = length - at < (size_t)c->frame_left ? length - at : (size_t)c->frame_left;
        if (!c->control) {
            if (!same(m, c->variant, c->message_at, bytes + at, n)) return *why = "payload bytes are not the ones sent", -1;
            c->message_at += (int64_t)n;
        }
        at += n, c->frame_left -= (int64_t)n;
        if (c->frame_left) return *used = at, 0;
        c->head_have = 0;
        if (c->control || !c->final) continue;
        if (c->message_at != m->bytes) return *why = "the message is shorter than the one sent", -1;
        c->message_at = 0, c->in_message = 0;
        c->variant = c->variant + 1 == m->variants ? 0 : c->variant + 1;
        return *used = at, 1;
    }
}
