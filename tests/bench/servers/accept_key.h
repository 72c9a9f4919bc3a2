/* Computes Sec-WebSocket-Accept for the bench's own C servers (RFC 6455 §4.2.2 item 5.4), on SHA-1 and base64 written here. */
#ifndef BENCH_ACCEPT_KEY_H
#define BENCH_ACCEPT_KEY_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static uint32_t sha1_rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

/* FIPS 180-4 §6.1.2: one 64-byte block. */
static void sha1_block(uint32_t state[5], const uint8_t block[64]) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        if (t < 16)
            w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
                   block[4 * t + 3];
        else
            w[t] = sha1_rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        uint32_t mixed = t < 20 ? ((b & c) | (~b & d)) + 0x5A827999u
                       : t < 40 ? (b ^ c ^ d) + 0x6ED9EBA1u
                       : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCu
                                : (b ^ c ^ d) + 0xCA62C1D6u;
        mixed += sha1_rotate(a, 5) + e + w[t];
        e = d, d = c, c = sha1_rotate(b, 30), b = a, a = mixed;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* key is the 24 characters of Sec-WebSocket-Key; out gets 28 characters and a NUL. */
static void accept_key(const char key[24], char out[29]) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t blocks[128] = {0}, digest[21] = {0};
    uint32_t state[5] = {0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u, 0xC3D2E1F0u};
    memcpy(blocks, key, 24);
    memcpy(blocks + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    blocks[60] = 0x80; /* 60 bytes of text; the length in bits ends the second block */
    blocks[126] = 480 >> 8, blocks[127] = 480 & 255;
    sha1_block(state, blocks);
    sha1_block(state, blocks + 64);
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    for (int i = 0, o = 0; i < 21; i += 3, o += 4) {
        uint32_t group = (uint32_t)digest[i] << 16 | (uint32_t)digest[i + 1] << 8 | digest[i + 2];
        for (int j = 0; j < 4; j++) out[o + j] = alphabet[group >> (18 - 6 * j) & 63];
    }
    out[27] = '=', out[28] = 0; /* 20 bytes are 27 characters and one pad */
}

/* Writes the 101 response for the NUL-terminated request head. Returns its length, or -1 when the request has no usable key. */
static int accept_response(const char *head, char out[160]) {
    const char *line = head;
    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, "Sec-WebSocket-Key:", 18) != 0) continue;
        const char *key = line + 18;
        while (*key == ' ') key++;
        if (strcspn(key, "\r") != 24) return -1;
        char accept[29];
        accept_key(key, accept);
        return sprintf(out,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: %s\r\n\r\n",
                       accept);
    }
    return -1;
}

#endif
