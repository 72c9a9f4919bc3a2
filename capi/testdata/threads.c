/*
 * Many threads of the host on one CPU, each waiting inside Go most of the time: every pair of them makes its round trips. Then it
 * says so, and they all stay until the standard input ends.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "check.h"

#define PAIRS 40
#define TRIPS 500

static sem_t done, leave;
static int64_t servers[PAIRS], clients[PAIRS];

static void wait_for(sem_t *sem)
{
    while (sem_wait(sem) != 0) { /* a signal of Go's */
    }
}

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
    for (int trip = 0; trip < TRIPS; trip++) {
        CHECK(ws_send_binary(clients[i], "twenty bytes of data", 20) > 0);
        WsFrame f = ws_recv_message(clients[i]);
        CHECK(f.opcode == WS_OPCODE_BINARY && f.payload_len == 20);
        ws_frame_drop(&f);
    }
    CHECK(sem_post(&done) == 0);
    wait_for(&leave);
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
    CHECK(sem_init(&done, 0, 0) == 0 && sem_init(&leave, 0, 0) == 0);
    for (intptr_t i = 0; i < PAIRS; i++) {
        pair(&servers[i], &clients[i]);
        CHECK(pthread_create(&echoing[i], NULL, echo, (void *)i) == 0);
        CHECK(pthread_create(&asking[i], NULL, ask, (void *)i) == 0);
    }
    for (int i = 0; i < PAIRS; i++) {
        wait_for(&done);
    }
    printf("%d threads\n", 2 * PAIRS + 1);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    for (int i = 0; i < PAIRS; i++) {
        CHECK(sem_post(&leave) == 0);
    }
    for (int i = 0; i < PAIRS; i++) {
        CHECK(pthread_join(asking[i], NULL) == 0 && pthread_join(echoing[i], NULL) == 0);
        ws_drop(servers[i]);
    }
    CHECK(ws_handle_count() == 0);
    return 0;
}
