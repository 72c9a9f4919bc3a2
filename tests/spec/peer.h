/*
 * The other end of a connection as raw bytes: socketpairs, loopback TCP, frames and opening handshakes by hand, so that tests see
 * what is on the wire (RFC 6455 §4, §5). For C and C++. Every read is bounded by PEER_PATIENCE_S.
 */
#ifndef SPEC_PEER_H
#define SPEC_PEER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PEER_PATIENCE_S 20

static inline void peer_bound(int fd) {
    struct timeval patience;
    patience.tv_sec = PEER_PATIENCE_S;
    patience.tv_usec = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/* A connected pair of stream sockets; returns the peer's end, -1 when there is none. */
static inline int peer_pair(int *ours) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        return -1;
    }
    *ours = fds[0];
    peer_bound(fds[1]);
    return fds[1];
}

/* A TCP connection to a port of this machine. */
static inline int peer_connect(int64_t port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    peer_bound(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline int peer_write(int fd, const void *bytes, size_t count) {
    return send(fd, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

/* Reads exactly count bytes, or less when the other side ended or time is over. */
static inline size_t peer_read(int fd, void *into, size_t count) {
    size_t have = 0;
    while (have < count) {
        ssize_t n = recv(fd, (char *)into + have, count - have, 0);
        if (n <= 0) {
            break;
        }
        have += (size_t)n;
    }
    return have;
}

/* Whether nothing at all has come. */
static inline int peer_silent(int fd) {
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == -1 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* Whether the other side has closed its socket, with nothing left to read. */
static inline int peer_ended(int fd) {
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

/* A frame as it was on the wire, unmasked. */
typedef struct PeerFrame {
    int first;  /* FIN, RSV, opcode; -1 when none came */
    int masked;
    uint32_t key;
    size_t wire_len; /* header and payload */
    size_t len;
    unsigned char payload[1 << 16];
} PeerFrame;

/* Reads one frame of at most 64 KiB. */
static inline int peer_read_frame(int fd, PeerFrame *frame) {
    unsigned char head[8], key[4] = {0, 0, 0, 0};
    frame->first = -1;
    frame->wire_len = 2;
    if (peer_read(fd, head, 2) != 2) {
        return 0;
    }
    int first = head[0];
    frame->masked = head[1] >> 7;
    frame->len = head[1] & 127;
    if (frame->len >= 126) {
        size_t size = frame->len == 126 ? 2 : 8;
        if (peer_read(fd, head, size) != size) {
            return 0;
        }
        frame->len = 0;
        for (size_t i = 0; i < size; i++) {
            frame->len = frame->len << 8 | head[i];
        }
        frame->wire_len += size;
    }
    if (frame->masked && peer_read(fd, key, 4) != 4) {
        return 0;
    }
    frame->key = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
    if (frame->len > sizeof frame->payload || peer_read(fd, frame->payload, frame->len) != frame->len) {
        return 0;
    }
    for (size_t i = 0; i < frame->len; i++) {
        frame->payload[i] = (unsigned char)(frame->payload[i] ^ key[i % 4]);
    }
    frame->wire_len += frame->len + (frame->masked ? 4 : 0);
    frame->first = first;
    return 1;
}

/* Writes one frame of at most 125 bytes, masked with the key of RFC 6455 §5.7; first is FIN, RSV and opcode. */
static inline int peer_write_frame(int fd, int first, const void *payload, size_t len, int masked) {
    static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char bytes[6 + 125];
    size_t at = 0;
    bytes[at++] = (unsigned char)first;
    bytes[at++] = (unsigned char)(len | (masked ? 128 : 0));
    for (size_t i = 0; masked && i < 4; i++) {
        bytes[at++] = key[i];
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = ((const unsigned char *)payload)[i];
        bytes[at++] = masked ? (unsigned char)(byte ^ key[i % 4]) : byte;
    }
    return peer_write(fd, bytes, at);
}

/* A client's opening handshake for a path, with the key of RFC 6455 §1.3. */
static inline size_t peer_request(char *into, size_t size, const char *path) {
    return (size_t)snprintf(into, size,
                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                            path);
}

#define PEER_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* Reads the head of an HTTP message, NUL after it. */
static inline size_t peer_read_head(int fd, char *into, size_t size) {
    size_t have = 0;
    while (have + 1 < size && (have < 4 || memcmp(into + have - 4, "\r\n\r\n", 4) != 0)) {
        if (recv(fd, into + have, 1, 0) != 1) {
            break;
        }
        have++;
    }
    into[have] = '\0';
    return have;
}

#endif
