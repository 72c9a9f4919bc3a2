/* The client's side of a connection: opening handshake (RFC 6455 §4.1), writing masked frames, closing handshake (§7.1.2). */
#define _GNU_SOURCE
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* The sample nonce of RFC 6455 §1.3, so that the answer is known and the load spends nothing on SHA-1. */
#define NONCE "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

int client_connect(const struct load_options *o) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
    char request[512];
    struct timeval wake = {.tv_usec = 100000}; /* a blocking receive looks up now and then, whether the time is over */
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("socket: %s (is the descriptor limit under the number of connections?)", strerror(errno));
    inet_pton(AF_INET, o->host, &to.sin_addr);
    while (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        if (errno != EINTR) fail("connect: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wake, sizeof wake);
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: " NONCE "\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          o->path, o->host, o->port);
    if (send(fd, request, (size_t)length, MSG_NOSIGNAL) != length) fail("sending the request: %s", strerror(errno));
    return fd;
}

int client_opened(int fd) {
    char head[2048];
    ssize_t got = recv(fd, head, sizeof head - 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got <= 0) fail("the server closed during the opening handshake");
    head[got] = 0;
    char *end = strstr(head, "\r\n\r\n"), *accept = strcasestr(head, "\r\nSec-WebSocket-Accept:");
    if (!end) return got < (ssize_t)sizeof head - 1 ? 0 : (fail("the response head is too long"), -1);
    if (strncmp(head, "HTTP/1.1 101", 12) != 0) fail("the response is not a 101: %.60s", head);
    if (accept) accept += 23, accept += strspn(accept, " ");
    if (!accept || strncmp(accept, ACCEPT "\r", sizeof ACCEPT) != 0) fail("wrong Sec-WebSocket-Accept");
    if (recv(fd, head, (size_t)(end + 4 - head), 0) != end + 4 - head) fail("recv: %s", strerror(errno));
    return 1;
}

void clients_open(const struct load_options *o, int poller, struct client *clients, int count) {
    struct epoll_event events[256];
    int started = 0, opened = 0;
    int64_t limit = now_ns() + 60 * INT64_C(1000000000);
    while (opened < count) {
        for (; started < count && started - opened < o->opening; started++) {
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = (uint32_t)started};
            clients[started].fd = client_connect(o);
            if (epoll_ctl(poller, EPOLL_CTL_ADD, clients[started].fd, &event) != 0) fail("epoll_ctl: %s", strerror(errno));
        }
        int n = epoll_wait(poller, events, 256, 1000);
        for (int i = 0; i < n; i++) opened += client_opened(clients[events[i].data.u32].fd);
        if (now_ns() > limit) fail("only %d of %d connections opened in a minute", opened, count);
    }
}

void client_send(struct client *c, const struct messages *m) {
    while (c->to_send) {
        struct iovec pieces[FRAME_PIECES];
        struct msghdr message = {.msg_iov = pieces};
        size_t whole = 0;
        message.msg_iovlen = (size_t)messages_pieces(m, c->variant, c->offset, c->to_send, pieces);
        for (size_t i = 0; i < message.msg_iovlen; i++) whole += pieces[i].iov_len;
        ssize_t sent = message.msg_iovlen == 1 ? send(c->fd, pieces[0].iov_base, whole, MSG_NOSIGNAL | MSG_DONTWAIT)
                                               : sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) fail("send: %s", strerror(errno));
        if (sent > 0) {
            c->offset += (size_t)sent;
            while (c->to_send && c->offset >= m->frame_size) {
                c->offset -= m->frame_size, c->to_send--;
                c->variant = c->variant + 1 == m->variants ? 0 : c->variant + 1;
            }
        }
        if (sent < (ssize_t)whole) break; /* the socket is full: the server must read before more is sent */
    }
}

size_t client_receive(const struct load_options *o, struct client *c, uint8_t **bytes, int blocking, int *more) {
    static uint8_t buffer[RECEIVE_MOST];
    *bytes = buffer;
    ssize_t got = recv(c->fd, buffer, (size_t)o->receive_bytes, blocking ? 0 : MSG_DONTWAIT);
    *more = got == o->receive_bytes;
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (got < 0) fail("recv: %s", strerror(errno));
    if (got == 0) fail("the server closed the connection");
    return (size_t)got;
}

void clients_close(struct client *clients, int count) {
    static const uint8_t close_1000[8] = {0x88, 0x82, 0, 0, 0, 0, 1000 >> 8, 1000 & 255};
    int64_t limit = now_ns() + 1000000000;
    for (int i = 0; i < count; i++) {
        if (send(clients[i].fd, close_1000, sizeof close_1000, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) continue;
    }
    for (int i = 0; i < count; i++) {
        char rest[4096];
        struct pollfd p = {.fd = clients[i].fd, .events = POLLIN};
        struct linger reset = {.l_onoff = 1};
        int64_t left;
        while ((left = limit - now_ns()) > 0 && poll(&p, 1, (int)(left / 1000000) + 1) == 1)
            if (recv(clients[i].fd, rest, sizeof rest, MSG_DONTWAIT) <= 0) break; /* until the server has closed its side */
        if (left <= 0) setsockopt(clients[i].fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(clients[i].fd);
    }
}
