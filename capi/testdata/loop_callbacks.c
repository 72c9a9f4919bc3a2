/* Event loops by callbacks: websocket_loop.h calls what an event calls for, and nothing else. */
#include "loop.h"
#include "websocket_loop.h"

static WsLoopHandler handler;
static int opened, heard, parts, closed, pinged, asked;

static void on_open(int64_t loop, const WsEvent *event, void *user)
{
    CHECK(user == &handler && event->kind == WS_EVENT_OPEN && loop > 0);
    opened++;
}

static void on_message(int64_t loop, const WsEvent *event, void *user)
{
    CHECK(user == &handler);
    heard++;
    CHECK(ws_loop_send(loop, event->conn, event->opcode, event->data, event->len) > 0);
}

static void on_fragment(int64_t loop, const WsEvent *event, void *user)
{
    (void)loop;
    (void)user;
    parts += event->kind == WS_EVENT_FRAGMENT;
}

static void on_ping(int64_t loop, const WsEvent *event, void *user)
{
    (void)loop;
    (void)user;
    pinged += holds(event, "p");
}

static void on_close(int64_t loop, const WsEvent *event, void *user)
{
    (void)user;
    CHECK(event->code == 3001);
    closed++;
    WsLoop_stop(loop, &handler);
}

static void on_request(int64_t loop, const WsEvent *event, void *user)
{
    (void)loop;
    (void)user;
    asked++;
    CHECK(ws_accept_upgrade(event->conn, NULL, NULL) == 0);
}

static void everything_is_called(void)
{
    int64_t loop = ws_loop_new(NULL), peer;
    join(loop, &peer);
    handler = (WsLoopHandler){.user = &handler, .on_open = on_open, .on_message = on_message, .on_fragment = on_fragment,
                              .on_ping = on_ping, .on_close = on_close};
    CHECK(ws_set(loop, WS_OPT_PINGS, 1) == 0);
    CHECK(ws_send_text(peer, "hello") > 0 && ws_send_ping_n(peer, "p", 1) > 0 && ws_send_text(peer, "again") > 0);
    while (heard < 2) {
        CHECK(WsLoop_step(loop, &handler, PATIENCE_MS) > 0);
    }
    CHECK(WsLoop_step(loop, &handler, 0) == 0); /* writes the answers */
    expect(peer, "hello");
    expect(peer, "again");
    CHECK(ws_send_close(peer, 3001) > 0);
    CHECK(WsLoop_run(loop, &handler) == 0);
    CHECK(opened == 1 && heard == 2 && pinged == 1 && closed == 1 && parts == 0);
    ws_drop(peer);
    CHECK(ws_loop_drop(loop) == 0);
    handler.stopped = 0;
    FAILS(WsLoop_run(loop, &handler), WS_ERR_CLOSED);
}

static const char upgrade[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char plain[] = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/* What the peer of a request gets as its status. */
static int status_of(int64_t loop, WsLoopHandler *h, const char *request)
{
    int fds[2], status = 0;
    char got[1024];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(ws_loop_adopt(loop, fds[0], WS_ADOPT_REQUEST, request, (int64_t)strlen(request)) > 0);
    ssize_t n = -1;
    while (n < 0) {
        CHECK(WsLoop_step(loop, h, 10) >= 0);
        n = recv(fds[1], got, sizeof got - 1, MSG_DONTWAIT);
    }
    got[n] = '\0';
    CHECK(sscanf(got, "HTTP/1.1 %d ", &status) == 1);
    close(fds[1]);
    return status;
}

/* Without on_request proper handshakes are accepted and others refused. */
static void requests_have_an_answer(void)
{
    int64_t loop = ws_loop_new(NULL);
    CHECK(ws_set(loop, WS_OPT_REQUESTS, 1) == 0);
    WsLoopHandler silent = {.user = NULL}, decides = {.on_request = on_request};
    CHECK(status_of(loop, &silent, upgrade) == 101);
    CHECK(status_of(loop, &silent, plain) == 426);
    CHECK(asked == 0 && status_of(loop, &decides, upgrade) == 101 && asked == 1);
    CHECK(ws_loop_drain(loop, 200) == 0 && WsLoop_run(loop, &silent) == 0); /* ends by itself */
    CHECK(ws_loop_drop(loop) == 0);
}

static void on_drained(int64_t loop, const WsEvent *event, void *user)
{
    (void)loop;
    CHECK(event->conn == 0);
    ++*(int *)user;
}

/* A drain that ends inside a step is told and remembered. */
static void a_step_tells_of_the_drain(void)
{
    int64_t loop = ws_loop_new(NULL);
    int told = 0;
    WsLoopHandler h = {.user = &told, .on_drained = on_drained};
    CHECK(ws_loop_listen(loop, "127.0.0.1", 0, 0) > 0 && ws_loop_drain(loop, 1000) == 0);
    while (!h.drained) {
        CHECK(WsLoop_step(loop, &h, PATIENCE_MS) >= 0);
    }
    CHECK(told == 1 && WsLoop_run(loop, &h) == 0); /* at once */
    CHECK(ws_loop_drop(loop) == 0);
}

int main(void)
{
    a_step_tells_of_the_drain();
    everything_is_called();
    requests_have_an_answer();
    CHECK(ws_handle_count() == 0);
    return 0;
}
