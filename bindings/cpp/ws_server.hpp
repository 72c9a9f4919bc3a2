/// ws_server.hpp: Server, a listener that accepts WebSocket connections, and serve, a thread for each of them (RFC 6455 §4.2).
#ifndef LIBWS_WS_SERVER_HPP
#define LIBWS_WS_SERVER_HPP

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "ws_connection.hpp"

namespace ws {

/// One listener. Move-only; the destructor closes it. Connections that it accepted live on.
///
/// stop may be called from any thread and from signal handlers through ws_server_stop(handle()).
class Server {
public:
    /// Stands for no server.
    Server() noexcept = default;
    /// Takes over a handle of the C ABI.
    explicit Server(std::int64_t handle) noexcept : handle_(handle) {}
    Server(Server &&other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
    Server &operator=(Server &&other) noexcept {
        if (this != &other) {
            drop();
            handle_ = std::exchange(other.handle_, -1);
        }
        return *this;
    }
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;
    ~Server() { drop(); }

    /// Listens on a port of every interface; 0 picks a free one. Throws when the port cannot be bound.
    static Server bind(std::int64_t port) { return Server(detail::check(ws_server_bind(port))); }
    /// Listens on one interface.
    static Server bind(const std::string &host, std::int64_t port) { return Server(detail::check(ws_server_bind_host(detail::text(host, "host"), port))); }

    bool is_valid() const noexcept { return ws_server_is_valid(handle_) == 1; }
    /// Accepts a connection and performs the opening handshake. Nothing once the server is stopped; throws HandshakeError for a
    /// bad request, which was answered, and after which accept may be called again.
    std::optional<Connection> accept() { return accepted(ws_server_accept(handle_)); }
    /// Accepts a connection whose request can be read, to be decided on with accept_upgrade or refuse.
    std::optional<Connection> accept_request() { return accepted(ws_server_accept_request(handle_)); }
    /// Serves one connection after the other and echoes text and binary. Blocks until stop, and returns at once when the server
    /// was stopped before. Throws ConnectionClosed when it is closed.
    void run_echo() {
        if (ws_server_run_echo(handle_) < 0 && !(ws_last_error() == WS_ERR_CLOSED && is_valid())) {
            detail::fail();
        }
    }
    /// Ends run_echo and accept, from any thread.
    void stop() noexcept { ws_server_stop(handle_); }
    /// Closes the listener.
    void close() noexcept { ws_server_close(handle_); }
    /// Releases the server; the object then stands for none.
    void drop() noexcept {
        if (handle_ > 0) {
            ws_server_drop(std::exchange(handle_, -1));
        }
    }

    std::int64_t listener_fd() const noexcept { return ws_server_listener_fd(handle_); }
    std::int64_t port() const noexcept { return ws_server_port(handle_); }
    bool running() const noexcept { return ws_server_running(handle_) == 1; }
    std::int64_t handle() const noexcept { return handle_; }

    /// The subprotocols that the server speaks, comma-separated, the preferred first.
    void set_subprotocols(const std::string &list) { detail::check(ws_server_set_subprotocols(handle_, detail::text(list, "list"))); }
    /// The origins that may connect, comma-separated; others are answered with 403. Requests without one come from no browser and may, too.
    void set_origins(const std::string &list) { detail::check(ws_server_set_origins(handle_, detail::text(list, "list"))); }
    /// Sets one option of the server and of the connections that it will accept.
    void set(ws::option option, std::int64_t value) { detail::check(ws_set(handle_, static_cast<std::int64_t>(option), value)); }
    std::int64_t get(ws::option option) const { return detail::check(ws_get(handle_, static_cast<std::int64_t>(option))); }

private:
    std::optional<Connection> accepted(std::int64_t handle) const {
        if (handle > 0) {
            return Connection(handle);
        }
        if (ws_last_error() == WS_ERR_CLOSED) {
            return std::nullopt;
        }
        detail::fail();
    }
    std::int64_t handle_ = -1;
};

/// Creates a server bound to a port of every interface.
inline Server server(std::int64_t port) { return Server(detail::check(ws_server(port))); }

namespace detail {

/// Counts threads that run, and does not end before the last of them has.
class Running {
public:
    Running() = default;
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;
    ~Running() {
        std::unique_lock<std::mutex> lock(mutex_);
        idle_.wait(lock, [this] { return count_ == 0; });
    }
    void enter() {
        const std::lock_guard<std::mutex> lock(mutex_);
        count_++;
    }
    void leave() noexcept {
        const std::lock_guard<std::mutex> lock(mutex_);
        count_--;
        idle_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable idle_;
    std::size_t count_ = 0;
};

/// What is left to do when a handler is through, however that came about.
struct Served {
    Connection &connection;
    Running &running;
    ~Served() {
        connection.drop();
        running.leave();
    }
};

} // namespace detail

/// Accepts connections until the server is stopped and runs handler(Connection &) for each in a thread of its own. Returns, or throws,
/// when the last handler has returned. An exception out of a handler ends its connection with 1011, one that says the connection is
/// closed ends it quietly, and pthread_exit in a handler cuts it off; none harms the others. Throws Interrupted when option::interruptible
/// is set and a signal came: every connection that was accepted has been served then, and serve may be called again. Throws an Error with
/// errc::system when others closed or shut down the listener.
template <typename Handler>
void serve(Server &server, Handler handler) {
    detail::Running running;
    while (server.is_valid() && server.running()) {
        std::optional<Connection> accepted;
        try {
            accepted = server.accept();
        } catch (const Interrupted &interrupted) {
            if (interrupted.system_code()) {
                throw;
            }
            continue; // no signal, but clients that leave accept nothing to wait for: they shall not end this
        } catch (const Error &error) {
            if (error.code() == errc::system) {
                throw; // the listener is none any more
            }
            continue; // a bad request, a peer that went away, or descriptors that ran out: accept itself waits before it tries again
        }
        if (!accepted) {
            break;
        }
        running.enter();
        try {
            std::thread([&handler, &running, connection = std::move(*accepted)]() mutable {
                const detail::Served end{connection, running};
                try {
                    handler(connection);
                    connection.close();
                } catch (const ConnectionClosed &) {
                    connection.drop();
                } catch (...) {
                    if (!std::current_exception()) {
                        throw; // no exception of C++, but pthread_exit: whoever keeps that to himself ends the process
                    }
                    ws_close_with(connection.handle(), WS_CLOSE_UNEXPECTED, nullptr);
                }
            }).detach();
        } catch (const std::system_error &) {
            running.leave(); // no thread could be started; the connection was dropped
        } catch (...) {
            running.leave(); // no memory for one
            throw;
        }
    }
}

} // namespace ws

#endif // LIBWS_WS_SERVER_HPP
