/* WebSocket echo server on event loops: echo_loop PORT [LOOPS] [--spin US] [--max-message BYTES] [--host ADDRESS].
 * Each loop has a thread of its own; all of them share one port. One call sends the answers to many events and waits for the next ones.
 * SIGTERM and SIGINT end it gracefully: no new clients, 1001 "going away" to those that are there. */
#include <pthread.h>
#include <signal.h>

#include "program.h"

#define EVENTS 512
#define DRAIN_MS 5000 /* that clients have to answer the close frame */

static volatile sig_atomic_t stopping;
static int64_t all[256];
static int64_t loops = 1;

static void stop(int signal_number) {
    (void)signal_number;
    stopping = 1;
    for (int64_t i = 0; i < loops; i++) {
        ws_loop_wake(all[i]);
    }
}

static void *serve(void *argument) {
    int64_t loop = *(int64_t *)argument;
    static __thread WsEvent events[EVENTS];
    static __thread WsSend answers[EVENTS];

    int64_t count = 0; /* of answers to the events of the last poll */
    for (int draining = 0, drained = 0; !drained;) {
        if (stopping && !draining) {
            draining = 1;
            ws_loop_send_batch(loop, answers, count); /* before the close frames */
            count = 0;
            ws_loop_drain(loop, DRAIN_MS);
        }
        /* A peer that went away, or reads too slowly, fails alone; its close event says the rest. */
        int64_t n = ws_loop_send_and_poll(loop, answers, count, events, EVENTS, WS_TIMEOUT_NONE);
        if (n < 0) {
            fprintf(stderr, "%s\n", ws_last_error_message());
            break;
        }
        count = 0;
        for (int64_t i = 0; i < n; i++) {
            if (events[i].kind == WS_EVENT_MESSAGE) {
                answers[count].conn = events[i].conn;
                answers[count].opcode = events[i].opcode;
                answers[count].data = events[i].data;
                answers[count].len = events[i].len;
                count++;
            }
            drained = drained || events[i].kind == WS_EVENT_DRAINED;
        }
    }
    return NULL;
}

/* Takes LOOPS and --spin out of the command line; the rest is that of every example. */
static int64_t own_arguments(int *argc, char **argv) {
    int64_t spin_us = 0;
    int kept = 1, numbers = 0;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--spin") == 0 && i + 1 < *argc) {
            spin_us = program_number(argv[++i], 1000000);
        } else if (argv[i][0] != '-' && argv[i - 1][0] != '-' && numbers++ == 1) {
            loops = program_number(argv[i], 256);
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    return spin_us;
}

int main(int argc, char **argv) {
    int64_t spin_us = own_arguments(&argc, argv);
    Program program = program_arguments(argc, argv);
    if (loops < 1) {
        fprintf(stderr, "LOOPS must be 1 to 256\n");
        return 2;
    }
    for (int64_t i = 0; i < loops; i++) {
        WsLoopOptions options = WS_LOOP_OPTIONS_INIT;
        options.max_message_bytes = options.max_frame_bytes = program.max_message_bytes;
        options.spin_us = spin_us;
        all[i] = ws_loop_new(&options);
        int64_t port = all[i] < 0 ? -1 : ws_loop_listen(all[i], program.host, program.port, loops > 1);
        if (port < 0) {
            fprintf(stderr, "%s\n", ws_last_error_message());
            return 1;
        }
        program.port = port;
        if (program.max_message_bytes > 0) { /* an echo of the longest message must find room behind others */
            ws_set(all[i], WS_OPT_QUEUE_BYTES, 2 * program.max_message_bytes);
        }
    }
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    printf("listening on %s:%" PRId64 "\n", program.host, program.port);
    fflush(stdout);

    pthread_t threads[256];
    for (int64_t i = 1; i < loops; i++) {
        if (pthread_create(&threads[i], NULL, serve, &all[i]) != 0) {
            fprintf(stderr, "no thread for a loop\n");
            return 1;
        }
    }
    serve(&all[0]);
    for (int64_t i = 1; i < loops; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int64_t i = 0; i < loops; i++) {
        ws_loop_drop(all[i]);
    }
    return 0;
}
