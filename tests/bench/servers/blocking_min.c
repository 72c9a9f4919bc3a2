/* The least a blocking C echo server can do and still speak WebSocket: a thread per connection, one recv and one send per message.
 *
 * usage: blocking_min PORT
 *
 * A message is echoed once it is whole, as any server must that hands messages to its caller; nothing is checked or limited. */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "accept_key.h"
#include "listen.h"
#include "unmask.h"

/* Reads more until the buffer holds `want` bytes. 0, or -1 at the end of the stream. */
static int fill(int fd, uint8_t *buffer, size_t *have, size_t want, size_t room) {
    while (*have < want) {
        ssize_t got = recv(fd, buffer + *have, room - *have, 0);
        if (got <= 0) return -1;
        *have += (size_t)got;
    }
    return 0;
}

static int shake_hands(int fd, uint8_t *buffer, size_t room) {
    char response[160];
    size_t have = 0;
    do {
        if (fill(fd, buffer, &have, have + 1, room - 1) != 0) return -1;
        buffer[have] = 0;
    } while (!strstr((char *)buffer, "\r\n\r\n"));
    int length = accept_response((char *)buffer, response);
    return length < 0 ? -1 : send(fd, response, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -1;
}

static int send_all(int fd, const uint8_t *bytes, size_t length) {
    while (length) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) return -1;
        bytes += sent, length -= (size_t)sent;
    }
    return 0;
}

static void *serve(void *argument) {
    int fd = (int)(intptr_t)argument, known;
    size_t room = 256 << 10, have = 0;
    uint8_t *buffer = malloc(room);
    struct frame_head head;
    if (shake_hands(fd, buffer, room) != 0) goto done;
    for (;;) {
        while ((known = frame_head(buffer, have, &head)) == 0)
            if (fill(fd, buffer, &have, have + 1, room) != 0) goto done;
        if (known < 0) break;
        size_t whole = head.size + head.length;
        if (whole > room) buffer = realloc(buffer, room = whole);
        if (fill(fd, buffer, &have, whole, room) != 0) break;
        uint8_t *payload = buffer + head.size, *start = payload - server_head_size(head.length);
        unmask(payload, payload, head.length, head.key, 0);
        put_server_head(start, head.first == 0x89 ? 0x8a : head.first, head.length);
        if (send_all(fd, start, (size_t)(payload + head.length - start)) != 0 || head.first == 0x88) break;
        memmove(buffer, buffer + whole, have -= whole);
    }
done:
    free(buffer);
    close(fd);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: blocking_min PORT\n"), 2;
    int fd, listener = listen_loopback(argv[1], 0);
    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        pthread_t thread;
        no_delay(fd);
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) pthread_detach(thread);
        else close(fd);
    }
    return 1;
}
