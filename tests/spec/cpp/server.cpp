/// ws::Server: the 3 fields and 7 methods of WsServer; ws::server and ws::upgrade; each with its sentence of the API reference.
#include <fcntl.h>

#include <thread>

#include "items.hpp"

namespace {

using ws::Connection;
using ws::Server;

/// A client by hand that has sent its request and not read the answer.
int visitor(std::int64_t port) {
    char request[512];
    const int fd = peer_connect(port);
    return fd >= 0 && peer_write(fd, request, peer_request(request, sizeof request, "/chat?x=1")) ? fd : -1;
}

bool welcomed(int fd) {
    char head[1024];
    return peer_read_head(fd, head, sizeof head) > 0 && std::strncmp(head, "HTTP/1.1 101 ", 13) == 0 && std::strstr(head, PEER_ACCEPT) != nullptr;
}

// ---- fields ----

void listener_fd_field() {
    Server server = Server::bind(0);
    int listening = 0;
    socklen_t size = sizeof listening;
    EXPECT(getsockopt(static_cast<int>(server.listener_fd()), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1);
    server.close();
    EXPECT(server.listener_fd() == -1 && Server().listener_fd() == -1);
}

void port_field() {
    Server any = Server::bind(0);
    const std::int64_t port = any.port();
    EXPECT(port >= 1 && port <= 65535);
    any.close();
    EXPECT(Server::bind("127.0.0.1", port).port() == port && any.port() == -1);
}

void running_field() {
    Server server = Server::bind(0);
    EXPECT(server.running());
    server.stop();
    EXPECT(!server.running() && !Server().running());
}

// ---- methods ----

template <typename Make>
void binds(Make make) {
    EXPECT_THROWS(ws::InvalidArgument, argument, make(-1));
    EXPECT_THROWS(ws::InvalidArgument, argument, make(65536));
    Server server = make(0);
    EXPECT_THROWS(ws::Error, system, make(server.port())); // it is taken
    const Peer client(visitor(server.port()));
    const std::optional<Connection> conn = server.accept();
    EXPECT(server.is_valid() && conn && welcomed(client));
}

/// "Check if server is valid (listener bound successfully). Returns 1 if valid, 0 otherwise."
void is_valid_method() {
    Server server = Server::bind(0);
    EXPECT(server.is_valid() && !Server().is_valid());
    server.close();
    EXPECT(!server.is_valid());
}

/// "Accept a WebSocket connection (performs HTTP upgrade handshake). Returns WsConnection with fd=-1 on error."
void accept_method() {
    char answer[1024];
    Server server = Server::bind(0);
    const Peer good(visitor(server.port()));
    std::optional<Connection> conn = server.accept();
    EXPECT(conn && conn->is_server() && conn->fd() >= 0 && conn->http_status() == 101 && welcomed(good));
    EXPECT(conn->request_path() == "/chat" && conn->request_query() == "x=1" && conn->request_header("upgrade") == "websocket");
    const Peer bad(peer_connect(server.port()));
    EXPECT(peer_write(bad, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27));
    EXPECT_THROWS(ws::HandshakeError, handshake, server.accept());
    EXPECT(peer_read_head(bad, answer, sizeof answer) > 0 && std::strncmp(answer, "HTTP/1.1 426 ", 13) == 0);
    server.stop();
    EXPECT(!server.accept());
    EXPECT_THROWS(ws::InvalidArgument, handle, Server().accept());
}

/// "Run an echo server loop. Accepts one connection at a time and echoes text and binary frames back."
void run_echo_method() {
    Server server = Server::bind(0);
    std::thread thread([&server] { server.run_echo(); });
    for (int i = 0; i < 2; i++) {
        const Peer client(visitor(server.port()));
        EXPECT(welcomed(client));
        EXPECT(peer_sends(client, 0x81, "text", true) && peer_sees(client, 0x81, "text", false));
        EXPECT(peer_sends(client, 0x82, "\xff", true) && peer_sees(client, 0x82, "\xff", false));
        EXPECT(peer_sends(client, 0x88, "\x03\xe8", true) && peer_sees(client, 0x88, "\x03\xe8", false));
    }
    server.stop();
    thread.join();
    server.run_echo(); // stopped before: nothing is left to do
    server.close();
    EXPECT_THROWS(ws::ConnectionClosed, closed, server.run_echo());
    EXPECT_THROWS(ws::InvalidArgument, handle, Server().run_echo());
}

/// "Stop the server."
void stop_method() {
    Server server = Server::bind(0);
    std::thread thread([&server] { server.run_echo(); });
    server.stop();
    thread.join();
    server.stop(); // harmless
    EXPECT(server.is_valid() && !server.running());
}

/// "Close the server listener."
void close_method() {
    Server server = Server::bind(0);
    const std::int64_t fd = server.listener_fd(), port = server.port();
    server.close();
    EXPECT(fcntl(static_cast<int>(fd), F_GETFD) == -1 && peer_connect(port) == -1);
    server.close(); // harmless
}

/// "Cleanup / destructor (calls close)." Moving hands the server on; connections live on.
void drop_method() {
    const std::int64_t handles = ws_handle_count();
    std::int64_t port = 0;
    std::optional<Connection> conn;
    {
        Server first = Server::bind(0);
        port = first.port();
        const Peer client(visitor(port));
        conn = first.accept();
        const Server second = std::move(first);
        EXPECT(second.is_valid() && !first.is_valid() && ws_handle_count() == handles + 2);
    }
    EXPECT(peer_connect(port) == -1 && conn->is_open());
    conn.reset();
    EXPECT(ws_handle_count() == handles);
}

/// "Perform server-side handshake on an existing TCP connection. Returns WsConnection with fd=-1 on failure."
void ws_upgrade_function() {
    char request[512], head[1024];
    const std::string_view whole(request, peer_request(request, sizeof request, "/chat"));
    int fd = -1;
    {
        const Peer peer(peer_pair(&fd));
        Connection conn = ws::upgrade(fd, std::string(whole) + std::string("\x81\x82\0\0\0\0hi", 8));
        EXPECT(conn.fd() == fd && conn.is_server() && welcomed(peer) && conn.recv_frame()->payload_text() == "hi");
    }
    {
        const Peer peer(peer_pair(&fd));
        EXPECT(peer_write(peer, whole.data() + 10, whole.size() - 10)); // the rest comes from the socket
        EXPECT(ws::upgrade(fd, whole.substr(0, 10)).fd() == fd && welcomed(peer));
    }
    const Peer peer(peer_pair(&fd)), ours(fd);
    try {
        ws::upgrade(fd, "POST / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT(!"a POST is no opening handshake");
    } catch (const ws::HandshakeError &e) {
        EXPECT(e.http_status() == 405);
    }
    EXPECT(peer_read_head(peer, head, sizeof head) > 0 && std::strncmp(head, "HTTP/1.1 405 ", 13) == 0);
    EXPECT(fcntl(fd, F_GETFD) >= 0); // the descriptor stayed the caller's
}

} // namespace

const std::vector<Item> &server_items() {
    static const std::vector<Item> items = {
        {"WsServer.listener_fd", listener_fd_field},
        {"WsServer.port", port_field},
        {"WsServer.running", running_field},
        {"WsServer.bind()", [] { binds([](std::int64_t port) { return Server::bind(port); }); }},
        {"WsServer.is_valid()", is_valid_method},
        {"WsServer.accept()", accept_method},
        {"WsServer.run_echo()", run_echo_method},
        {"WsServer.stop()", stop_method},
        {"WsServer.close()", close_method},
        {"WsServer.drop()", drop_method},
        {"ws_server()", [] { binds(ws::server); }},
        {"ws_upgrade()", ws_upgrade_function},
    };
    return items;
}
