/// ws_connection.hpp: Connection, one end of a WebSocket connection that closes itself (RFC 6455 §4–§7).
#ifndef LIBWS_WS_CONNECTION_HPP
#define LIBWS_WS_CONNECTION_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ws_frame.hpp"
#include "ws_texts.hpp"

namespace ws {

/// One connection. Move-only; the destructor drops it without a word to the peer, close() says goodbye first.
///
/// Any thread may call anything: one receives at a time, any number send, and close or force_close wake the others within 100 ms.
/// Only moving and destroying are not to be done while another thread uses the object.
class Connection : public Texts<Connection> {
public:
    /// Stands for no connection: handle() is -1 and calls throw InvalidArgument.
    Connection() noexcept = default;
    /// Takes over a handle of the C ABI.
    explicit Connection(std::int64_t handle) noexcept : handle_(handle) {}
    Connection(Connection &&other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    Connection &operator=(Connection &&other) noexcept {
        if (this != &other) {
            drop();
            handle_ = std::exchange(other.handle_, -1);
        }
        return *this;
    }
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection() { drop(); }

    /// The server's end on an accepted socket on which the opening handshake is done. The descriptor is the connection's on
    /// success and stays the caller's when this throws.
    static Connection from_server(std::int64_t fd) { return Connection(detail::check(ws_from_server(fd))); }
    /// The client's end on a connected socket on which the opening handshake is done.
    static Connection from_client(std::int64_t fd) { return Connection(detail::check(ws_from_client(fd))); }

    bool is_open() const noexcept { return ws_is_open(handle_) == 1; }

    /// Sends a frame as it is (fragments too). Returns the bytes sent, header included. Blocks until the socket took them.
    std::int64_t send_frame(const Frame &frame) { return detail::check(ws_send_frame(handle_, &frame.abi())); }
    /// Sends a text message; throws InvalidArgument when it is not UTF-8.
    std::int64_t send_text(std::string_view msg) {
        return detail::check(ws_send_text_n(handle_, msg.data(), static_cast<std::int64_t>(msg.size())));
    }
    /// Sends a binary message.
    std::int64_t send_binary(const void *data, std::size_t len) {
        return detail::check(ws_send_binary(handle_, data, static_cast<std::int64_t>(len)));
    }
    std::int64_t send_binary(std::string_view data) { return send_binary(data.data(), data.size()); }
    template <typename Bytes, typename = std::enable_if_t<detail::is_bytes<Bytes>::value>>
    std::int64_t send_binary(const Bytes &data) {
        return send_binary(data.data(), data.size());
    }
    /// Sends one fragment: the first has the message's opcode, the others opcode::continuation (RFC 6455 §5.4).
    std::int64_t send_fragment(Opcode opcode, std::string_view data, bool is_final) {
        return detail::check(ws_send_fragment(handle_, opcode, data.data(), static_cast<std::int64_t>(data.size()), is_final ? 1 : 0));
    }
    /// Sends a ping with at most 125 bytes of payload.
    std::int64_t send_ping(std::string_view payload = {}) {
        return detail::check(ws_send_ping_n(handle_, payload.data(), static_cast<std::int64_t>(payload.size())));
    }
    /// Answers the latest unanswered ping with its payload; without one, sends an empty pong (RFC 6455 §5.5.3).
    std::int64_t send_pong() { return detail::check(ws_send_pong(handle_)); }
    /// Sends a pong with a payload of its own.
    std::int64_t send_pong(std::string_view payload) {
        return detail::check(ws_send_pong_n(handle_, payload.data(), static_cast<std::int64_t>(payload.size())));
    }
    /// Sends a close frame and does not wait for the answer. Nothing can be sent after it.
    std::int64_t send_close(CloseCode status_code, std::string_view reason = {}) {
        return detail::check(ws_send_close_n(handle_, status_code, reason.data(), static_cast<std::int64_t>(reason.size())));
    }

    /// Receives one frame as it came; pings are the caller's to answer. A close frame is answered and given out once; after it
    /// there is nothing, as when close or force_close ended the wait. Throws when the peer vanished or broke the protocol, and on a timeout.
    std::optional<Frame> recv_frame() { return received(ws_recv_frame(handle_)); }
    /// Receives one whole message: fragments are put together, pings are answered. Nothing once the peer has closed.
    std::optional<Frame> recv_message() {
        std::optional<Frame> message = received(ws_recv_message(handle_));
        return message && message->is_close() ? std::nullopt : std::move(message);
    }
    /// What recv_into received: a message of length bytes. Without fits it is longer than the memory given: nothing was written, and
    /// the next receiving call gives it out.
    struct Arrival {
        std::size_t length;
        bool is_text;
        bool fits;
    };
    /// Receives one whole message into the caller's memory, so that nothing is allocated. Nothing once the peer has closed.
    std::optional<Arrival> recv_into(void *buffer, std::size_t size) {
        const std::int64_t arrived = ws_recv_into(handle_, buffer, static_cast<std::int64_t>(size));
        if (arrived < 0) {
            ended();
        }
        if (arrived < 0 || (arrived & 15) == WS_OPCODE_CLOSE) {
            return std::nullopt;
        }
        return Arrival{static_cast<std::size_t>(arrived >> 4), (arrived & 15) == WS_OPCODE_TEXT, (arrived & 15) != 15};
    }

    /// Closes gracefully: sends the close frame, waits a bounded time for the peer's, releases everything. Harmless when closed.
    void close(CloseCode status_code = WS_CLOSE_NORMAL, const std::string &reason = {}) {
        if (ws_close_with(handle_, status_code, detail::text(reason, "reason")) < 0 && ws_last_error() != WS_ERR_CLOSED) {
            detail::fail();
        }
    }
    /// Closes the socket at once, without a handshake. Harmless when closed.
    void force_close() noexcept { ws_force_close(handle_); }
    /// Releases the connection; the object then stands for none.
    void drop() noexcept {
        if (handle_ > 0) {
            ws_drop(std::exchange(handle_, -1));
        }
    }

    std::int64_t fd() const noexcept { return ws_fd(handle_); }
    bool is_server() const noexcept { return ws_is_server(handle_) == 1; }
    ws::state state() const noexcept {
        const std::int64_t now = ws_state(handle_);
        return now < 0 ? ws::state::closed : static_cast<ws::state>(now);
    }
    /// The mask key of the last frame that this client sent, as a big-endian number; 0 before the first and on a server.
    std::int64_t mask_key() const noexcept { return ws_mask_key(handle_); }
    std::int64_t handle() const noexcept { return handle_; }

    /// Why the connection ended: the peer's close code, 0 while it has not ended (RFC 6455 §7.1.5).
    CloseCode close_code() const noexcept { return ws_close_code(handle_); }
    /// The reason in the peer's close frame. It may hold NUL.
    std::string close_reason() const { return copied(WS_TEXT_CLOSE_REASON); }
    /// The HTTP status that the opening handshake was answered with, 101 when it opened; 0 when libws did none.
    std::int64_t http_status() const noexcept { return ws_http_status(handle_); }
    /// Answers the request of Server::accept_request with 101; headers are "Name: value" lines. Throws when the client did not offer the subprotocol.
    void accept_upgrade(const std::string &subprotocol = {}, const std::string &headers = {}) {
        detail::check(ws_accept_upgrade(handle_, detail::text(subprotocol, "subprotocol"), detail::text(headers, "headers")));
    }
    /// Answers the request of Server::accept_request with another status and closes the connection.
    void refuse(std::int64_t status, const std::string &headers = {}, std::string_view body = {}) {
        detail::check(ws_refuse(handle_, status, detail::text(headers, "headers"), body.data(), static_cast<std::int64_t>(body.size())));
    }

    /// Sets one option of this connection, such as option::recv_timeout_ms.
    void set(ws::option option, std::int64_t value) { detail::check(ws_set(handle_, static_cast<std::int64_t>(option), value)); }
    std::int64_t get(ws::option option) const { return detail::check(ws_get(handle_, static_cast<std::int64_t>(option))); }

    /// Where iteration ends.
    struct sentinel {};
    /// Iterates over whole messages until the peer closes: for (const ws::Frame &message : connection) …
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Frame;
        using difference_type = std::ptrdiff_t;
        using pointer = const Frame *;
        using reference = const Frame &;
        iterator() noexcept = default;
        explicit iterator(Connection &from) : from_(&from) { ++*this; }
        reference operator*() const noexcept { return *message_; }
        pointer operator->() const noexcept { return &*message_; }
        iterator &operator++() {
            message_ = from_->recv_message();
            if (!message_) {
                from_ = nullptr;
            }
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator &at, sentinel) noexcept { return at.from_ == nullptr; }
        friend bool operator!=(const iterator &at, sentinel) noexcept { return at.from_ != nullptr; }

    private:
        Connection *from_ = nullptr;
        std::optional<Frame> message_;
    };
    iterator begin() { return iterator(*this); }
    sentinel end() noexcept { return {}; }

private:
    static std::optional<Frame> received(WsFrame frame) {
        if (frame.opcode >= 0) {
            return Frame(frame);
        }
        ended();
        return std::nullopt;
    }
    /// Goes on after a receiving call that failed: that the connection is closed is no error.
    static void ended() {
        if (ws_last_error() != WS_ERR_CLOSED) {
            detail::fail();
        }
    }
    std::int64_t handle_ = -1;
};

/// Performs the server's opening handshake on a socket whose request was read by somebody else; buffer is what was read of it.
/// The descriptor is the connection's on success and stays the caller's when this throws.
inline Connection upgrade(std::int64_t fd, std::string_view buffer) {
    return Connection(detail::check(ws_upgrade(fd, buffer.data(), static_cast<std::int64_t>(buffer.size()))));
}

} // namespace ws

#endif // LIBWS_WS_CONNECTION_HPP
