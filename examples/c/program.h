/*
 * program.h: what the example servers share besides WebSocket: their command line and the line that says they are ready.
 */
#ifndef EXAMPLE_PROGRAM_H
#define EXAMPLE_PROGRAM_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws.h"

/* The command line "PORT [--max-message BYTES] [--host ADDRESS]"; examples listen on loopback unless told otherwise. */
typedef struct Program {
    int64_t port;
    int64_t max_message_bytes;
    const char *host;
} Program;

static inline int64_t program_number(const char *text, int64_t most) {
    char *end = NULL;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || n < 0 || n > most) {
        fprintf(stderr, "%s is not a number from 0 to %" PRId64 "\n", text, most);
        exit(2);
    }
    return n;
}

static inline Program program_arguments(int argc, char **argv) {
    Program p = {-1, 0, "127.0.0.1"};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--max-message") == 0 && i + 1 < argc) {
            p.max_message_bytes = program_number(argv[++i], WS_LENGTH_MAX);
        } else if (strcmp(argv[i], "--host") == 0 && i + 1 < argc) {
            p.host = argv[++i];
        } else if (p.port < 0 && argv[i][0] != '-') {
            p.port = program_number(argv[i], 65535);
        } else {
            p.port = -1;
            break;
        }
    }
    if (p.port < 0) {
        fprintf(stderr, "usage: %s PORT [--max-message BYTES] [--host ADDRESS]\n", argv[0]);
        exit(2);
    }
    return p;
}

/* Raises the limits of a server or connection when that is asked for. */
static inline void program_limits(const Program *p, int64_t handle) {
    if (p->max_message_bytes > 0) {
        ws_set(handle, WS_OPT_MAX_MESSAGE_BYTES, p->max_message_bytes);
        ws_set(handle, WS_OPT_MAX_FRAME_BYTES, p->max_message_bytes);
    }
}

/* A server of this program: bound, its limits raised when asked for, announced on standard output. -1 when it failed. */
static inline int64_t program_server(const Program *p) {
    int64_t server = ws_server_bind_host(p->host, p->port);
    if (server < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return -1;
    }
    program_limits(p, server);
    printf("listening on %s:%" PRId64 "\n", p->host, ws_server_port(server));
    fflush(stdout);
    return server;
}

#endif /* EXAMPLE_PROGRAM_H */
