/* libwebsockets as a contender, written as its documentation asks: messages are assembled and queued in the receive callback, and
 * written in the writable callback for as long as the socket takes them.
 *
 * usage: lws_echo PORT */
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct message {
    struct message *next;
    size_t length, room;
    int binary;
    unsigned char bytes[]; /* LWS_PRE bytes for the header come first */
};

struct session {
    struct message *coming, *first, **last;
};

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct session *s = user;
    struct message *m;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        s->coming = s->first = NULL, s->last = &s->first;
        break;
    case LWS_CALLBACK_RECEIVE: {
        size_t have = s->coming ? s->coming->length : 0, need = have + length + lws_remaining_packet_payload(wsi);
        if (!s->coming || s->coming->room < need) {
            m = realloc(s->coming, sizeof *m + LWS_PRE + need);
            m->next = NULL, m->length = have, m->room = need, m->binary = lws_frame_is_binary(wsi);
            s->coming = m;
        }
        memcpy(s->coming->bytes + LWS_PRE + have, in, length);
        s->coming->length += length;
        if (lws_remaining_packet_payload(wsi) || !lws_is_final_fragment(wsi)) break;
        *s->last = s->coming, s->last = &s->coming->next, s->coming = NULL;
        lws_callback_on_writable(wsi);
        break;
    }
    case LWS_CALLBACK_SERVER_WRITEABLE:
        while ((m = s->first) != NULL && !lws_send_pipe_choked(wsi)) {
            if (!(s->first = m->next)) s->last = &s->first;
            int sent = lws_write(wsi, m->bytes + LWS_PRE, m->length, m->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
            free(m);
            if (sent < 0) return -1;
        }
        if (s->first) lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_CLOSED:
        free(s->coming);
        while ((m = s->first) != NULL) s->first = m->next, free(m);
        break;
    default: break;
    }
    return 0;
}

int main(int argc, char **argv) {
    static const struct lws_protocols protocols[] = {{"echo", serve, sizeof(struct session), 256 << 10, 0, NULL, 0},
                                                     {NULL, NULL, 0, 0, 0, NULL, 0}};
    struct lws_context_creation_info info = {0};
    if (argc < 2) return fprintf(stderr, "usage: lws_echo PORT\n"), 2;
    lws_set_log_level(LLL_ERR, NULL);
    info.port = atoi(argv[1]);
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    info.pt_serv_buf_size = 256 << 10;
    struct lws_context *context = lws_create_context(&info);
    if (!context) return 1;
    printf("listening on 127.0.0.1:%d\n", lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default")));
    fflush(stdout);
    while (lws_service(context, 0) >= 0) continue;
    return 1;
}
