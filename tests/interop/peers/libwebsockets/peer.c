/* libwebsockets as a peer: `server PORT`, or `client HOST PORT STEP...` (see README.md). */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 1 << 20, MOST_SENDS = 4 };

/* A frame to be sent: what lws_write is told, and the bytes. */
struct sending {
    int how;
    const void *data;
    size_t length;
};

/* What a connection has to send, in order, and the message it is receiving. */
struct state {
    struct sending sends[MOST_SENDS];
    size_t send_count, sent;
    unsigned char *copy; /* what sends[0].data points to when it is an echo */
    unsigned char *message;
    size_t length, capacity;
    int close_code;
    const char *close_reason;
};

static void queue(struct lws *wsi, struct state *s, int how, const void *data, size_t length) {
    if (s->sent == s->send_count)
        s->sent = s->send_count = 0;
    s->sends[s->send_count++] = (struct sending){how, data, length};
    lws_callback_on_writable(wsi);
}

static void queue_text(struct lws *wsi, struct state *s, const char *text) {
    queue(wsi, s, LWS_WRITE_TEXT, text, strlen(text));
}

static void queue_fragments(struct lws *wsi, struct state *s, const char *a, const char *b, const char *c) {
    queue(wsi, s, LWS_WRITE_TEXT | LWS_WRITE_NO_FIN, a, strlen(a));
    queue(wsi, s, LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN, b, strlen(b));
    queue(wsi, s, LWS_WRITE_CONTINUATION, c, strlen(c));
}

/* Sends the next frame, or begins the close; returns what the callback has to return. */
static int write_next(struct lws *wsi, struct state *s) {
    if (s->sent < s->send_count) {
        struct sending next = s->sends[s->sent++];
        unsigned char *buffer = malloc(LWS_PRE + next.length + 1);
        memcpy(buffer + LWS_PRE, next.data, next.length);
        int wrote = lws_write(wsi, buffer + LWS_PRE, next.length, (enum lws_write_protocol)next.how);
        free(buffer);
        if (wrote < (int)next.length)
            return -1;
        if (s->sent < s->send_count || s->close_code)
            lws_callback_on_writable(wsi);
        return 0;
    }
    if (s->close_code) {
        lws_close_reason(wsi, (enum lws_close_status)s->close_code, (unsigned char *)s->close_reason, strlen(s->close_reason));
        return -1;
    }
    return 0;
}

/* Adds a part of a message; true when the message is whole. */
static bool receive(struct lws *wsi, struct state *s, const void *in, size_t length) {
    if (lws_is_first_fragment(wsi))
        s->length = 0;
    if (s->length + length + 1 > s->capacity) {
        s->capacity = 2 * (s->length + length + 1);
        s->message = realloc(s->message, s->capacity);
    }
    memcpy(s->message + s->length, in, length);
    s->length += length;
    s->message[s->length] = 0;
    return lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
}

static bool is(const struct state *s, const char *text) {
    return s->length == strlen(text) && memcmp(s->message, text, s->length) == 0;
}

/* --- server ------------------------------------------------------------------------------------------------------------ */

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct state *s = user;
    switch (reason) {
    case LWS_CALLBACK_RECEIVE:
        if (!receive(wsi, s, in, length))
            return 0;
        if (is(s, "please fragment")) {
            queue_fragments(wsi, s, "in ", "three ", "parts");
        } else if (is(s, "please ping")) {
            queue(wsi, s, LWS_WRITE_PING, "knock", 5);
        } else if (is(s, "please close")) {
            s->close_code = 4002;
            s->close_reason = "as you wish";
            lws_callback_on_writable(wsi);
        } else {
            s->copy = realloc(s->copy, s->length + 1);
            memcpy(s->copy, s->message, s->length);
            queue(wsi, s, lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT, s->copy, s->length);
        }
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        queue_text(wsi, s, length == 5 && memcmp(in, "knock", 5) == 0 ? "pong came" : "another pong came");
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_next(wsi, s);
    case LWS_CALLBACK_CLOSED:
        free(s->message);
        free(s->copy);
        return 0;
    default:
        return 0;
    }
}

/* --- client ------------------------------------------------------------------------------------------------------------ */

static char **steps;
static int step_count, step_now;
static unsigned char large[LARGE];
static const char *want;
static size_t want_length;
static int want_opcode; /* 1 text, 2 binary, 8 a close with want_code, 10 a pong */
static int want_code;
static int empties;
static bool failed, done;

static void fail(const char *why) {
    fprintf(stderr, "%s: %s\n", step_now < step_count ? steps[step_now] : "end", why);
    failed = done = true;
}

static void expect(int opcode, const void *data, size_t length) {
    want_opcode = opcode;
    want = data;
    want_length = length;
}

static void send_and_expect(struct lws *wsi, struct state *s, int opcode, const void *data, size_t length) {
    queue(wsi, s, opcode == 1 ? LWS_WRITE_TEXT : LWS_WRITE_BINARY, data, length);
    expect(opcode, data, length);
}

static void begin_step(struct lws *wsi, struct state *s) {
    static unsigned char bytes[256];
    if (step_now == step_count) {
        done = true;
        return;
    }
    const char *name = steps[step_now];
    if (strcmp(name, "text") == 0) {
        send_and_expect(wsi, s, 1, "Grüße, 世界 👋", strlen("Grüße, 世界 👋"));
    } else if (strcmp(name, "binary") == 0) {
        for (int i = 0; i < 256; i++)
            bytes[i] = (unsigned char)i;
        send_and_expect(wsi, s, 2, bytes, sizeof bytes);
    } else if (strcmp(name, "empty") == 0) {
        send_and_expect(wsi, s, empties == 0 ? 1 : 2, "", 0);
    } else if (strcmp(name, "large") == 0) {
        for (size_t i = 0; i < LARGE; i++)
            large[i] = (unsigned char)(7 * i);
        send_and_expect(wsi, s, 2, large, LARGE);
    } else if (strcmp(name, "fragments") == 0) {
        queue_fragments(wsi, s, "frag", "men", "ted");
        expect(1, "fragmented", 10);
    } else if (strcmp(name, "ping") == 0) {
        queue(wsi, s, LWS_WRITE_PING, "are you there", 13);
        expect(10, "are you there", 13);
    } else if (strcmp(name, "server-fragments") == 0) {
        queue_text(wsi, s, "please fragment");
        expect(1, "in three parts", 14);
    } else if (strcmp(name, "server-ping") == 0) {
        queue_text(wsi, s, "please ping");
        expect(1, "pong came", 9);
    } else if (strcmp(name, "server-close") == 0) {
        queue_text(wsi, s, "please close");
        expect(8, "as you wish", 11);
        want_code = 4002;
    } else if (strcmp(name, "close") == 0) {
        s->close_code = 4001;
        s->close_reason = "that was all";
        lws_callback_on_writable(wsi);
        expect(8, "that was all", 12);
        want_code = 4001;
    } else {
        fail("no such step");
    }
}

static void end_step(struct lws *wsi, struct state *s) {
    if (strcmp(steps[step_now], "empty") == 0 && empties++ == 0) {
        begin_step(wsi, s);
        return;
    }
    printf("ok %s\n", steps[step_now++]);
    fflush(stdout);
    begin_step(wsi, s);
}

static void compare(struct lws *wsi, struct state *s, int opcode, const void *data, size_t length) {
    if (opcode != want_opcode || length != want_length || memcmp(data, want, length) != 0)
        fail("something else came");
    else
        end_step(wsi, s);
}

static int drive(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct state *s = user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        begin_step(wsi, s);
        return done ? -1 : 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (receive(wsi, s, in, length))
            compare(wsi, s, lws_frame_is_binary(wsi) ? 2 : 1, s->message, s->length);
        return done ? -1 : 0;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        compare(wsi, s, 10, in, length);
        return done ? -1 : 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return write_next(wsi, s);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: {
        const unsigned char *payload = in;
        if (want_opcode != 8 || length < 2 || (payload[0] << 8 | payload[1]) != want_code) {
            fail("another close came");
        } else if (length != 2 && (length - 2 != want_length || memcmp(payload + 2, want, want_length) != 0)) {
            fail("another reason came");
        } else {
            want_opcode = 0;
            end_step(wsi, s);
        }
        return 0;
    }
    case LWS_CALLBACK_CLIENT_CLOSED:
        /* After a close of ours lws hands the answer to nobody: that the handshake ended in time is what can be seen. */
        if (!done && want_opcode == 8 && want_code == 4001)
            end_step(wsi, s);
        else if (!done)
            fail("the connection ended");
        done = true;
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        fail(in ? (const char *)in : "no connection");
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols server_protocols[] = {
    {.name = "default", .callback = serve, .per_session_data_size = sizeof(struct state), .rx_buffer_size = 65536},
    {0},
};
static const struct lws_protocols client_protocols[] = {
    {.name = "default", .callback = drive, .per_session_data_size = sizeof(struct state), .rx_buffer_size = 65536},
    {0},
};

int main(int argc, char **argv) {
    bool server = argc == 3 && strcmp(argv[1], "server") == 0;
    if (!server && (argc < 5 || strcmp(argv[1], "client") != 0)) {
        fprintf(stderr, "usage: %s server PORT | client HOST PORT STEP...\n", argv[0]);
        return 2;
    }
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = {0};
    info.port = server ? atoi(argv[2]) : CONTEXT_PORT_NO_LISTEN;
    info.iface = server ? "127.0.0.1" : NULL;
    info.protocols = server ? server_protocols : client_protocols;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    struct lws_context *context = lws_create_context(&info);
    struct lws_vhost *vhost = context ? lws_create_vhost(context, &info) : NULL;
    if (!vhost)
        return 1;
    if (server) {
        printf("listening on 127.0.0.1:%d\n", lws_get_vhost_listen_port(vhost));
        fflush(stdout);
        while (lws_service(context, 0) >= 0)
            continue;
        return 0;
    }
    steps = argv + 4;
    step_count = argc - 4;
    struct lws_client_connect_info connect = {0};
    connect.context = context;
    connect.vhost = vhost;
    connect.address = argv[2];
    connect.port = atoi(argv[3]);
    connect.path = "/";
    connect.host = argv[2];
    connect.origin = argv[2];
    if (!lws_client_connect_via_info(&connect))
        return 1;
    while (!done && lws_service(context, 0) >= 0)
        continue;
    lws_context_destroy(context);
    return failed;
}
