/* An echo server inside somebody else's event loop: external_loop PORT [--libuv] [--max-message BYTES] [--host ADDRESS].
 * The loop of libws is one descriptor. Plain epoll watches it beside other things, here a timer; libuv does the
 * same where the program was built with it (-DWITH_LIBUV). A first SIGINT or SIGTERM lets connections end in good order. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#ifdef WITH_LIBUV
#include <uv.h>
#endif

#include "program.h"

#define EVENTS 256

/* Takes what is ready without waiting. 0 when the loop has nothing to do any more, -1 when it failed. */
static int echo(int64_t loop) {
    static WsEvent events[EVENTS];
    static WsSend answers[EVENTS];
    int64_t n;
    while ((n = ws_loop_poll(loop, events, EVENTS, 0)) > 0) {
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++) {
            if (events[i].kind == WS_EVENT_DRAINED) {
                return 0;
            }
            if (events[i].kind == WS_EVENT_MESSAGE) {
                WsSend answer = {events[i].conn, events[i].opcode, events[i].data, events[i].len, 0, 0, 0};
                answers[count++] = answer;
            }
        }
        ws_loop_send_batch(loop, answers, count);
    }
    return n < 0 ? -1 : 1;
}

static int64_t the_loop;
static volatile sig_atomic_t told;

/* ws_loop_wake makes the loop's descriptor readable; signal handlers may call it. */
static void on_signal(int number) {
    (void)number;
    told = 1;
    ws_loop_wake(the_loop);
}

/* The descriptor in an epoll of our own, beside a timer that reports now and then. */
static int run_epoll(int64_t loop) {
    int poller = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct epoll_event of_loop = {.events = EPOLLIN, .data.u64 = 1}, of_timer = {.events = EPOLLIN, .data.u64 = 2}, ready[2];
    struct itimerspec every_minute = {{60, 0}, {60, 0}};
    if (poller < 0 || timer < 0 || timerfd_settime(timer, 0, &every_minute, NULL) < 0 ||
        epoll_ctl(poller, EPOLL_CTL_ADD, (int)ws_loop_fd(loop), &of_loop) < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, timer, &of_timer) < 0) {
        perror("epoll");
        return -1;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    int going = 1;
    while (going > 0) {
        int n = epoll_wait(poller, ready, 2, -1);
        for (int i = 0; i < n && going > 0; i++) {
            uint64_t times;
            WsMetrics m;
            if (ready[i].data.u64 == 1) {
                going = echo(loop);
            } else if (read(timer, &times, sizeof times) == (ssize_t)sizeof times && ws_loop_metrics(loop, &m, sizeof m) > 0) {
                fprintf(stderr, "%" PRId64 " open, %" PRId64 " messages\n", m.open, m.messages_in);
            }
        }
        if (told) {
            told = 0;
            ws_loop_drain(loop, 2000);
        }
    }
    close(timer);
    close(poller);
    return going;
}

#ifdef WITH_LIBUV
static int uv_result;

static void uv_readable(uv_poll_t *handle, int status, int events) {
    (void)events;
    uv_result = status < 0 ? -1 : echo(*(int64_t *)handle->data);
    if (uv_result <= 0) {
        uv_stop(handle->loop);
    }
}

static void uv_told(uv_signal_t *handle, int number) {
    (void)number;
    ws_loop_drain(*(int64_t *)handle->data, 2000);
}

/* The descriptor in a loop of libuv, beside its own signal watchers. */
static int run_libuv(int64_t loop) {
    uv_loop_t *own = uv_default_loop();
    uv_poll_t watcher;
    uv_signal_t interrupt, terminate;
    if (uv_poll_init(own, &watcher, (int)ws_loop_fd(loop)) < 0 || uv_signal_init(own, &interrupt) < 0 || uv_signal_init(own, &terminate) < 0) {
        fprintf(stderr, "libuv has no room\n");
        return -1;
    }
    watcher.data = interrupt.data = terminate.data = &loop;
    uv_poll_start(&watcher, UV_READABLE, uv_readable);
    uv_signal_start(&interrupt, uv_told, SIGINT);
    uv_signal_start(&terminate, uv_told, SIGTERM);
    uv_run(own, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&watcher, NULL);
    uv_close((uv_handle_t *)&interrupt, NULL);
    uv_close((uv_handle_t *)&terminate, NULL);
    uv_run(own, UV_RUN_DEFAULT);
    uv_loop_close(own);
    return uv_result;
}
#else
static int run_libuv(int64_t loop) {
    (void)loop;
    fprintf(stderr, "this program was built without libuv\n");
    return -1;
}
#endif

int main(int argc, char **argv) {
    int libuv = 0, kept = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--libuv") == 0) {
            libuv = 1;
        } else {
            argv[kept++] = argv[i];
        }
    }
    Program program = program_arguments(kept, argv);
    WsLoopOptions options = WS_LOOP_OPTIONS_INIT;
    options.max_message_bytes = options.max_frame_bytes = program.max_message_bytes;
    the_loop = ws_loop_new(&options);
    int64_t port = ws_loop_listen(the_loop, program.host, program.port, 0);
    if (port < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    printf("listening on %s:%" PRId64 "\n", program.host, port);
    fflush(stdout);
    int ended = libuv ? run_libuv(the_loop) : run_epoll(the_loop);
    if (ended < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
    }
    ws_loop_drop(the_loop);
    return ended < 0 ? 1 : 0;
}
