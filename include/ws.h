/*
 * ws.h: WebSocket (RFC 6455) for C and C++, on libws.so.
 *
 * Handles. Connections, servers and loops are int64_t > 0. Every call checks its handle: one that was never given out is
 * WS_ERR_HANDLE, a closed one answers for ever like a closed connection or server, and never another object answers.
 *
 * Event loops. A connection of a loop has an id instead of a handle, which works in the same way; ids start with ws_loop_poll's
 * events and end with them. ws_is_open, ws_state, ws_is_server, ws_peer_address, ws_subprotocol, ws_request_*, ws_copy_text,
 * ws_copy_header, ws_accept_upgrade, ws_refuse, ws_set and ws_get take it, too, and never wait; texts that they lend live until
 * the next poll of the loop. Its request is known until the poll after it was answered; ws_request_* is WS_ERR_STATE from then
 * on. What else is done to it has calls of its own.
 *
 * Errors. A call that fails returns -1, a NULL pointer, or a WsFrame whose opcode is -1, and leaves a code and a message for
 * ws_last_error and ws_last_error_message, kept per thread; a call that succeeds leaves them alone. Only ws_is_open and
 * ws_server_is_valid return 0 when they fail: what cannot be asked is not open. Arguments are checked first: when one is wrong,
 * nothing was sent and nothing has changed. A call that fails with WS_ERR_FORKED was made in a forked child, one with
 * WS_ERR_INTERNAL met a defect of the library; both are possible wherever they are listed.
 *
 * Memory. Whatever is passed in stays the caller's and is not kept. Texts are UTF-8. Lengths are in bytes, from 0 to
 * WS_LENGTH_MAX, and a NULL pointer with the length 0 is an empty text or payload. A text without a length ends at its first
 * NUL; messages and close reasons, which may hold NUL, have calls that take a length. Names, lists, URLs and header lines
 * never hold one.
 *
 * Threads. Any thread may call anything; where a call is limited it says so. Closing wakes the calls that are blocked.
 * pthread_cancel ends no call: a thread that is cancelled inside the library returns from the call first. A call needs up to
 * 64 KiB of the thread's stack.
 *
 * Forks. In a forked child every call that needs the library's state fails with WS_ERR_FORKED; exec is fine. The parent goes on,
 * and what it closes is closed for its peers, though a child has copies of the descriptors.
 *
 * Signals. Handlers and their masks stay the program's. Install them with SA_ONSTACK: threads inside the library run on small
 * stacks. Calls that can wait add that flag to handlers that lack it, but a handler that is installed while another thread
 * waits is not seen until a call is made.
 *
 * Generated from capi/abi by capi/gen; do not edit.
 */
#ifndef LIBWS_WS_H
#define LIBWS_WS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define WS_API __attribute__((visibility("default")))
#else
#define WS_API
#endif

#if defined(__cplusplus) && __cplusplus >= 201103L
#define WS_NOEXCEPT noexcept
#else
#define WS_NOEXCEPT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What ws_abi_version of the library that fits this header returns. */
#define WS_ABI_VERSION 1

/** The release that this header came with. */
#define WS_VERSION "0.1.0"

/** The largest length that any call takes, in bytes. */
#define WS_LENGTH_MAX INT64_C(4294967295)

/*
 * What a frame is (RFC 6455 §5.2).
 */
/** Continuation frame: a further fragment of a message. */
#define WS_OPCODE_CONTINUATION 0
/** Text frame: UTF-8. */
#define WS_OPCODE_TEXT 1
/** Binary frame. */
#define WS_OPCODE_BINARY 2
/** Close frame. */
#define WS_OPCODE_CLOSE 8
/** Ping frame. */
#define WS_OPCODE_PING 9
/** Pong frame. */
#define WS_OPCODE_PONG 10

/*
 * Why a connection is closed (RFC 6455 §7.4.1). 3000 to 4999 are free for applications.
 */
/** Normal closure. */
#define WS_CLOSE_NORMAL 1000
/** Endpoint going away. */
#define WS_CLOSE_GOING_AWAY 1001
/** Protocol error. */
#define WS_CLOSE_PROTOCOL_ERROR 1002
/** Unsupported data type. */
#define WS_CLOSE_UNSUPPORTED 1003
/** No status code received. Never on the wire. */
#define WS_CLOSE_NO_STATUS 1005
/** Abnormal closure: the peer went without a close frame. Never on the wire. */
#define WS_CLOSE_ABNORMAL 1006
/** Invalid frame payload data. */
#define WS_CLOSE_INVALID_DATA 1007
/** Policy violation. */
#define WS_CLOSE_POLICY 1008
/** Message too large. */
#define WS_CLOSE_TOO_LARGE 1009
/** Missing extension. */
#define WS_CLOSE_EXTENSION 1010
/** Unexpected condition. */
#define WS_CLOSE_UNEXPECTED 1011

/*
 * Where a connection is in its life.
 */
/** Connection in progress: the opening handshake is not over. */
#define WS_STATE_CONNECTING 0
/** Connection open. */
#define WS_STATE_OPEN 1
/** Connection closing: a close frame was sent or received. */
#define WS_STATE_CLOSING 2
/** Connection closed. */
#define WS_STATE_CLOSED 3

/*
 * Sizes in bytes.
 */
/** Maximum frame payload size (64 KiB), unless WS_OPT_MAX_FRAME_BYTES is set. */
#define WS_MAX_FRAME_SIZE 65536
/** Buffer for HTTP upgrade headers, unless WS_OPT_MAX_HEAD_BYTES is set. */
#define WS_HEADER_BUFFER 8192
/** TCP receive chunk size. */
#define WS_RECV_BUFFER 4096
/** Send buffer: the largest payload and 14 bytes of frame overhead. */
#define WS_SEND_BUFFER 65550

/*
 * What ws_last_error tells. The hundreds say whose doing it was: 1 the caller's, 2 the connection's, 3 the peer's,
 * 4 the opening handshake's, 5 a lack of resources.
 */
/** No call of this thread has failed yet. */
#define WS_ERR_NONE 0
/** An argument is NULL, negative or out of its range; the message names it and the bound. */
#define WS_ERR_ARGUMENT 100
/** The handle was never given out, or belongs to another kind of object. */
#define WS_ERR_HANDLE 101
/** The call does not fit the state: a message is unfinished, the handshake is not over or already is. */
#define WS_ERR_STATE 102
/** Another thread is receiving on this connection. */
#define WS_ERR_BUSY 103
/** The text given is not valid UTF-8; nothing was sent. */
#define WS_ERR_UTF8 104
/** The close code may not be sent: only 1000-1003, 1007-1014 and 3000-4999 may. */
#define WS_ERR_CLOSE_CODE 105
/** The payload of a control frame is over 125 bytes, or a close reason is over 123. */
#define WS_ERR_CONTROL_SIZE 106
/** A length given is over the limit; nothing was sent. */
#define WS_ERR_TOO_LARGE 107
/** This process was forked from the one that loaded the library; use exec or load it after fork. */
#define WS_ERR_FORKED 108
/** The URL is not a ws:// URL that can be connected to. */
#define WS_ERR_URL 109
/**
 * A header, subprotocol or origin given has characters that HTTP forbids there (CR, LF, NUL) or is reserved;
 * nothing was sent.
 */
#define WS_ERR_HEADER 110
/** No such option for this kind of handle, a value out of its range, or a struct of a newer library. */
#define WS_ERR_OPTION 111
/** The connection or server is closed. */
#define WS_ERR_CLOSED 200
/** The peer vanished without a close frame (1006). */
#define WS_ERR_ABNORMAL 201
/** The time set for this call is over. */
#define WS_ERR_TIMEOUT 202
/** A signal came and WS_OPT_INTERRUPTIBLE is set; nothing is lost, call again. */
#define WS_ERR_INTERRUPTED 203
/** The call cannot go on without waiting. No call leaves it so far. */
#define WS_ERR_WOULD_BLOCK 204
/** The operating system refused; ws_last_errno has its reason, the message in words. */
#define WS_ERR_SYSTEM 205
/** The host name has no address. */
#define WS_ERR_RESOLVE 206
/** The peer broke RFC 6455; the connection failed with 1002. */
#define WS_ERR_PROTOCOL 300
/** The peer sent text that is not UTF-8; the connection failed with 1007. */
#define WS_ERR_PEER_UTF8 301
/** The peer sent more than the limit; the connection failed with 1009. */
#define WS_ERR_PEER_TOO_LARGE 302
/** The peer broke a rule of ours, such as fragments that are too small; the connection failed with 1008. */
#define WS_ERR_PEER_POLICY 303
/** The opening handshake is malformed or is not one. */
#define WS_ERR_HANDSHAKE 400
/** The server answered with another status than 101, which ws_last_http_status tells. */
#define WS_ERR_REFUSED 401
/** The request's origin is not on the list of the server; it was answered with 403. */
#define WS_ERR_ORIGIN 402
/** Memory ran out. */
#define WS_ERR_NO_MEMORY 500
/** A send queue is full. */
#define WS_ERR_QUEUE_FULL 501
/** Too many open handles or descriptors. */
#define WS_ERR_TOO_MANY 502
/** A defect in the library was caught; the message says what. */
#define WS_ERR_INTERNAL 599

/*
 * For ws_set and ws_get.
 */
/**
 * Largest payload of one received frame; one byte more fails the connection with 1009. For: server,
 * connection. Range: 1 to 1099511627776 (bytes). Default: 65536. For: loop. Range: 1 to 1099511627776 (bytes).
 * Default: 16777216.
 */
#define WS_OPT_MAX_FRAME_BYTES 1
/**
 * Largest received message, all its fragments together; one byte more fails the connection with 1009. For:
 * server, connection. Range: 1 to 1099511627776 (bytes). Default: 16777216. For: loop. Range: 1 to
 * 1099511627776 (bytes). Default: 16777216.
 */
#define WS_OPT_MAX_MESSAGE_BYTES 2
/**
 * Largest head of the peer's opening handshake; a longer request is answered with 431. For: server,
 * connection. Range: 128 to 1048576 (bytes). Default: 8192. For: loop. Range: 128 to 65536 (bytes). Default:
 * 8192.
 */
#define WS_OPT_MAX_HEAD_BYTES 3
/**
 * Most header fields in that head; more are answered with 431. For: server, connection. Range: 1 to 10000
 * (fields). Default: 100. For: loop. Range: 1 to 10000 (fields). Default: 100.
 */
#define WS_OPT_MAX_HEAD_FIELDS 4
/**
 * How long an opening handshake may take in all; no byte extends it. A server answers a request that has begun
 * with 408. For: server, connection. Range: 1 to WS_TIMEOUT_NONE (milliseconds). Default: 10000. For: loop.
 * Range: 1 to 1073741824 (milliseconds) or WS_TIMEOUT_NONE. Default: 10000.
 */
#define WS_OPT_HANDSHAKE_TIMEOUT_MS 5
/**
 * How long one receiving call waits. For: server, connection. Range: 1 to WS_TIMEOUT_NONE (milliseconds).
 * Default: WS_TIMEOUT_NONE.
 */
#define WS_OPT_RECV_TIMEOUT_MS 6
/**
 * How long one sending call waits for the peer to read. After a timeout before the first byte the same call
 * can be made again, after one inside a message nothing more can be sent. For: server, connection. Range: 1 to
 * WS_TIMEOUT_NONE (milliseconds). Default: WS_TIMEOUT_NONE.
 */
#define WS_OPT_SEND_TIMEOUT_MS 7
/**
 * How long ws_close waits for the peer's close frame. On a loop also how long its peer may take in nothing of
 * the output that is left at the end of a connection. For: server, connection. Range: 1 to 1099511627776
 * (milliseconds). Default: 1000. For: loop. Range: 1 to 1073741824 (milliseconds). Default: 5000.
 */
#define WS_OPT_CLOSE_TIMEOUT_MS 8
/**
 * How long one accepting call waits for a connection to come. For: server. Range: 1 to WS_TIMEOUT_NONE
 * (milliseconds). Default: WS_TIMEOUT_NONE.
 */
#define WS_OPT_ACCEPT_TIMEOUT_MS 9
/**
 * 1: a blocking call that a signal interrupts returns WS_ERR_INTERRUPTED with nothing lost. 0: it goes on. A
 * peer that never pauses keeps a call from waiting, and so from hearing signals: a receiving or accepting call
 * then returns the same after 50 ms, a closing one after a second. 2: as 1, and sending calls come back after
 * 50 ms all the same, for signals that came just before they waited; when a part of what is sent is out, they
 * return minus its size, with WS_ERR_INTERRUPTED, and ws_flush waits for the rest. Loops take 0 and 1. For:
 * server, connection. Range: 0 to 2 (0 to 2). Default: 0. For: loop. Range: 0 to 1 (0 or 1). Default: 0.
 */
#define WS_OPT_INTERRUPTIBLE 10
/**
 * Longer outgoing messages go out as fragments of this size. For: server, connection. Range: 1 to
 * 1099511627776 (bytes). Default: 65536.
 */
#define WS_OPT_SEND_FRAME_BYTES 11
/**
 * How long a received message may take from its first byte to its last; no byte extends it. For: server,
 * connection. Range: 1 to WS_TIMEOUT_NONE (milliseconds). Default: WS_TIMEOUT_NONE. For: loop. Range: 1 to
 * 1073741824 (milliseconds) or WS_TIMEOUT_NONE. Default: 60000.
 */
#define WS_OPT_MESSAGE_TIMEOUT_MS 12
/**
 * How many opening handshakes may be under way at a time. For: server. Range: 1 to 1048576 (connections).
 * Default: 1024. For: loop. Range: 1 to 1048576 (connections). Default: 4096.
 */
#define WS_OPT_MAX_PENDING 13
/**
 * 1: each opening handshake, and each plain HTTP request, comes as WS_EVENT_REQUEST and is decided on by the
 * program. 0: handshakes are accepted under the loop's subprotocols and origins, other requests are answered
 * with 426. For: loop. Range: 0 to 1 (0 or 1). Default: 0.
 */
#define WS_OPT_REQUESTS 40
/** 1: pings come as WS_EVENT_PING. For: loop. Range: 0 to 1 (0 or 1). Default: 0. */
#define WS_OPT_PINGS 41
/** 1: pongs come as WS_EVENT_PONG. For: loop. Range: 0 to 1 (0 or 1). Default: 0. */
#define WS_OPT_PONGS 42
/**
 * Longer messages come in parts, as WS_EVENT_FRAGMENT; WS_TIMEOUT_NONE: none does. For: loop. Range: 1 to
 * 1099511627776 (bytes) or WS_TIMEOUT_NONE. Default: WS_TIMEOUT_NONE.
 */
#define WS_OPT_STREAM_OVER_BYTES 43
/**
 * Output that may wait for a peer that reads slowly, per connection. On one connection it is rounded up to
 * KiB. For: loop, connection of a loop. Range: 1 to 1099511627776 (bytes). Default: 1048576.
 */
#define WS_OPT_QUEUE_BYTES 44
/**
 * What happens beyond: one of WS_QUEUE_*. For: loop, connection of a loop. Range: 0 to 5 (WS_QUEUE_*).
 * Default: 0.
 */
#define WS_OPT_QUEUE_POLICY 45
/**
 * How long a peer may send no message before it is closed with 1001. For: loop. Range: 1 to 1073741824
 * (milliseconds) or WS_TIMEOUT_NONE. Default: WS_TIMEOUT_NONE.
 */
#define WS_OPT_IDLE_TIMEOUT_MS 46
/**
 * From one ping of the loop's own to the next; WS_TIMEOUT_NONE sends none. For: loop. Range: 1 to 1073741824
 * (milliseconds) or WS_TIMEOUT_NONE. Default: 20000.
 */
#define WS_OPT_PING_INTERVAL_MS 47
/**
 * How long its pong may take, unless other bytes come. For: loop. Range: 1 to 1073741824 (milliseconds).
 * Default: 20000.
 */
#define WS_OPT_PING_TIMEOUT_MS 48
/**
 * Connections at a time; more are closed when they come. For: loop. Range: 1 to 4194304 (connections).
 * Default: 1048576.
 */
#define WS_OPT_MAX_CONNECTIONS 49
/**
 * How long a poll probes before it sleeps. It saves the thread's wake-up when answers come within
 * microseconds, costs processor time, and stops by itself where it does not help. For: loop. Range: 0 to
 * 1000000 (microseconds). Default: 0.
 */
#define WS_OPT_SPIN_US 50
/**
 * 1: what events viewed is overwritten by the next poll, so that late uses show. For debugging. For: loop.
 * Range: 0 to 1 (0 or 1). Default: 0.
 */
#define WS_OPT_POISON 51

/*
 * For every option whose name ends in _TIMEOUT_MS.
 */
/** Wait for ever. */
#define WS_TIMEOUT_NONE INT64_MAX

/*
 * For ws_struct_size.
 */
/** WsFrame. */
#define WS_STRUCT_FRAME 1
/** WsConnectOptions. */
#define WS_STRUCT_CONNECT_OPTIONS 2
/** WsLoopOptions. */
#define WS_STRUCT_LOOP_OPTIONS 3
/** WsEvent. */
#define WS_STRUCT_EVENT 4
/** WsSend. */
#define WS_STRUCT_SEND 5
/** WsMetrics. */
#define WS_STRUCT_METRICS 6

/*
 * What ws_copy_text copies.
 */
/** The address of the peer, as ws_peer_address. */
#define WS_TEXT_PEER_ADDRESS 1
/** The subprotocol agreed on, as ws_subprotocol. */
#define WS_TEXT_SUBPROTOCOL 2
/** The reason in the peer's close frame, as ws_close_reason. A loop's connection tells it in WS_EVENT_CLOSE. */
#define WS_TEXT_CLOSE_REASON 3
/** The method of the request, as ws_request_method. */
#define WS_TEXT_REQUEST_METHOD 4
/** Its path, as ws_request_path. */
#define WS_TEXT_REQUEST_PATH 5
/** Its query, as ws_request_query. */
#define WS_TEXT_REQUEST_QUERY 6
/** Its Host header, as ws_request_host. */
#define WS_TEXT_REQUEST_HOST 7
/** Its Origin header, as ws_request_origin. */
#define WS_TEXT_REQUEST_ORIGIN 8
/** Plus an index of 0 to ws_request_header_count - 1: the name of that header field. */
#define WS_TEXT_HEADER_NAME 65536
/** Plus an index: the value of that header field. */
#define WS_TEXT_HEADER_VALUE 131072

/*
 * What a WsEvent reports.
 */
/** The opening handshake is done; data is the agreed subprotocol. */
#define WS_EVENT_OPEN 1
/** A whole message. */
#define WS_EVENT_MESSAGE 2
/** The next part of a message longer than WS_OPT_STREAM_OVER_BYTES. */
#define WS_EVENT_FRAGMENT 3
/** A ping, answered already. Only with WS_OPT_PINGS. */
#define WS_EVENT_PING 4
/** A pong. Only with WS_OPT_PONGS. */
#define WS_EVENT_PONG 5
/** The connection is over: code, error and data tell why. The last event of a connection. */
#define WS_EVENT_CLOSE 6
/** The queue of a connection that was nearly full, or refused a message, has room again. */
#define WS_EVENT_DRAIN 7
/** An HTTP request waits for ws_accept_upgrade, ws_refuse or ws_respond. Only with WS_OPT_REQUESTS. */
#define WS_EVENT_REQUEST 8
/** After ws_loop_drain: the last connection is gone. */
#define WS_EVENT_DRAINED 9

/*
 * Bits of WsEvent.flags.
 */
/** The last part of a message, or a whole one. */
#define WS_PART_FINAL 1
/** The first part of a message, or a whole one. */
#define WS_PART_FIRST 2

/*
 * What a descriptor is when ws_loop_adopt gets it.
 */
/** This end is the client, and the opening handshake is done. */
#define WS_ADOPT_CLIENT 1
/** This end is the server, and the opening handshake is done. */
#define WS_ADOPT_SERVER 2
/** This end is the server, and the client's request is still to be read or answered. */
#define WS_ADOPT_REQUEST 3

/*
 * What happens to a message that finds the queue of its connection full (WS_OPT_QUEUE_POLICY). A message is taken
 * whole or not at all.
 */
/** Sending fails with WS_ERR_QUEUE_FULL. */
#define WS_QUEUE_FAIL 0
/** The message is dropped: sending returns 0. */
#define WS_QUEUE_DROP_NEWEST 1
/** The oldest messages that have not begun to leave are dropped to make room. */
#define WS_QUEUE_DROP_OLDEST 2
/** A message replaces the waiting one with the same key; otherwise as WS_QUEUE_DROP_OLDEST. */
#define WS_QUEUE_CONFLATE 3
/** The connection is closed with 1008. */
#define WS_QUEUE_CLOSE_1008 4
/** The connection is closed with 1013. */
#define WS_QUEUE_CLOSE_1013 5

/**
 * One frame, or one whole message, in the caller's memory. The payload of a frame that the library made is C memory
 * with a NUL after it; the caller owns it and gives it back with ws_frame_drop. Copying the struct does not copy
 * the payload.
 */
typedef struct WsFrame {
    /** One of WS_OPCODE_*, or -1: the call that made it failed. */
    int64_t opcode;
    /** Address of the payload, 0 when there is none. */
    int64_t payload;
    /** Length of the payload in bytes. */
    int64_t payload_len;
    /** 1 if the FIN bit is set: the last frame of its message. */
    int64_t is_final;
    /** 1 if the MASK bit was set. The payload is always unmasked; sending masks as the role demands. */
    int64_t is_masked;
} WsFrame;

/**
 * What a client asks for. Set it to WS_CONNECT_OPTIONS_INIT, then change what you need; the library keeps nothing
 * of it.
 */
typedef struct WsConnectOptions {
    /** sizeof(WsConnectOptions), so that a program built for an older library keeps working. */
    int64_t struct_size;
    /**
     * For resolving, connecting and the handshake together: 1 to 1099511627776 milliseconds, or
     * WS_TIMEOUT_NONE; 0 means 10000.
     */
    int64_t timeout_ms;
    /** Subprotocols to offer, comma-separated, the preferred first; NULL for none. */
    const char *subprotocols;
    /** Further request headers as "Name: value" lines, each ended by LF or CR LF; NULL for none. */
    const char *headers;
    /** The Origin header; NULL for none. */
    const char *origin;
    /** WS_OPT_MAX_MESSAGE_BYTES of the connection; 0 means its default. */
    int64_t max_message_bytes;
    /** WS_OPT_MAX_FRAME_BYTES of the connection; 0 means its default, which is 16 MiB here. */
    int64_t max_frame_bytes;
    /** WS_OPT_INTERRUPTIBLE of the connection and of the call that opens it: 0 or 1. */
    int64_t interruptible;
} WsConnectOptions;

/** The start value of WsConnectOptions: everything at its default. */
#define WS_CONNECT_OPTIONS_INIT { sizeof(WsConnectOptions), 0, NULL, NULL, NULL, 0, 0, 0 }

/**
 * How a loop begins. Set it to WS_LOOP_OPTIONS_INIT, then change what you need; the library keeps nothing of it. A
 * number of 0 means the default. Every other option of a loop is set with ws_set.
 */
typedef struct WsLoopOptions {
    /** sizeof(WsLoopOptions), so that a program built for an older library keeps working. */
    int64_t struct_size;
    /**
     * Subprotocols that a server offers, comma-separated, the preferred first; NULL for none. Not used with
     * requests.
     */
    const char *subprotocols;
    /**
     * The only origins that a server accepts, comma-separated; others get 403. Requests without an Origin
     * header come from no browser and are accepted. NULL accepts every one. Not used with requests.
     */
    const char *origins;
    /** WS_OPT_MAX_MESSAGE_BYTES. */
    int64_t max_message_bytes;
    /** WS_OPT_MAX_FRAME_BYTES. */
    int64_t max_frame_bytes;
    /** WS_OPT_STREAM_OVER_BYTES. */
    int64_t stream_over_bytes;
    /** WS_OPT_QUEUE_BYTES. */
    int64_t queue_bytes;
    /** WS_OPT_QUEUE_POLICY. */
    int64_t queue_policy;
    /** WS_OPT_MAX_CONNECTIONS. */
    int64_t max_connections;
    /** WS_OPT_SPIN_US. */
    int64_t spin_us;
    /** WS_OPT_REQUESTS: 0 or 1. */
    int64_t requests;
} WsLoopOptions;

/** The start value of WsLoopOptions: everything at its default. */
#define WS_LOOP_OPTIONS_INIT { sizeof(WsLoopOptions), NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * What ws_loop_poll reports: one thing that happened on one connection. data views memory of the loop; it is valid
 * until the next ws_loop_poll of that loop, or its end, and must be copied to be kept. It is not ended by NUL.
 */
typedef struct WsEvent {
    /** One of WS_EVENT_*. */
    int64_t kind;
    /** The connection; 0 with WS_EVENT_DRAINED. */
    int64_t conn;
    /** What ws_loop_set_context left with the connection. */
    void *context;
    /** WS_OPCODE_TEXT or _BINARY of a message or a part of one; _PING, _PONG, _CLOSE. */
    int64_t opcode;
    /**
     * The payload; the subprotocol with WS_EVENT_OPEN, the reason with WS_EVENT_CLOSE, the target with
     * WS_EVENT_REQUEST.
     */
    const void *data;
    /** Its length in bytes. */
    int64_t len;
    /**
     * WS_EVENT_CLOSE: the close code. WS_EVENT_REQUEST: 0 for a proper opening handshake, else the HTTP status
     * that it would be refused with, such as 426 for a plain GET and 405 for HEAD and POST.
     */
    int64_t code;
    /** WS_EVENT_CLOSE: 0 when the closing handshake was clean, else one of WS_ERR_*. */
    int64_t error;
    /**
     * WS_EVENT_CLOSE, when the opening handshake failed: the HTTP status that it ended with, the server's or
     * ours, if any, else 0. WS_EVENT_PONG: the round-trip time in microseconds when it answers the loop's own
     * ping, else -1.
     */
    int64_t status;
    /** WS_PART_FIRST, WS_PART_FINAL; both of a whole message. */
    int64_t flags;
} WsEvent;

/**
 * One message of ws_loop_send_batch. result and error are written by the call.
 */
typedef struct WsSend {
    /** The connection. */
    int64_t conn;
    /** WS_OPCODE_TEXT or WS_OPCODE_BINARY. */
    int64_t opcode;
    /** The payload; NULL is fine when the length is 0. It may be data of an event. */
    const void *data;
    /** Its length in bytes. */
    int64_t len;
    /**
     * For WS_QUEUE_CONFLATE: while it waits, the message is replaced by the next one with the same key. 0 for
     * none.
     */
    int64_t key;
    /** Bytes that it takes on the wire; 0 when the policy dropped it, -1 when it failed. */
    int64_t result;
    /** 0, or one of WS_ERR_*: why result is -1. */
    int64_t error;
} WsSend;

/**
 * A snapshot of what a loop has done and holds. A later library may append fields; ws_loop_metrics is told how many
 * it may write.
 */
typedef struct WsMetrics {
    /** Connections that are open. */
    int64_t open;
    /** Connections whose opening handshake is under way. */
    int64_t pending;
    /** Connections ever accepted, adopted or dialled. */
    int64_t total;
    /** Of them, those that never opened. */
    int64_t refused;
    /** Times the system refused to accept, out of descriptors for example. */
    int64_t accepts_failed;
    /** Text and binary messages received, each once, whatever its fragments. */
    int64_t messages_in;
    /** Messages taken for sending. Pings, pongs and close frames are no messages. */
    int64_t messages_out;
    /** Bytes read from sockets, opening handshakes and headers included. */
    int64_t bytes_in;
    /** Bytes written to sockets. */
    int64_t bytes_out;
    /** Output that waits, of all connections. */
    int64_t queue_bytes;
    /**
     * Messages refused under WS_QUEUE_FAIL or for want of memory, and publications of other loops beyond 64
     * MiB that wait for this one.
     */
    int64_t refused_full;
    /** Messages dropped under WS_QUEUE_DROP_NEWEST. */
    int64_t dropped_newest;
    /** Messages dropped under WS_QUEUE_DROP_OLDEST and WS_QUEUE_CONFLATE. */
    int64_t dropped_oldest;
    /** Messages replaced by a newer one with their key. */
    int64_t conflated;
    /** Connections closed under WS_QUEUE_CLOSE_1008 and WS_QUEUE_CLOSE_1013. */
    int64_t closed_slow;
    /** Round trips measured with pings. */
    int64_t round_trips;
    /** Median of the round-trip times in microseconds, within a sixteenth; 0 without any. */
    int64_t rtt_p50_us;
    /** Their 99th percentile. */
    int64_t rtt_p99_us;
    /** Connections that ended with close code 1000. */
    int64_t closed_1000;
    /** Connections that ended with close code 1001. */
    int64_t closed_1001;
    /** Connections that ended with close code 1002. */
    int64_t closed_1002;
    /** Connections that ended with close code 1003. */
    int64_t closed_1003;
    /** Connections that ended with close code 1004. */
    int64_t closed_1004;
    /** Connections that ended with close code 1005. */
    int64_t closed_1005;
    /** Connections that ended with close code 1006. */
    int64_t closed_1006;
    /** Connections that ended with close code 1007. */
    int64_t closed_1007;
    /** Connections that ended with close code 1008. */
    int64_t closed_1008;
    /** Connections that ended with close code 1009. */
    int64_t closed_1009;
    /** Connections that ended with close code 1010. */
    int64_t closed_1010;
    /** Connections that ended with close code 1011. */
    int64_t closed_1011;
    /** Connections that ended with close code 1012. */
    int64_t closed_1012;
    /** Connections that ended with close code 1013. */
    int64_t closed_1013;
    /** Connections that ended with close code 1014. */
    int64_t closed_1014;
    /** Connections that ended with close code 1015. */
    int64_t closed_1015;
    /** Connections that ended with a code of 3000 to 3999. */
    int64_t closed_3000;
    /** Connections that ended with a code of 4000 to 4999. */
    int64_t closed_4000;
    /** Memory mapped for queues and messages. */
    int64_t memory_bytes;
} WsMetrics;

/* ---- Library ---- */

/**
 * Tells the version of the ABI, to be compared with WS_ABI_VERSION of the header that a program was built with.
 *
 * @return The version; another number means another meaning of a struct or a call.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: none.
 */
WS_API int64_t ws_abi_version(void) WS_NOEXCEPT;

/**
 * Tells the release of the library, for people.
 *
 * @return Text such as "0.1.0". The library's; it lives for ever.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: none.
 */
WS_API const char *ws_version(void) WS_NOEXCEPT;

/**
 * Tells the size of a struct of the ABI in bytes, so that a binding without a C compiler can compare it with its
 * own.
 *
 * @param which One of WS_STRUCT_*.
 * @return The size, or -1 when there is no such struct.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT.
 */
WS_API int64_t ws_struct_size(int64_t which) WS_NOEXCEPT;

/**
 * Tells the code of the last failure of a call of this thread, like errno: a call that succeeds leaves it alone,
 * and no other thread changes it.
 *
 * @return One of WS_ERR_*; WS_ERR_NONE when no call of this thread has failed yet.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: none.
 */
WS_API int64_t ws_last_error(void) WS_NOEXCEPT;

/**
 * Tells the last failure of a call of this thread in English: which argument or rule, and the bound.
 *
 * @return UTF-8 text; empty when no call of this thread has failed yet. Never NULL. The library's; it lives until
 *     the next call that fails in this thread, or the thread's end.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: none.
 */
WS_API const char *ws_last_error_message(void) WS_NOEXCEPT;

/**
 * Tells the HTTP status that belongs to the last failure of a call of this thread: the one that the server answered
 * with when ws_connect failed with WS_ERR_REFUSED, or the one that a server call answered a bad request with.
 *
 * @return The status, or 0 when the last failure has none.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: none.
 * Clause: RFC 6455 §4.1.
 */
WS_API int64_t ws_last_http_status(void) WS_NOEXCEPT;

/**
 * Tells the operating system's reason for the last failure of a call of this thread, as errno numbers it:
 * ECONNREFUSED when nobody listens where ws_connect went, EADDRINUSE when a port is taken. WS_ERR_SYSTEM always has
 * one; WS_ERR_ABNORMAL, WS_ERR_CLOSED, WS_ERR_ARGUMENT and others have it where the system was the cause.
 *
 * @return The number, or 0 when the last failure has none, as with WS_ERR_RESOLVE.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: none.
 */
WS_API int64_t ws_last_errno(void) WS_NOEXCEPT;

/**
 * Forgets the last failure of a call of this thread, as errno = 0 does: before a call whose NULL may mean failure
 * or absence, or whose 0 may mean failure or no.
 *
 * @return The code that ws_last_error told.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: none.
 */
WS_API int64_t ws_clear_error(void) WS_NOEXCEPT;

/**
 * Tells the name of an error code.
 *
 * @param code What ws_last_error gave.
 * @return Text such as "WS_ERR_CLOSED"; "WS_ERR_UNKNOWN" when there is no such code. Never NULL. The library's; it
 *     lives for ever.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: none.
 */
WS_API const char *ws_error_name(int64_t code) WS_NOEXCEPT;

/**
 * Counts the handles that are not closed, of every kind, for tests that look for leaks.
 *
 * @return The number, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_handle_count(void) WS_NOEXCEPT;

/* ---- Frames ---- */

/**
 * Creates a frame with any opcode and a copy of the payload, is_final 1 and is_masked 0. A text given here may be a
 * fragment, so it is judged when it is sent.
 *
 * @param opcode One of WS_OPCODE_*; the reserved ones are errors.
 * @param payload The bytes to copy. NULL is fine when the length is 0.
 * @param payload_len Their number; at most 125 in a control frame.
 * @return The frame; opcode -1 when it failed. The payload is the caller's, to be given back with ws_frame_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_CONTROL_SIZE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.2, §5.5.
 */
WS_API WsFrame ws_frame_new(int64_t opcode, const void *payload, int64_t payload_len) WS_NOEXCEPT;

/**
 * Creates a text frame from a copy of a string.
 *
 * @param msg UTF-8 ended by NUL.
 * @return The frame; opcode -1 when it failed. The payload is the caller's, to be given back with ws_frame_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6, §8.1.
 */
WS_API WsFrame ws_frame_text(const char *msg) WS_NOEXCEPT;

/**
 * Creates a text frame from a copy of a string that may hold NUL.
 *
 * @param msg UTF-8. NULL is fine when the length is 0.
 * @param len Its length in bytes.
 * @return The frame; opcode -1 when it failed. The payload is the caller's, to be given back with ws_frame_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6, §8.1.
 */
WS_API WsFrame ws_frame_text_n(const char *msg, int64_t len) WS_NOEXCEPT;

/**
 * Creates a binary frame from a copy of raw data.
 *
 * @param data The bytes to copy. NULL is fine when the length is 0.
 * @param len Their number.
 * @return The frame; opcode -1 when it failed. The payload is the caller's, to be given back with ws_frame_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6.
 */
WS_API WsFrame ws_frame_binary(const void *data, int64_t len) WS_NOEXCEPT;

/**
 * Creates a ping frame with no payload.
 *
 * @return The frame; it needs no drop, but bears it.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: none.
 * Clause: RFC 6455 §5.5.2.
 */
WS_API WsFrame ws_frame_ping(void) WS_NOEXCEPT;

/**
 * Creates a pong frame with no payload. ws_send_pong is what answers a ping with its payload.
 *
 * @return The frame; it needs no drop, but bears it.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: none.
 * Clause: RFC 6455 §5.5.3.
 */
WS_API WsFrame ws_frame_pong(void) WS_NOEXCEPT;

/**
 * Creates a close frame with a status code.
 *
 * @param status_code 1000-1003, 1007-1014 or 3000-4999. A close frame without a code is
 *     ws_frame_new(WS_OPCODE_CLOSE, NULL, 0).
 * @return The frame; opcode -1 when it failed. The payload is the caller's, to be given back with ws_frame_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_CLOSE_CODE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.1, §7.4.
 */
WS_API WsFrame ws_frame_close(int64_t status_code) WS_NOEXCEPT;

/**
 * Checks if this is a control frame (opcode >= 8).
 *
 * @param frame The frame.
 * @return 1 if it is, 0 otherwise; -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.5.
 */
WS_API int64_t ws_frame_is_control(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Checks if this is a text frame.
 *
 * @param frame The frame.
 * @return 1 if it is, 0 otherwise; -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.6.
 */
WS_API int64_t ws_frame_is_text(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Checks if this is a binary frame.
 *
 * @param frame The frame.
 * @return 1 if it is, 0 otherwise; -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.6.
 */
WS_API int64_t ws_frame_is_binary(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Checks if this is a close frame.
 *
 * @param frame The frame.
 * @return 1 if it is, 0 otherwise; -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.5.1.
 */
WS_API int64_t ws_frame_is_close(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Checks if this is a ping frame.
 *
 * @param frame The frame.
 * @return 1 if it is, 0 otherwise; -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.5.2.
 */
WS_API int64_t ws_frame_is_ping(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Checks if this is a pong frame.
 *
 * @param frame The frame.
 * @return 1 if it is, 0 otherwise; -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.5.3.
 */
WS_API int64_t ws_frame_is_pong(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Gives the payload as a string. payload_len is its length, since a text may hold NUL. The frame must be one that
 * the library made, whose payload is followed by NUL.
 *
 * @param frame The frame.
 * @return The payload; an empty string when there is none. NULL when frame is NULL. The frame's: it lives until
 *     ws_frame_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §5.6.
 */
WS_API const char *ws_frame_payload_text(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Gives the status code of a close frame.
 *
 * @param frame The frame.
 * @return The code; WS_CLOSE_NO_STATUS if this is not a close frame or it has none. -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_ARGUMENT.
 * Clause: RFC 6455 §7.1.5.
 */
WS_API int64_t ws_frame_close_code(const WsFrame *frame) WS_NOEXCEPT;

/**
 * Frees the payload and sets payload and payload_len to 0, so that a second drop of the same struct does nothing.
 * Copies of the struct share one payload: drop one of them.
 *
 * @param frame A frame that the library made.
 * @return 0, or -1 when frame is NULL.
 * Blocks: Never.
 * Threads: Any thread, but one at a time for one frame.
 * Errors: WS_ERR_ARGUMENT.
 */
WS_API int64_t ws_frame_drop(WsFrame *frame) WS_NOEXCEPT;

/* ---- Connections ---- */

/**
 * Creates a server-side connection from an accepted stream socket on which the opening handshake is already done.
 * On success the descriptor belongs to the connection, which closes it; on failure it stays the caller's.
 *
 * @param fd A connected stream socket.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_SYSTEM, WS_ERR_TOO_MANY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_from_server(int64_t fd) WS_NOEXCEPT;

/**
 * Creates a client-side connection from a connected stream socket on which the opening handshake is already done
 * (ws_client_handshake does one). On success the descriptor belongs to the connection; on failure it stays the
 * caller's.
 *
 * @param fd A connected stream socket.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_SYSTEM, WS_ERR_TOO_MANY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_from_client(int64_t fd) WS_NOEXCEPT;

/**
 * Performs the server's opening handshake on a stream socket whose request was read by somebody else, such as an
 * HTTP server. Bytes that follow the request are kept for the connection; what is missing of the request is read
 * from the socket. On success the descriptor belongs to the connection. On failure a bad request has been answered,
 * and the descriptor stays the caller's.
 *
 * @param fd A connected stream socket.
 * @param buffer What was read of the request so far. NULL is fine when the length is 0.
 * @param buffer_len Its length in bytes.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Until the request is complete and answered, at most 10 seconds.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_HANDSHAKE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_SYSTEM,
 *     WS_ERR_TOO_MANY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.
 */
WS_API int64_t ws_upgrade(int64_t fd, const void *buffer, int64_t buffer_len) WS_NOEXCEPT;

/**
 * Checks if the connection is open.
 *
 * @param conn The connection.
 * @return 1 if open, 0 otherwise.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_is_open(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the descriptor of the connection's socket, to be watched, not read from, written to or closed. It is
 * readable when something has come; what has been read with an earlier message already is told by ws_pending, which
 * is to be asked before each wait.
 *
 * @param conn The connection.
 * @return The descriptor; -1 when the connection is closed or has none.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_fd(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the role of this end.
 *
 * @param conn The connection.
 * @return 1 if server-side, 0 if client-side; it stays when the connection is closed, but for one of a loop. -1
 *     when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_is_server(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the connection's state.
 *
 * @param conn The connection.
 * @return One of WS_STATE_*; WS_STATE_CLOSED for ever when it is closed. -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_state(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the mask key of the last frame that this client sent.
 *
 * @param conn The connection.
 * @return The key as a big-endian number of 32 bits; 0 before the first, and on a server, which masks nothing. -1
 *     when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_mask_key(int64_t conn) WS_NOEXCEPT;

/**
 * Sends a frame. is_final and continuations are honoured; the mask is as the role demands, whatever is_masked says.
 * What RFC 6455 forbids to send is refused and nothing is sent: reserved opcodes, data inside another message, a
 * fragmented control frame.
 *
 * @param conn The connection.
 * @param frame The frame; it stays the caller's.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_CLOSE_CODE, WS_ERR_CONTROL_SIZE, WS_ERR_TOO_LARGE,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.4, §5.5, §6.1.
 */
WS_API int64_t ws_send_frame(int64_t conn, const WsFrame *frame) WS_NOEXCEPT;

/**
 * Sends a text message, as fragments when it is longer than WS_OPT_SEND_FRAME_BYTES.
 *
 * @param conn The connection.
 * @param msg UTF-8 ended by NUL.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6, §8.1.
 */
WS_API int64_t ws_send_text(int64_t conn, const char *msg) WS_NOEXCEPT;

/**
 * Sends a text message that may hold NUL, as fragments when it is longer than WS_OPT_SEND_FRAME_BYTES.
 *
 * @param conn The connection.
 * @param msg UTF-8. NULL is fine when the length is 0.
 * @param len Its length in bytes.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6, §8.1.
 */
WS_API int64_t ws_send_text_n(int64_t conn, const char *msg, int64_t len) WS_NOEXCEPT;

/**
 * Sends binary data as one message, as fragments when it is longer than WS_OPT_SEND_FRAME_BYTES.
 *
 * @param conn The connection.
 * @param data The bytes. NULL is fine when the length is 0.
 * @param len Their number.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6.
 */
WS_API int64_t ws_send_binary(int64_t conn, const void *data, int64_t len) WS_NOEXCEPT;

/**
 * Sends one fragment of a message. The first has the message's opcode, the others WS_OPCODE_CONTINUATION; the last
 * has is_final 1. Nobody else can send a message until then; control frames may go between. Text is checked across
 * fragments.
 *
 * @param conn The connection.
 * @param opcode WS_OPCODE_TEXT or WS_OPCODE_BINARY first, then WS_OPCODE_CONTINUATION.
 * @param data The bytes. NULL is fine when the length is 0.
 * @param len Their number.
 * @param is_final 1 for the last fragment, 0 otherwise.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.4.
 */
WS_API int64_t ws_send_fragment(int64_t conn, int64_t opcode, const void *data, int64_t len, int64_t is_final) WS_NOEXCEPT;

/**
 * Sends a ping frame with no payload.
 *
 * @param conn The connection.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.2.
 */
WS_API int64_t ws_send_ping(int64_t conn) WS_NOEXCEPT;

/**
 * Sends a ping frame with a payload.
 *
 * @param conn The connection.
 * @param data The bytes. NULL is fine when the length is 0.
 * @param len Their number, at most 125.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_CONTROL_SIZE, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.2.
 */
WS_API int64_t ws_send_ping_n(int64_t conn, const void *data, int64_t len) WS_NOEXCEPT;

/**
 * Sends a pong frame: the answer to the latest unanswered ping, with its payload; an empty one when there is none.
 *
 * @param conn The connection.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.3.
 */
WS_API int64_t ws_send_pong(int64_t conn) WS_NOEXCEPT;

/**
 * Sends a pong frame with the given payload.
 *
 * @param conn The connection.
 * @param data The bytes. NULL is fine when the length is 0.
 * @param len Their number, at most 125.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_CONTROL_SIZE, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.3.
 */
WS_API int64_t ws_send_pong_n(int64_t conn, const void *data, int64_t len) WS_NOEXCEPT;

/**
 * Waits until the socket took what earlier calls left: the rest of what a signal or WS_OPT_INTERRUPTIBLE 2 cut. It
 * goes out without this call, too.
 *
 * @param conn The connection.
 * @return 0, or -1.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.4.
 */
WS_API int64_t ws_flush(int64_t conn) WS_NOEXCEPT;

/**
 * Sends a close frame with a status code and does not wait for the answer, which ws_recv_frame brings. Nothing can
 * be sent after it.
 *
 * @param conn The connection.
 * @param status_code 1000-1003, 1007-1014 or 3000-4999.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_CLOSE_CODE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.1, §7.1.2.
 */
WS_API int64_t ws_send_close(int64_t conn, int64_t status_code) WS_NOEXCEPT;

/**
 * Sends a close frame with a status code and a reason, and does not wait for the answer.
 *
 * @param conn The connection.
 * @param code 1000-1003, 1007-1014 or 3000-4999.
 * @param reason UTF-8 ended by NUL, at most 123 bytes; NULL for none.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_CLOSE_CODE, WS_ERR_CONTROL_SIZE, WS_ERR_UTF8, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.1, §7.1.2.
 */
WS_API int64_t ws_send_close_reason(int64_t conn, int64_t code, const char *reason) WS_NOEXCEPT;

/**
 * Sends a close frame with a status code and a counted reason, and does not wait for the answer.
 *
 * @param conn The connection.
 * @param code 1000-1003, 1007-1014 or 3000-4999.
 * @param reason UTF-8. NULL is fine when the length is 0.
 * @param reason_len Its length in bytes, at most 123.
 * @return Bytes sent, frame headers included, so more than 0; -1 when it failed.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any number of threads may send on one connection; their frames never interleave.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_CLOSE_CODE, WS_ERR_CONTROL_SIZE, WS_ERR_UTF8, WS_ERR_TOO_LARGE,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.1, §7.1.2.
 */
WS_API int64_t ws_send_close_n(int64_t conn, int64_t code, const char *reason, int64_t reason_len) WS_NOEXCEPT;

/* ---- Receiving ---- */

/**
 * Receives one frame as it came: fragments, pings and pongs are seen, and pings are the caller's to answer with
 * ws_send_pong. A close frame is answered by the library and given out once; then the connection is closed. With
 * WS_ERR_NO_MEMORY nothing is lost: the next ws_recv_frame gives the frame out.
 *
 * @param conn The connection.
 * @return The frame; opcode -1 on error or when the connection is closed. The payload is the caller's, to be given
 *     back with ws_frame_drop.
 * Blocks: Until one is there, or WS_OPT_RECV_TIMEOUT_MS is over; ws_close and ws_force_close from another thread
 *     end it within 100 ms.
 * Threads: One thread receives on a connection at a time; a second gets WS_ERR_BUSY. Others may send and close
 *     meanwhile.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_BUSY, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT,
 *     WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_PROTOCOL, WS_ERR_PEER_UTF8, WS_ERR_PEER_TOO_LARGE,
 *     WS_ERR_PEER_POLICY, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §6.2.
 */
WS_API WsFrame ws_recv_frame(int64_t conn) WS_NOEXCEPT;

/**
 * Receives one whole message: fragments are put together, pings are answered and pongs are passed over. A close
 * frame is answered by the library and given out once as a frame with opcode WS_OPCODE_CLOSE; then the connection
 * is closed. With WS_ERR_NO_MEMORY nothing is lost: the next receiving call gives the message out, and ws_recv_into
 * needs no memory for it.
 *
 * @param conn The connection.
 * @return A frame with the message's opcode and is_final 1; opcode -1 on error or when the connection is closed.
 *     The payload is the caller's, to be given back with ws_frame_drop.
 * Blocks: Until one is there, or WS_OPT_RECV_TIMEOUT_MS is over; ws_close and ws_force_close from another thread
 *     end it within 100 ms.
 * Threads: One thread receives on a connection at a time; a second gets WS_ERR_BUSY. Others may send and close
 *     meanwhile.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_BUSY, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT,
 *     WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_PROTOCOL, WS_ERR_PEER_UTF8, WS_ERR_PEER_TOO_LARGE,
 *     WS_ERR_PEER_POLICY, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.4, §6.2.
 */
WS_API WsFrame ws_recv_message(int64_t conn) WS_NOEXCEPT;

/**
 * Receives one whole message like ws_recv_message, but into the caller's memory: nothing is allocated, and nothing
 * is to be freed. A close frame comes in the same way: its payload is the code in two bytes, high byte first, and
 * the reason. A message that is longer than size is not lost: nothing is written, and the next receiving call gives
 * it out (ws_recv_into with more room, or ws_recv_message).
 *
 * @param conn The connection.
 * @param buffer Room for the payload; no NUL is put after it. NULL is fine when the length is 0.
 * @param size Its size in bytes.
 * @return The payload's length * 16 + the opcode: WS_OPCODE_TEXT, WS_OPCODE_BINARY or WS_OPCODE_CLOSE; 15 in the
 *     place of the opcode when size is too small. -1 on error or when the connection is closed.
 * Blocks: Until one is there, or WS_OPT_RECV_TIMEOUT_MS is over; ws_close and ws_force_close from another thread
 *     end it within 100 ms.
 * Threads: One thread receives on a connection at a time; a second gets WS_ERR_BUSY. Others may send and close
 *     meanwhile.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_BUSY, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT,
 *     WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_PROTOCOL, WS_ERR_PEER_UTF8, WS_ERR_PEER_TOO_LARGE,
 *     WS_ERR_PEER_POLICY, WS_ERR_NO_MEMORY, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.4, §6.2.
 */
WS_API int64_t ws_recv_into(int64_t conn, void *buffer, int64_t size) WS_NOEXCEPT;

/**
 * Tells whether a receiving call has something to do before it looks at the socket: input that was read with what
 * came before it, a message that ws_recv_into had no room or another call no memory for, or the end of the
 * connection. Such input makes the descriptor of ws_fd readable no more, so a program that waits for many
 * connections with poll() or epoll asks each for it first, and waits only for those with 0. As with a descriptor
 * that is readable, a receiving call may still wait for the rest of a message.
 *
 * @param conn The connection.
 * @return 1 or 0; -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_pending(int64_t conn) WS_NOEXCEPT;

/**
 * Tells why the connection ended: the code of the close frame received, WS_CLOSE_NO_STATUS when it had none,
 * WS_CLOSE_ABNORMAL when there was none.
 *
 * @param conn The connection.
 * @return The code; 0 while the connection has not ended. -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.5.
 */
WS_API int64_t ws_close_code(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the reason in the close frame received. A reason may hold NUL, where this text ends: ws_copy_text gives all
 * of it.
 *
 * @param conn The connection.
 * @return UTF-8 text, empty when there is none; NULL when it failed. The connection's: it lives until ws_close,
 *     ws_force_close or ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.6.
 */
WS_API const char *ws_close_reason(int64_t conn) WS_NOEXCEPT;

/* ---- Closing ---- */

/**
 * Closes the connection gracefully: sends a close frame with 1000 if it is open, waits for the peer's while
 * throwing away what else comes, closes the socket and releases everything. The handle then answers for ever like a
 * closed connection. A request that is not answered yet is answered with 503. When a signal ends the wait, which
 * WS_OPT_INTERRUPTIBLE allows, the connection is WS_STATE_CLOSING and another call goes on with what is left of the
 * time.
 *
 * @param conn The connection.
 * @return 0, also when the peer never answered or had gone already; -1 when it failed. Of many threads that close a
 *     connection one gets 0, the others WS_ERR_CLOSED.
 * Blocks: Until the peer's close frame or end is there, at most WS_OPT_CLOSE_TIMEOUT_MS.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_INTERRUPTED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.1, §7.1.2.
 */
WS_API int64_t ws_close(int64_t conn) WS_NOEXCEPT;

/**
 * Closes the connection as ws_close does, with a status code and a reason.
 *
 * @param conn The connection.
 * @param code 1000-1003, 1007-1014 or 3000-4999.
 * @param reason UTF-8 ended by NUL, at most 123 bytes; NULL for none.
 * @return 0, as ws_close; -1 when it failed: then the connection is as it was, but for WS_ERR_INTERRUPTED as with
 *     ws_close.
 * Blocks: Until the peer's close frame or end is there, at most WS_OPT_CLOSE_TIMEOUT_MS.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_INTERRUPTED, WS_ERR_CLOSE_CODE, WS_ERR_CONTROL_SIZE, WS_ERR_UTF8,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.2.
 */
WS_API int64_t ws_close_with(int64_t conn, int64_t code, const char *reason) WS_NOEXCEPT;

/**
 * Closes the socket at once, without a handshake, and releases everything. Calls blocked on the connection in other
 * threads, a waiting ws_close too, return within 100 ms.
 *
 * @param conn The connection.
 * @return 0, or -1: of many threads one gets 0, the others WS_ERR_CLOSED.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.7.
 */
WS_API int64_t ws_force_close(int64_t conn) WS_NOEXCEPT;

/**
 * Releases the connection: ws_force_close, and nothing at all when it is closed already.
 *
 * @param conn The connection.
 * @return 0; -1 when the handle was never given out.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_drop(int64_t conn) WS_NOEXCEPT;

/* ---- Client ---- */

/**
 * Opens a connection to a server with the default options: resolves the host, connects and does the opening
 * handshake.
 *
 * @param url "ws://host[:port][/path][?query]" with a host name, an IPv4 address or an IPv6 address in brackets.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Until the connection is open, at most 10 seconds.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_URL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_ABNORMAL,
 *     WS_ERR_HANDSHAKE, WS_ERR_REFUSED, WS_ERR_TOO_MANY, WS_ERR_RESOLVE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §3, §4.1.
 */
WS_API int64_t ws_connect(const char *url) WS_NOEXCEPT;

/**
 * Opens a connection to a server.
 *
 * @param url "ws://host[:port][/path][?query]" with a host name, an IPv4 address or an IPv6 address in brackets.
 * @param options What to ask for; NULL for the defaults.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Until the connection is open, at most timeout_ms of the options.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_URL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_ABNORMAL,
 *     WS_ERR_HANDSHAKE, WS_ERR_REFUSED, WS_ERR_TOO_MANY, WS_ERR_RESOLVE, WS_ERR_HEADER, WS_ERR_OPTION,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §3, §4.1.
 */
WS_API int64_t ws_connect_with(const char *url, const WsConnectOptions *options) WS_NOEXCEPT;

/**
 * Does the client's opening handshake on a connected stream socket. On success the descriptor belongs to the
 * connection; on failure it stays the caller's.
 *
 * @param fd A connected stream socket.
 * @param url As for ws_connect; it gives Host and the request's target, and nothing is resolved.
 * @param options What to ask for; NULL for the defaults.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Until the handshake is over, at most timeout_ms of the options.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_URL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_ABNORMAL,
 *     WS_ERR_HANDSHAKE, WS_ERR_REFUSED, WS_ERR_TOO_MANY, WS_ERR_HEADER, WS_ERR_OPTION, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.1.
 */
WS_API int64_t ws_client_handshake(int64_t fd, const char *url, const WsConnectOptions *options) WS_NOEXCEPT;

/* ---- Server ---- */

/**
 * Creates a server bound to a port of every interface, as ws_server_bind.
 *
 * @param port 0 to 65535; 0 picks a free one, which ws_server_port tells.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_server_close or ws_server_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_SYSTEM, WS_ERR_TOO_MANY, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server(int64_t port) WS_NOEXCEPT;

/**
 * Creates a server and binds it to a port of every interface.
 *
 * @param port 0 to 65535; 0 picks a free one, which ws_server_port tells.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_server_close or ws_server_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_SYSTEM, WS_ERR_TOO_MANY, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_bind(int64_t port) WS_NOEXCEPT;

/**
 * Creates a server and binds it to a port of one interface.
 *
 * @param host An IPv4 or IPv6 address or a host name, such as "127.0.0.1"; NULL or empty for every interface.
 * @param port 0 to 65535; 0 picks a free one, which ws_server_port tells.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_server_close or ws_server_drop.
 * Blocks: Until a host name is resolved; never for an address.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_SYSTEM, WS_ERR_TOO_MANY, WS_ERR_NO_MEMORY, WS_ERR_RESOLVE, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_bind_host(const char *host, int64_t port) WS_NOEXCEPT;

/**
 * Checks if the server is valid: its listener is bound and not closed.
 *
 * @param server The server.
 * @return 1 if valid, 0 otherwise.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_is_valid(int64_t server) WS_NOEXCEPT;

/**
 * Accepts a connection and performs the opening handshake. A bad request is answered with its HTTP status and the
 * call fails; call again for the next connection. WS_ERR_SYSTEM is for good when others closed or shut down the
 * listener: ws_last_errno is EBADF, ENOTSOCK or EINVAL then.
 *
 * @param server The server.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Until a connection came and its handshake is over, or WS_OPT_ACCEPT_TIMEOUT_MS is over; ws_server_stop
 *     ends it at once.
 * Threads: Any number of threads may accept on one server; they take turns.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_ABNORMAL,
 *     WS_ERR_HANDSHAKE, WS_ERR_ORIGIN, WS_ERR_TOO_MANY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.
 */
WS_API int64_t ws_server_accept(int64_t server) WS_NOEXCEPT;

/**
 * Accepts a connection and reads its request, but leaves the answer to the caller: the connection is
 * WS_STATE_CONNECTING, its request can be read with ws_request_*, and ws_accept_upgrade or ws_refuse answers it.
 *
 * @param server The server.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_close, ws_force_close or ws_drop.
 * Blocks: Until a connection came and its request is read, or WS_OPT_ACCEPT_TIMEOUT_MS is over; ws_server_stop ends
 *     it at once.
 * Threads: Any number of threads may accept on one server; they take turns.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_ABNORMAL,
 *     WS_ERR_HANDSHAKE, WS_ERR_ORIGIN, WS_ERR_TOO_MANY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.1.
 */
WS_API int64_t ws_server_accept_request(int64_t server) WS_NOEXCEPT;

/**
 * Runs an echo server: accepts one connection at a time, sends text and binary messages back as they came, and
 * answers pings. A connection that fails does not end it.
 *
 * @param server The server.
 * @return 0 when ws_server_stop or ws_server_close ended it; -1 when it failed.
 * Blocks: Until ws_server_stop or ws_server_close.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_run_echo(int64_t server) WS_NOEXCEPT;

/**
 * Stops the server: ws_server_accept and ws_server_run_echo in other threads return at once, and later ones fail.
 * The listener stays bound until ws_server_close. Connections accepted before go on.
 *
 * @param server The server.
 * @return 0, also when it is stopped already; -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED.
 */
WS_API int64_t ws_server_stop(int64_t server) WS_NOEXCEPT;

/**
 * Closes the server's listener, in every process that has a copy of it, and releases everything, after stopping it
 * as ws_server_stop does. Connections accepted before go on. The handle answers for ever like a closed server.
 *
 * @param server The server.
 * @return 0, or -1: of many threads one gets 0, the others WS_ERR_CLOSED.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_close(int64_t server) WS_NOEXCEPT;

/**
 * Releases the server: ws_server_close, and nothing at all when it is closed already.
 *
 * @param server The server.
 * @return 0; -1 when the handle was never given out.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_drop(int64_t server) WS_NOEXCEPT;

/**
 * Tells the descriptor of the listener, to be watched, not to be closed.
 *
 * @param server The server.
 * @return The descriptor; -1 when the server is closed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_listener_fd(int64_t server) WS_NOEXCEPT;

/**
 * Tells the port that the server is bound to.
 *
 * @param server The server.
 * @return The port, also when 0 was asked for; -1 when the server is closed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_port(int64_t server) WS_NOEXCEPT;

/**
 * Tells if the server can accept: it is neither stopped nor closed.
 *
 * @param server The server.
 * @return 1 or 0; 0 when the server is closed. -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_server_running(int64_t server) WS_NOEXCEPT;

/**
 * Sets the subprotocols that ws_server_accept chooses from: the first one here that the client offers too.
 *
 * @param server The server.
 * @param subprotocols Comma-separated tokens, the preferred first; NULL or empty for none.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_HEADER, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.2.
 */
WS_API int64_t ws_server_set_subprotocols(int64_t server, const char *subprotocols) WS_NOEXCEPT;

/**
 * Sets the origins that the server takes, letter case aside; requests with any other are answered with 403. A
 * request without an Origin header comes from no browser and is taken: the list keeps foreign pages out, and is no
 * authentication. Without a list every origin is taken.
 *
 * @param server The server.
 * @param origins Comma-separated origins, such as "https://example.com"; NULL or empty for every origin.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_HEADER, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.2, §10.2.
 */
WS_API int64_t ws_server_set_origins(int64_t server, const char *origins) WS_NOEXCEPT;

/* ---- Requests ---- */

/**
 * Tells the method of the request that opened this server-side connection.
 *
 * @param conn The connection.
 * @return Text such as "GET"; NULL when it failed. The connection's: it lives until ws_close, ws_force_close or
 *     ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.1.
 */
WS_API const char *ws_request_method(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the path of the request, without the query, as it was sent.
 *
 * @param conn The connection.
 * @return Text such as "/chat"; NULL when it failed. The connection's: it lives until ws_close, ws_force_close or
 *     ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.1.
 */
WS_API const char *ws_request_path(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the query of the request, without the question mark, as it was sent.
 *
 * @param conn The connection.
 * @return Text, empty when there is none; NULL when it failed. The connection's: it lives until ws_close,
 *     ws_force_close or ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.1.
 */
WS_API const char *ws_request_query(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the host and port that the request asks for: those of a target in absolute form, else the Host header.
 *
 * @param conn The connection.
 * @return Text such as "example.com:8080"; NULL when it failed. The connection's: it lives until ws_close,
 *     ws_force_close or ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.1.
 */
WS_API const char *ws_request_host(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the Origin header of the request.
 *
 * @param conn The connection.
 * @return Text, empty when there is none; NULL when it failed. The connection's: it lives until ws_close,
 *     ws_force_close or ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.1, §10.2.
 */
WS_API const char *ws_request_origin(int64_t conn) WS_NOEXCEPT;

/**
 * Tells a header of the request. The values of a repeated one are joined with ", ".
 *
 * @param conn The connection.
 * @param name The header's name, in any letter case.
 * @return The value; NULL when it is absent, which leaves the last error alone, or when it failed: ws_copy_header
 *     tells them apart. The connection's: it lives until ws_close, ws_force_close or ws_drop, or until the next
 *     poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_ARGUMENT, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 * Clause: RFC 9110 §5.3.
 */
WS_API const char *ws_request_header(int64_t conn, const char *name) WS_NOEXCEPT;

/**
 * Counts the header fields of the request.
 *
 * @param conn The connection.
 * @return The number, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_request_header_count(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the name of a header field of the request.
 *
 * @param conn The connection.
 * @param index 0 to ws_request_header_count - 1.
 * @return The name as it was sent; NULL when it failed. The connection's: it lives until ws_close, ws_force_close
 *     or ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_ARGUMENT, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API const char *ws_request_header_name(int64_t conn, int64_t index) WS_NOEXCEPT;

/**
 * Tells the value of a header field of the request.
 *
 * @param conn The connection.
 * @param index 0 to ws_request_header_count - 1.
 * @return The value; NULL when it failed. The connection's: it lives until ws_close, ws_force_close or ws_drop, or
 *     until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_NO_MEMORY, WS_ERR_ARGUMENT, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API const char *ws_request_header_value(int64_t conn, int64_t index) WS_NOEXCEPT;

/**
 * Tells the subprotocol that both ends agreed on.
 *
 * @param conn The connection.
 * @return Text, empty when there is none; NULL when it failed. The connection's: it lives until ws_close,
 *     ws_force_close or ws_drop, or until the next poll of the loop that has the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.2.
 */
WS_API const char *ws_subprotocol(int64_t conn) WS_NOEXCEPT;

/**
 * Tells the address of the peer.
 *
 * @param conn The connection.
 * @return Text such as "127.0.0.1:40000" or "[::1]:40000", empty when the socket has none; NULL when it failed. The
 *     connection's: it lives until ws_close, ws_force_close or ws_drop, or until the next poll of the loop that has
 *     the connection.
 * Blocks: Never.
 * Threads: Any thread, as long as no other one closes the connection or polls its loop while the text is in use;
 *     ws_copy_text has no such limit.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API const char *ws_peer_address(int64_t conn) WS_NOEXCEPT;

/**
 * Copies a text that a connection keeps into the caller's memory, where no other thread can take it away by closing
 * the connection or polling its loop. A text that holds NUL is copied whole. As with snprintf the result is the
 * length of the whole text: what is longer than size - 1 is cut off, and a NUL is put behind what was written.
 *
 * @param conn The connection.
 * @param which One of WS_TEXT_*.
 * @param buffer Room for the text and a NUL. NULL is fine when the length is 0.
 * @param size Its size in bytes, the NUL's included; with 0 only the length is told.
 * @return The length of the whole text in bytes, without the NUL; -1 when it failed, and then nothing is written.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_STATE, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API int64_t ws_copy_text(int64_t conn, int64_t which, void *buffer, int64_t size) WS_NOEXCEPT;

/**
 * Copies a header of the request as ws_copy_text does. The values of a repeated one are joined with ", ".
 *
 * @param conn The connection.
 * @param name The header's name, in any letter case.
 * @param buffer Room for the text and a NUL. NULL is fine when the length is 0.
 * @param size Its size in bytes, the NUL's included; with 0 only the length is told.
 * @return The length of the whole value in bytes, without the NUL; -2 when the request has no such header, -1 when
 *     it failed, and then nothing is written.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_STATE, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 * Clause: RFC 9110 §5.3.
 */
WS_API int64_t ws_copy_header(int64_t conn, const char *name, void *buffer, int64_t size) WS_NOEXCEPT;

/**
 * Tells the HTTP status that the opening handshake of this connection was answered with.
 *
 * @param conn The connection.
 * @return The status, 101 when it opened; 0 when there was no handshake or no answer yet. -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.1, §4.2.2.
 */
WS_API int64_t ws_http_status(int64_t conn) WS_NOEXCEPT;

/**
 * Answers the request of a connection that ws_server_accept_request gave, or that WS_EVENT_REQUEST reported, with
 * 101, which opens it.
 *
 * @param conn The connection.
 * @param subprotocol The one chosen of those that the client offers; NULL for none.
 * @param headers Further headers as "Name: value" lines, each ended by LF or CR LF; NULL for none.
 * @return 0, or -1.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_HEADER, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.2.
 */
WS_API int64_t ws_accept_upgrade(int64_t conn, const char *subprotocol, const char *headers) WS_NOEXCEPT;

/**
 * Answers the request of a connection that ws_server_accept_request gave, or that WS_EVENT_REQUEST reported, with
 * another status than 101, which closes it. The handle is still the caller's to drop; on a loop WS_EVENT_CLOSE
 * follows.
 *
 * @param conn The connection.
 * @param status The HTTP status, 200 to 599.
 * @param headers Further headers as "Name: value" lines, each ended by LF or CR LF; NULL for none.
 * @param body The body of the answer. None is sent with 204, 205 and 304, nor to HEAD. NULL is fine when the length
 *     is 0.
 * @param body_len Its length in bytes.
 * @return 0, or -1.
 * Blocks: Until the socket took all of it, or WS_OPT_SEND_TIMEOUT_MS is over; ws_force_close and ws_close from
 *     another thread end it.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ABNORMAL, WS_ERR_TIMEOUT, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_ARGUMENT, WS_ERR_HEADER, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.2.
 */
WS_API int64_t ws_refuse(int64_t conn, int64_t status, const char *headers, const void *body, int64_t body_len) WS_NOEXCEPT;

/* ---- Options ---- */

/**
 * Sets an option of a server, a connection, a loop or a connection of a loop. A server or a loop hands its options
 * down to the connections that come from then on. Limits are never switched off: 0 and negative values are errors,
 * and WS_TIMEOUT_NONE is a timeout that never comes.
 *
 * @param handle A server, a connection, a loop or a connection of a loop.
 * @param option One of WS_OPT_*.
 * @param value The new value, in the unit and range of the option.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_OPTION, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_set(int64_t handle, int64_t option, int64_t value) WS_NOEXCEPT;

/**
 * Tells the value of an option of a server, a connection, a loop or a connection of a loop.
 *
 * @param handle A server, a connection, a loop or a connection of a loop.
 * @param option One of WS_OPT_*.
 * @return The value, or -1. A timeout that never comes is WS_TIMEOUT_NONE.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_OPTION, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_get(int64_t handle, int64_t option) WS_NOEXCEPT;

/* ---- Event loops ---- */

/**
 * Makes an event loop: it owns listeners and connections and serves all of them on the thread that polls it. A loop
 * has no thread of its own.
 *
 * @param options How it begins; NULL for the defaults.
 * @return A handle > 0, or -1. The caller's, to be given back with ws_loop_close or ws_loop_drop.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_ARGUMENT, WS_ERR_OPTION, WS_ERR_HEADER, WS_ERR_SYSTEM, WS_ERR_TOO_MANY, WS_ERR_NO_MEMORY,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_new(const WsLoopOptions *options) WS_NOEXCEPT;

/**
 * Listens on a TCP port. A loop may listen on any number of them.
 *
 * @param loop The loop.
 * @param host The IP address to listen on, or "localhost"; NULL or empty for every address.
 * @param port 0 to 65535; 0 takes any free port.
 * @param reuse_port 1: several loops, in one process or many, share the port, and the system spreads connections
 *     over them (SO_REUSEPORT). 0: the port is this listener's alone.
 * @return The port, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_STATE, WS_ERR_SYSTEM, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_listen(int64_t loop, const char *host, int64_t port, int64_t reuse_port) WS_NOEXCEPT;

/**
 * Listens on a Unix socket. A socket file that nobody listens on any more is replaced; the file is removed when the
 * loop ends.
 *
 * @param loop The loop.
 * @param path The path, 1 to 107 bytes; one that starts with @ is in the abstract namespace.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_STATE, WS_ERR_SYSTEM, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_listen_unix(int64_t loop, const char *path) WS_NOEXCEPT;

/**
 * Accepts from a stream socket that listens already, such as one inherited from another process, where it goes on
 * when the loop ends. The descriptor belongs to the loop, which closes it; on failure it stays the caller's.
 *
 * @param loop The loop.
 * @param fd A listening stream socket that the loop does not have yet.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_STATE, WS_ERR_SYSTEM, WS_ERR_FORKED,
 *     WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_listen_fd(int64_t loop, int64_t fd) WS_NOEXCEPT;

/**
 * Tells the port of the loop's first TCP listener.
 *
 * @param loop The loop.
 * @return The port; 0 when there is none, as behind ws_loop_drain, -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_port(int64_t loop) WS_NOEXCEPT;

/**
 * Takes over a connected stream socket. The descriptor belongs to the loop, which closes it; on failure it stays
 * the caller's. WS_EVENT_OPEN follows (with WS_ADOPT_REQUEST and WS_OPT_REQUESTS WS_EVENT_REQUEST comes first).
 *
 * @param loop The loop.
 * @param fd A connected stream socket that the loop does not have yet.
 * @param how One of WS_ADOPT_*.
 * @param input What was read from the socket already: behind the handshake, or of the request. NULL is fine when
 *     the length is 0.
 * @param input_len Its length in bytes.
 * @return The connection, or -1. The loop's: it ends with WS_EVENT_CLOSE.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_STATE, WS_ERR_TOO_MANY,
 *     WS_ERR_SYSTEM, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.2.
 */
WS_API int64_t ws_loop_adopt(int64_t loop, int64_t fd, int64_t how, const void *input, int64_t input_len) WS_NOEXCEPT;

/**
 * Begins to connect to a server and returns at once. WS_EVENT_OPEN follows, or WS_EVENT_CLOSE with 1006 and the
 * reason. Of the options only subprotocols, headers and origin count; times and limits are the loop's. A host name
 * is looked up on a thread of the library's own; its addresses are tried one after the other, each for its share of
 * the rest of WS_OPT_HANDSHAKE_TIMEOUT_MS.
 *
 * @param loop The loop.
 * @param url "ws://host[:port][/path][?query]" with a host name, an IPv4 address or an IPv6 address in brackets.
 * @param options What to ask for; NULL for the defaults.
 * @return The connection, or -1. The loop's: it ends with WS_EVENT_CLOSE.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_URL, WS_ERR_HEADER, WS_ERR_OPTION, WS_ERR_STATE,
 *     WS_ERR_TOO_MANY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §3, §4.1.
 */
WS_API int64_t ws_loop_connect(int64_t loop, const char *url, const WsConnectOptions *options) WS_NOEXCEPT;

/**
 * Does the client's opening handshake on a connected stream socket. The descriptor belongs to the loop, which
 * closes it; on failure it stays the caller's. Events are those of ws_loop_connect.
 *
 * @param loop The loop.
 * @param fd A connected stream socket that the loop does not have yet.
 * @param url As for ws_connect; it gives Host and the request's target, and nothing is resolved.
 * @param options What to ask for; NULL for the defaults.
 * @return The connection, or -1. The loop's: it ends with WS_EVENT_CLOSE.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_URL, WS_ERR_HEADER, WS_ERR_OPTION, WS_ERR_STATE,
 *     WS_ERR_TOO_MANY, WS_ERR_SYSTEM, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §4.1.
 */
WS_API int64_t ws_loop_handshake(int64_t loop, int64_t fd, const char *url, const WsConnectOptions *options) WS_NOEXCEPT;

/**
 * Writes what was sent since the last poll, then waits until something happens, the time is over or ws_loop_wake is
 * called, and reports what happened. What does not fit into the array comes with the next poll. What the events of
 * the poll before view is invalid from here on. After a time in which nobody polled, what has come is read before
 * the connections' deadlines are judged: a host that comes late loses no peer that was in time. A signal does not
 * end the wait unless WS_OPT_INTERRUPTIBLE is set; then one that Go sends to its own threads may end it, too.
 *
 * @param loop The loop.
 * @param events Room for the events.
 * @param cap For how many, at least 1. 64 to 1024 are good numbers.
 * @param timeout_ms How long to wait, in milliseconds: 0 not at all, WS_TIMEOUT_NONE for ever.
 * @return The number of events; 0 when there are none, after the time is over or a wake-up. -1 when it failed.
 * Blocks: Until an event, at most timeout_ms; ws_loop_wake and ws_loop_close from another thread end it.
 * Threads: Any thread, one at a time: a second one gets WS_ERR_BUSY.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_BUSY, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_INTERNAL, WS_ERR_FORKED.
 */
WS_API int64_t ws_loop_poll(int64_t loop, WsEvent *events, int64_t cap, int64_t timeout_ms) WS_NOEXCEPT;

/**
 * Sends many messages as ws_loop_send_batch does and then polls as ws_loop_poll does, with one crossing into the
 * library for both: the way of a program that answers the events of one poll with the next. Each message succeeds
 * or fails alone and says so in its result and error.
 *
 * @param loop The loop.
 * @param items The messages. Their data may view what the events of the poll before view. NULL is fine when the
 *     length is 0.
 * @param n How many there are.
 * @param events Room for the events.
 * @param cap For how many, at least 1.
 * @param timeout_ms How long to wait, in milliseconds: 0 not at all, WS_TIMEOUT_NONE for ever.
 * @return The number of events; 0 when there are none, after the time is over or a wake-up. -1 when it failed.
 *     Nothing was sent then, unless the error is WS_ERR_INTERRUPTED, WS_ERR_SYSTEM, WS_ERR_INTERNAL, or
 *     WS_ERR_CLOSED by another thread meanwhile.
 * Blocks: Until an event, at most timeout_ms; ws_loop_wake and ws_loop_close from another thread end it.
 * Threads: Any thread, one at a time: a second one gets WS_ERR_BUSY.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_BUSY, WS_ERR_INTERRUPTED,
 *     WS_ERR_SYSTEM, WS_ERR_INTERNAL, WS_ERR_FORKED.
 * Clause: RFC 6455 §5.6.
 */
WS_API int64_t ws_loop_send_and_poll(int64_t loop, WsSend *items, int64_t n, WsEvent *events, int64_t cap, int64_t timeout_ms) WS_NOEXCEPT;

/**
 * Tells a descriptor that another event loop (epoll, libuv, asyncio) may watch for reading: whenever it is
 * readable, ws_loop_poll with timeout 0 does what is to be done, timers and the work of other threads included.
 * From this call on, a poll writes what was sent before it returns, too. What is sent between polls makes the
 * descriptor readable.
 *
 * @param loop The loop.
 * @return The descriptor, or -1. The loop's; it is not to be read from or closed.
 * Blocks: Never.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_fd(int64_t loop) WS_NOEXCEPT;

/**
 * Makes the poll that waits, or else the next one, return at once.
 *
 * @param loop The loop.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time. Signal handlers too.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED.
 */
WS_API int64_t ws_loop_wake(int64_t loop) WS_NOEXCEPT;

/**
 * Writes what was sent since the last poll now instead of at the beginning of the next one.
 *
 * @param loop The loop.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_flush(int64_t loop) WS_NOEXCEPT;

/**
 * Begins a graceful end: stops listening and starts the closing handshake with 1001 on every connection, also on
 * one that is being opened, once it is open. Those that have not answered in time are cut off. WS_EVENT_DRAINED
 * tells that the last one is gone; until then the loop is to be polled.
 *
 * @param loop The loop.
 * @param timeout_ms The time for it, 1 ms to 12 days.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.1, §7.4.1.
 */
WS_API int64_t ws_loop_drain(int64_t loop, int64_t timeout_ms) WS_NOEXCEPT;

/**
 * Ends a loop at once: connections are cut off, listeners and descriptors closed, memory is given back, what events
 * view included. A poll that waits in another thread returns WS_ERR_CLOSED first.
 *
 * @param loop The loop.
 * @return 0, or -1.
 * Blocks: Until a poll in another thread has returned, which it does at once.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_close(int64_t loop) WS_NOEXCEPT;

/**
 * Ends a loop like ws_loop_close; one that has ended is fine, too.
 *
 * @param loop The loop.
 * @return 0, or -1.
 * Blocks: Until a poll in another thread has returned, which it does at once.
 * Threads: Any thread, at any time.
 * Errors: WS_ERR_HANDLE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_drop(int64_t loop) WS_NOEXCEPT;

/**
 * Takes a snapshot of the loop's counters.
 *
 * @param loop The loop.
 * @param metrics Gets the snapshot.
 * @param size sizeof(WsMetrics): a program built for an older library gets the fields that it knows.
 * @return The number of bytes written, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_metrics(int64_t loop, WsMetrics *metrics, int64_t size) WS_NOEXCEPT;

/**
 * Sends a message on a connection. Nothing is kept of the payload. It leaves with the next poll, in one write with
 * what else is sent on the connection, or with ws_loop_flush.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param opcode WS_OPCODE_TEXT or WS_OPCODE_BINARY.
 * @param data The bytes; they may be data of an event. NULL is fine when the length is 0.
 * @param len Their number.
 * @return Bytes that it takes on the wire; 0 when the connection's policy dropped it, -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE,
 *     WS_ERR_QUEUE_FULL, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.6.
 */
WS_API int64_t ws_loop_send(int64_t loop, int64_t conn, int64_t opcode, const void *data, int64_t len) WS_NOEXCEPT;

/**
 * Sends a message that the next one with the same key replaces while it waits, under WS_QUEUE_CONFLATE.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param opcode WS_OPCODE_TEXT or WS_OPCODE_BINARY.
 * @param data The bytes; they may be data of an event. NULL is fine when the length is 0.
 * @param len Their number.
 * @param key The key; 0 for none.
 * @return Bytes that it takes on the wire; 0 when the connection's policy dropped it, -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE,
 *     WS_ERR_QUEUE_FULL, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_send_key(int64_t loop, int64_t conn, int64_t opcode, const void *data, int64_t len, int64_t key) WS_NOEXCEPT;

/**
 * Sends one part of a message. The first has the message's opcode, the others WS_OPCODE_CONTINUATION; the last has
 * is_final 1. Other messages on the connection fail until then, and what is published waits. Text is checked across
 * parts.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param opcode WS_OPCODE_TEXT or WS_OPCODE_BINARY first, then WS_OPCODE_CONTINUATION.
 * @param data The bytes; they may be data of an event. NULL is fine when the length is 0.
 * @param len Their number.
 * @param is_final 1 for the last part, 0 otherwise.
 * @return Bytes that it takes on the wire; 0 when the connection's policy dropped it, -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE,
 *     WS_ERR_QUEUE_FULL, WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.4.
 */
WS_API int64_t ws_loop_send_fragment(int64_t loop, int64_t conn, int64_t opcode, const void *data, int64_t len, int64_t is_final) WS_NOEXCEPT;

/**
 * Sends a ping. The loop sends pings of its own, too: see WS_OPT_PING_INTERVAL_MS.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param data The bytes. NULL is fine when the length is 0.
 * @param len Their number, at most 125.
 * @return Bytes that it takes on the wire; 0 when the connection's policy dropped it, -1 when it failed.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE,
 *     WS_ERR_QUEUE_FULL, WS_ERR_NO_MEMORY, WS_ERR_CONTROL_SIZE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §5.5.2.
 */
WS_API int64_t ws_loop_ping(int64_t loop, int64_t conn, const void *data, int64_t len) WS_NOEXCEPT;

/**
 * Sends many messages with one call. Each succeeds or fails alone and says so in its result and error.
 *
 * @param loop The loop.
 * @param items The messages. NULL is fine when the length is 0.
 * @param n How many there are.
 * @return How many did not fail; -1 when the loop or an argument is wrong and nothing was sent.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_send_batch(int64_t loop, WsSend *items, int64_t n) WS_NOEXCEPT;

/**
 * Sends one message of at most 1 GiB to a list of connections. It is encoded once. An entry that fails leaves the
 * others alone.
 *
 * @param loop The loop.
 * @param conns The connections. NULL is fine when the length is 0.
 * @param n How many there are.
 * @param opcode WS_OPCODE_TEXT or WS_OPCODE_BINARY.
 * @param data The bytes; they may be data of an event. NULL is fine when the length is 0.
 * @param len Their number.
 * @param results_out NULL, or room for n numbers: for each connection the bytes on the wire, 0 when its policy
 *     dropped the message, or the negative of one of WS_ERR_*.
 * @return How many took it; -1 when the loop or an argument is wrong and nothing was sent.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_broadcast(int64_t loop, const int64_t *conns, int64_t n, int64_t opcode, const void *data, int64_t len, int64_t *results_out) WS_NOEXCEPT;

/**
 * Makes a connection receive what is published to a topic. Subscribing twice is the same as once.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param topic The name of the topic, 1 to 1,024 bytes.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_subscribe(int64_t loop, int64_t conn, const char *topic) WS_NOEXCEPT;

/**
 * Ends a subscription; without one nothing happens. Closing ends all of a connection's.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param topic The name of the topic, 1 to 1,024 bytes.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_unsubscribe(int64_t loop, int64_t conn, const char *topic) WS_NOEXCEPT;

/**
 * Sends one message of at most 1 GiB to every subscriber that a topic has now, those of the other loops of the
 * process included. It is encoded once and leaves with the next flush, in order with what else is sent to a
 * connection, and to one in the middle of a message in parts right behind that; the policy of each decides for
 * itself then, and ws_loop_metrics tells what was dropped or refused. What is done in any loop afterwards, be it to
 * send, to unsubscribe, to close or to drain, comes behind it.
 *
 * @param loop The loop.
 * @param topic The name of the topic, 1 to 1,024 bytes.
 * @param opcode WS_OPCODE_TEXT or WS_OPCODE_BINARY.
 * @param data The bytes; they may be data of an event. NULL is fine when the length is 0.
 * @param len Their number.
 * @param except A connection that does not get it, as the one that the message came from; 0 for none. One that is
 *     no subscriber, or none at all, changes nothing.
 * @return How many subscribers of this loop it goes to, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_UTF8, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_publish(int64_t loop, const char *topic, int64_t opcode, const void *data, int64_t len, int64_t except) WS_NOEXCEPT;

/**
 * Starts the closing handshake of a connection. WS_EVENT_CLOSE follows with the peer's code, or with 1006 and
 * WS_ERR_TIMEOUT after WS_OPT_CLOSE_TIMEOUT_MS.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param code 1000-1003, 1007-1014 or 3000-4999.
 * @param reason UTF-8 ended by NUL, at most 123 bytes; NULL for none.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_CLOSE_CODE, WS_ERR_UTF8, WS_ERR_CONTROL_SIZE,
 *     WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.2, §7.4.
 */
WS_API int64_t ws_loop_close_conn(int64_t loop, int64_t conn, int64_t code, const char *reason) WS_NOEXCEPT;

/**
 * Cuts a connection off without a closing handshake. WS_EVENT_CLOSE follows with 1006 and WS_ERR_CLOSED.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 6455 §7.1.7.
 */
WS_API int64_t ws_loop_abort_conn(int64_t loop, int64_t conn) WS_NOEXCEPT;

/**
 * Leaves an address of the caller's with a connection; its events carry it. The library never looks at it.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @param context The address; NULL for none.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_loop_set_context(int64_t loop, int64_t conn, void *context) WS_NOEXCEPT;

/**
 * Tells what ws_loop_set_context left with a connection.
 *
 * @param loop The loop.
 * @param conn A connection of this loop.
 * @return The address; NULL when there is none, which leaves the last error alone, or when it failed:
 *     ws_clear_error before it tells them apart. The caller's.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API void *ws_loop_context(int64_t loop, int64_t conn) WS_NOEXCEPT;

/**
 * Stops reading a connection of a loop: what its peer sends waits in the system's buffers, and so slows the peer
 * down. Neither silence nor an unfinished message is held against it meanwhile, and it is sent no pings. A peer
 * that goes is told with WS_EVENT_CLOSE at once when it has left nothing to read, else not before ws_resume, since
 * what it sent comes first. One that vanishes without a word, as a machine without power does, shows only when
 * something is sent to it. What needs no reading comes all the same: WS_EVENT_OPEN of a request that was accepted,
 * WS_EVENT_DRAIN, and an end that was read already with the message before it.
 *
 * @param conn A connection of a loop.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_pause(int64_t conn) WS_NOEXCEPT;

/**
 * Goes on reading a connection that was paused.
 *
 * @param conn A connection of a loop.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_FORKED, WS_ERR_INTERNAL.
 */
WS_API int64_t ws_resume(int64_t conn) WS_NOEXCEPT;

/**
 * Answers the request that WS_EVENT_REQUEST reported with an HTTP response that opens no connection. Where HTTP
 * allows it the next request of the client follows on the same socket, once the system has taken the answer;
 * otherwise it is closed and WS_EVENT_CLOSE comes. However slow the client, it gets all of the answer as long as it
 * goes on taking it in: it is given up after WS_OPT_HANDSHAKE_TIMEOUT_MS without progress, or
 * WS_OPT_CLOSE_TIMEOUT_MS where the socket is closed behind it.
 *
 * @param conn A connection of a loop.
 * @param status The HTTP status, 200 to 599.
 * @param headers Further headers as "Name: value" lines, each ended by LF or CR LF; NULL for none.
 * @param body The body of the answer. None is sent with 204, 205 and 304, nor to HEAD. NULL is fine when the length
 *     is 0.
 * @param body_len Its length in bytes.
 * @return 0, or -1.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_STATE, WS_ERR_ARGUMENT, WS_ERR_HEADER, WS_ERR_TOO_LARGE,
 *     WS_ERR_NO_MEMORY, WS_ERR_FORKED, WS_ERR_INTERNAL.
 * Clause: RFC 9110 §15.
 */
WS_API int64_t ws_respond(int64_t conn, int64_t status, const char *headers, const void *body, int64_t body_len) WS_NOEXCEPT;

/**
 * Polls like ws_loop_poll and packs what happened for scripting languages, which so get all of it with one step.
 * pack_out[0] is the number of payloads that lie elsewhere, F; from pack_out[1] on come 3*F numbers: the address,
 * the length in bytes and 1 for text, 0 for bytes, of each. From byte 16,384 on comes a list in the format of
 * Python's pickle (protocol 5), of one tuple of seven for each event: kind, conn, data, code, error, status, flags,
 * as in WsEvent. data is text or bytes: text where WS_EVENT_MESSAGE has WS_OPCODE_TEXT and with OPEN, CLOSE and
 * REQUEST. In the place of each payload that lies elsewhere the list takes the next one that it is given
 * (NEXT_BUFFER); their addresses are valid like data of an event.
 *
 * @param loop The loop.
 * @param pack_out Room for the numbers and the list, which the next call may overwrite.
 * @param size Its size in bytes, at least 17,408. A poll reports up to 512 events, fewer with less than 40,976.
 * @param timeout_ms How long to wait, in milliseconds: 0 not at all, WS_TIMEOUT_NONE for ever.
 * @return The number of events; 0 when there are none, and then nothing is written. -1 when it failed.
 * Blocks: Until an event, at most timeout_ms; ws_loop_wake and ws_loop_close from another thread end it.
 * Threads: Any thread, one at a time: a second one gets WS_ERR_BUSY.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_BUSY, WS_ERR_INTERRUPTED, WS_ERR_SYSTEM,
 *     WS_ERR_NO_MEMORY, WS_ERR_INTERNAL, WS_ERR_FORKED.
 */
WS_API int64_t ws_loop_poll_packed(int64_t loop, int64_t *pack_out, int64_t size, int64_t timeout_ms) WS_NOEXCEPT;

/**
 * Sends many messages that lie in one block of memory, as ws_loop_send_batch does: for each of them its connection,
 * its opcode and its length, numbers of eight bytes in the machine's order; then the payloads, one right after the
 * other. Each message succeeds or fails alone.
 *
 * @param loop The loop.
 * @param n How many messages there are.
 * @param packed The block. NULL is fine when the length is 0.
 * @param len Its length in bytes: 24*n and that of all payloads, exactly.
 * @param results_out NULL, or room for n numbers: for each message the bytes on the wire, 0 when the policy of its
 *     connection dropped it, or the negative of one of WS_ERR_*.
 * @return How many did not fail; -1 when the loop or an argument is wrong and nothing was sent.
 * Blocks: Never.
 * Threads: Any thread, at any time; a poll under way elsewhere goes on and takes it up.
 * Errors: WS_ERR_HANDLE, WS_ERR_CLOSED, WS_ERR_ARGUMENT, WS_ERR_TOO_LARGE, WS_ERR_NO_MEMORY, WS_ERR_INTERNAL,
 *     WS_ERR_FORKED.
 * Clause: RFC 6455 §5.6.
 */
WS_API int64_t ws_loop_send_packed(int64_t loop, int64_t n, const void *packed, int64_t len, int64_t *results_out) WS_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
