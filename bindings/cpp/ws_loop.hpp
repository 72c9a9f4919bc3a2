/// ws_loop.hpp: Loop, an event loop that serves many connections on the thread that runs it and calls lambdas.
#ifndef LIBWS_WS_LOOP_HPP
#define LIBWS_WS_LOOP_HPP

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ws_client.hpp"
#include "ws_loop_connection.hpp"

namespace ws {

/// How a loop begins; 0 means the default. Every other option is set with Loop::set.
struct LoopOptions {
    std::string subprotocols; ///< that a server offers, comma-separated, the preferred first
    std::string origins;      ///< the only ones accepted, comma-separated; others get 403, requests without one are accepted. Empty accepts every one
    std::int64_t max_message_bytes = 0;
    std::int64_t max_frame_bytes = 0;
    std::int64_t stream_over_bytes = 0;  ///< longer messages come in parts, to on_fragment
    std::int64_t queue_bytes = 0;        ///< output that may wait for one connection
    ws::queue queue_policy = queue::fail; ///< what happens to a message that finds that full
    std::int64_t max_connections = 0;
    std::int64_t spin_us = 0;
    bool requests = false; ///< every request comes to on_request before it is answered
};

/// One event loop. Move-only; the destructor ends it and cuts its connections off, drain ends it gracefully.
///
/// One thread runs it. Any thread may send, publish, stop, or use its connections meanwhile; callbacks may do all of that, but not run
/// their own loop, close it or destroy it. Callbacks are set, and the loop is moved, closed and destroyed, while nobody runs it.
class Loop {
public:
    using Callback = std::function<void(const Event &)>;

    explicit Loop(const LoopOptions &options = {}) : state_(std::make_unique<State>()) {
        WsLoopOptions abi = WS_LOOP_OPTIONS_INIT;
        abi.subprotocols = options.subprotocols.empty() ? nullptr : detail::text(options.subprotocols, "subprotocols");
        abi.origins = options.origins.empty() ? nullptr : detail::text(options.origins, "origins");
        abi.max_message_bytes = options.max_message_bytes;
        abi.max_frame_bytes = options.max_frame_bytes;
        abi.stream_over_bytes = options.stream_over_bytes;
        abi.queue_bytes = options.queue_bytes;
        abi.queue_policy = static_cast<std::int64_t>(options.queue_policy);
        abi.max_connections = options.max_connections;
        abi.spin_us = options.spin_us;
        abi.requests = options.requests ? 1 : 0;
        handle_ = detail::check(ws_loop_new(&abi));
    }
    Loop(Loop &&other) noexcept : handle_(std::exchange(other.handle_, -1)), state_(std::move(other.state_)) {}
    Loop &operator=(Loop &&other) noexcept {
        if (this != &other) {
            close();
            handle_ = std::exchange(other.handle_, -1);
            state_ = std::move(other.state_);
        }
        return *this;
    }
    Loop(const Loop &) = delete;
    Loop &operator=(const Loop &) = delete;
    ~Loop() { close(); }

    /// Listens on a TCP port; 0 takes a free one. An empty host is every interface. Returns the port.
    std::int64_t listen(const std::string &host, std::int64_t port, bool reuse_port = false) {
        return detail::check(ws_loop_listen(handle_, detail::text(host, "host"), port, reuse_port ? 1 : 0));
    }
    void listen_unix(const std::string &path) { detail::check(ws_loop_listen_unix(handle_, detail::text(path, "path"))); }
    /// Accepts from a socket that listens already. It is the loop's on success and stays the caller's when this throws.
    void listen_fd(std::int64_t fd) { detail::check(ws_loop_listen_fd(handle_, fd)); }
    std::int64_t port() const { return detail::check(ws_loop_port(handle_)); }

    /// Takes over a connected socket, of which input was read already.
    LoopConnection adopt(std::int64_t fd, ws::adopt how, std::string_view input = {}) {
        return {handle_, detail::check(ws_loop_adopt(handle_, fd, static_cast<std::int64_t>(how), input.data(), static_cast<std::int64_t>(input.size())))};
    }
    /// Begins to connect to a server: on_open or on_close follows.
    LoopConnection connect(const std::string &url, const ConnectOptions &options = {}) {
        const detail::AbiOptions abi(options);
        return {handle_, detail::check(ws_loop_connect(handle_, detail::text(url, "url"), abi.get()))};
    }
    /// Does the client's opening handshake on a connected socket: on_open or on_close follows.
    LoopConnection handshake(std::int64_t fd, const std::string &url, const ConnectOptions &options = {}) {
        const detail::AbiOptions abi(options);
        return {handle_, detail::check(ws_loop_handshake(handle_, fd, detail::text(url, "url"), abi.get()))};
    }

    // What is called when something happens; what has no callback is passed over. A request without one is answered as it would be
    // without option::requests.
    Loop &on_open(Callback f) { return on(event::open, std::move(f)); }
    Loop &on_message(Callback f) { return on(event::message, std::move(f)); }
    Loop &on_fragment(Callback f) { return on(event::fragment, std::move(f)); }
    Loop &on_ping(Callback f) { return on(event::ping, std::move(f)); }
    Loop &on_pong(Callback f) { return on(event::pong, std::move(f)); }
    Loop &on_close(Callback f) { return on(event::close, std::move(f)); }
    Loop &on_drain(Callback f) { return on(event::drain, std::move(f)); }
    Loop &on_request(Callback f) { return on(event::request, std::move(f)); }
    /// A drain is through; the event is of no connection.
    Loop &on_drained(Callback f) { return on(event::drained, std::move(f)); }

    /// Runs until stop, or until a drain is through, in a step before included. An exception out of a callback leaves it; run again, and it goes on with the
    /// event after that one.
    void run() {
        while (!state().drained && !state().stopped.exchange(false)) {
            step(abi::timeout_none);
        }
    }
    /// Waits at most timeout_ms and calls back for what happened. Returns the number of events. For other event loops: when fd() is
    /// readable call step(0).
    std::int64_t step(std::int64_t timeout_ms) {
        State &s = state();
        if (s.next == s.count) {
            s.next = s.count = 0;
            s.count = static_cast<std::size_t>(detail::check(ws_loop_poll(handle_, s.events, batch, timeout_ms)));
        }
        const std::int64_t found = static_cast<std::int64_t>(s.count - s.next);
        while (s.next < s.count) {
            const WsEvent &one = s.events[s.next++];
            s.drained = s.drained || one.kind == WS_EVENT_DRAINED;
            dispatch(one);
        }
        return found;
    }
    /// Whether a drain is through: every connection is gone, and there are no more events.
    bool drained() const { return state().drained; }
    /// Makes run return after the callbacks at hand, or the next run at once. Callbacks, other threads and signal handlers may
    /// call it.
    void stop() noexcept {
        if (state_) {
            state_->stopped = true;
            ws_loop_wake(handle_);
        }
    }
    /// Makes a step that waits return.
    void wake() noexcept { ws_loop_wake(handle_); }
    /// A descriptor that is readable whenever there is something to do.
    std::int64_t fd() const { return detail::check(ws_loop_fd(handle_)); }
    /// Writes what was sent now instead of with the next poll.
    void flush() { detail::check(ws_loop_flush(handle_)); }
    /// Begins a graceful end: no new connections, 1001 to all others, which have timeout_ms to answer. run returns when it is through.
    void drain(std::int64_t timeout_ms) { detail::check(ws_loop_drain(handle_, timeout_ms)); }
    /// Ends the loop at once; its connections are cut off, and there are no more events. Harmless when it has ended.
    void close() noexcept {
        if (handle_ > 0) {
            ws_loop_drop(std::exchange(handle_, -1));
            state_->next = state_->count = 0;
        }
    }

    /// Sends one message to many connections, encoded once. Returns how many took it.
    std::int64_t broadcast(const std::vector<LoopConnection> &to, Opcode opcode, std::string_view data) {
        std::vector<std::int64_t> handles;
        handles.reserve(to.size());
        for (const LoopConnection &one : to) {
            handles.push_back(one.handle());
        }
        return detail::check(ws_loop_broadcast(handle_, handles.data(), static_cast<std::int64_t>(handles.size()), opcode,
                                               data.data(), static_cast<std::int64_t>(data.size()), nullptr));
    }
    /// Sends one message to every subscriber of a topic, in every loop of the process, except one. Returns how many of this loop it goes to.
    std::int64_t publish(const std::string &topic, Opcode opcode, std::string_view data, const LoopConnection &except = {0, 0}) {
        return detail::check(ws_loop_publish(handle_, detail::text(topic, "topic"), opcode, data.data(),
                                             static_cast<std::int64_t>(data.size()), except.handle()));
    }
    /// Sends many messages with one call; each says in its result and error how it went. Returns how many did not fail.
    std::int64_t send_batch(std::vector<WsSend> &items) {
        return detail::check(ws_loop_send_batch(handle_, items.data(), static_cast<std::int64_t>(items.size())));
    }

    /// What the loop has done and holds.
    WsMetrics metrics() const {
        WsMetrics now = {};
        detail::check(ws_loop_metrics(handle_, &now, static_cast<std::int64_t>(sizeof now)));
        return now;
    }
    void set(ws::option option, ws::queue policy) { set(option, static_cast<std::int64_t>(policy)); }
    void set(ws::option option, std::int64_t value) { detail::check(ws_set(handle_, static_cast<std::int64_t>(option), value)); }
    std::int64_t get(ws::option option) const { return detail::check(ws_get(handle_, static_cast<std::int64_t>(option))); }
    std::int64_t handle() const noexcept { return handle_; }

private:
    static constexpr std::size_t batch = 256, kinds = WS_EVENT_DRAINED + 1;

    // It stays where it is when the loop moves, so that a signal handler's stop finds it.
    struct State {
        Callback callbacks[kinds];
        WsEvent events[batch];
        std::size_t next = 0, count = 0; // events that wait for their callback, after an exception left some
        std::atomic<bool> stopped{false};
        bool drained = false;
    };

    Loop &on(event kind, Callback f) {
        state().callbacks[static_cast<std::size_t>(kind)] = std::move(f);
        return *this;
    }

    State &state() const {
        if (!state_) {
            throw InvalidArgument(errc::handle, "this loop was moved away");
        }
        return *state_;
    }

    void dispatch(const WsEvent &one) {
        const Event event(handle_, one);
        if (one.kind < 0 || one.kind >= static_cast<std::int64_t>(kinds)) {
            return; // of a later library
        }
        if (const Callback &f = state().callbacks[one.kind]) {
            f(event);
        } else if (one.kind == WS_EVENT_REQUEST && one.code == 0) {
            event.connection().accept();
        } else if (one.kind == WS_EVENT_REQUEST) {
            event.connection().refuse(one.code);
        }
    }

    std::int64_t handle_ = -1;
    std::unique_ptr<State> state_;
};

} // namespace ws

#endif // LIBWS_WS_LOOP_HPP
