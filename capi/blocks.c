/*
 * The tables of blocks: how a block comes to its object and loses it again, and what is wrong with a handle that has none.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "blocks.h"

#define KIND_SHIFT 59
#define SLOT_BITS 24

/* Waits this often by giving the processor away, then by sleeping, lest a thread of high priority keep out the one it waits for. */
#define YIELDS 100
#define NAP_NS 100000

libws_block *libws_blocks_make(const libws_blocks *table, uint32_t slot, void *object)
{
    if (slot >= table->slots) {
        return NULL;
    }
    _Atomic(char *) *chunk = &table->chunks[slot / table->per_chunk];
    if (atomic_load(chunk) == NULL) {
        char *fresh = calloc(table->per_chunk, table->block_size);
        char *none = NULL;
        if (fresh == NULL) {
            return NULL;
        }
        if (!atomic_compare_exchange_strong(chunk, &none, fresh)) {
            free(fresh); /* another thread was faster */
        }
    }
    libws_block *block = libws_blocks_find(table, slot);
    block->object = object;
    return block;
}

void libws_blocks_publish(libws_block *block, int64_t handle)
{
    atomic_store(&block->latest, handle);
    atomic_store(&block->handle, handle);
}

libws_block *libws_blocks_withdraw(const libws_blocks *table, int64_t handle, uint32_t slot)
{
    libws_block *block = libws_blocks_find(table, slot);
    int64_t expected = handle;
    return block != NULL && atomic_compare_exchange_strong(&block->handle, &expected, 0) ? block : NULL;
}

void *libws_blocks_empty(libws_block *block)
{
    int cancelling;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling);
    for (int turn = 0; atomic_load(&block->inside) > 0; turn++) {
        if (turn < YIELDS) {
            sched_yield();
        } else {
            nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        }
    }
    pthread_setcancelstate(cancelling, NULL);
    return block->object;
}

/* Handles of one slot differ in their generation, which begins at 1 and grows: an earlier one was given out and closed. */
static int was_given_out(const libws_block *block, int64_t handle)
{
    int64_t latest = atomic_load(&block->latest);
    int64_t before_first = latest >> KIND_SHIFT << (KIND_SHIFT - SLOT_BITS);
    return handle >> KIND_SHIFT == latest >> KIND_SHIFT && handle <= latest && handle >> SLOT_BITS > before_first;
}

void libws_blocks_fail(const libws_blocks *table, int64_t handle, const char *call)
{
    const libws_block *block = handle > 0 ? libws_blocks_find(table, (uint32_t)handle & LIBWS_SLOT_MASK) : NULL;
    if (block != NULL && was_given_out(block, handle)) {
        libws_fail(WS_ERR_CLOSED, "%s: the %s is closed", call, table->noun);
    } else {
        libws_fail(WS_ERR_HANDLE, "%s: %lld is not the handle of a %s", call, (long long)handle, table->noun);
    }
}
