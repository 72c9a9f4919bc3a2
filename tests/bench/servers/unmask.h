/* Unmasks and frames payloads for the bench's own C servers (RFC 6455 §5.2, §5.3). */
#ifndef BENCH_UNMASK_H
#define BENCH_UNMASK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Masked bytes from `from` to `to`, at offset `at` of their payload. The regions are equal, or apart. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("avx2", "default"), optimize("O3")))
#endif
static void unmask(uint8_t *to, const uint8_t *from, size_t length, const uint8_t key[4], size_t at) {
    uint8_t turned[8];
    for (size_t i = 0; i < 8; i++) turned[i] = key[(at + i) & 3];
    uint64_t mask, word;
    memcpy(&mask, turned, 8);
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&word, from + i, 8);
        word ^= mask;
        memcpy(to + i, &word, 8);
    }
    for (; i < length; i++) to[i] = from[i] ^ turned[i & 7];
}

/* What a client's frame says of itself. */
struct frame_head {
    uint64_t length;
    uint8_t first, key[4];
    size_t size; /* of the header, mask included */
};

/* 1 when the header is whole, 0 when bytes are missing, -1 when it is not a masked frame without extensions. */
static int frame_head(const uint8_t *b, size_t have, struct frame_head *h) {
    if (have < 2) return 0;
    if (!(b[1] & 0x80) || b[0] & 0x70) return -1;
    h->first = b[0];
    h->length = b[1] & 0x7f;
    size_t at = 2, extra = h->length == 126 ? 2 : h->length == 127 ? 8 : 0;
    if (have < at + extra + 4) return 0;
    if (extra) {
        h->length = 0;
        for (size_t i = 0; i < extra; i++) h->length = h->length << 8 | b[at + i];
        if (h->length > 1u << 30) return -1;
    }
    memcpy(h->key, b + at + extra, 4);
    h->size = at + extra + 4;
    return 1;
}

static size_t server_head_size(uint64_t length) { return length < 126 ? 2 : length < 65536 ? 4 : 10; }

static void put_server_head(uint8_t *to, uint8_t first, uint64_t length) {
    size_t size = server_head_size(length);
    to[0] = first;
    to[1] = size == 2 ? (uint8_t)length : size == 4 ? 126 : 127;
    for (size_t i = size; i > 2; i--, length >>= 8) to[i - 1] = (uint8_t)length;
}

#endif
