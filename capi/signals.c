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

/* The first calls of a thread always look, since programs install their handlers at the start; later ones when the clock has ticked. */
#define ALWAYS 8

static _Thread_local unsigned looks;
static _Atomic int64_t latest; /* tick at which somebody looked */

/* Adds SA_ONSTACK to one handler. The host may install another one meanwhile: then that one is put back, with the flag. */
static void shield(int number)
{
    struct sigaction now, before;
    if (sigaction(number, NULL, &now) != 0) {
        return; /* the C library's own, or none that can be caught */
    }
    while (now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN && !(now.sa_flags & SA_ONSTACK)) {
        now.sa_flags |= SA_ONSTACK;
        if (sigaction(number, &now, &before) != 0 || (before.sa_handler == now.sa_handler && (before.sa_flags | SA_ONSTACK) == now.sa_flags)) {
            return;
        }
        now = before;
        if (now.sa_flags & SA_ONSTACK || now.sa_handler == SIG_DFL || now.sa_handler == SIG_IGN) {
            sigaction(number, &now, NULL);
            return;
        }
    }
}

void libws_shield_handlers(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t); /* ticks every few milliseconds, and costs a few nanoseconds */
    int64_t tick = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    if (looks >= ALWAYS && atomic_load_explicit(&latest, memory_order_relaxed) == tick) {
        return;
    }
    looks += looks < ALWAYS;
    for (int number = 1; number < NSIG; number++) {
        shield(number);
    }
    atomic_store_explicit(&latest, tick, memory_order_relaxed);
}
