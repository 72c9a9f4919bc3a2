/*
 * Signal handlers of the host that ask for no alternate stack. A thread that is inside Go runs on a stack of a few KiB with the
 * heap below it: a handler that the kernel starts there destroys what is on the heap. So every call that can wait makes sure first
 * that handlers have SA_ONSTACK, as Go's runtime does with those that it finds when it starts; what they do, their mask and
 * their other flags stay.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "signals.h"

/*
 * The first calls of a thread always look, since programs install their handlers at the start; later ones when nobody has for this
 * long. A look is some 60 system calls, which a call that waits for milliseconds does not feel, but one in a hundred thousand a second
 * does. A handler that is installed while threads already wait in calls is seen by none of them either way.
 */
#define ALWAYS 8
#define LOOK_NS 30000000

static _Thread_local unsigned looks;
static _Atomic int64_t latest; /* when somebody looked */

/* One at a time, or they would take each other's changes for the host's. */
static atomic_flag busy = ATOMIC_FLAG_INIT;

/* The C library and the kernel set this one by themselves. */
#define SA_RESTORER_BIT 0x04000000

static int same(const struct sigaction *a, const struct sigaction *b)
{
    return a->sa_handler == b->sa_handler && !((a->sa_flags ^ b->sa_flags) & ~SA_RESTORER_BIT);
}

static int lacks_stack(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN && !(action->sa_flags & SA_ONSTACK);
}

/* Adds SA_ONSTACK to one handler. Another thread may install one meanwhile: what was displaced unseen is put back, with the flag. */
static void shield(int number)
{
    struct sigaction expected, wanted, displaced;
    if (sigaction(number, NULL, &expected) != 0 || !lacks_stack(&expected)) {
        return; /* no signal that can be caught, or nothing to do */
    }
    wanted = expected;
    wanted.sa_flags |= SA_ONSTACK;
    while (sigaction(number, &wanted, &displaced) == 0 && !same(&displaced, &expected)) {
        expected = wanted;
        wanted = displaced;
        if (lacks_stack(&wanted)) {
            wanted.sa_flags |= SA_ONSTACK;
        }
    }
}

void libws_shield_handlers(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t); /* ticks every few milliseconds, and costs a few nanoseconds */
    int64_t now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    if (looks >= ALWAYS && now - atomic_load_explicit(&latest, memory_order_relaxed) < LOOK_NS) {
        return;
    }
    if (atomic_flag_test_and_set(&busy)) {
        return; /* somebody is at it */
    }
    looks += looks < ALWAYS;
    for (int number = 1; number < NSIG; number++) {
        shield(number);
    }
    atomic_store_explicit(&latest, now, memory_order_relaxed);
    atomic_flag_clear(&busy);
}
