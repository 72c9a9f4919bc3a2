/* Signals stay the host's: its handlers run, SIGPIPE never comes, and a storm of interruptions loses nothing. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "check.h"

static atomic_int caught[NSIG];

static void note(int number) { atomic_fetch_add(&caught[number], 1); }

static void handle(int number, int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note;
    action.sa_flags = flags;
    CHECK(sigaction(number, &action, NULL) == 0);
}

static void use_the_library(void) {
    int64_t server, client;
    both_ends(&server, &client);
    CHECK(ws_send_text(client, "used") > 0);
    receives(server, "used");
    CHECK(ws_drop(server) == 0 && ws_drop(client) == 0);
}

static void handlers_are_kept(void) {
    const int numbers[] = {SIGINT, SIGPIPE, SIGCHLD, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction now;
        handle(numbers[i], SA_RESTART | SA_ONSTACK);
        use_the_library();
        CHECK(sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == note);
        CHECK(raise(numbers[i]) == 0 && atomic_load(&caught[numbers[i]]) == 1);
    }
}

static void defaults_are_kept(void) {
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    use_the_library();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            raise(numbers[i]);
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == numbers[i]);
    }
}

static void children_are_the_hosts(void) {
    use_the_library();
    handle(SIGCHLD, SA_RESTART | SA_ONSTACK);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        _exit(7);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7 && atomic_load(&caught[SIGCHLD]) == 1);
}

/* Writing to a peer that is gone is an error and no SIGPIPE, whatever the host does about that signal. */
static void write_to_nobody(void) {
    static char block[65536];
    int64_t server, client;
    both_ends(&server, &client);
    CHECK(ws_drop(server) == 0);
    int64_t sent = 0;
    for (int i = 0; i < 100 && sent >= 0; i++) {
        sent = ws_send_binary(client, block, sizeof block);
    }
    CHECK(sent == -1 && (ws_last_error() == WS_ERR_ABNORMAL || ws_last_error() == WS_ERR_CLOSED));
    CHECK(ws_close(client) == 0 || ws_last_error() == WS_ERR_CLOSED);
    ws_drop(client);
}

static void no_sigpipe(void) {
    write_to_nobody(); /* with the default, which would end the process */
    handle(SIGPIPE, SA_ONSTACK);
    write_to_nobody();
    CHECK(atomic_load(&caught[SIGPIPE]) == 0);
}

/* ---- the storm ---- */

static atomic_int over;
static pthread_t target;

static void *storm(void *unused) {
    (void)unused;
    while (!atomic_load(&over)) {
        struct timespec millisecond = {0, 1000000};
        pthread_kill(target, SIGUSR1);
        nanosleep(&millisecond, NULL);
    }
    return NULL;
}

static void *echo(void *argument) {
    const int64_t conn = *(int64_t *)argument;
    sigset_t none;
    sigemptyset(&none);
    sigaddset(&none, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &none, NULL);
    for (;;) {
        WsFrame frame = ws_recv_message(conn);
        if (frame.opcode != WS_OPCODE_BINARY) {
            ws_frame_drop(&frame);
            return NULL;
        }
        CHECK(ws_send_frame(conn, &frame) > 0);
        ws_frame_drop(&frame);
    }
}

/* Calls that say INTERRUPTED have neither lost nor repeated anything, so they are simply made again. */
static long interruptions;

static int64_t again(int64_t result) {
    if (result < 0) {
        CHECK(ws_last_error() == WS_ERR_INTERRUPTED);
        interruptions++;
    }
    return result < 0;
}

static void messages_through_a_storm(int64_t interruptible, int flags) {
    static unsigned char block[300000];
    int64_t server, client;
    pthread_t echoing, storming;
    both_ends(&server, &client);
    CHECK(ws_set(client, WS_OPT_INTERRUPTIBLE, interruptible) == 0 && ws_set(server, WS_OPT_MAX_FRAME_BYTES, 1 << 20) == 0);
    CHECK(ws_set(client, WS_OPT_MAX_FRAME_BYTES, 1 << 20) == 0);
    handle(SIGUSR1, flags);
    target = pthread_self();
    CHECK(pthread_create(&echoing, NULL, echo, &server) == 0 && pthread_create(&storming, NULL, storm, NULL) == 0);
    const double until = seconds() + 3;
    long messages = 0;
    for (; seconds() < until || atomic_load(&caught[SIGUSR1]) < 500; messages++) {
        const size_t len = 4 + (size_t)(messages * 7919) % (messages % 20 == 0 ? sizeof block - 4 : 2000);
        memset(block, (int)messages, len);
        memcpy(block, &messages, 4);
        while (again(ws_send_binary(client, block, (int64_t)len))) {
        }
        WsFrame frame;
        while (again((frame = ws_recv_message(client)).opcode)) {
        }
        CHECK(frame.opcode == WS_OPCODE_BINARY && frame.payload_len == (int64_t)len);
        CHECK(memcmp((const void *)(intptr_t)frame.payload, block, len) == 0);
        ws_frame_drop(&frame);
    }
    atomic_store(&over, 1);
    CHECK(pthread_join(storming, NULL) == 0);
    printf("%ld messages through %d signals, %ld calls interrupted\n", messages, atomic_load(&caught[SIGUSR1]), interruptions);
    CHECK(interruptible || interruptions == 0);
    while (again(ws_close(client))) {
    }
    CHECK(pthread_join(echoing, NULL) == 0);
    ws_drop(server);
}

static void storm_goes_unseen(void) { messages_through_a_storm(0, SA_ONSTACK); }
static void storm_goes_unseen_restarting(void) { messages_through_a_storm(0, SA_ONSTACK | SA_RESTART); }
static void storm_interrupts(void) { messages_through_a_storm(1, SA_ONSTACK); }

static char loop_url[64];

static void *talk_to_loop(void *unused) {
    (void)unused;
    sigset_t storm_signal;
    sigemptyset(&storm_signal);
    sigaddset(&storm_signal, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &storm_signal, NULL);
    int64_t conn = ws_connect(loop_url);
    CHECK(conn > 0);
    char text[32];
    for (int i = 0; i < 2000 || atomic_load(&caught[SIGUSR1]) < 500; i++) {
        snprintf(text, sizeof text, "message %d", i);
        CHECK(ws_send_text(conn, text) > 0);
        receives(conn, text);
    }
    CHECK(ws_close(conn) == 0);
    return NULL;
}

/* An event loop under the storm: with WS_OPT_INTERRUPTIBLE polls end early, and nothing else. */
static void loop_through_a_storm(int64_t interruptible) {
    static WsEvent events[64];
    pthread_t talking, storming;
    int64_t loop = ws_loop_new(NULL), port = ws_loop_listen(loop, "127.0.0.1", 0, 0);
    CHECK(port > 0 && ws_set(loop, WS_OPT_INTERRUPTIBLE, interruptible) == 0);
    snprintf(loop_url, sizeof loop_url, "ws://127.0.0.1:%" PRId64 "/", port);
    handle(SIGUSR1, 0); /* no SA_ONSTACK: the library sees to it */
    target = pthread_self();
    CHECK(pthread_create(&talking, NULL, talk_to_loop, NULL) == 0 && pthread_create(&storming, NULL, storm, NULL) == 0);
    for (int closed = 0; !closed;) {
        int64_t n = ws_loop_poll(loop, events, 64, WS_TIMEOUT_NONE);
        if (n < 0) {
            CHECK(interruptible && ws_last_error() == WS_ERR_INTERRUPTED);
            interruptions++;
        }
        for (int64_t i = 0; i < n; i++) {
            closed |= events[i].kind == WS_EVENT_CLOSE;
            if (events[i].kind == WS_EVENT_MESSAGE) {
                CHECK(ws_loop_send(loop, events[i].conn, events[i].opcode, events[i].data, events[i].len) > 0);
            }
        }
    }
    atomic_store(&over, 1);
    CHECK(pthread_join(storming, NULL) == 0 && pthread_join(talking, NULL) == 0);
    printf("%d signals, %ld polls interrupted\n", atomic_load(&caught[SIGUSR1]), interruptions);
    CHECK(ws_loop_close(loop) == 0);
}

static void loop_storm_goes_unseen(void) { loop_through_a_storm(0); }
static void loop_storm_interrupts(void) { loop_through_a_storm(1); }

/* ---- handlers that are installed as programs do it who know nothing of alternate stacks ---- */

static void wordy(int number) {
    volatile char page[8192]; /* more than a small stack has */
    memset((void *)page, 0xa5, sizeof page);
    note(number);
}

static void plain_handlers(void) {
    struct sigaction now;
    int64_t server, client;
    pthread_t echoing;
    CHECK(signal(SIGUSR2, wordy) != SIG_ERR && signal(SIGHUP, SIG_IGN) != SIG_ERR);
    both_ends(&server, &client);
    CHECK(pthread_create(&echoing, NULL, echo, &server) == 0);
    CHECK(signal(SIGALRM, wordy) != SIG_ERR); /* after the connection was made */
    CHECK(ws_set(client, WS_OPT_INTERRUPTIBLE, 1) == 0);
    alarm(1);
    REFUSED(ws_recv_frame(client).opcode, WS_ERR_INTERRUPTED); /* while it waits */
    CHECK(atomic_load(&caught[SIGALRM]) == 1);
    CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == wordy && (now.sa_flags & SA_RESTART) && (now.sa_flags & SA_ONSTACK));
    CHECK(sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN);
    CHECK(sigaction(SIGWINCH, NULL, &now) == 0 && now.sa_handler == SIG_DFL);
    CHECK(ws_close(client) == 0 && pthread_join(echoing, NULL) == 0 && ws_drop(server) == 0);
}

static void *first_calls(void *argument) {
    for (int i = 0; i < 8; i++) {
        ws_send_ping(*(int64_t *)argument); /* of a new thread, these all look at the handlers */
    }
    return NULL;
}

/* What the host installs while other threads are in calls is what stays. */
static void handlers_that_change(void) {
    void (*const handlers[])(int) = {note, SIG_IGN, wordy, SIG_DFL};
    int64_t server, client;
    both_ends(&server, &client);
    for (int i = 0; i < 500; i++) {
        pthread_t threads[2];
        for (int t = 0; t < 2; t++) {
            CHECK(pthread_create(&threads[t], NULL, first_calls, &client) == 0);
        }
        for (int change = 0; change < 20; change++) {
            CHECK(signal(SIGUSR2, handlers[(i + change) % 4]) != SIG_ERR);
        }
        for (int t = 0; t < 2; t++) {
            CHECK(pthread_join(threads[t], NULL) == 0);
        }
        struct sigaction now;
        CHECK(sigaction(SIGUSR2, NULL, &now) == 0 && now.sa_handler == handlers[(i + 19) % 4]);
        if (i % 10 == 9) {
            ws_drop(server); /* before the pings fill the socket */
            ws_drop(client);
            both_ends(&server, &client);
        }
    }
    ws_drop(server);
    ws_drop(client);
}

static void storm_of_plain_handlers(void) { messages_through_a_storm(0, 0); }

/* ---- a blocked call ---- */

static void interrupt_once(int64_t (*call)(int64_t), int64_t blocked) {
    alarm(1);
    REFUSED(call(blocked), WS_ERR_INTERRUPTED, "signal");
    CHECK(atomic_load(&caught[SIGALRM]) >= 1);
}

static int64_t receive(int64_t conn) { return ws_recv_frame(conn).opcode; }

static void interrupts_blocked_calls(void) {
    char url[64];
    int64_t server, client, listener = listening(url, sizeof url);
    handle(SIGALRM, SA_ONSTACK | SA_RESTART); /* SA_RESTART is about system calls, not about these */
    both_ends(&server, &client);
    CHECK(ws_set(client, WS_OPT_INTERRUPTIBLE, 1) == 0 && ws_set(listener, WS_OPT_INTERRUPTIBLE, 1) == 0);
    interrupt_once(receive, client);
    interrupt_once(ws_server_accept, listener);
    interrupt_once(ws_server_run_echo, listener);
    CHECK(ws_is_open(client) == 1 && ws_server_running(listener) == 1);
    CHECK(ws_send_text(server, "after") > 0);
    receives(client, "after");
    ws_drop(server);
    ws_drop(client);
    ws_server_drop(listener);
}

/* With WS_OPT_INTERRUPTIBLE 2 a sending call comes back without a signal, and what is cut is not lost. */
static void sends_look_for_signals(void) {
    enum { size = 4 << 20 };
    char *data = calloc(1, size);
    int64_t server, client, sent;
    both_ends(&server, &client);
    CHECK(data != NULL && ws_set(server, WS_OPT_INTERRUPTIBLE, 2) == 0);
    sent = ws_send_binary(server, data, size);
    CHECK(sent < -size && ws_last_error() == WS_ERR_INTERRUPTED);
    memset(data, 1, size); /* the caller's again */
    REFUSED(ws_send_text(server, "never"), WS_ERR_INTERRUPTED);
    REFUSED(ws_flush(server), WS_ERR_INTERRUPTED);
    WsFrame message = ws_recv_message(client);
    CHECK(message.opcode == WS_OPCODE_BINARY && message.payload_len == size);
    for (int64_t at = 0; at < size; at += 4093) {
        CHECK(((const char *)(intptr_t)message.payload)[at] == 0);
    }
    ws_frame_drop(&message);
    CHECK(ws_flush(server) == 0 && ws_send_text(server, "after") > 0);
    receives(client, "after");
    free(data);
    ws_drop(server);
    ws_drop(client);
}

static int64_t stopped;

static void stop_server(int number) {
    note(number);
    ws_server_stop(stopped);
}

/* ws_server_stop may be called by a signal handler, also one that interrupts the server itself. */
static void stop_from_a_handler(void) {
    char url[64];
    stopped = listening(url, sizeof url);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = stop_server;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    alarm(1);
    CHECK(ws_server_run_echo(stopped) == 0 && ws_server_running(stopped) == 0);
    ws_server_drop(stopped);
}

CASES({"handlers_are_kept", handlers_are_kept},
      {"defaults_are_kept", defaults_are_kept},
      {"children_are_the_hosts", children_are_the_hosts},
      {"no_sigpipe", no_sigpipe},
      {"storm_goes_unseen", storm_goes_unseen},
      {"storm_goes_unseen_restarting", storm_goes_unseen_restarting},
      {"storm_interrupts", storm_interrupts},
      {"loop_storm_goes_unseen", loop_storm_goes_unseen},
      {"loop_storm_interrupts", loop_storm_interrupts},
      {"plain_handlers", plain_handlers},
      {"handlers_that_change", handlers_that_change},
      {"storm_of_plain_handlers", storm_of_plain_handlers},
      {"interrupts_blocked_calls", interrupts_blocked_calls},
      {"sends_look_for_signals", sends_look_for_signals},
      {"stop_from_a_handler", stop_from_a_handler})
