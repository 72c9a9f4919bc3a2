/*
 * Packs the events of a poll into one block that a scripting language decodes at once, and unpacks blocks of messages to send: the
 * bodies of ws_loop_poll_packed and ws_loop_send_packed. They translate; what happens is ws_loop_poll's and ws_loop_send_batch's.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bodies.h"

/* How many events one poll packs, where the list begins, and what an event takes at most besides its payload (37 bytes). */
#define EVENTS_MOST 512
#define LIST_AT 16384
#define EVENT_ROOM 48

/* From this many bytes on a payload is told by its address: copying it twice costs more than a call for it alone. */
#define ELSEWHERE 4096

/* How many messages cross into Go at a time. */
#define SENDS 256

/*
 * Memory of the calling thread for what is packed and unpacked: too much for a small stack. It lives as long as the thread.
 */
static _Thread_local void *scratch;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int no_key;

static void forget(void *memory)
{
    free(memory);
    scratch = NULL; /* destructors of the program's that come later may call once more */
}

static void make_key(void)
{
    no_key = pthread_key_create(&key, forget);
}

static void *own_memory(const char *call)
{
    if (LIBWS_UNLIKELY(scratch == NULL)) {
        void *memory = NULL;
        pthread_once(&once, make_key);
        if (no_key == 0 && (memory = malloc(EVENTS_MOST * sizeof(WsEvent))) != NULL && pthread_setspecific(key, memory) != 0) {
            free(memory);
            memory = NULL;
        }
        if (memory == NULL) {
            libws_fail(WS_ERR_NO_MEMORY, "%s: no memory for this thread", call);
        }
        scratch = memory;
    }
    return scratch;
}

_Static_assert(SENDS * sizeof(WsSend) <= EVENTS_MOST * sizeof(WsEvent), "the memory of a thread is enough for both");

/* The opcodes of pickle that are used; all of them are fixed for ever by their protocols. */
enum {
    P_PROTO = 0x80,
    P_EMPTY_LIST = ']',
    P_MARK = '(',
    P_TUPLE = 't',
    P_APPENDS = 'e',
    P_STOP = '.',
    P_INT1 = 'K',
    P_INT2 = 'M',
    P_LONG = 0x8a,
    P_BYTES1 = 'C',
    P_BYTES4 = 'B',
    P_TEXT1 = 0x8c,
    P_TEXT4 = 'X',
    P_NEXT_BUFFER = 0x97
};

static uint8_t *put_little(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        *p++ = (uint8_t)(v >> 8 * i);
    }
    return p;
}

static uint8_t *put_number(uint8_t *p, int64_t v)
{
    if (v >= 0 && v < 1 << 8) {
        *p++ = P_INT1;
        return put_little(p, (uint64_t)v, 1);
    }
    if (v >= 0 && v < 1 << 16) {
        *p++ = P_INT2;
        return put_little(p, (uint64_t)v, 2);
    }
    *p++ = P_LONG;
    *p++ = 8;
    return put_little(p, (uint64_t)v, 8);
}

static uint8_t *put_payload(uint8_t *p, const void *data, int64_t len, int text)
{
    if (len < 1 << 8) {
        *p++ = text ? P_TEXT1 : P_BYTES1;
        p = put_little(p, (uint64_t)len, 1);
    } else {
        *p++ = text ? P_TEXT4 : P_BYTES4;
        p = put_little(p, (uint64_t)len, 4);
    }
    if (len > 0) {
        memcpy(p, data, (size_t)len);
    }
    return p + len;
}

static int is_text(const WsEvent *e)
{
    switch (e->kind) {
    case WS_EVENT_MESSAGE:
        return e->opcode == WS_OPCODE_TEXT;
    case WS_EVENT_OPEN:
    case WS_EVENT_CLOSE:
    case WS_EVENT_REQUEST:
        return 1;
    default:
        return 0; /* parts of messages end anywhere, even inside a character */
    }
}

static void pack(const WsEvent *events, int64_t n, int64_t *out, int64_t size)
{
    uint8_t *p = (uint8_t *)out + LIST_AT;
    const uint8_t *end = (uint8_t *)out + size - 8;
    int64_t *elsewhere = out + 1;
    *p++ = P_PROTO;
    *p++ = 5;
    *p++ = P_EMPTY_LIST;
    *p++ = P_MARK;
    for (int64_t i = 0; i < n; i++) {
        const WsEvent *e = &events[i];
        int text = is_text(e);
        *p++ = P_MARK;
        p = put_number(p, e->kind);
        p = put_number(p, e->conn);
        if (e->len < ELSEWHERE && e->len <= end - p - (n - i) * EVENT_ROOM) {
            p = put_payload(p, e->data, e->len, text);
        } else {
            *p++ = P_NEXT_BUFFER;
            *elsewhere++ = (int64_t)(intptr_t)e->data;
            *elsewhere++ = e->len;
            *elsewhere++ = text;
        }
        p = put_number(p, e->code);
        p = put_number(p, e->error);
        p = put_number(p, e->status);
        p = put_number(p, e->flags);
        *p++ = P_TUPLE;
    }
    *p++ = P_APPENDS;
    *p = P_STOP;
    out[0] = (elsewhere - out - 1) / 3;
}

int64_t libws_c_loop_poll_packed(int64_t loop, int64_t *pack_out, int64_t size, int64_t timeout_ms)
{
    if (size < LIST_AT + 1024) {
        libws_fail(WS_ERR_ARGUMENT, "ws_loop_poll_packed: size is %lld; it must be at least %d", (long long)size, LIST_AT + 1024);
        return -1;
    }
    WsEvent *events = own_memory("ws_loop_poll_packed");
    if (events == NULL) {
        return -1;
    }
    int64_t cap = (size - LIST_AT - 16) / EVENT_ROOM;
    int64_t n = libws_c_loop_poll(loop, events, cap < EVENTS_MOST ? cap : EVENTS_MOST, timeout_ms);
    if (n > 0) {
        pack(events, n, pack_out, size);
    } else if (n < 0) {
        libws_called("ws_loop_poll_packed");
    }
    return n;
}

static int64_t number_at(const uint8_t *block, int64_t index)
{
    int64_t v;
    memcpy(&v, block + 8 * index, sizeof v);
    return v;
}

/* Whether the lengths in a block are those of what follows them. */
static int adds_up(const uint8_t *block, int64_t n, int64_t len)
{
    if (n < 0 || n > len / 24) {
        return 0;
    }
    int64_t left = len - 24 * n;
    for (int64_t i = 0; i < n; i++) {
        int64_t one = number_at(block, 3 * i + 2);
        if (one < 0 || one > left) {
            return 0;
        }
        left -= one;
    }
    return left == 0;
}

int64_t libws_c_loop_send_packed(int64_t loop, int64_t n, const void *packed, int64_t len, int64_t *results_out)
{
    const uint8_t *block = packed;
    if (!adds_up(block, n, len)) {
        libws_fail(WS_ERR_ARGUMENT, "ws_loop_send_packed: %lld bytes are not what the lengths of %lld messages tell", (long long)len, (long long)n);
        return -1;
    }
    const uint8_t *payload = block + 24 * n;
    int64_t good = 0;
    WsSend *items = own_memory("ws_loop_send_packed");
    if (items == NULL) {
        return -1;
    }
    for (int64_t from = 0; from < n || n == 0; from += SENDS) {
        int64_t count = n - from < SENDS ? n - from : SENDS;
        for (int64_t i = 0; i < count; i++) {
            int64_t at = 3 * (from + i);
            items[i] = (WsSend){.conn = number_at(block, at), .opcode = number_at(block, at + 1), .data = payload, .len = number_at(block, at + 2)};
            payload += items[i].len;
        }
        int64_t taken = ws_loop_send_batch(loop, items, count);
        if (taken < 0 && from == 0) {
            libws_called("ws_loop_send_packed");
            return -1;
        }
        for (int64_t i = 0; i < count; i++) {
            if (taken < 0) { /* the loop has ended since the first of them */
                items[i].result = -1;
                items[i].error = libws_slot()->code;
            }
            if (results_out != NULL) {
                results_out[from + i] = items[i].result >= 0 ? items[i].result : -items[i].error;
            }
        }
        good += taken > 0 ? taken : 0;
        if (n == 0) {
            break;
        }
    }
    return good;
}
