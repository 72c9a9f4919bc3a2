/* A thousand connect and close cycles leave nothing behind: no descriptor, handle, thread or memory. */
#include <malloc.h>

#include "check.h"

/* AddressSanitizer keeps freed memory for a while; here that would look like growth. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"; }

static int64_t server;

static void *serve(void *unused) {
    (void)unused;
    CHECK(ws_server_run_echo(server) == 0);
    return NULL;
}

typedef struct Held {
    long descriptors, handles, threads, resident_kib, heap;
} Held;

static Held held(void) {
    const struct mallinfo2 heap = mallinfo2();
    Held now = {descriptor_count(), ws_handle_count(), status_number("Threads:"), status_number("VmRSS:"), (long)heap.uordblks};
    return now;
}

/* Runs warm-up cycles, then a thousand, and compares. */
static void cycles(void (*one)(const char *url), const char *url) {
    for (int i = 0; i < 200; i++) {
        one(url);
    }
    Held before = held();
    for (int i = 0; i < 1000; i++) {
        one(url);
    }
    Held after = held();
    printf("descriptors %ld -> %ld, handles %ld -> %ld, threads %ld -> %ld, resident KiB %ld -> %ld\n", before.descriptors, after.descriptors,
           before.handles, after.handles, before.threads, after.threads, before.resident_kib, after.resident_kib);
    CHECK(after.handles == before.handles);
    CHECK(after.threads <= before.threads + 4); /* a runtime may start a thread or two of its own, not one for each of a thousand */
    CHECK(after.descriptors <= before.descriptors + 4);
    CHECK(after.resident_kib <= before.resident_kib + 8 * 1024); /* 8 KiB a cycle would be a leak */
}

static void talk_and_close(const char *url) {
    int64_t conn = ws_connect(url);
    CHECK(conn > 0 && ws_send_text(conn, "hello") == 11);
    receives(conn, "hello");
    CHECK(*ws_peer_address(conn) != '\0' && ws_close(conn) == 0);
}

static void talk_and_drop(const char *url) {
    int64_t conn = ws_connect(url);
    CHECK(conn > 0 && ws_send_text(conn, "hello") == 11);
    receives(conn, "hello");
    CHECK(ws_drop(conn) == 0);
}

static void vanish(const char *url) {
    int64_t conn = ws_connect(url);
    CHECK(conn > 0 && ws_force_close(conn) == 0);
}

static void with_a_server(void (*one)(const char *url)) {
    char url[64];
    pthread_t thread;
    server = listening(url, sizeof url);
    CHECK(pthread_create(&thread, NULL, serve, NULL) == 0);
    cycles(one, url);
    CHECK(ws_server_stop(server) == 0 && pthread_join(thread, NULL) == 0 && ws_server_drop(server) == 0);
    CHECK(ws_handle_count() == 0);
}

static void closed(void) { with_a_server(talk_and_close); }
static void dropped(void) { with_a_server(talk_and_drop); }
static void vanished(void) { with_a_server(vanish); }

static void both_ends_once(const char *unused) {
    int64_t a, b;
    static char block[1000];
    (void)unused;
    both_ends(&a, &b);
    CHECK(ws_send_binary(a, block, sizeof block) > 0);
    WsFrame frame = ws_recv_message(b);
    CHECK(frame.payload_len == (int64_t)sizeof block && ws_frame_drop(&frame) == 0);
    CHECK(ws_drop(a) == 0 && ws_drop(b) == 0);
}
static void adopted(void) { cycles(both_ends_once, NULL); }

static void bind_once(const char *unused) {
    char url[64];
    (void)unused;
    int64_t one = listening(url, sizeof url);
    CHECK(ws_server_set_origins(one, "https://a, https://b") == 0 && ws_server_close(one) == 0 && ws_server_drop(one) == 0);
}
static void bound(void) { cycles(bind_once, NULL); }

/* Calls that fail leave nothing behind either. */
static void fail_once(const char *unused) {
    (void)unused;
    int fd = -1, peer = peer_pair(&fd);
    CHECK(shutdown(peer, SHUT_WR) == 0); /* so that nobody waits for it to read the answer */
    CHECK(ws_upgrade(fd, "POST / HTTP/1.1\r\nHost: h\r\n\r\n", 28) == -1 && ws_last_error() == WS_ERR_HANDSHAKE);
    close(peer);
    CHECK(ws_client_handshake(fd, "ws://h/", NULL) == -1);
    close(fd);
    CHECK(ws_from_server(fd) == -1 && ws_frame_text("\xff").opcode == -1 && ws_send_text(1, "x") == -1);
    CHECK(ws_connect("ws://127.0.0.1:1/") == -1 && ws_connect("nonsense") == -1 && ws_server_bind_host("127.0.0.1", 70000) == -1);
    int64_t conn = end_of(1, &peer);
    CHECK(peer_write_frame(peer, 0x81, "unmasked", 8, 0)); /* a violation */
    close(peer);
    CHECK(ws_recv_frame(conn).opcode == -1 && ws_last_error() == WS_ERR_PROTOCOL && ws_drop(conn) == 0);
}
static void failed(void) { cycles(fail_once, NULL); }

/* Frames: what is dropped is given back, to the byte. */
static void frame_once(void) {
    static char block[4000];
    WsFrame text = ws_frame_text("text"), data = ws_frame_binary(block, sizeof block), closing = ws_frame_close(1000);
    CHECK(ws_frame_drop(&text) == 0 && ws_frame_drop(&data) == 0 && ws_frame_drop(&closing) == 0);
}

static void frames(void) {
    for (int i = 0; i < 10; i++) {
        frame_once();
    }
    Held before = held();
    for (int i = 0; i < 5000; i++) {
        frame_once();
    }
    Held after = held();
    printf("heap %ld -> %ld\n", before.heap, after.heap);
    CHECK(after.heap <= before.heap + 4096);
}

CASES({"closed", closed},
      {"dropped", dropped},
      {"vanished", vanished},
      {"adopted", adopted},
      {"bound", bound},
      {"failed", failed},
      {"frames", frames})
