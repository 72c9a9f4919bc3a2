/* WebSocket client: connects a TCP socket, does the opening handshake on it, sends a message and prints the response. */
#define _GNU_SOURCE
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "websocket.h"

static int64_t send_message(int64_t tcp_fd, const char *url, const char *msg) {
    /* WsConnection_from_client(tcp_fd) is for sockets on which the opening handshake is done; this does it. */
    WsConnection conn = WsConnection_from_handle(ws_client_handshake(tcp_fd, url, NULL));
    if (conn.fd < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        close((int)tcp_fd);
        return -1;
    }

    /* Send text message */
    if (WsConnection_send_text(&conn, msg) < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        WsConnection_drop(&conn);
        return -1;
    }

    /* Receive response */
    int64_t result = -1;
    WsFrame frame = WsConnection_recv_frame(&conn);
    if (WsFrame_is_text(&frame) == 1) {
        /* Process response */
        printf("%s\n", WsFrame_payload_text(&frame));
        result = 0;
    } else {
        fprintf(stderr, "no text came back: %s\n", ws_last_error_message());
    }
    WsFrame_drop(&frame);

    WsConnection_close(&conn);
    return result;
}

/* A connected TCP socket, or -1. */
static int tcp_connect(const char *host, const char *port) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s HOST PORT MESSAGE\n", argv[0]);
        return 2;
    }
    int tcp_fd = tcp_connect(argv[1], argv[2]);
    if (tcp_fd < 0) {
        fprintf(stderr, "cannot connect to %s port %s\n", argv[1], argv[2]);
        return 1;
    }
    char url[512];
    snprintf(url, sizeof url, strchr(argv[1], ':') ? "ws://[%s]:%s/" : "ws://%s:%s/", argv[1], argv[2]);
    return send_message(tcp_fd, url, argv[3]) == 0 ? 0 : 1;
}
