/*
 * ws_loop_poll, which enters Go for what is ready, waits here, and enters Go again; and ws_loop_wake, which is async-signal-safe.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "blocks.h"
#include "bodies.h"
#include "loop_wait.h"
#include "_cgo_export.h"

typedef struct block {
    libws_block shared;
    _Atomic int64_t spin_ns;
    _Atomic int interruptible;
    int epoll_fd;
    int wake_fd;
    int luck;   /* of the polling thread: whether probing has paid lately */
    int rested; /* of the polling thread: waits since probing was last tried */
} block;

#define PER_CHUNK 64u
#define READY_MOST 512
#define LOOKS_MOST 3 /* looksMost in Go */

static _Atomic(char *) chunks[LIBWS_LOOPS / PER_CHUNK];
static const libws_blocks loops = {chunks, LIBWS_LOOPS, PER_CHUNK, sizeof(block), "loop"};

int libws_loop_keep(int64_t handle, uint32_t slot, int epoll_fd, int wake_fd, void *object)
{
    block *b = (block *)libws_blocks_make(&loops, slot, object);
    if (b == NULL) {
        return -1;
    }
    b->epoll_fd = epoll_fd;
    b->wake_fd = wake_fd;
    b->luck = b->rested = 0;
    atomic_store(&b->spin_ns, 0);
    atomic_store(&b->interruptible, 0);
    libws_blocks_publish(&b->shared, handle);
    return 0;
}

static void wake(const block *b)
{
    static const uint64_t one = 1;
    long written = syscall(SYS_write, b->wake_fd, &one, sizeof one); /* fails only when it is set already; never cancelled */
    (void)written;
}

void *libws_loop_forget(int64_t handle, uint32_t slot)
{
    libws_block *b = libws_blocks_withdraw(&loops, handle, slot);
    if (b == NULL) {
        return NULL;
    }
    wake((block *)b);
    return libws_blocks_empty(b);
}

void libws_loop_tune(int64_t handle, uint32_t slot, int64_t spin_us, int interruptible)
{
    block *b = (block *)libws_blocks_find(&loops, slot);
    if (b != NULL && atomic_load(&b->shared.handle) == handle) {
        atomic_store(&b->spin_ns, spin_us * 1000);
        atomic_store(&b->interruptible, interruptible);
    }
}

int64_t libws_c_loop_wake(int64_t loop)
{
    int saved = errno;
    libws_block *b = libws_blocks_enter(&loops, loop, "ws_loop_wake");
    if (b == NULL) {
        return -1;
    }
    wake((block *)b);
    libws_blocks_leave(b);
    errno = saved;
    return 0;
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * Probes instead of sleeping for as long as is asked for, since being woken costs more than what is waited for when the peer answers
 * within microseconds. It gives up where that does not pay, and tries again now and then.
 */
static int spin(block *b, struct epoll_event *ready, int64_t longest)
{
    if (b->luck < 0 && ++b->rested < 64) {
        return 0;
    }
    b->rested = 0;
    int64_t begin = now_ns();
    for (;;) {
        int n = epoll_wait(b->epoll_fd, ready, READY_MOST, 0);
        if (n != 0) {
            b->luck = b->luck < 0 ? 0 : b->luck < 8 ? b->luck + 1 : 8;
            return n;
        }
        if (now_ns() - begin > longest) {
            b->luck = b->luck > -4 ? b->luck - 1 : -4;
            return 0;
        }
    }
}

/* Sleeps until something is ready or the time is over. */
static int sleep_until(block *b, struct epoll_event *ready, int64_t until)
{
    for (;;) {
        int ms = -1;
        if (until != INT64_MAX) {
            int64_t left = until - now_ns();
            ms = left <= 0 ? 0 : left / 1000000 >= INT_MAX ? INT_MAX : (int)((left + 999999) / 1000000);
        }
        int n = epoll_wait(b->epoll_fd, ready, READY_MOST, ms);
        if (n != 0 || ms == 0) {
            return n;
        }
    }
}

/* Waits for the descriptors of a loop: their number, 0 after the time, -1 with errno. */
static int wait_ready(block *b, struct epoll_event *ready, int64_t until)
{
    int64_t longest = until == 0 ? 0 : atomic_load_explicit(&b->spin_ns, memory_order_relaxed);
    if (until != 0 && until != INT64_MAX && longest > 0) {
        int64_t left = until - now_ns();
        longest = left < longest ? left : longest;
    }
    if (longest <= 0) {
        return until == 0 ? epoll_wait(b->epoll_fd, ready, READY_MOST, 0) : sleep_until(b, ready, until);
    }
    int n = spin(b, ready, longest);
    if (n != 0) {
        return n;
    }
    int64_t begin = now_ns();
    n = sleep_until(b, ready, until);
    if (n > 0 && b->luck < 0 && now_ns() - begin < longest) {
        b->luck++; /* probing would have paid */
    }
    return n;
}

/* When a wait that begins now is over: 0 for no wait at all, INT64_MAX for one without an end. */
static int64_t end_of(int64_t timeout_ms)
{
    if (timeout_ms == 0) {
        return 0;
    }
    int64_t now = now_ns();
    return timeout_ms > (INT64_MAX - now) / 1000000 ? INT64_MAX : now + timeout_ms * 1000000;
}

static int over(int64_t until)
{
    return until != INT64_MAX && now_ns() >= until;
}

static int64_t interrupted(void)
{
    libws_fail(WS_ERR_INTERRUPTED, "ws_loop_poll: a signal came and WS_OPT_INTERRUPTIBLE is set");
    return -1;
}

static int64_t poll_loop(block *b, int64_t loop, WsSend *items, int64_t n_items, WsEvent *events, int64_t cap, int64_t timeout_ms)
{
    libws_error *e = libws_slot();
    int64_t until = end_of(timeout_ms);
    int64_t n = libws_loop_poll_now(loop, items, n_items, events, cap, timeout_ms, e);
    if (n == LIBWS_LOOP_INTERRUPTED && atomic_load(&b->interruptible)) {
        libws_loop_poll_end(loop, e);
        return interrupted();
    }
    if (n != LIBWS_LOOP_WAIT && n != LIBWS_LOOP_INTERRUPTED) {
        return n;
    }
    struct epoll_event ready[READY_MOST];
    for (int looks = 1;; looks++) {
        int cancelling; /* a thread that ended in here would leave the loop polled for ever */
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
        int count = wait_ready(b, ready, until);
        int why = count < 0 ? errno : 0;
        pthread_setcancelstate(cancelling, NULL);
        if (atomic_load(&b->shared.handle) != loop) {
            libws_loop_poll_end(loop, e);
            return 0; /* the caller sees that it is closed */
        }
        if (count > 0) {
            n = libws_loop_poll_ready(loop, (void *)ready, count, events, cap, e);
            if (n != LIBWS_LOOP_WAIT) {
                return n;
            }
            if (until == 0 ? looks == LOOKS_MOST : over(until)) { /* what makes no event may come without end */
                libws_loop_poll_end(loop, e);
                return 0;
            }
            continue;
        }
        if (why == EINTR && until != 0 && !atomic_load(&b->interruptible)) {
            continue;
        }
        if (why != 0 && why != EINTR) {
            libws_loop_poll_end(loop, e);
            libws_fail_system("ws_loop_poll", why);
            return -1;
        }
        n = libws_loop_poll_ready(loop, NULL, 0, events, cap, e);
        if (n == LIBWS_LOOP_WAIT) {
            libws_loop_poll_end(loop, e);
            n = 0;
        }
        if (n == 0 && why == EINTR && until != 0) {
            return interrupted();
        }
        return n;
    }
}

/* What both ways of polling do; call names the one. */
static int64_t poll_checked(int64_t loop, WsSend *items, int64_t n_items, WsEvent *events, int64_t cap, int64_t timeout_ms, const char *call)
{
    if (cap < 1) {
        libws_fail(WS_ERR_ARGUMENT, "%s: cap is %lld; it must be at least 1", call, (long long)cap);
        return -1;
    }
    if (timeout_ms < 0) {
        libws_fail(WS_ERR_ARGUMENT, "%s: timeout_ms is %lld; it must be 0 or more, WS_TIMEOUT_NONE to wait for ever", call,
                   (long long)timeout_ms);
        return -1;
    }
    libws_block *b = libws_blocks_enter(&loops, loop, call);
    if (b == NULL) {
        return -1;
    }
    int64_t n = poll_loop((block *)b, loop, items, n_items, events, cap, timeout_ms);
    if (atomic_load(&b->handle) != loop) {
        libws_fail(WS_ERR_CLOSED, "%s: the loop was closed while it was polled", call);
        n = -1; /* the events view memory that is about to go */
    }
    libws_blocks_leave(b);
    return n;
}

int64_t libws_c_loop_poll(int64_t loop, WsEvent *events, int64_t cap, int64_t timeout_ms)
{
    return poll_checked(loop, NULL, 0, events, cap, timeout_ms, "ws_loop_poll");
}

int64_t libws_c_loop_send_and_poll(int64_t loop, WsSend *items, int64_t n, WsEvent *events, int64_t cap, int64_t timeout_ms)
{
    int64_t result = poll_checked(loop, items, n, events, cap, timeout_ms, "ws_loop_send_and_poll");
    if (result < 0) {
        libws_called("ws_loop_send_and_poll");
    }
    return result;
}
