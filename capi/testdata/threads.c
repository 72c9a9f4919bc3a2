/* Many threads of the host on one CPU, each waiting inside Go most of the time. Prints how many round trips they made. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "check.h"

#define PAIRS 40

static atomic_int stop;
static int64_t servers[PAIRS], clients[PAIRS];
static long trips[PAIRS];
static double longest[PAIRS];

static void *echo(void *arg)
{
    int64_t conn = servers[(intptr_t)arg];
    for (;;) {
        WsFrame f = ws_recv_frame(conn);
        if (f.opcode == -1 || f.opcode == WS_OPCODE_CLOSE) {
            ws_frame_drop(&f);
            return NULL;
        }
        CHECK(ws_send_frame(conn, &f) > 0);
        ws_frame_drop(&f);
    }
}

static void *ask(void *arg)
{
    intptr_t i = (intptr_t)arg;
    while (!atomic_load(&stop)) {
        double start = seconds();
        CHECK(ws_send_binary(clients[i], "twenty bytes of data", 20) > 0);
        WsFrame f = ws_recv_message(clients[i]);
        CHECK(f.opcode == WS_OPCODE_BINARY && f.payload_len == 20);
        ws_frame_drop(&f);
        trips[i]++;
        double took = seconds() - start;
        longest[i] = took > longest[i] ? took : longest[i];
    }
    CHECK(ws_close(clients[i]) == 0);
    return NULL;
}

int main(void)
{
    pthread_t echoing[PAIRS], asking[PAIRS];
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    for (intptr_t i = 0; i < PAIRS; i++) {
        pair(&servers[i], &clients[i]);
        CHECK(pthread_create(&echoing[i], NULL, echo, (void *)i) == 0);
        CHECK(pthread_create(&asking[i], NULL, ask, (void *)i) == 0);
    }
    struct timespec while_they_run = {2, 0};
    nanosleep(&while_they_run, NULL);
    atomic_store(&stop, 1);
    long least = -1, total = 0;
    double worst = 0;
    for (int i = 0; i < PAIRS; i++) {
        CHECK(pthread_join(asking[i], NULL) == 0 && pthread_join(echoing[i], NULL) == 0);
        ws_drop(servers[i]);
        least = least < 0 || trips[i] < least ? trips[i] : least;
        worst = longest[i] > worst ? longest[i] : worst;
        total += trips[i];
    }
    CHECK(ws_handle_count() == 0);
    printf("%ld round trips, %ld of the slowest pair, %.1f ms the longest\n", total, least, worst * 1e3);
    return 0;
}
