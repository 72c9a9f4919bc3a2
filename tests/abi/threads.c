/* Many threads on one connection: senders never interleave, one receives at a time, errors are each thread's own. */
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "check.h"

/* ---- errors ---- */

static void *own_errors(void *argument) {
    const int which = (int)(intptr_t)argument;
    char number[32];
    CHECK(ws_last_error() == WS_ERR_NONE && ws_last_error_message()[0] == '\0' && ws_last_http_status() == 0);
    snprintf(number, sizeof number, "port is %d;", 70000 + which);
    for (int i = 0; i < 500; i++) {
        REFUSED(ws_server_bind(70000 + which), WS_ERR_ARGUMENT, number);
        WsFrame frame = ws_frame_text("a call that succeeds leaves the error alone");
        CHECK(frame.opcode == WS_OPCODE_TEXT && ws_last_error() == WS_ERR_ARGUMENT && strstr(ws_last_error_message(), number) != NULL);
        ws_frame_drop(&frame);
        sched_yield();
        CHECK(strstr(ws_last_error_message(), number) != NULL);
    }
    return NULL;
}

static void errors(void) {
    pthread_t threads[16];
    REFUSED(ws_send_text(1, "x"), WS_ERR_HANDLE);
    char before[256];
    snprintf(before, sizeof before, "%s", ws_last_error_message());
    for (int i = 0; i < 16; i++) {
        CHECK(pthread_create(&threads[i], NULL, own_errors, (void *)(intptr_t)i) == 0);
    }
    for (int i = 0; i < 16; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(ws_last_error() == WS_ERR_HANDLE && strcmp(before, ws_last_error_message()) == 0);
}

/* ---- one receiver ---- */

static atomic_int receiver_thread;

static void *receive_one(void *argument) {
    atomic_store(&receiver_thread, (int)syscall(SYS_gettid));
    receives(*(int64_t *)argument, "for the first");
    return NULL;
}

static void second_receiver(void) {
    pthread_t thread;
    int64_t server, client;
    both_ends(&server, &client);
    CHECK(pthread_create(&thread, NULL, receive_one, &server) == 0);
    while (atomic_load(&receiver_thread) == 0) {
        sched_yield();
    }
    until_asleep(atomic_load(&receiver_thread));
    REFUSED(ws_recv_frame(server).opcode, WS_ERR_BUSY, "another thread is receiving");
    REFUSED(ws_recv_message(server).opcode, WS_ERR_BUSY, "another thread is receiving");
    CHECK(ws_send_text(server, "others may send") == 17 && ws_is_open(server) == 1);
    CHECK(ws_send_text(client, "for the first") > 0 && pthread_join(thread, NULL) == 0);
    CHECK(ws_send_text(client, "for the second") > 0);
    receives(server, "for the second");
    ws_drop(server);
    ws_drop(client);
}

/* ---- many senders ---- */

#define SENDERS 16
#define EACH 200

typedef struct Sender {
    int64_t conn;
    unsigned which;
} Sender;

/* A message is: who, its number, its length as it should be, then that many bytes of who. */
static void *send_many(void *argument) {
    const Sender *self = argument;
    static _Thread_local unsigned char block[20000];
    for (uint32_t i = 0; i < EACH; i++) {
        const uint32_t len = 12 + (i * 7919 + self->which * 104729) % (i % 10 == 0 ? sizeof block - 12 : 300);
        const uint32_t head[3] = {self->which, i, len};
        memset(block, (int)self->which, len);
        memcpy(block, head, sizeof head);
        CHECK(ws_send_binary(self->conn, block, len) > (int64_t)len);
        if (i % 50 == 0) {
            CHECK(ws_send_ping_n(self->conn, &self->which, sizeof self->which) > 0);
        }
    }
    return NULL;
}

static void interleaving(int from_client, int64_t fragments_of) {
    pthread_t threads[SENDERS];
    Sender senders[SENDERS];
    uint32_t next[SENDERS] = {0}, pings = 0, messages = 0;
    int64_t server, client;
    both_ends(&server, &client);
    const int64_t from = from_client ? client : server, to = from_client ? server : client;
    CHECK(ws_set(from, WS_OPT_SEND_FRAME_BYTES, fragments_of) == 0);
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (Sender){from, i};
        CHECK(pthread_create(&threads[i], NULL, send_many, &senders[i]) == 0);
    }
    static unsigned char message[20000];
    size_t have = 0;
    while (messages < SENDERS * EACH || pings < SENDERS * EACH / 50) {
        WsFrame frame = ws_recv_frame(to);
        CHECK(frame.opcode >= 0);
        const unsigned char *bytes = (const unsigned char *)(intptr_t)frame.payload;
        if (frame.opcode == WS_OPCODE_PING) {
            pings++;
        } else {
            CHECK(frame.opcode == (have == 0 ? WS_OPCODE_BINARY : WS_OPCODE_CONTINUATION)); /* RFC 6455 §5.4: fragments of one message in a row */
            CHECK(have + (size_t)frame.payload_len <= sizeof message);
            memcpy(message + have, bytes, (size_t)frame.payload_len);
            have += (size_t)frame.payload_len;
            if (frame.is_final) {
                uint32_t head[3];
                memcpy(head, message, sizeof head);
                CHECK(head[0] < SENDERS && head[1] == next[head[0]]++ && head[2] == have); /* each sender's in their order */
                for (size_t i = sizeof head; i < have; i++) {
                    CHECK(message[i] == head[0]);
                }
                have = 0;
                messages++;
            }
        }
        ws_frame_drop(&frame);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    ws_drop(server);
    ws_drop(client);
}

static void senders_of_server(void) { interleaving(0, 65536); }
static void senders_of_client(void) { interleaving(1, 65536); }
static void senders_of_fragments(void) { interleaving(1, 1000); }

/* Senders, a receiver and a closer at once, over and over: errors say closed, and nothing else happens. */
static void *send_until_closed(void *argument) {
    while (ws_send_text(*(int64_t *)argument, "until it is closed") > 0) {
    }
    CHECK(ws_last_error() == WS_ERR_CLOSED || ws_last_error() == WS_ERR_ABNORMAL);
    return NULL;
}

static void *receive_until_closed(void *argument) {
    WsFrame frame;
    while ((frame = ws_recv_frame(*(int64_t *)argument)).opcode >= 0) {
        ws_frame_drop(&frame);
    }
    CHECK(ws_last_error() == WS_ERR_CLOSED || ws_last_error() == WS_ERR_ABNORMAL || ws_last_error() == WS_ERR_BUSY);
    return NULL;
}

static void churn(void) {
    for (int round = 0; round < 100; round++) {
        pthread_t threads[8];
        int64_t server, client;
        both_ends(&server, &client);
        CHECK(ws_set(client, WS_OPT_CLOSE_TIMEOUT_MS, 1) == 0);
        for (int i = 0; i < 8; i++) {
            CHECK(pthread_create(&threads[i], NULL, i % 3 == 2 ? receive_until_closed : send_until_closed, i % 2 ? &server : &client) == 0);
        }
        CHECK((round % 2 ? ws_force_close : ws_close)(client) == 0);
        CHECK(ws_force_close(server) == 0);
        for (int i = 0; i < 8; i++) {
            CHECK(pthread_join(threads[i], NULL) == 0);
        }
    }
    CHECK(ws_handle_count() == 0);
}

CASES({"errors", errors},
      {"second_receiver", second_receiver},
      {"senders_of_server", senders_of_server},
      {"senders_of_client", senders_of_client},
      {"senders_of_fragments", senders_of_fragments},
      {"churn", churn})
