/* What the load generator was asked for, and the entry point of each of its modes. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { RECEIVE_MOST = 1 << 20 };

struct load_options {
    const char *mode, *host, *path;
    int port;
    int pid;            /* the server's process, 0: its CPU and memory are not reported */
    int connections, in_flight;
    int64_t bytes;      /* of one message's payload */
    double warmup_s, seconds;
    int spin_us;        /* how long to poll before blocking */
    int opening;        /* opening handshakes under way at once */
    int receive_bytes;  /* read at a time, at most */
    int text;           /* text messages, else binary */
};

/* Each prints one line of JSON on standard output and returns the exit status. */
int run_echo(const struct load_options *o);
int run_open(const struct load_options *o);
int run_churn(const struct load_options *o);
int run_broadcast(const struct load_options *o);

/* Prints the fields that all modes share, after an opening brace. */
void print_common(FILE *out, const struct load_options *o);

/* Says why on standard error and exits with status 1: a load that went wrong has no figures. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static inline int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

#endif
