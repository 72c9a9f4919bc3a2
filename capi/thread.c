/*
 * Counts the threads of the host that enter Go, so that none has to wait for a processor that another one sleeps on.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stddef.h>

#include "thread.h"
#include "_cgo_export.h"

__thread int libws_thread_known;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic int64_t threads; /* that are counted and have not ended */
static _Atomic int64_t room;    /* for how many there are processors */

static void leave(void *known)
{
    (void)known;
    atomic_fetch_sub(&threads, 1);
}

static void make_key(void)
{
    if (pthread_key_create(&key, leave) != 0) {
        atomic_store(&room, INT64_MAX); /* then nobody is counted */
    }
}

void libws_thread_enter(void)
{
    libws_thread_known = 1;
    pthread_once(&once, make_key);
    if (atomic_load(&room) == INT64_MAX || pthread_setspecific(key, &libws_thread_known) != 0) {
        return;
    }
    int64_t now = atomic_fetch_add(&threads, 1) + 1;
    if (now > atomic_load(&room)) {
        atomic_store(&room, libws_make_room(now));
    }
}
