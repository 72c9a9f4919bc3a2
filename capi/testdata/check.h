/* What the C programs of the tests share: a check that says where it failed, clocks, and a loopback pair of connections. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ws.h"

#define CHECK(condition)                                                                                                  \
    do {                                                                                                                  \
        if (!(condition)) {                                                                                               \
            fprintf(stderr, "%s:%d: %s (last error %lld: %s)\n", __FILE__, __LINE__, #condition, (long long)ws_last_error(), \
                    ws_last_error_message());                                                                             \
            exit(1);                                                                                                      \
        }                                                                                                                 \
    } while (0)

#include "asleep.h"

#define FAILS(call, code)                     \
    do {                                      \
        CHECK((call) == -1);                  \
        CHECK(ws_last_error() == (code));     \
        CHECK(ws_last_error_message()[0]);    \
    } while (0)

static inline double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is promised within a time is measured a few times and the best counts: a busy machine is late once, a defect always. */
#define TRIES 5

/* Two ends of one connection. */
static inline void pair(int64_t *server, int64_t *client)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    *server = ws_from_server(fds[0]);
    *client = ws_from_client(fds[1]);
    CHECK(*server > 0 && *client > 0);
}

#endif
