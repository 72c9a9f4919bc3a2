/*
 * What the C programs of the ABI's tests are made of: cases that run one to a process, checks that say where they failed, ends of
 * connections, clocks, and a way to know that another thread is blocked.
 */
#ifndef ABI_CHECK_H
#define ABI_CHECK_H

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../spec/peer.h"
#include "ws.h"

#define CHECK(condition)                                                                                                        \
    do {                                                                                                                        \
        if (!(condition)) {                                                                                                     \
            fprintf(stderr, "%s:%d: %s; the last error is %s: %s\n", __FILE__, __LINE__, #condition, ws_error_name(ws_last_error()), \
                    ws_last_error_message());                                                                                   \
            _exit(1);                                                                                                           \
        }                                                                                                                       \
    } while (0)

#include "../../capi/testdata/asleep.h"

/* The call fails with this code, and its message has these words, such as the argument's name and the bound. */
#define REFUSED(call, code, ...)                                               \
    do {                                                                       \
        const char *words_[] = {"", ##__VA_ARGS__};                             \
        CHECK((call) == -1);                                                   \
        CHECK(ws_last_error() == (code));                                      \
        for (size_t w_ = 0; w_ < sizeof words_ / sizeof *words_; w_++) {       \
            if (strstr(ws_last_error_message(), words_[w_]) == NULL) {         \
                fprintf(stderr, "no \"%s\" in the message\n", words_[w_]);     \
                CHECK(!#call);                                                 \
            }                                                                  \
        }                                                                      \
    } while (0)

typedef struct Case {
    const char *name;
    void (*run)(void);
} Case;

/* Runs the case that the program's argument names. */
static inline int run_case(const Case *cases, size_t count, int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < count; i++) {
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run();
            return 0;
        }
    }
    fprintf(stderr, "usage: %s CASE\n", argv[0]);
    return 2;
}

#define CASES(...)                                                                    \
    int main(int argc, char **argv) {                                                 \
        static const Case cases[] = {__VA_ARGS__};                                    \
        return run_case(cases, sizeof cases / sizeof *cases, argc, argv);             \
    }

static inline double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One end that is under test and the peer as raw bytes. */
static inline int64_t end_of(int server, int *peer) {
    int fd = -1;
    *peer = peer_pair(&fd);
    int64_t conn = server ? ws_from_server(fd) : ws_from_client(fd);
    CHECK(*peer >= 0 && conn > 0);
    return conn;
}

/* Two ends of one connection. */
static inline void both_ends(int64_t *server, int64_t *client) {
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    *server = ws_from_server(fds[0]);
    *client = ws_from_client(fds[1]);
    CHECK(*server > 0 && *client > 0);
}

/* A server on loopback and its URL. */
static inline int64_t listening(char *url, size_t size) {
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    CHECK(server > 0);
    snprintf(url, size, "ws://127.0.0.1:%" PRId64 "/", ws_server_port(server));
    return server;
}

/* Receives one frame and compares its text. */
static inline void receives(int64_t conn, const char *text) {
    WsFrame frame = ws_recv_frame(conn);
    CHECK(frame.opcode == WS_OPCODE_TEXT && strcmp(ws_frame_payload_text(&frame), text) == 0);
    ws_frame_drop(&frame);
}

/* The number behind a name in /proc/self/status, such as "Threads:" or "VmRSS:" (KiB). */
static inline long status_number(const char *name) {
    char line[256];
    long number = -1;
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            number = atol(line + strlen(name));
        }
    }
    fclose(file);
    return number;
}

static inline int descriptor_count(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

#endif
