/* Threads: many send on one connection and nothing interleaves; one receives, a second is told so. */
#include <pthread.h>

#include "check.h"

#define SENDERS 16
#define EACH 200

static int64_t server, client;

/* Messages of one letter, from 1 byte to beyond a fragment. */
static void *sender(void *arg)
{
    intptr_t who = (intptr_t)arg;
    static __thread char block[70000];
    memset(block, 'a' + (int)who, sizeof block);
    for (int i = 0; i < EACH; i++) {
        int64_t length = 1 + (i * 977 + who * 131) % (i % 20 == 0 ? (int)sizeof block : 300);
        int64_t sent = i % 2 ? ws_send_text_n(client, block, length) : ws_send_binary(client, block, length);
        CHECK(sent > length);
        CHECK(i % 50 || ws_send_ping_n(client, block, 10) == 16);
    }
    return NULL;
}

/* Waits a millisecond at a time, over and over, until the text is there. */
static void *other_receiver(void *arg)
{
    (void)arg;
    WsFrame f = ws_recv_message(client);
    while (f.opcode == -1) {
        CHECK(ws_last_error() == WS_ERR_TIMEOUT || ws_last_error() == WS_ERR_BUSY);
        f = ws_recv_message(client);
    }
    CHECK(f.opcode == WS_OPCODE_TEXT && strcmp(ws_frame_payload_text(&f), "for the other") == 0);
    ws_frame_drop(&f);
    return NULL;
}

int main(void)
{
    pthread_t threads[SENDERS];
    long received[SENDERS] = {0};
    pair(&server, &client);
    CHECK(ws_set(server, WS_OPT_RECV_TIMEOUT_MS, 60000) == 0);
    for (intptr_t i = 0; i < SENDERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, sender, (void *)i) == 0);
    }
    for (int i = 0; i < SENDERS * EACH; i++) {
        WsFrame f = ws_recv_message(server);
        CHECK(f.opcode == WS_OPCODE_TEXT || f.opcode == WS_OPCODE_BINARY);
        const char *payload = ws_frame_payload_text(&f);
        int who = payload[0] - 'a';
        CHECK(who >= 0 && who < SENDERS);
        for (int64_t at = 0; at < f.payload_len; at++) {
            CHECK(payload[at] == payload[0]);
        }
        received[who]++;
        ws_frame_drop(&f);
    }
    for (int i = 0; i < SENDERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && received[i] == EACH);
    }

    /* While the other receives, this thread is told so, at once; when it has ended, this one may. */
    CHECK(ws_set(client, WS_OPT_RECV_TIMEOUT_MS, 1) == 0);
    CHECK(pthread_create(&threads[0], NULL, other_receiver, NULL) == 0);
    double end = seconds() + 30;
    do {
        CHECK(ws_recv_message(client).opcode == -1 && seconds() < end);
        CHECK(ws_last_error() == WS_ERR_TIMEOUT || ws_last_error() == WS_ERR_BUSY);
    } while (ws_last_error() != WS_ERR_BUSY);
    CHECK(ws_send_text(server, "for the other") > 0);
    CHECK(pthread_join(threads[0], NULL) == 0);
    CHECK(ws_recv_message(client).opcode == -1 && ws_last_error() == WS_ERR_TIMEOUT);
    ws_drop(server);
    ws_drop(client);
    CHECK(ws_handle_count() == 0);
    return 0;
}
