/* Integration with an HTTP server: a page on /, and a WebSocket on /ws of the same port by ws_upgrade. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "program.h"
#include "websocket.h"

static const char page[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>waiting</title></head>\n"
    "<body><p id=\"echo\">waiting</p><script>\n"
    "const ws = new WebSocket(`ws://${location.host}/ws`);\n"
    "ws.onopen = () => ws.send('hello from the page');\n"
    "ws.onmessage = (event) => {\n"
    "  document.title = event.data;\n"
    "  document.getElementById('echo').textContent = event.data;\n"
    "  ws.close(1000, 'done');\n"
    "};\n"
    "ws.onerror = () => { document.title = 'error'; };\n"
    "</script></body></html>\n";

static Program program;

/* Upgrade HTTP connection to WebSocket */
static int64_t handle_ws_upgrade(int64_t tcp_fd, const void *http_buffer, int64_t buffer_len) {
    WsConnection conn = WebSocket_upgrade(tcp_fd, http_buffer, buffer_len);
    if (conn.fd < 0) {
        return -1; /* Upgrade failed */
    }
    program_limits(&program, conn.handle);

    /* Handle WebSocket connection */
    while (WsConnection_is_open(&conn) == 1) {
        WsFrame frame = WsConnection_recv_frame(&conn);
        if (frame.opcode == -1) {
            break;
        }
        if (WsFrame_is_text(&frame) == 1) {
            WsConnection_send_frame(&conn, &frame);
        } else if (WsFrame_is_ping(&frame) == 1) {
            WsConnection_send_pong(&conn);
        } else if (WsFrame_is_control(&frame) == 0) {
            WsConnection_send_frame(&conn, &frame);
        }
        WsFrame_drop(&frame);
    }

    WsConnection_close(&conn);
    return 0;
}

static void answer(int fd, const char *status, const char *type, const char *body) {
    char head[256];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, type, strlen(body));
    if (send(fd, head, (size_t)n, MSG_NOSIGNAL) == n) {
        (void)!send(fd, body, strlen(body), MSG_NOSIGNAL);
    }
    shutdown(fd, SHUT_WR);
}

/* Serves one TCP connection: reads the request's head and decides whether it is for a page or for a WebSocket. */
static void *serve(void *argument) {
    int fd = (int)(intptr_t)argument;
    char buffer[WS_HEADER_BUFFER + 1];
    size_t have = 0;
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    buffer[0] = '\0';
    while (have < WS_HEADER_BUFFER && strstr(buffer, "\r\n\r\n") == NULL) {
        ssize_t n = recv(fd, buffer + have, WS_HEADER_BUFFER - have, 0);
        if (n <= 0) {
            close(fd);
            return NULL;
        }
        have += (size_t)n;
        buffer[have] = '\0';
    }
    if (strncmp(buffer, "GET /ws", 7) == 0) {
        struct timeval none = {0};
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
        if (handle_ws_upgrade(fd, buffer, (int64_t)have) == 0) {
            return NULL; /* the descriptor was the connection's */
        }
    } else if (strncmp(buffer, "GET / ", 6) == 0) {
        answer(fd, "200 OK", "text/html; charset=utf-8", page);
    } else {
        answer(fd, "404 Not Found", "text/plain; charset=utf-8", "there is / and /ws here\n");
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv) {
    program = program_arguments(argc, argv);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)program.port)};
    socklen_t size = sizeof address;
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (inet_pton(AF_INET, program.host, &address.sin_addr) != 1 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("cannot listen");
        return 1;
    }
    printf("listening on %s:%d\n", program.host, ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;
        if (fd < 0) {
            continue;
        }
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0) {
            pthread_detach(thread);
        } else {
            close(fd);
        }
    }
}
