/*
 * What C keeps of each object that a call must find without entering Go: tables of blocks by the slot in a handle. A block is never
 * freed, so that any thread and any signal handler can always look at it; a later object with the same slot uses it again.
 */
#ifndef LIBWS_BLOCKS_H
#define LIBWS_BLOCKS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* How every block begins. What follows is written before the block is published, and read by those who have entered it. */
typedef struct libws_block {
    _Atomic int64_t handle; /* 0 while no object has the block */
    _Atomic int64_t latest; /* the last handle that had it */
    _Atomic int inside;     /* calls that may be using what is in it */
    void *object;           /* in Go, from go-pointer: the block keeps it alive */
} libws_block;

/* A table; each is a constant of the file that uses it, so that the compiler knows its numbers where it looks blocks up. */
typedef struct libws_blocks {
    _Atomic(char *) *chunks; /* slots / per_chunk of them, made as they are needed */
    uint32_t slots;
    uint32_t per_chunk; /* a power of two */
    size_t block_size;
    const char *noun; /* of the objects, for messages */
} libws_blocks;

/* The bits of a handle that are its slot. */
#define LIBWS_SLOT_MASK 0xFFFFFFu

/* Finds the block of a slot, NULL when there never was one. */
static inline libws_block *libws_blocks_find(const libws_blocks *table, uint32_t slot)
{
    char *chunk = slot < table->slots ? atomic_load(&table->chunks[slot / table->per_chunk]) : NULL;
    return chunk == NULL ? NULL : (libws_block *)(chunk + (slot & (table->per_chunk - 1)) * table->block_size);
}

/* Ends what libws_blocks_enter began. */
static inline void libws_blocks_leave(libws_block *block)
{
    atomic_fetch_sub(&block->inside, 1);
}

/* Fills the error slot for a handle that no live object has. */
void libws_blocks_fail(const libws_blocks *table, int64_t handle, const char *call);

/* Finds the block of a handle and keeps its object from going until libws_blocks_leave; NULL with the error slot filled. */
static inline libws_block *libws_blocks_enter(const libws_blocks *table, int64_t handle, const char *call)
{
    libws_block *block = handle > 0 ? libws_blocks_find(table, (uint32_t)handle & LIBWS_SLOT_MASK) : NULL;
    if (block != NULL) {
        atomic_fetch_add(&block->inside, 1);
        if (atomic_load(&block->handle) == handle) {
            return block;
        }
        libws_blocks_leave(block);
    }
    libws_blocks_fail(table, handle, call);
    return NULL;
}

/* Makes the block of a slot that a new object has got, to be filled; NULL when there is no such slot or memory ran out. */
libws_block *libws_blocks_make(const libws_blocks *table, uint32_t slot, void *object);

/* Lets a block that is filled be found by its handle. */
void libws_blocks_publish(libws_block *block, int64_t handle);

/* Takes a block from its handle, once; NULL for everybody else. Those who have entered it may still be inside. */
libws_block *libws_blocks_withdraw(const libws_blocks *table, int64_t handle, uint32_t slot);

/* Waits until nobody is inside a block that was withdrawn, and gives its object back. */
void *libws_blocks_empty(libws_block *block);

#endif
