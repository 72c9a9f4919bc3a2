/* One connection of the load: its opening handshake, its stream of messages out and their echoes in. */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include "load.h"
#include "messages.h"

struct client {
    int fd;
    int to_send;            /* messages that may be sent now, the one that is partly sent included */
    int variant;            /* of the message to send next */
    size_t offset;          /* how much of it is sent */
    struct check check;
    int64_t *sent_at;       /* ring of in_flight times: when each unanswered message was sent */
    uint32_t sent, received;
};

/* Connects and sends the request. Returns the descriptor, or fails. */
int client_connect(const struct load_options *o);

/* Reads the response of a connection that is readable: 1 when it is the right one, 0 when more is to come, or fails. */
int client_opened(int fd);

/* Opens all connections, o->opening at a time, and adds them to the poller (edge-triggered, the cheapest for the load), each with its
 * index as data. */
void clients_open(const struct load_options *o, int poller, struct client *clients, int count);

/* Writes what may be sent, as far as the socket takes it: the poller tells when it takes more. */
void client_send(struct client *c, const struct messages *m);

/* Sends close frames, waits a short time for the answers, and closes all. */
void clients_close(struct client *clients, int count);

/* Bytes into the shared receive buffer; 0 when there is nothing now, or fails when the server has gone. *more: they filled the
 * buffer, so the poller, which tells of each arrival once, must not be waited for. */
size_t client_receive(const struct load_options *o, struct client *c, uint8_t **bytes, int blocking, int *more);

#endif
