/*
 * websocket_loop.h: event loops by callbacks, for those who think in on_open, on_message and on_close. Header-only, inline over
 * ws_loop_poll of ws.h, so nothing is called from inside the library; link with -lws.
 *
 * Every callback gets the loop, the event and the handler's user pointer; those left NULL are not called. What the event views is
 * valid until the callback returns. A callback may call anything of ws.h but ws_loop_poll, ws_loop_close and ws_loop_drop of its
 * own loop: to end a loop call WsLoop_stop, or ws_loop_drain for a graceful end, and close it after WsLoop_run has returned.
 *
 * Events of one poll are handed out one after the other, so a message may still come for a connection that an earlier callback has
 * closed; on_close is always the last.
 */
#ifndef LIBWS_WEBSOCKET_LOOP_H
#define LIBWS_WEBSOCKET_LOOP_H

#include <signal.h>

#include "ws.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a callback looks like. */
typedef void (*WsLoopCallback)(int64_t loop, const WsEvent *event, void *user);

/** What is called when something happens. Set it to zeros, then set what is needed. */
typedef struct WsLoopHandler {
    void *user;                 /**< handed to every callback */
    WsLoopCallback on_open;     /**< the opening handshake is done */
    WsLoopCallback on_message;  /**< a whole message */
    WsLoopCallback on_fragment; /**< a part of a long message, with WS_OPT_STREAM_OVER_BYTES */
    WsLoopCallback on_close;    /**< the connection is over */
    WsLoopCallback on_drain;    /**< a full queue has room again */
    WsLoopCallback on_ping;     /**< with WS_OPT_PINGS */
    WsLoopCallback on_pong;     /**< with WS_OPT_PONGS */
    WsLoopCallback on_drained;  /**< ws_loop_drain is through; the event is of no connection */
    WsLoopCallback on_request;  /**< with WS_OPT_REQUESTS; without it proper handshakes are accepted, others refused */
    volatile sig_atomic_t stopped; /**< WsLoop_stop was called; set it to 0 to run again */
    volatile sig_atomic_t drained; /**< on_drained was due: there are no more events */
} WsLoopHandler;

/** Calls what an event calls for. */
static inline void WsLoop_dispatch(int64_t loop, const WsEvent *event, WsLoopHandler *handler) {
    WsLoopCallback callback = NULL;
    switch (event->kind) {
    case WS_EVENT_OPEN: callback = handler->on_open; break;
    case WS_EVENT_MESSAGE: callback = handler->on_message; break;
    case WS_EVENT_FRAGMENT: callback = handler->on_fragment; break;
    case WS_EVENT_CLOSE: callback = handler->on_close; break;
    case WS_EVENT_DRAIN: callback = handler->on_drain; break;
    case WS_EVENT_PING: callback = handler->on_ping; break;
    case WS_EVENT_PONG: callback = handler->on_pong; break;
    case WS_EVENT_DRAINED:
        handler->drained = 1;
        callback = handler->on_drained;
        break;
    case WS_EVENT_REQUEST:
        callback = handler->on_request;
        if (callback == NULL && event->code == 0) {
            ws_accept_upgrade(event->conn, NULL, NULL);
        } else if (callback == NULL) {
            ws_refuse(event->conn, event->code, NULL, NULL, 0);
        }
        break;
    default: break;
    }
    if (callback != NULL) {
        callback(loop, event, handler->user);
    }
}

/** Polls once and calls back: the number of events, 0 after timeout_ms or a wake-up, -1 when ws_loop_poll failed. */
static inline int64_t WsLoop_step(int64_t loop, WsLoopHandler *handler, int64_t timeout_ms) {
    WsEvent events[256];
    int64_t n = ws_loop_poll(loop, events, 256, timeout_ms);
    for (int64_t i = 0; i < n; i++) {
        WsLoop_dispatch(loop, &events[i], handler);
    }
    return n;
}

/** Steps until WsLoop_stop is called or ws_loop_drain is through, before included: 0 then, -1 when ws_loop_poll failed. */
static inline int64_t WsLoop_run(int64_t loop, WsLoopHandler *handler) {
    while (!handler->stopped && !handler->drained) {
        if (WsLoop_step(loop, handler, WS_TIMEOUT_NONE) < 0) {
            return -1;
        }
    }
    return 0;
}

/** Makes WsLoop_run return. Callbacks, other threads and signal handlers may call it. */
static inline void WsLoop_stop(int64_t loop, WsLoopHandler *handler) {
    handler->stopped = 1;
    ws_loop_wake(loop);
}

#ifdef __cplusplus
}
#endif

#endif /* LIBWS_WEBSOCKET_LOOP_H */
