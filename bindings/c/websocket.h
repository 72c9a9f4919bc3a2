/*
 * websocket.h: the WebSocket module in its own shapes for C, on top of the handles of ws.h. Header-only; link with -lws.
 *
 * A type's methods are called Type_method and take the object first: server.accept() is WsServer_accept(&server). The fields
 * of WsConnection and WsServer are a picture of the connection as it was when the last call on that struct returned; what the
 * functions answer is always the present. The structs may be copied; copies stand for the same connection. One struct is
 * not to be used by two threads at once; threads that share a connection each take a copy.
 *
 * Errors, ownership, threads and blocking are those of the ws_* function that each one calls: see ws.h.
 */
#ifndef LIBWS_WEBSOCKET_H
#define LIBWS_WEBSOCKET_H

#include "ws.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One WebSocket connection. */
typedef struct WsConnection {
    int64_t fd;        /**< descriptor of the socket, -1 when the connection could not be made or is closed */
    int64_t is_server; /**< 1 if server-side, 0 if client-side */
    int64_t state;     /**< one of WS_STATE_* */
    int64_t mask_key;  /**< mask key of the last frame that a client sent; 0 on a server */
    int64_t handle;    /**< for the functions of ws.h; -1 when the connection could not be made */
} WsConnection;

/** One WebSocket server. */
typedef struct WsServer {
    int64_t listener_fd; /**< descriptor of the listening socket, -1 when it is not bound or closed */
    int64_t port;        /**< the port that it is bound to */
    int64_t running;     /**< 1 until it is stopped or closed */
    int64_t handle;      /**< for the functions of ws.h; -1 when the server could not be made */
} WsServer;

/* ---- WsFrame: five numbers by value, as ws.h has it ---- */

static inline WsFrame WsFrame_new(int64_t opcode, const void *payload, int64_t payload_len) {
    return ws_frame_new(opcode, payload, payload_len);
}
static inline WsFrame WsFrame_text(const char *msg) { return ws_frame_text(msg); }
static inline WsFrame WsFrame_binary(const void *data, int64_t len) { return ws_frame_binary(data, len); }
static inline WsFrame WsFrame_ping(void) { return ws_frame_ping(); }
static inline WsFrame WsFrame_pong(void) { return ws_frame_pong(); }
static inline WsFrame WsFrame_close(int64_t status_code) { return ws_frame_close(status_code); }
static inline int64_t WsFrame_is_control(const WsFrame *frame) { return ws_frame_is_control(frame); }
static inline int64_t WsFrame_is_text(const WsFrame *frame) { return ws_frame_is_text(frame); }
static inline int64_t WsFrame_is_binary(const WsFrame *frame) { return ws_frame_is_binary(frame); }
static inline int64_t WsFrame_is_close(const WsFrame *frame) { return ws_frame_is_close(frame); }
static inline int64_t WsFrame_is_ping(const WsFrame *frame) { return ws_frame_is_ping(frame); }
static inline int64_t WsFrame_is_pong(const WsFrame *frame) { return ws_frame_is_pong(frame); }
static inline const char *WsFrame_payload_text(const WsFrame *frame) { return ws_frame_payload_text(frame); }
static inline int64_t WsFrame_close_code(const WsFrame *frame) { return ws_frame_close_code(frame); }
static inline int64_t WsFrame_drop(WsFrame *frame) { return ws_frame_drop(frame); }

/* ---- WsConnection ---- */

/** Takes the present values of the fields from the library. Asking changes neither them nor the last error of a good handle. */
static inline void WsConnection_refresh(WsConnection *self) {
    if (self->handle < 0) {
        return;
    }
    self->state = ws_state(self->handle);
    if (self->state == WS_STATE_CLOSED) {
        self->fd = -1;
        return;
    }
    self->fd = ws_fd(self->handle);
    self->mask_key = ws_mask_key(self->handle);
}

/** Wraps a handle of ws.h, or -1, whose error stays to be read. The handle stays valid by itself as well. */
static inline WsConnection WsConnection_from_handle(int64_t handle) {
    WsConnection self = {-1, 0, WS_STATE_CLOSED, 0, -1};
    if (handle > 0) {
        self.handle = handle;
        self.is_server = ws_is_server(handle);
        WsConnection_refresh(&self);
    }
    return self;
}

static inline WsConnection WsConnection_from_server(int64_t fd) { return WsConnection_from_handle(ws_from_server(fd)); }
static inline WsConnection WsConnection_from_client(int64_t fd) { return WsConnection_from_handle(ws_from_client(fd)); }
static inline int64_t WsConnection_is_open(const WsConnection *self) { return ws_is_open(self->handle); }

static inline int64_t WsConnection_send_frame(WsConnection *self, const WsFrame *frame) {
    int64_t sent = ws_send_frame(self->handle, frame);
    WsConnection_refresh(self);
    return sent;
}
static inline int64_t WsConnection_send_text(WsConnection *self, const char *msg) {
    int64_t sent = ws_send_text(self->handle, msg);
    WsConnection_refresh(self);
    return sent;
}
static inline int64_t WsConnection_send_binary(WsConnection *self, const void *data, int64_t len) {
    int64_t sent = ws_send_binary(self->handle, data, len);
    WsConnection_refresh(self);
    return sent;
}
static inline int64_t WsConnection_send_ping(WsConnection *self) {
    int64_t sent = ws_send_ping(self->handle);
    WsConnection_refresh(self);
    return sent;
}
static inline int64_t WsConnection_send_pong(WsConnection *self) {
    int64_t sent = ws_send_pong(self->handle);
    WsConnection_refresh(self);
    return sent;
}
static inline int64_t WsConnection_send_close(WsConnection *self, int64_t status_code) {
    int64_t sent = ws_send_close(self->handle, status_code);
    WsConnection_refresh(self);
    return sent;
}
static inline WsFrame WsConnection_recv_frame(WsConnection *self) {
    WsFrame frame = ws_recv_frame(self->handle);
    WsConnection_refresh(self);
    return frame;
}
static inline int64_t WsConnection_close(WsConnection *self) {
    int64_t result = ws_close(self->handle);
    WsConnection_refresh(self);
    return result;
}
static inline int64_t WsConnection_force_close(WsConnection *self) {
    int64_t result = ws_force_close(self->handle);
    WsConnection_refresh(self);
    return result;
}
/** Releases the connection; the struct then stands for a closed one. */
static inline int64_t WsConnection_drop(WsConnection *self) {
    int64_t result = ws_drop(self->handle);
    WsConnection_refresh(self);
    return result;
}

/* ---- WsServer ---- */

/** Takes the present values of the fields from the library. */
static inline void WsServer_refresh(WsServer *self) {
    if (self->handle < 0) {
        return;
    }
    self->running = ws_server_running(self->handle) == 1;
    self->listener_fd = ws_server_is_valid(self->handle) == 1 ? ws_server_listener_fd(self->handle) : -1;
}

/** Wraps a handle of ws.h, or -1, whose error stays to be read. */
static inline WsServer WsServer_from_handle(int64_t handle) {
    WsServer self = {-1, 0, 0, -1};
    if (handle > 0) {
        self.handle = handle;
        self.port = ws_server_port(handle);
        WsServer_refresh(&self);
    }
    return self;
}

static inline WsServer WsServer_bind(int64_t port) { return WsServer_from_handle(ws_server_bind(port)); }
static inline int64_t WsServer_is_valid(const WsServer *self) { return ws_server_is_valid(self->handle); }
static inline WsConnection WsServer_accept(WsServer *self) {
    WsConnection conn = WsConnection_from_handle(ws_server_accept(self->handle));
    WsServer_refresh(self);
    return conn;
}
static inline int64_t WsServer_run_echo(WsServer *self) {
    int64_t result = ws_server_run_echo(self->handle);
    WsServer_refresh(self);
    return result;
}
static inline int64_t WsServer_stop(WsServer *self) {
    int64_t result = ws_server_stop(self->handle);
    WsServer_refresh(self);
    return result;
}
static inline int64_t WsServer_close(WsServer *self) {
    int64_t result = ws_server_close(self->handle);
    WsServer_refresh(self);
    return result;
}
static inline int64_t WsServer_drop(WsServer *self) {
    int64_t result = ws_server_drop(self->handle);
    WsServer_refresh(self);
    return result;
}

/* ---- the module's functions; ws_server and ws_upgrade of ws.h give handles, these give structs ---- */

static inline WsServer WebSocket_server(int64_t port) { return WsServer_from_handle(ws_server(port)); }
static inline WsConnection WebSocket_upgrade(int64_t fd, const void *buffer, int64_t buffer_len) {
    return WsConnection_from_handle(ws_upgrade(fd, buffer, buffer_len));
}

#ifdef __cplusplus
}
#endif

#endif /* LIBWS_WEBSOCKET_H */
