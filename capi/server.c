/*
 * ws_server_stop, async-signal-safe: it finds the server without a lock and writes to the descriptor that ends its waits.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bodies.h"
#include "server.h"

/* A block is never freed, so that a signal handler can always look at it; a later server with the same slot uses it again. */
typedef struct block {
    _Atomic int64_t handle; /* 0 while no server has the block */
    _Atomic int64_t latest; /* the last handle that had it */
    _Atomic int inside;     /* calls of ws_server_stop that may be using stop_fd */
    int stop_fd;
    void *object; /* the Go server, from go-pointer: the block keeps it alive */
} block;

#define CHUNK_BITS 8
#define CHUNK (1u << CHUNK_BITS)
#define SLOTS (1u << 24)

static _Atomic(block *) chunks[SLOTS / CHUNK];

static block *find(uint32_t slot)
{
    block *chunk = slot < SLOTS ? atomic_load(&chunks[slot >> CHUNK_BITS]) : NULL;
    return chunk == NULL ? NULL : &chunk[slot & (CHUNK - 1)];
}

int libws_server_keep(int64_t handle, uint32_t slot, int stop_fd, void *object)
{
    if (slot >= SLOTS) {
        return -1;
    }
    if (atomic_load(&chunks[slot >> CHUNK_BITS]) == NULL) {
        block *fresh = calloc(CHUNK, sizeof *fresh);
        block *none = NULL;
        if (fresh == NULL) {
            return -1;
        }
        if (!atomic_compare_exchange_strong(&chunks[slot >> CHUNK_BITS], &none, fresh)) {
            free(fresh);
        }
    }
    block *b = find(slot);
    b->stop_fd = stop_fd;
    b->object = object;
    atomic_store(&b->latest, handle);
    atomic_store(&b->handle, handle);
    return 0;
}

void *libws_server_forget(int64_t handle, uint32_t slot)
{
    block *b = find(slot);
    int64_t expected = handle;
    if (b == NULL || !atomic_compare_exchange_strong(&b->handle, &expected, 0)) {
        return NULL;
    }
    while (atomic_load(&b->inside) > 0) {
        sched_yield();
    }
    return b->object;
}

int64_t libws_c_server_stop(int64_t server)
{
    static const uint64_t one = 1;
    block *b = server > 0 ? find((uint32_t)server & (SLOTS - 1)) : NULL;
    if (b != NULL) {
        atomic_fetch_add(&b->inside, 1);
        if (atomic_load(&b->handle) == server) {
            int saved = errno;
            long written = syscall(SYS_write, b->stop_fd, &one, sizeof one); /* fails only when it is set already; never cancelled */
            (void)written;
            errno = saved;
            atomic_fetch_sub(&b->inside, 1);
            return 0;
        }
        atomic_fetch_sub(&b->inside, 1);
        /* Handles of one slot differ in their generation, which grows: an earlier one was given out and closed. */
        int64_t latest = atomic_load(&b->latest);
        if (server >> 59 == latest >> 59 && server <= latest && server >> 24 << 5 > (latest >> 59) << 40) {
            libws_fail(WS_ERR_CLOSED, "ws_server_stop: the server is closed");
            return -1;
        }
    }
    libws_fail(WS_ERR_HANDLE, "ws_server_stop: %lld is not the handle of a server", (long long)server);
    return -1;
}
