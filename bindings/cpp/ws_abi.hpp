// The C ABI of libws.so for C++17: its constants as enums, its structs checked, and a look at the library's version.
// Generated from capi/abi by capi/gen; do not edit.
#ifndef LIBWS_WS_ABI_HPP
#define LIBWS_WS_ABI_HPP

#include <cstddef>
#include <cstdint>

#include "ws.h"

namespace ws {

/// What a frame is (RFC 6455 §5.2).
enum class opcode : std::int64_t {
    continuation = WS_OPCODE_CONTINUATION, ///< Continuation frame: a further fragment of a message.
    text = WS_OPCODE_TEXT, ///< Text frame: UTF-8.
    binary = WS_OPCODE_BINARY, ///< Binary frame.
    close = WS_OPCODE_CLOSE, ///< Close frame.
    ping = WS_OPCODE_PING, ///< Ping frame.
    pong = WS_OPCODE_PONG, ///< Pong frame.
};

/// Why a connection is closed (RFC 6455 §7.4.1). 3000 to 4999 are free for applications.
enum class close_code : std::int64_t {
    normal = WS_CLOSE_NORMAL, ///< Normal closure.
    going_away = WS_CLOSE_GOING_AWAY, ///< Endpoint going away.
    protocol_error = WS_CLOSE_PROTOCOL_ERROR, ///< Protocol error.
    unsupported = WS_CLOSE_UNSUPPORTED, ///< Unsupported data type.
    no_status = WS_CLOSE_NO_STATUS, ///< No status code received. Never on the wire.
    abnormal = WS_CLOSE_ABNORMAL, ///< Abnormal closure: the peer went without a close frame. Never on the wire.
    invalid_data = WS_CLOSE_INVALID_DATA, ///< Invalid frame payload data.
    policy = WS_CLOSE_POLICY, ///< Policy violation.
    too_large = WS_CLOSE_TOO_LARGE, ///< Message too large.
    extension = WS_CLOSE_EXTENSION, ///< Missing extension.
    unexpected = WS_CLOSE_UNEXPECTED, ///< Unexpected condition.
};

/// Where a connection is in its life.
enum class state : std::int64_t {
    connecting = WS_STATE_CONNECTING, ///< Connection in progress: the opening handshake is not over.
    open = WS_STATE_OPEN, ///< Connection open.
    closing = WS_STATE_CLOSING, ///< Connection closing: a close frame was sent or received.
    closed = WS_STATE_CLOSED, ///< Connection closed.
};

/// What ws_last_error tells. The hundreds say whose doing it was: 1 the caller's, 2 the connection's, 3 the peer's,
/// 4 the opening handshake's, 5 a lack of resources.
enum class errc : std::int64_t {
    none = WS_ERR_NONE, ///< No call of this thread has failed yet.
    /// An argument is NULL, negative or out of its range; the message names it and the bound.
    argument = WS_ERR_ARGUMENT,
    handle = WS_ERR_HANDLE, ///< The handle was never given out, or belongs to another kind of object.
    /// The call does not fit the state: a message is unfinished, the handshake is not over or already is.
    state = WS_ERR_STATE,
    busy = WS_ERR_BUSY, ///< Another thread is receiving on this connection.
    utf8 = WS_ERR_UTF8, ///< The text given is not valid UTF-8; nothing was sent.
    close_code = WS_ERR_CLOSE_CODE, ///< The close code may not be sent: only 1000-1003, 1007-1014 and 3000-4999 may.
    /// The payload of a control frame is over 125 bytes, or a close reason is over 123.
    control_size = WS_ERR_CONTROL_SIZE,
    too_large = WS_ERR_TOO_LARGE, ///< A length given is over the limit; nothing was sent.
    /// This process was forked from the one that loaded the library; use exec or load it after fork.
    forked = WS_ERR_FORKED,
    url = WS_ERR_URL, ///< The URL is not a ws:// URL that can be connected to.
    /// A header, subprotocol or origin given has characters that HTTP forbids there (CR, LF, NUL) or is reserved;
    /// nothing was sent.
    header = WS_ERR_HEADER,
    /// No such option for this kind of handle, a value out of its range, or a struct of a newer library.
    option = WS_ERR_OPTION,
    closed = WS_ERR_CLOSED, ///< The connection or server is closed.
    abnormal = WS_ERR_ABNORMAL, ///< The peer vanished without a close frame (1006).
    timeout = WS_ERR_TIMEOUT, ///< The time set for this call is over.
    interrupted = WS_ERR_INTERRUPTED, ///< A signal came and WS_OPT_INTERRUPTIBLE is set; nothing is lost, call again.
    would_block = WS_ERR_WOULD_BLOCK, ///< The call cannot go on without waiting. No call leaves it so far.
    system = WS_ERR_SYSTEM, ///< The operating system refused; ws_last_errno has its reason, the message in words.
    resolve = WS_ERR_RESOLVE, ///< The host name has no address.
    protocol = WS_ERR_PROTOCOL, ///< The peer broke RFC 6455; the connection failed with 1002.
    peer_utf8 = WS_ERR_PEER_UTF8, ///< The peer sent text that is not UTF-8; the connection failed with 1007.
    peer_too_large = WS_ERR_PEER_TOO_LARGE, ///< The peer sent more than the limit; the connection failed with 1009.
    /// The peer broke a rule of ours, such as fragments that are too small; the connection failed with 1008.
    peer_policy = WS_ERR_PEER_POLICY,
    handshake = WS_ERR_HANDSHAKE, ///< The opening handshake is malformed or is not one.
    refused = WS_ERR_REFUSED, ///< The server answered with another status than 101, which ws_last_http_status tells.
    origin = WS_ERR_ORIGIN, ///< The request's origin is not on the list of the server; it was answered with 403.
    no_memory = WS_ERR_NO_MEMORY, ///< Memory ran out.
    queue_full = WS_ERR_QUEUE_FULL, ///< A send queue is full.
    too_many = WS_ERR_TOO_MANY, ///< Too many open handles or descriptors.
    internal = WS_ERR_INTERNAL, ///< A defect in the library was caught; the message says what.
};

/// For ws_set and ws_get.
enum class option : std::int64_t {
    /// Largest payload of one received frame; one byte more fails the connection with 1009.
    max_frame_bytes = WS_OPT_MAX_FRAME_BYTES,
    /// Largest received message, all its fragments together; one byte more fails the connection with 1009.
    max_message_bytes = WS_OPT_MAX_MESSAGE_BYTES,
    /// Largest head of the peer's opening handshake; a longer request is answered with 431.
    max_head_bytes = WS_OPT_MAX_HEAD_BYTES,
    max_head_fields = WS_OPT_MAX_HEAD_FIELDS, ///< Most header fields in that head; more are answered with 431.
    /// How long an opening handshake may take in all; no byte extends it. A server answers a request that has begun
    /// with 408.
    handshake_timeout_ms = WS_OPT_HANDSHAKE_TIMEOUT_MS,
    recv_timeout_ms = WS_OPT_RECV_TIMEOUT_MS, ///< How long one receiving call waits.
    /// How long one sending call waits for the peer to read. After a timeout before the first byte the same call
    /// can be made again, after one inside a message nothing more can be sent.
    send_timeout_ms = WS_OPT_SEND_TIMEOUT_MS,
    /// How long ws_close waits for the peer's close frame. On a loop also how long its peer may take in nothing of
    /// the output that is left at the end of a connection.
    close_timeout_ms = WS_OPT_CLOSE_TIMEOUT_MS,
    accept_timeout_ms = WS_OPT_ACCEPT_TIMEOUT_MS, ///< How long one accepting call waits for a connection to come.
    /// 1: a blocking call that a signal interrupts returns WS_ERR_INTERRUPTED with nothing lost. 0: it goes on. A
    /// peer that never pauses keeps a call from waiting, and so from hearing signals: a receiving or accepting call
    /// then returns the same after 50 ms, a closing one after a second. 2: as 1, and sending calls come back after
    /// 50 ms all the same, for signals that came just before they waited; when a part of what is sent is out, they
    /// return minus its size, with WS_ERR_INTERRUPTED, and ws_flush waits for the rest. Loops take 0 and 1.
    interruptible = WS_OPT_INTERRUPTIBLE,
    send_frame_bytes = WS_OPT_SEND_FRAME_BYTES, ///< Longer outgoing messages go out as fragments of this size.
    /// How long a received message may take from its first byte to its last; no byte extends it.
    message_timeout_ms = WS_OPT_MESSAGE_TIMEOUT_MS,
    max_pending = WS_OPT_MAX_PENDING, ///< How many opening handshakes may be under way at a time.
    /// 1: each opening handshake, and each plain HTTP request, comes as WS_EVENT_REQUEST and is decided on by the
    /// program. 0: handshakes are accepted under the loop's subprotocols and origins, other requests are answered
    /// with 426.
    requests = WS_OPT_REQUESTS,
    pings = WS_OPT_PINGS, ///< 1: pings come as WS_EVENT_PING.
    pongs = WS_OPT_PONGS, ///< 1: pongs come as WS_EVENT_PONG.
    /// Longer messages come in parts, as WS_EVENT_FRAGMENT; WS_TIMEOUT_NONE: none does.
    stream_over_bytes = WS_OPT_STREAM_OVER_BYTES,
    /// Output that may wait for a peer that reads slowly, per connection. On one connection it is rounded up to
    /// KiB.
    queue_bytes = WS_OPT_QUEUE_BYTES,
    queue_policy = WS_OPT_QUEUE_POLICY, ///< What happens beyond: one of WS_QUEUE_*.
    idle_timeout_ms = WS_OPT_IDLE_TIMEOUT_MS, ///< How long a peer may send no message before it is closed with 1001.
    /// From one ping of the loop's own to the next; WS_TIMEOUT_NONE sends none.
    ping_interval_ms = WS_OPT_PING_INTERVAL_MS,
    ping_timeout_ms = WS_OPT_PING_TIMEOUT_MS, ///< How long its pong may take, unless other bytes come.
    max_connections = WS_OPT_MAX_CONNECTIONS, ///< Connections at a time; more are closed when they come.
    /// How long a poll probes before it sleeps. It saves the thread's wake-up when answers come within
    /// microseconds, costs processor time, and stops by itself where it does not help.
    spin_us = WS_OPT_SPIN_US,
    /// 1: what events viewed is overwritten by the next poll, so that late uses show. For debugging.
    poison = WS_OPT_POISON,
};

/// What ws_copy_text copies.
enum class connection_text : std::int64_t {
    peer_address = WS_TEXT_PEER_ADDRESS, ///< The address of the peer, as ws_peer_address.
    subprotocol = WS_TEXT_SUBPROTOCOL, ///< The subprotocol agreed on, as ws_subprotocol.
    /// The reason in the peer's close frame, as ws_close_reason. A loop's connection tells it in WS_EVENT_CLOSE.
    close_reason = WS_TEXT_CLOSE_REASON,
    request_method = WS_TEXT_REQUEST_METHOD, ///< The method of the request, as ws_request_method.
    request_path = WS_TEXT_REQUEST_PATH, ///< Its path, as ws_request_path.
    request_query = WS_TEXT_REQUEST_QUERY, ///< Its query, as ws_request_query.
    request_host = WS_TEXT_REQUEST_HOST, ///< Its Host header, as ws_request_host.
    request_origin = WS_TEXT_REQUEST_ORIGIN, ///< Its Origin header, as ws_request_origin.
    /// Plus an index of 0 to ws_request_header_count - 1: the name of that header field.
    header_name = WS_TEXT_HEADER_NAME,
    header_value = WS_TEXT_HEADER_VALUE, ///< Plus an index: the value of that header field.
};

/// What a WsEvent reports.
enum class event : std::int64_t {
    open = WS_EVENT_OPEN, ///< The opening handshake is done; data is the agreed subprotocol.
    message = WS_EVENT_MESSAGE, ///< A whole message.
    fragment = WS_EVENT_FRAGMENT, ///< The next part of a message longer than WS_OPT_STREAM_OVER_BYTES.
    ping = WS_EVENT_PING, ///< A ping, answered already. Only with WS_OPT_PINGS.
    pong = WS_EVENT_PONG, ///< A pong. Only with WS_OPT_PONGS.
    close = WS_EVENT_CLOSE, ///< The connection is over: code, error and data tell why. The last event of a connection.
    drain = WS_EVENT_DRAIN, ///< The queue of a connection that was nearly full, or refused a message, has room again.
    /// An HTTP request waits for ws_accept_upgrade, ws_refuse or ws_respond. Only with WS_OPT_REQUESTS.
    request = WS_EVENT_REQUEST,
    drained = WS_EVENT_DRAINED, ///< After ws_loop_drain: the last connection is gone.
};

/// Bits of WsEvent.flags.
enum class event_flag : std::int64_t {
    final = WS_PART_FINAL, ///< The last part of a message, or a whole one.
    first = WS_PART_FIRST, ///< The first part of a message, or a whole one.
};

/// What a descriptor is when ws_loop_adopt gets it.
enum class adopt : std::int64_t {
    client = WS_ADOPT_CLIENT, ///< This end is the client, and the opening handshake is done.
    server = WS_ADOPT_SERVER, ///< This end is the server, and the opening handshake is done.
    request = WS_ADOPT_REQUEST, ///< This end is the server, and the client's request is still to be read or answered.
};

/// What happens to a message that finds the queue of its connection full (WS_OPT_QUEUE_POLICY). A message is taken
/// whole or not at all.
enum class queue : std::int64_t {
    fail = WS_QUEUE_FAIL, ///< Sending fails with WS_ERR_QUEUE_FULL.
    drop_newest = WS_QUEUE_DROP_NEWEST, ///< The message is dropped: sending returns 0.
    drop_oldest = WS_QUEUE_DROP_OLDEST, ///< The oldest messages that have not begun to leave are dropped to make room.
    /// A message replaces the waiting one with the same key; otherwise as WS_QUEUE_DROP_OLDEST.
    conflate = WS_QUEUE_CONFLATE,
    close_1008 = WS_QUEUE_CLOSE_1008, ///< The connection is closed with 1008.
    close_1013 = WS_QUEUE_CLOSE_1013, ///< The connection is closed with 1013.
};

namespace abi {

inline constexpr std::int64_t version = WS_ABI_VERSION;
inline constexpr std::int64_t length_max = WS_LENGTH_MAX;
/// Maximum frame payload size (64 KiB), unless WS_OPT_MAX_FRAME_BYTES is set.
inline constexpr std::int64_t max_frame_size = WS_MAX_FRAME_SIZE;
/// Buffer for HTTP upgrade headers, unless WS_OPT_MAX_HEAD_BYTES is set.
inline constexpr std::int64_t header_buffer = WS_HEADER_BUFFER;
inline constexpr std::int64_t recv_buffer = WS_RECV_BUFFER; ///< TCP receive chunk size.
/// Send buffer: the largest payload and 14 bytes of frame overhead.
inline constexpr std::int64_t send_buffer = WS_SEND_BUFFER;
inline constexpr std::int64_t timeout_none = WS_TIMEOUT_NONE; ///< Wait for ever.

static_assert(sizeof(WsFrame) == 40, "WsFrame has another size than in the library");
static_assert(sizeof(WsConnectOptions) == 64, "WsConnectOptions has another size than in the library");
static_assert(sizeof(WsLoopOptions) == 88, "WsLoopOptions has another size than in the library");
static_assert(sizeof(WsEvent) == 80, "WsEvent has another size than in the library");
static_assert(sizeof(WsSend) == 56, "WsSend has another size than in the library");
static_assert(sizeof(WsMetrics) == 296, "WsMetrics has another size than in the library");

/// Tells whether the library that was loaded fits the header that this program was built with.
inline bool fits() noexcept {
    return ws_abi_version() == WS_ABI_VERSION &&
           ws_struct_size(WS_STRUCT_FRAME) == static_cast<std::int64_t>(sizeof(WsFrame)) &&
           ws_struct_size(WS_STRUCT_CONNECT_OPTIONS) == static_cast<std::int64_t>(sizeof(WsConnectOptions)) &&
           ws_struct_size(WS_STRUCT_LOOP_OPTIONS) == static_cast<std::int64_t>(sizeof(WsLoopOptions)) &&
           ws_struct_size(WS_STRUCT_EVENT) == static_cast<std::int64_t>(sizeof(WsEvent)) &&
           ws_struct_size(WS_STRUCT_SEND) == static_cast<std::int64_t>(sizeof(WsSend)) &&
           ws_struct_size(WS_STRUCT_METRICS) == static_cast<std::int64_t>(sizeof(WsMetrics));
}

} // namespace abi
} // namespace ws

#endif
