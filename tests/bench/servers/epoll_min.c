/* The least a C echo server on epoll can do and still speak WebSocket: the yardstick of the bench's loop cells.
 *
 * usage: epoll_min PORT [--broadcast]      with --broadcast each message goes to every connection, once encoded
 *
 * One thread, one receive buffer, one write per readable event, no limits, no timers, no UTF-8 check, no fragments across buffers. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "accept_key.h"
#include "listen.h"
#include "unmask.h"

enum { BUFFER = 256 << 10, CHUNK = 256 << 10, LARGE = 64 << 10, CONNECTIONS = 1 << 16 };

struct connection {
    uint8_t *kept;                /* a frame that did not arrive whole: owned */
    size_t have, need, unmasked;  /* need: its size when it is read in place, else 0 */
    uint8_t *pending;             /* what the socket did not take yet: owned */
    size_t pending_at, pending_end;
    int open;                     /* the opening handshake is done */
};

static struct connection connections[CONNECTIONS];
static uint8_t in[BUFFER], out[BUFFER];
static int poller, highest, broadcast;

static void watch(int fd, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(poller, operation, fd, &event);
}

static void end(int fd) {
    struct connection *c = &connections[fd];
    free(c->kept);
    free(c->pending);
    *c = (struct connection){0};
    close(fd);
}

/* owned: the malloc'ed block that bytes are part of, given away; NULL when they are somebody else's. 0, or -1 when the peer is gone. */
static int put(int fd, const uint8_t *bytes, size_t length, uint8_t *owned) {
    struct connection *c = &connections[fd];
    ssize_t sent = 0;
    if (!c->pending) {
        sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            free(owned);
            return -1;
        }
        if (sent < 0) sent = 0;
        if ((size_t)sent == length) {
            free(owned);
            return 0;
        }
        watch(fd, EPOLL_CTL_MOD, EPOLLOUT); /* not reading until it is drained: the client's window is the backpressure */
    }
    size_t rest = length - (size_t)sent, queued = c->pending ? c->pending_end - c->pending_at : 0;
    if (owned && !queued) {
        c->pending = owned, c->pending_at = (size_t)(bytes - owned) + (size_t)sent, c->pending_end = c->pending_at + rest;
        return 0;
    }
    uint8_t *grown = malloc(queued + rest);
    if (queued) memcpy(grown, c->pending + c->pending_at, queued);
    memcpy(grown + queued, bytes + sent, rest);
    free(c->pending);
    free(owned);
    c->pending = grown, c->pending_at = 0, c->pending_end = queued + rest;
    return 0;
}

static int drain(int fd) {
    struct connection *c = &connections[fd];
    ssize_t sent = send(fd, c->pending + c->pending_at, c->pending_end - c->pending_at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN ? 0 : -1;
    c->pending_at += (size_t)sent;
    if (c->pending_at < c->pending_end) return 0;
    free(c->pending);
    c->pending = NULL;
    watch(fd, EPOLL_CTL_MOD, EPOLLIN);
    return 0;
}

/* Echoes to fd, or to everyone. */
static int answer(int fd, const uint8_t *bytes, size_t length, uint8_t *owned) {
    if (!broadcast) return put(fd, bytes, length, owned);
    for (int to = 0; to <= highest; to++)
        if (connections[to].open && to != fd) put(to, bytes, length, NULL); /* one that is gone is noticed when it is read */
    return put(fd, bytes, length, owned);
}

static int keep(struct connection *c, const uint8_t *bytes, size_t have, size_t need) {
    c->kept = malloc(need ? need : have);
    memcpy(c->kept, bytes, have);
    c->have = have, c->need = need, c->unmasked = 0;
    return 0;
}

/* A large frame is read straight into its own block and unmasked while it is warm. */
static int read_large(int fd) {
    struct connection *c = &connections[fd];
    struct frame_head head;
    size_t want = c->need - c->have;
    ssize_t got = recv(fd, c->kept + c->have, want < CHUNK ? want : CHUNK, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && errno == EAGAIN ? 0 : -1;
    c->have += (size_t)got;
    frame_head(c->kept, c->have, &head);
    size_t arrived = c->have - head.size;
    unmask(c->kept + head.size + c->unmasked, c->kept + head.size + c->unmasked, arrived - c->unmasked, head.key, c->unmasked);
    c->unmasked = arrived;
    if (c->have < c->need) return 0;
    uint8_t *whole = c->kept, *start = whole + head.size - server_head_size(head.length);
    c->kept = NULL, c->have = c->need = 0;
    put_server_head(start, head.first, head.length);
    return answer(fd, start, (size_t)(whole + head.size + head.length - start), whole);
}

static int read_frames(int fd, size_t have) {
    struct connection *c = &connections[fd];
    struct frame_head head;
    size_t at = 0, made = 0;
    int known = 1, ended = 0;
    while (at < have && (known = frame_head(in + at, have - at, &head)) == 1 && have - at - head.size >= head.length) {
        if (head.first == 0x89) head.first = 0x8a;
        put_server_head(out + made, head.first, head.length);
        made += server_head_size(head.length);
        unmask(out + made, in + at + head.size, head.length, head.key, 0);
        made += head.length;
        at += head.size + head.length;
        if (head.first == 0x88) ended = 1;
    }
    if (made && (ended ? put : answer)(fd, out, made, NULL) != 0) return -1;
    if (known < 0 || ended) return -1;
    if (at == have) return 0;
    size_t whole = known == 1 ? head.size + head.length : 0;
    keep(c, in + at, have - at, whole > LARGE ? whole : 0);
    if (c->need) {
        c->unmasked = have - at - head.size;
        unmask(c->kept + head.size, c->kept + head.size, c->unmasked, head.key, 0);
    }
    return 0;
}

static int shake_hands(int fd, size_t have) {
    char response[160];
    in[have] = 0;
    char *end_of_head = strstr((char *)in, "\r\n\r\n");
    if (!end_of_head) return keep(&connections[fd], in, have, 0);
    int length = accept_response((char *)in, response);
    if (length < 0 || put(fd, (uint8_t *)response, (size_t)length, NULL) != 0) return -1;
    connections[fd].open = 1;
    return 0; /* a client that sends frames before it has seen the 101 is not one of ours */
}

static int readable(int fd) {
    struct connection *c = &connections[fd];
    if (c->need) return read_large(fd);
    size_t have = c->have;
    if (have) {
        memcpy(in, c->kept, have);
        free(c->kept);
        c->kept = NULL, c->have = 0;
    }
    ssize_t got = recv(fd, in + have, BUFFER - 1 - have, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return have ? keep(c, in, have, 0) : 0;
    if (got <= 0) return -1;
    return c->open ? read_frames(fd, have + (size_t)got) : shake_hands(fd, have + (size_t)got);
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: epoll_min PORT [--broadcast]\n"), 2;
    broadcast = argc > 2 && strcmp(argv[2], "--broadcast") == 0;
    mallopt(M_MMAP_THRESHOLD, 64 << 20); /* large messages are to find warm pages, not fresh ones */
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    int listener = listen_loopback(argv[1], SOCK_NONBLOCK);
    struct epoll_event events[1024];
    poller = epoll_create1(EPOLL_CLOEXEC);
    watch(listener, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        int n = epoll_wait(poller, events, 1024, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0 && fd < CONNECTIONS) {
                    if (fd > highest) highest = fd;
                    no_delay(fd);
                    watch(fd, EPOLL_CTL_ADD, EPOLLIN);
                }
                continue;
            }
            if ((connections[fd].pending ? drain(fd) : readable(fd)) != 0) end(fd);
        }
    }
}
