/* The table that the C test of the API reference walks: one row per item, whose function returns at the first expectation unmet. */
#ifndef SPEC_ITEMS_H
#define SPEC_ITEMS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../peer.h"
#include "websocket.h"

typedef struct Item {
    const char *name;
    void (*test)(void);
} Item;

/* Each ends with a row without a name. */
extern const Item constant_items[], frame_items[], connection_items[], server_items[], example_items[];

/* Where the example programs are. */
extern const char *examples_directory;

void item_failed(const char *file, int line, const char *expectation);

#define EXPECT(condition)                                \
    do {                                                 \
        if (!(condition)) {                              \
            item_failed(__FILE__, __LINE__, #condition); \
            return;                                      \
        }                                                \
    } while (0)

/* The call failed with this code and left a message. */
#define EXPECT_ERROR(call, code) EXPECT((call) == -1 && ws_last_error() == (code) && ws_last_error_message()[0] != '\0')

/* The calls on the two ends of one connection: what is ours is under test, the peer is raw bytes. */
static inline WsConnection server_end(int *peer) {
    int fd = -1;
    *peer = peer_pair(&fd);
    return WsConnection_from_server(fd);
}

static inline WsConnection client_end(int *peer) {
    int fd = -1;
    *peer = peer_pair(&fd);
    return WsConnection_from_client(fd);
}

#endif
