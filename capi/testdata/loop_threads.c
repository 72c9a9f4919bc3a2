/* Event loops and threads: who waits is woken, a second poller is told, ending a loop ends its poll first, senders come from anywhere. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "loop.h"

static const double PROMPT = 0.1; /* seconds in which a wait ends */
static double slowest;            /* of the waits so far */

static void ended(double begin, double end)
{
    slowest = end - begin > slowest ? end - begin : slowest;
}

/* Runs what measures waits until none of them took too long, a few times at most. */
static void promptly(void (*waits)(void))
{
    double best = 1e9;
    for (int try = 0; try < TRIES && best >= PROMPT; try++) {
        slowest = 0;
        waits();
        best = slowest < best ? slowest : best;
    }
    CHECK(best < PROMPT);
}

/* One poll in a thread of its own, and what came of it. */
struct poller {
    int64_t loop, timeout_ms, result, error;
    _Atomic double returned;
    _Atomic pid_t begun;   /* the thread */
    _Atomic int signalled; /* the test sends it a signal */
    pthread_t thread;
};

static void *poll_once(void *argument)
{
    struct poller *p = argument;
    WsEvent events[8];
    p->begun = (pid_t)syscall(SYS_gettid);
    do { /* the thread that starts this one looks in now and then, and not every signal is the test's */
        p->result = ws_loop_poll(p->loop, events, 8, p->timeout_ms);
    } while (p->result < 0 && (ws_last_error() == WS_ERR_BUSY || (ws_last_error() == WS_ERR_INTERRUPTED && !p->signalled)));
    p->returned = seconds();
    p->error = ws_last_error();
    return NULL;
}

/* Starts a poll and returns once it is under way: a second poll is refused then. */
static void start(struct poller *p, int64_t loop, int64_t timeout_ms)
{
    *p = (struct poller){.loop = loop, .timeout_ms = timeout_ms};
    CHECK(pthread_create(&p->thread, NULL, poll_once, p) == 0);
    while (!p->begun) {
        sched_yield();
    }
    WsEvent e;
    while (ws_loop_poll(loop, &e, 1, 0) == 0) {
        sched_yield();
    }
    CHECK(ws_last_error() == WS_ERR_BUSY);
}

static double finish(struct poller *p)
{
    CHECK(pthread_join(p->thread, NULL) == 0);
    return p->returned;
}

static void waits_are_ended(void)
{
    struct poller p;
    int64_t loop = ws_loop_new(NULL);
    start(&p, loop, WS_TIMEOUT_NONE);
    double begin = seconds();
    CHECK(ws_loop_wake(loop) == 0);
    ended(begin, finish(&p));
    CHECK(p.result == 0);

    WsEvent e;
    CHECK(ws_loop_wake(loop) == 0); /* with nobody waiting it is kept for the next */
    CHECK(ws_loop_poll(loop, &e, 1, WS_TIMEOUT_NONE) == 0);
    start(&p, loop, WS_TIMEOUT_NONE);
    begin = seconds();
    int64_t peer, conn = join(loop, &peer); /* work from another thread wakes, too */
    ended(begin, finish(&p));
    CHECK(p.result == 1);

    start(&p, loop, WS_TIMEOUT_NONE);
    begin = seconds();
    CHECK(ws_loop_send(loop, conn, WS_OPCODE_TEXT, "from elsewhere", 14) > 0);
    expect(peer, "from elsewhere"); /* sent while the other thread polls, and written by it */
    ended(begin, seconds());

    begin = seconds();
    CHECK(ws_loop_close(loop) == 0); /* closing ends the wait before anything is freed */
    ended(begin, seconds());
    ended(begin, finish(&p));
    CHECK(p.result == -1 && p.error == WS_ERR_CLOSED);
    ws_drop(peer);

    loop = ws_loop_new(NULL);
    start(&p, loop, WS_TIMEOUT_NONE);
    begin = seconds();
    CHECK(ws_loop_drop(loop) == 0);
    ended(begin, finish(&p));
    CHECK(p.result == -1 && p.error == WS_ERR_CLOSED);
    CHECK(ws_handle_count() == 0);
}

/* pthread_cancel ends no call of the library: the poll goes on, and so does the loop after it. */
static void cancelling_waits(void)
{
    struct poller p;
    WsEvent e;
    int64_t loop = ws_loop_new(NULL);
    start(&p, loop, WS_TIMEOUT_NONE);
    usleep(50000); /* so that it sleeps */
    CHECK(pthread_cancel(p.thread) == 0);
    usleep(50000);
    CHECK(ws_loop_poll(loop, &e, 1, 0) == -1 && ws_last_error() == WS_ERR_BUSY);
    CHECK(ws_loop_wake(loop) == 0);
    finish(&p);
    CHECK(ws_loop_poll(loop, &e, 1, 0) == 0);
    CHECK(ws_loop_close(loop) == 0);
}

static _Atomic int caught; /* lock-free, so fit for handlers */
static int64_t signalled;

static void note(int number)
{
    (void)number;
    caught++;
}

static void wake_from_handler(int number)
{
    (void)number;
    caught++;
    ws_loop_wake(signalled);
}

static void on_signal(int number, void (*handler)(int))
{
    struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    CHECK(sigaction(number, &act, NULL) == 0);
}

/* A signal leaves a wait alone, unless it is to end it; its handler may wake. */
static void signals_are_the_hosts(void)
{
    struct poller p;
    int64_t loop = signalled = ws_loop_new(NULL);
    on_signal(SIGUSR1, note);
    on_signal(SIGUSR2, wake_from_handler);
    start(&p, loop, WS_TIMEOUT_NONE);
    for (caught = 0; caught == 0;) {
        CHECK(pthread_kill(p.thread, SIGUSR1) == 0);
        sched_yield();
    }
    WsEvent e;
    FAILS(ws_loop_poll(loop, &e, 1, 0), WS_ERR_BUSY); /* it goes on */
    double begin = seconds();
    CHECK(pthread_kill(p.thread, SIGUSR2) == 0);
    ended(begin, finish(&p));
    CHECK(p.result == 0);

    /* Wake-ups from a handler on a thread that is inside Go again and again. */
    pthread_t self = pthread_self();
    for (int i = 0; i < 2000; i++) {
        CHECK(ws_loop_poll(loop, &e, 1, 0) == 0);
        if (i % 4 == 0) {
            pthread_kill(self, SIGUSR2);
        }
    }
    CHECK(ws_loop_drop(loop) == 0);
}

/* One signal ends a wait that it is to end, however long that has gone on, and nothing is lost. */
static void one_signal_suffices(void)
{
    int swallowed = 0;
    for (int looks = 1; looks <= 8; looks++) {
        struct poller p;
        int64_t loop = ws_loop_new(NULL);
        CHECK(ws_set(loop, WS_OPT_INTERRUPTIBLE, 1) == 0 && ws_get(loop, WS_OPT_INTERRUPTIBLE) == 1);
        on_signal(SIGUSR1, note);
        start(&p, loop, WS_TIMEOUT_NONE);
        for (int i = 0; i < looks; i++) { /* each takes some milliseconds */
            until_asleep(p.begun);
        }
        p.signalled = 1;
        pthread_kill(p.thread, SIGUSR1); /* by now the thread may be over */
        double begin = seconds();
        while (!p.returned && seconds() - begin < PATIENCE_MS / 1000.0) {
            sched_yield();
        }
        if (!p.returned) { /* it may have come just before a wait */
            swallowed++;
            CHECK(ws_loop_wake(loop) == 0);
        }
        finish(&p);
        CHECK(p.result == -1 ? p.error == WS_ERR_INTERRUPTED : p.result == 0);
        WsEvent e;
        CHECK(ws_loop_poll(loop, &e, 1, 0) == 0);
        CHECK(ws_loop_drop(loop) == 0);
    }
    CHECK(swallowed <= 1);
}

static _Atomic int flooding;

/* Sends pings without end, and reads no answer. */
static void *flood(void *argument)
{
    static const unsigned char ping[6] = {0x89, 0x80, 1, 2, 3, 4};
    static char pings[240000];
    int *fds = argument;
    for (size_t i = 0; i < sizeof pings; i += sizeof ping) {
        memcpy(pings + i, ping, sizeof ping);
    }
    size_t at[4] = {0};
    for (double begin = seconds(); flooding && seconds() - begin < 60;) {
        for (int i = 0; i < 4; i++) {
            ssize_t n = send(fds[i], pings + at[i], sizeof pings - at[i], MSG_DONTWAIT);
            at[i] = n > 0 ? (at[i] + (size_t)n) % sizeof pings : at[i];
        }
    }
    return NULL;
}

/* A poll is over in time, however fast something comes that makes no event. */
static void floods_extend_no_timeout(void)
{
    int64_t loop = ws_loop_new(NULL);
    int fds[4][2], far[4];
    for (int i = 0; i < 4; i++) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]) == 0);
        CHECK(ws_loop_adopt(loop, fds[i][0], WS_ADOPT_SERVER, NULL, 0) > 0);
        far[i] = fds[i][1];
    }
    WsEvent events[4];
    CHECK(ws_loop_poll(loop, events, 4, PATIENCE_MS) == 4);
    pthread_t flooder;
    flooding = 1;
    CHECK(pthread_create(&flooder, NULL, flood, far) == 0);
    WsMetrics before, after;
    for (int i = 0; i < 100; i++) { /* one that does not wait looks at each connection four times, at 128 KiB each time */
        CHECK(ws_loop_metrics(loop, &before, sizeof before) > 0);
        CHECK(ws_loop_poll(loop, events, 4, 0) == 0);
        CHECK(ws_loop_metrics(loop, &after, sizeof after) > 0);
        CHECK(after.bytes_in - before.bytes_in <= 4 * 4 * (128 << 10));
    }
    double begin = seconds();
    CHECK(ws_loop_poll(loop, events, 4, 10) == 0 && seconds() - begin < PATIENCE_MS / 1000.0);
    flooding = 0;
    CHECK(pthread_join(flooder, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        close(far[i]);
    }
    CHECK(ws_loop_drop(loop) == 0);
}

/* What eight threads do to a loop while it is polled. */
enum { WORKERS = 8, CONNS = 16, ROUNDS = 400 };
static int64_t shared, conns[CONNS], peers[CONNS];
static _Atomic int64_t sent_ok, working;

static void *work(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t conn = conns[rand_r(&seed) % (CONNS - 1)]; /* the last one is for closers */
        WsSend items[2] = {{conn, WS_OPCODE_TEXT, "batch", 5, 0, 0, 0}, {7, WS_OPCODE_TEXT, "bad", 3, 0, 0, 0}};
        switch (rand_r(&seed) % 6) {
        case 0: sent_ok += ws_loop_send(shared, conn, WS_OPCODE_TEXT, "text", 4) > 0; break;
        case 1: sent_ok += ws_loop_send_batch(shared, items, 2); break;
        case 2: CHECK(ws_loop_wake(shared) == 0); break;
        case 3: ws_loop_send(shared, conns[CONNS - 1], WS_OPCODE_TEXT, "text", 4); break;
        case 4: CHECK(ws_loop_flush(shared) == 0); break;
        default:
            if (i == ROUNDS - 1) {
                ws_loop_close_conn(shared, conns[CONNS - 1], WS_CLOSE_NORMAL, "done");
            }
            CHECK(ws_state(conn) == WS_STATE_OPEN);
        }
    }
    working--;
    ws_loop_wake(shared);
    return NULL;
}

static void *read_all(void *argument)
{
    int64_t *count = argument, *peer = &peers[count[1]];
    for (;;) {
        WsFrame f = ws_recv_message(*peer);
        if (f.opcode != WS_OPCODE_TEXT) {
            ws_frame_drop(&f);
            return NULL;
        }
        count[0]++;
        ws_frame_drop(&f);
    }
}

static void senders_come_from_anywhere(void)
{
    pthread_t workers[WORKERS], readers[CONNS];
    int64_t counts[CONNS][2];
    WsEvent events[4];
    shared = ws_loop_new(NULL);
    for (int i = 0; i < CONNS; i++) {
        conns[i] = join(shared, &peers[i]);
        counts[i][0] = 0;
        counts[i][1] = i;
        CHECK(pthread_create(&readers[i], NULL, read_all, counts[i]) == 0);
    }
    CHECK(ws_loop_poll(shared, events, 4, PATIENCE_MS) > 0);
    working = WORKERS;
    for (intptr_t i = 0; i < WORKERS; i++) {
        CHECK(pthread_create(&workers[i], NULL, work, (void *)(i + 1)) == 0);
    }
    while (working > 0) {
        CHECK(ws_loop_poll(shared, events, 4, PATIENCE_MS) >= 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        CHECK(pthread_join(workers[i], NULL) == 0);
    }
    CHECK(ws_loop_drain(shared, PATIENCE_MS) == 0);
    for (int64_t n = 0, over = 0; !over;) {
        n = ws_loop_poll(shared, events, 4, PATIENCE_MS);
        CHECK(n > 0);
        for (int64_t i = 0; i < n; i++) {
            over = over || events[i].kind == WS_EVENT_DRAINED;
        }
    }
    int64_t got = 0;
    for (int i = 0; i < CONNS; i++) {
        CHECK(pthread_join(readers[i], NULL) == 0);
        got += i < CONNS - 1 ? counts[i][0] : 0;
        ws_drop(peers[i]);
    }
    CHECK(got == sent_ok); /* all of it, once */
    CHECK(ws_loop_drop(shared) == 0);
}

static void *end_it(void *argument)
{
    struct poller *p = argument;
    p->result = ws_loop_close(p->loop);
    p->error = p->result == 0 ? 0 : ws_last_error();
    return NULL;
}

/* Of many who close a polled loop one does, and the others are told. */
static void one_of_many_closes(void)
{
    for (int round = 0; round < 50; round++) {
        struct poller p, closers[4];
        int64_t loop = ws_loop_new(NULL);
        start(&p, loop, WS_TIMEOUT_NONE);
        for (int i = 0; i < 4; i++) {
            closers[i] = (struct poller){.loop = loop};
            CHECK(pthread_create(&closers[i].thread, NULL, end_it, &closers[i]) == 0);
        }
        int done = 0;
        for (int i = 0; i < 4; i++) {
            CHECK(pthread_join(closers[i].thread, NULL) == 0);
            done += closers[i].result == 0;
            CHECK(closers[i].result == 0 || closers[i].error == WS_ERR_CLOSED);
        }
        CHECK(done == 1);
        finish(&p);
        CHECK(p.result == -1 && p.error == WS_ERR_CLOSED);
    }
}

int main(void)
{
    promptly(waits_are_ended);
    promptly(signals_are_the_hosts);
    cancelling_waits();
    one_signal_suffices();
    floods_extend_no_timeout();
    senders_come_from_anywhere();
    one_of_many_closes();
    CHECK(ws_handle_count() == 0);
    return 0;
}
