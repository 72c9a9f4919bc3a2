/// ws_loop_connection.hpp: LoopConnection, one connection of an event loop, and Event, what happened on it (RFC 6455 §5, §7).
#ifndef LIBWS_WS_LOOP_CONNECTION_HPP
#define LIBWS_WS_LOOP_CONNECTION_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ws_error.hpp"
#include "ws_number.hpp"
#include "ws_texts.hpp"

namespace ws {

namespace detail {

/// Whether a message was taken. A peer that is gone, or reads too slowly for its queue, is everyday life of a loop and no
/// exception: its events say the rest.
inline bool taken(std::int64_t result) {
    if (result >= 0) {
        return result > 0;
    }
    const std::int64_t error = ws_last_error();
    if (error == WS_ERR_CLOSED || error == WS_ERR_ABNORMAL || error == WS_ERR_QUEUE_FULL) {
        return false;
    }
    fail();
}

/// The same for calls that return 0 when they succeed.
inline bool done(std::int64_t result) { return result == 0 || taken(result); }

} // namespace detail

/// One connection of a loop, which owns it: a small value to be copied and kept until its close event, and harmless after that,
/// when every call returns false. Any thread may use it. Nothing is sent before the next poll of the loop, or its flush.
class LoopConnection : public Texts<LoopConnection> {
public:
    /// Stands for no connection.
    LoopConnection() noexcept = default;
    LoopConnection(std::int64_t loop, std::int64_t handle) noexcept : loop_(loop), handle_(handle) {}

    /// Sends a message; the data is not kept. False when the peer is gone or its queue is full or drops it, in part never. Throws
    /// InvalidArgument when text is not UTF-8.
    bool send_text(std::string_view msg) const { return send(WS_OPCODE_TEXT, msg); }
    bool send_binary(std::string_view data) const { return send(WS_OPCODE_BINARY, data); }
    template <typename Bytes, typename = std::enable_if_t<detail::is_bytes<Bytes>::value>>
    bool send_binary(const Bytes &data) const {
        return send_binary(std::string_view(reinterpret_cast<const char *>(data.data()), data.size()));
    }
    /// Sends a message with the opcode of another: conn.send(event.opcode(), event.data()) is an echo.
    bool send(Opcode opcode, std::string_view data) const {
        return detail::taken(ws_loop_send(loop_, handle_, opcode, data.data(), static_cast<std::int64_t>(data.size())));
    }
    /// Sends a message that the next one with the same key replaces while it waits (queue::conflate).
    bool send_key(Opcode opcode, std::string_view data, std::int64_t key) const {
        return detail::taken(ws_loop_send_key(loop_, handle_, opcode, data.data(), static_cast<std::int64_t>(data.size()), key));
    }
    /// Sends a part of a message: the first has the message's opcode, the others opcode::continuation (RFC 6455 §5.4).
    bool send_fragment(Opcode opcode, std::string_view data, bool is_final) const {
        return detail::taken(ws_loop_send_fragment(loop_, handle_, opcode, data.data(),
                                                   static_cast<std::int64_t>(data.size()), is_final ? 1 : 0));
    }
    /// Sends a ping with at most 125 bytes of payload.
    bool ping(std::string_view payload = {}) const {
        return detail::taken(ws_loop_ping(loop_, handle_, payload.data(), static_cast<std::int64_t>(payload.size())));
    }

    /// Starts the closing handshake; the close event follows. False when it is closing or closed already. One that is not open yet has
    /// nobody to say goodbye to: it is cut off.
    bool close(CloseCode code = WS_CLOSE_NORMAL, const std::string &reason = {}) const {
        const std::int64_t result = ws_loop_close_conn(loop_, handle_, code, detail::text(reason, "reason"));
        if (result < 0 && ws_last_error() == WS_ERR_STATE && ws_state(handle_) == WS_STATE_CONNECTING) {
            return ws_loop_abort_conn(loop_, handle_) == 0;
        }
        return result == 0 || (ws_last_error() != WS_ERR_STATE && detail::taken(result));
    }
    /// Cuts the connection off without a closing handshake; the close event follows.
    void abort() const noexcept { ws_loop_abort_conn(loop_, handle_); }
    bool is_open() const noexcept { return ws_is_open(handle_) == 1; }

    /// Makes the connection receive what is published to a topic of 1 to 1,024 bytes.
    bool subscribe(const std::string &topic) const { return detail::done(ws_loop_subscribe(loop_, handle_, detail::text(topic, "topic"))); }
    bool unsubscribe(const std::string &topic) const { return detail::done(ws_loop_unsubscribe(loop_, handle_, detail::text(topic, "topic"))); }

    /// Stops reading, which slows the peer down, and goes on.
    bool pause() const { return detail::done(ws_pause(handle_)); }
    bool resume() const { return detail::done(ws_resume(handle_)); }

    /// Leaves an address with the connection, which its events carry. The loop never looks at it.
    bool set_context(void *context) const { return detail::done(ws_loop_set_context(loop_, handle_, context)); }
    void *context() const noexcept { return ws_loop_context(loop_, handle_); }

    /// With option::requests, in on_request: answers with 101; headers are "Name: value" lines.
    bool accept(const std::string &subprotocol = {}, const std::string &headers = {}) const {
        return detail::done(ws_accept_upgrade(handle_, subprotocol.empty() ? nullptr : detail::text(subprotocol, "subprotocol"), detail::text(headers, "headers")));
    }
    /// Answers with another status and closes the connection.
    bool refuse(std::int64_t status, const std::string &headers = {}, std::string_view body = {}) const {
        return detail::done(ws_refuse(handle_, status, detail::text(headers, "headers"), body.data(), static_cast<std::int64_t>(body.size())));
    }
    /// Answers a plain HTTP request; where HTTP allows it the client's next request follows on the same socket.
    bool respond(std::int64_t status, const std::string &headers, std::string_view body) const {
        return detail::done(ws_respond(handle_, status, detail::text(headers, "headers"), body.data(), static_cast<std::int64_t>(body.size())));
    }

    std::int64_t handle() const noexcept { return handle_; }
    friend bool operator==(const LoopConnection &a, const LoopConnection &b) noexcept { return a.handle_ == b.handle_; }
    friend bool operator!=(const LoopConnection &a, const LoopConnection &b) noexcept { return a.handle_ != b.handle_; }
    friend bool operator<(const LoopConnection &a, const LoopConnection &b) noexcept { return a.handle_ < b.handle_; }

private:
    std::int64_t loop_ = -1, handle_ = -1;
};

/// One thing that happened on one connection. What it views is valid until the callback returns.
class Event {
public:
    Event(std::int64_t loop, const WsEvent &abi) noexcept : loop_(loop), abi_(&abi) {}

    event kind() const noexcept { return static_cast<event>(abi_->kind); }
    LoopConnection connection() const noexcept { return {loop_, abi_->conn}; }
    /// The address that set_context left with the connection.
    void *context() const noexcept { return abi_->context; }
    /// The payload; the subprotocol on open, the reason on close, the target of a request.
    std::string_view data() const noexcept { return {static_cast<const char *>(abi_->len > 0 ? abi_->data : ""), static_cast<std::size_t>(abi_->len)}; }
    Opcode opcode() const noexcept { return abi_->opcode; }
    bool is_text() const noexcept { return abi_->opcode == WS_OPCODE_TEXT; }
    bool is_binary() const noexcept { return abi_->opcode == WS_OPCODE_BINARY; }
    /// Of a part of a message: whether it is the first, and the last.
    bool is_first() const noexcept { return (abi_->flags & WS_PART_FIRST) != 0; }
    bool is_final() const noexcept { return (abi_->flags & WS_PART_FINAL) != 0; }
    /// On close the close code; of a request 0, or the HTTP status that it would be refused with.
    CloseCode code() const noexcept { return abi_->code; }
    /// On close: errc::none when the closing handshake was clean.
    errc error() const noexcept { return static_cast<errc>(abi_->error); }
    /// On close of a connection that connect began: the HTTP status that it was refused with, else 0.
    std::int64_t http_status() const noexcept { return kind() == event::close ? abi_->status : 0; }
    /// Of a pong that answers the loop's own ping: the round-trip time in microseconds.
    std::optional<std::int64_t> round_trip_us() const noexcept {
        return kind() == event::pong && abi_->status >= 0 ? std::optional<std::int64_t>(abi_->status) : std::nullopt;
    }
    const WsEvent &abi() const noexcept { return *abi_; }

private:
    std::int64_t loop_;
    const WsEvent *abi_;
};

} // namespace ws

#endif // LIBWS_WS_LOOP_CONNECTION_HPP
