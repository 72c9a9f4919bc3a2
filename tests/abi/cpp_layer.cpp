/// The comfortable C++ layer beyond the items of the API reference: serve, iteration, connect options, exceptions, nothing leaked.
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "check.h"
#include "throws.hpp"
#include "websocket.hpp"

namespace {

template <typename T>
constexpr bool move_only = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> && !std::is_copy_constructible_v<T> &&
                           !std::is_copy_assignable_v<T>;
static_assert(move_only<ws::Frame> && move_only<ws::Connection> && move_only<ws::Server> && move_only<ws::Loop>);
static_assert(std::is_base_of_v<std::runtime_error, ws::Error> && std::is_base_of_v<ws::Error, ws::HandshakeError>);

std::string url(const ws::Server &server, const std::string &path = "/") {
    return "ws://127.0.0.1:" + std::to_string(server.port()) + path;
}

/// Handlers run side by side; an exception out of one ends its own connection with 1011 and harms no other.
void serves() {
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    std::thread thread([&server] {
        ws::serve(server, [](ws::Connection &conn) {
            for (const ws::Frame &message : conn) {
                if (message.payload_text() == "fail") {
                    throw std::runtime_error("a handler that fails");
                }
                conn.send_frame(message);
            }
            CHECK(conn.close_code() == 4321 || conn.close_code() == 1000);
        });
    });
    ws::Connection first = ws::connect(url(server)), second = ws::connect(url(server)), third = ws::connect(url(server));
    second.send_text("second");
    CHECK(second.recv_message()->payload_text() == "second");
    first.send_text("fail");
    CHECK(!first.recv_message() && first.close_code() == WS_CLOSE_UNEXPECTED);
    second.send_binary("still served");
    CHECK(second.recv_message()->is_binary());
    char room[8] = "";
    second.send_text("too long for it");
    second.send_text("text");
    second.send_binary("bytes");
    const auto waits = second.recv_into(room, sizeof room);
    CHECK(waits && !waits->fits && waits->length == 15 && room[0] == '\0' && second.recv_message()->payload_text() == "too long for it");
    const auto text = second.recv_into(room, sizeof room);
    CHECK(text && text->fits && text->is_text && std::string(room, text->length) == "text");
    const auto bytes = second.recv_into(room, sizeof room);
    CHECK(bytes && bytes->fits && !bytes->is_text && std::string(room, bytes->length) == "bytes");
    CHECK(!first.recv_into(room, sizeof room));
    second.close(4321, "done");
    third.force_close(); // it vanishes
    const int bad = peer_connect(server.port());
    CHECK(peer_write(bad, "nonsense\r\n\r\n", 12)); // a bad request ends nothing
    ws::Connection fourth = ws::connect(url(server));
    fourth.send_text("fourth");
    CHECK(fourth.recv_message()->payload_text() == "fourth");
    fourth.close();
    server.stop();
    thread.join();
    close(bad);
    first.drop();
    server.drop();
    CHECK(ws_handle_count() == 0);
}

volatile std::sig_atomic_t alarms = 0;

/// A signal ends serve where that is asked for, and only when the handlers are through.
void serve_ends_with_a_signal() {
    struct sigaction action = {};
    action.sa_handler = [](int) { alarms = alarms + 1; };
    CHECK(sigaction(SIGALRM, &action, nullptr) == 0);
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    server.set(ws::option::interruptible, 1);
    std::atomic<bool> entered{false};
    bool served = false;
    const pthread_t waiting = pthread_self();
    std::thread thread([&] {
        ws::Connection client = ws::connect(url(server));
        client.send_text("x");
        CHECK(client.recv_message()->payload_text() == "x");
        while (!alarms) {
            CHECK(pthread_kill(waiting, SIGALRM) == 0);
            std::this_thread::yield();
        }
        client.send_text("last");
        CHECK(client.recv_message()->payload_text() == "last");
        client.close();
    });
    THROWS(ws::Interrupted, interrupted, ws::serve(server, [&](ws::Connection &conn) {
        entered = true;
        conn.set(ws::option::interruptible, 0);
        for (const ws::Frame &message : conn) {
            conn.send_frame(message);
        }
        served = true;
    }));
    CHECK(entered && served);
    thread.join();
    CHECK(std::signal(SIGALRM, SIG_DFL) != SIG_ERR);
}

/// A handler may leave its thread as C does: the connection is cut off, the others are served, and serve ends as ever.
void handlers_may_exit_their_threads() {
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    std::thread thread([&server] {
        ws::serve(server, [](ws::Connection &conn) {
            for (const ws::Frame &message : conn) {
                if (message.payload_text() == "exit") {
                    pthread_exit(nullptr);
                }
                conn.send_frame(message);
            }
        });
    });
    ws::Connection stays = ws::connect(url(server)), goes = ws::connect(url(server));
    goes.send_text("exit");
    THROWS(ws::ConnectionClosed, abnormal, goes.recv_message());
    stays.send_text("still there");
    CHECK(stays.recv_message()->payload_text() == "still there");
    stays.close();
    server.stop();
    thread.join();
}

/// A listener that others shut down, as a parent process may, ends serve with an exception: it could only fail for ever.
void serve_ends_without_its_listener() {
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    CHECK(shutdown(static_cast<int>(server.listener_fd()), SHUT_RDWR) == 0);
    try {
        ws::serve(server, [](ws::Connection &) {});
        CHECK(false);
    } catch (const ws::Error &error) {
        CHECK(error.code() == ws::errc::system && error.system_code() == std::errc::invalid_argument);
    }
}

/// Texts are whole, NUL included, however long they are, and stay one's own while another thread ends the connection.
void texts_are_copies() {
    int peer;
    ws::Connection conn(end_of(0, &peer));
    const std::string reason("bye\0bye", 7);
    const std::string frame = std::string("\x88\x09\x03\xe8", 4) + reason;
    CHECK(peer_write(peer, frame.data(), frame.size()));
    CHECK(!conn.recv_message() && conn.close_reason() == reason);
    close(peer);

    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    const std::string path = "/" + std::string(3000, 'p');
    std::thread thread([&server, &path] {
        std::optional<ws::Connection> accepted = server.accept();
        CHECK(accepted && accepted->request_path() == path && accepted->request_query().empty());
        std::atomic<bool> over{false};
        std::thread reader([&] {
            while (!over) {
                const std::string seen = accepted->request_path();
                CHECK(seen.empty() || seen == path);
            }
        });
        accepted->close();
        over = true;
        reader.join();
        CHECK(accepted->request_path().empty() || accepted->request_path() == path);
    });
    ws::Connection client = ws::connect(url(server, path));
    CHECK(!client.recv_message());
    client.close();
    thread.join();
}

void connect_options() {
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    server.set_subprotocols("chat, superchat");
    server.set_origins("https://good.example");
    std::thread thread([&server] {
        const std::optional<ws::Connection> conn = server.accept();
        CHECK(conn && conn->subprotocol() == "superchat" && conn->request_header("x-token") == "a b" && conn->request_origin() == "https://good.example");
        const auto headers = conn->request_headers();
        CHECK(!headers.empty() && headers[0].first == "Host");
        THROWS(ws::HandshakeError, origin, server.accept());
    });
    ws::ConnectOptions options;
    options.subprotocols = {"other", "superchat"};
    options.headers = {{"X-Token", "a b"}};
    options.origin = "https://good.example";
    const ws::Connection conn = ws::connect(url(server), options);
    CHECK(conn.subprotocol() == "superchat" && conn.http_status() == 101 && conn.get(ws::option::interruptible) == 0);
    options.origin = "https://evil.example";
    try {
        ws::connect(url(server), options);
        CHECK(!"403");
    } catch (const ws::HandshakeError &e) {
        CHECK(e.http_status() == 403);
    }
    thread.join();

    // What would smuggle something into the request is refused before anything is sent.
    server.set(ws::option::accept_timeout_ms, 1);
    const auto refused = [&server](auto change) {
        ws::ConnectOptions bad;
        change(bad);
        try {
            ws::connect(url(server), bad);
            CHECK(!"an exception");
        } catch (const ws::InvalidArgument &) {
        }
    };
    refused([](ws::ConnectOptions &o) { o.headers = {{"X", "a\r\nEvil: 1"}}; });
    refused([](ws::ConnectOptions &o) { o.headers = {{"X\n", "a"}}; });
    refused([](ws::ConnectOptions &o) { o.headers = {{"X: y", "a"}}; });
    refused([](ws::ConnectOptions &o) { o.headers = {{"X", std::string("a\0b", 3)}}; });
    refused([](ws::ConnectOptions &o) { o.subprotocols = {"a,b"}; });
    refused([](ws::ConnectOptions &o) { o.subprotocols = {""}; });
    refused([](ws::ConnectOptions &o) { o.subprotocols = {"a b"}; });
    refused([](ws::ConnectOptions &o) { o.origin = "https://a\r\nEvil: 1"; });
    refused([](ws::ConnectOptions &o) { o.timeout_ms = -1; });
    THROWS(ws::InvalidArgument, argument, ws::connect(std::string("ws://127.0.0.1\0/", 16)));
    THROWS(ws::InvalidArgument, url, ws::connect("wss//nothing"));
    THROWS(ws::Timeout, timeout, server.accept());
}

void exceptions() {
    int peer;
    ws::Connection conn(end_of(0, &peer));
    conn.set(ws::option::recv_timeout_ms, 1);
    THROWS(ws::Timeout, timeout, conn.recv_message());
    THROWS(ws::Timeout, timeout, conn.recv_into(nullptr, 0));
    THROWS(ws::InvalidArgument, option, conn.set(ws::option::accept_timeout_ms, 1));
    THROWS(ws::InvalidArgument, option, conn.get(static_cast<ws::option>(9999)));
    THROWS(ws::InvalidArgument, argument, conn.request_header(std::string("a\0b", 3)));
    THROWS(ws::InvalidArgument, close_code, conn.close(999));
    THROWS(ws::InvalidArgument, utf8, conn.close(1000, "\xff"));
    try {
        ws::connect("ws://127.0.0.1:1/");
        CHECK(!"refused");
    } catch (const ws::Error &e) {
        CHECK(e.code() == ws::errc::system && e.system_code() == std::errc::connection_refused);
    }
    try {
        ws::connect("nonsense");
        CHECK(!"refused");
    } catch (const ws::InvalidArgument &e) {
        CHECK(!e.system_code()); // not that of the failure before
    }
    CHECK(conn.is_open() && peer_silent(peer) && conn.send_text("usable") > 0);
    CHECK(peer_write_frame(peer, 0x81, "masked to a client", 18, 1));
    conn.set(ws::option::recv_timeout_ms, ws::abi::timeout_none);
    THROWS(ws::ProtocolError, protocol, conn.recv_message());
    THROWS(ws::ConnectionClosed, closed, conn.send_text("x"));
    close(peer);
}

/// Whatever an exception passes is given back.
void nothing_is_leaked() {
    for (int i = 0; i < 200; i++) {
        try {
            int peer;
            ws::Server server = ws::Server::bind("127.0.0.1", 0);
            ws::Loop loop;
            loop.listen("127.0.0.1", 0);
            ws::Connection conn(end_of(1, &peer));
            std::vector<ws::Frame> frames;
            frames.push_back(ws::Frame::text(std::string(1000, 'x')));
            frames.push_back(ws::Frame::close(1000));
            frames.insert(frames.begin(), ws::Frame::binary("moved about"));
            close(peer);
            conn.send_text("\xff");
        } catch (const ws::InvalidArgument &) {
        }
    }
    CHECK(ws_handle_count() == 0 && descriptor_count() < 64);
}

/// A handshake on a connected socket, and requests that the server decides on.
void handshakes_by_hand() {
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    std::thread thread([&server] {
        std::optional<ws::Connection> asked = server.accept_request();
        CHECK(asked && asked->state() == ws::state::connecting && asked->request_path() == "/no");
        asked->refuse(503, "Retry-After: 5", "later");
        asked = server.accept_request();
        THROWS(ws::InvalidArgument, argument, asked->accept_upgrade("not offered"));
        asked->accept_upgrade({}, "X-Fine: yes");
        asked->send_text("welcome");
        CHECK(!asked->recv_message());
    });
    try {
        ws::connect(url(server, "/no"));
        CHECK(!"503");
    } catch (const ws::HandshakeError &e) {
        CHECK(e.http_status() == 503 && !e.system_code());
    }
    const int fd = peer_connect(server.port());
    THROWS(ws::InvalidArgument, url, ws::client_handshake(fd, "nonsense"));
    ws::Connection conn = ws::client_handshake(fd, url(server, "/yes"));
    CHECK(conn.fd() == fd && conn.recv_message()->payload_text() == "welcome");
    conn.close();
    thread.join();
}

} // namespace

CASES({"serves", serves},
      {"serve_ends_with_a_signal", serve_ends_with_a_signal},
      {"handlers_may_exit_their_threads", handlers_may_exit_their_threads},
      {"serve_ends_without_its_listener", serve_ends_without_its_listener},
      {"texts_are_copies", texts_are_copies},
      {"connect_options", connect_options},
      {"exceptions", exceptions},
      {"nothing_is_leaked", nothing_is_leaked},
      {"handshakes_by_hand", handshakes_by_hand})
