/*
 * What C keeps of each event loop, so that waiting and waking need not enter Go: a wait costs no scheduler of Go's, and a signal
 * handler, which may run on a thread that is inside Go, can wake.
 */
#ifndef LIBWS_LOOP_WAIT_H
#define LIBWS_LOOP_WAIT_H

#include <stdint.h>

/* How many loops there may be at a time. */
#define LIBWS_LOOPS 4096

/* What libws_loop_poll_now and libws_loop_poll_ready return when there is nothing to report yet. */
#define LIBWS_LOOP_WAIT (-2)

/* The same from libws_loop_poll_now, with a signal in the first, short part of the wait, which it does itself. */
#define LIBWS_LOOP_INTERRUPTED (-3)

/*
 * Remembers a loop: its handle, the slot in it, its epoll descriptor, the descriptor that wakes it, and its Go object, as a pointer
 * that go-pointer made. Returns 0, or -1 when memory ran out.
 */
int libws_loop_keep(int64_t handle, uint32_t slot, int epoll_fd, int wake_fd, void *object);

/*
 * Forgets a loop and returns its Go object, once; NULL to everybody else. A poll that waits is ended first; after it no other
 * thread touches the descriptors any more.
 */
void *libws_loop_forget(int64_t handle, uint32_t slot);

/* Sets how polls wait: microseconds of probing before they sleep, and whether a signal ends them. */
void libws_loop_tune(int64_t handle, uint32_t slot, int64_t spin_us, int interruptible);

#endif
