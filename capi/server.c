/*
 * ws_server_stop, async-signal-safe: it finds the server without a lock and writes to the descriptor that ends its waits.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocks.h"
#include "bodies.h"
#include "server.h"

typedef struct block {
    libws_block shared;
    int stop_fd;
} block;

#define SLOTS (LIBWS_SLOT_MASK + 1)
#define PER_CHUNK 256u

static _Atomic(char *) chunks[SLOTS / PER_CHUNK];
static const libws_blocks servers = {chunks, SLOTS, PER_CHUNK, sizeof(block), "server"};

int libws_server_keep(int64_t handle, uint32_t slot, int stop_fd, void *object)
{
    block *b = (block *)libws_blocks_make(&servers, slot, object);
    if (b == NULL) {
        return -1;
    }
    b->stop_fd = stop_fd;
    libws_blocks_publish(&b->shared, handle);
    return 0;
}

void *libws_server_forget(int64_t handle, uint32_t slot)
{
    libws_block *b = libws_blocks_withdraw(&servers, handle, slot);
    return b == NULL ? NULL : libws_blocks_empty(b);
}

int64_t libws_c_server_stop(int64_t server)
{
    static const uint64_t one = 1;
    int saved = errno;
    libws_block *b = libws_blocks_enter(&servers, server, "ws_server_stop");
    if (b == NULL) {
        return -1;
    }
    long written = syscall(SYS_write, ((block *)b)->stop_fd, &one, sizeof one); /* fails only when it is set already; never cancelled */
    (void)written;
    libws_blocks_leave(b);
    errno = saved;
    return 0;
}
