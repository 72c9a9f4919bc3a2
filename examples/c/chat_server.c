/* A chat over topics, with its web page on the same port: chat_server PORT [--host ADDRESS].
 *   /           the page; ?name=ann gives a name, ?say=hello sends a first message
 *   /chat       the WebSocket; ?room=tea&name=ann
 *   /health     "ok"
 *   /metrics    the loop's counters
 * One thread serves all of it with callbacks over the event loop. */
#include "program.h"
#include "websocket_loop.h"

static const char page[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>chat</title></head>\n"
    "<body><ul id=\"said\"></ul><form id=\"form\"><input id=\"text\" autofocus autocomplete=\"off\"><button>say</button></form><script>\n"
    "const here = new URLSearchParams(location.search);\n"
    "const ws = new WebSocket(`ws://${location.host}/chat${location.search}`);\n"
    "const text = document.getElementById('text');\n"
    "ws.onopen = () => { if (here.get('say')) ws.send(here.get('say')); };\n"
    "ws.onmessage = (event) => {\n"
    "  const line = document.createElement('li');\n"
    "  line.textContent = event.data;\n"
    "  document.getElementById('said').append(line);\n"
    "  document.title = event.data;\n"
    "};\n"
    "ws.onclose = (event) => { document.title = `closed ${event.code}`; };\n"
    "document.getElementById('form').onsubmit = (event) => {\n"
    "  event.preventDefault();\n"
    "  if (text.value) ws.send(text.value);\n"
    "  text.value = '';\n"
    "};\n"
    "</script></body></html>\n";

/* What is known of one guest; the loop keeps its address as the connection's context. */
typedef struct Guest {
    char room[64];
    char name[32];
} Guest;

static WsLoopHandler handler;
static int64_t the_loop;

static void stop(int signal_number) {
    (void)signal_number;
    WsLoop_stop(the_loop, &handler);
}

/* Copies the value of a query parameter, letters, digits and dashes only, or a default. */
static void parameter(const char *query, const char *key, const char *otherwise, char *out, size_t size) {
    size_t key_len = strlen(key), n = 0;
    for (const char *p = query; p != NULL && *p != '\0'; p = strchr(p, '&') ? strchr(p, '&') + 1 : NULL) {
        if (strncmp(p, key, key_len) == 0 && p[key_len] == '=') {
            const char *value = p + key_len + 1;
            size_t fits = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
            n = fits < size - 1 ? fits : size - 1;
            memcpy(out, value, n);
            break;
        }
    }
    out[n] = '\0';
    if (n == 0) {
        snprintf(out, size, "%s", otherwise);
    }
}

/* Says something to everybody in a room, whatever its length. */
static void say(int64_t loop, const Guest *guest, const char *between, const void *words, int64_t len) {
    size_t start = strlen(guest->name) + strlen(between);
    char *line = malloc(start + (size_t)len + 1);
    if (line != NULL) {
        snprintf(line, start + 1, "%s%s", guest->name, between);
        if (len > 0) {
            memcpy(line + start, words, (size_t)len);
        }
        ws_loop_publish(loop, guest->room, WS_OPCODE_TEXT, line, (int64_t)start + len, 0);
        free(line);
    }
}

static void answer_metrics(int64_t loop, int64_t conn) {
    WsMetrics m;
    char body[256];
    ws_loop_metrics(loop, &m, sizeof m);
    int n = snprintf(body, sizeof body, "open %" PRId64 "\ntotal %" PRId64 "\nmessages_in %" PRId64 "\nmessages_out %" PRId64 "\n",
                     m.open, m.total, m.messages_in, m.messages_out);
    ws_respond(conn, 200, "Content-Type: text/plain", body, n);
}

static void on_request(int64_t loop, const WsEvent *event, void *user) {
    (void)user;
    const char *path = ws_request_path(event->conn), *query = ws_request_query(event->conn);
    if (path == NULL || query == NULL) {
        return; /* gone already */
    }
    if (strcmp(path, "/chat") == 0 && event->code == 0) {
        Guest *guest = malloc(sizeof *guest);
        if (guest == NULL) {
            ws_refuse(event->conn, 503, NULL, NULL, 0);
            return;
        }
        parameter(query, "room", "lobby", guest->room, sizeof guest->room);
        parameter(query, "name", "somebody", guest->name, sizeof guest->name);
        ws_loop_set_context(loop, event->conn, guest);
        ws_accept_upgrade(event->conn, NULL, NULL);
    } else if (strcmp(path, "/chat") == 0) {
        ws_refuse(event->conn, event->code, NULL, "a WebSocket is needed here\n", 27);
    } else if (strcmp(path, "/") == 0) {
        ws_respond(event->conn, 200, "Content-Type: text/html; charset=utf-8", page, sizeof page - 1);
    } else if (strcmp(path, "/health") == 0) {
        ws_respond(event->conn, 200, "Content-Type: text/plain", "ok\n", 3);
    } else if (strcmp(path, "/metrics") == 0) {
        answer_metrics(loop, event->conn);
    } else {
        ws_respond(event->conn, 404, "Content-Type: text/plain", "there is nothing here\n", 22);
    }
}

static void on_open(int64_t loop, const WsEvent *event, void *user) {
    (void)user;
    Guest *guest = event->context;
    ws_loop_subscribe(loop, event->conn, guest->room);
    say(loop, guest, " is here", NULL, 0);
}

static void on_message(int64_t loop, const WsEvent *event, void *user) {
    (void)user;
    if (event->opcode != WS_OPCODE_TEXT) {
        ws_loop_close_conn(loop, event->conn, WS_CLOSE_UNSUPPORTED, "text only");
        return;
    }
    say(loop, event->context, ": ", event->data, event->len);
}

static void on_close(int64_t loop, const WsEvent *event, void *user) {
    (void)user;
    Guest *guest = event->context;
    if (guest != NULL) { /* subscriptions have ended already */
        say(loop, guest, " has left", NULL, 0);
        free(guest);
    }
}

int main(int argc, char **argv) {
    Program program = program_arguments(argc, argv);
    WsLoopOptions options = WS_LOOP_OPTIONS_INIT;
    options.requests = 1;
    options.queue_policy = WS_QUEUE_CLOSE_1013; /* whoever reads too slowly is to come back later */
    options.max_message_bytes = options.max_frame_bytes = program.max_message_bytes > 0 ? program.max_message_bytes : 64 << 10;
    the_loop = ws_loop_new(&options);
    int64_t port = ws_loop_listen(the_loop, program.host, program.port, 0);
    if (port < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
        return 1;
    }
    handler.on_request = on_request;
    handler.on_open = on_open;
    handler.on_message = on_message;
    handler.on_close = on_close;
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    printf("listening on %s:%" PRId64 "\n", program.host, port);
    fflush(stdout);
    int64_t ended = WsLoop_run(the_loop, &handler);
    if (ended < 0) {
        fprintf(stderr, "%s\n", ws_last_error_message());
    }
    ws_loop_drop(the_loop);
    return ended < 0 ? 1 : 0;
}
