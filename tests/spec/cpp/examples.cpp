/// The 4 examples of the API reference in C++ as they are built, each against a peer: processes from end to end.
#include <thread>

#include "../program.h"
#include "items.hpp"

namespace {

/// A server example that is ended with the test.
struct Running {
    explicit Running(const char *name) : child(child_start(examples_directory.c_str(), name, "0", nullptr, nullptr)), port(child_port(&child)) {}
    ~Running() { child_end(&child); }
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;
    Child child;
    std::int64_t port;
};

void echoes(std::int64_t port, const std::string &path, std::string_view text) {
    ws::Connection conn = ws::connect("ws://127.0.0.1:" + std::to_string(port) + path);
    conn.send_text(text);
    EXPECT(conn.recv_frame()->payload_text() == text);
    conn.close();
}

void echo_server() {
    const Running server("echo_server");
    echoes(server.port, "/", "once");
    echoes(server.port, "/", "\xc3\xa9tude");
}

void custom_server() {
    const Running server("custom_server");
    ws::Connection conn = ws::connect("ws://127.0.0.1:" + std::to_string(server.port) + "/");
    conn.send_ping("there?");
    EXPECT(conn.recv_frame()->is_pong());
    conn.close();
    echoes(server.port, "/", "custom");
}

void client_send() {
    ws::Server server = ws::Server::bind("127.0.0.1", 0);
    std::thread thread([&server] { server.run_echo(); });
    const std::string port = std::to_string(server.port());
    char line[64];
    Child client = child_start(examples_directory.c_str(), "client_send", "127.0.0.1", port.c_str(), "a message");
    child_line(&client, line, sizeof line);
    const int status = child_wait(&client);
    server.stop();
    thread.join();
    server.close();
    EXPECT(status == 0 && std::string(line) == "a message");
    Child alone = child_start(examples_directory.c_str(), "client_send", "127.0.0.1", port.c_str(), "nobody there");
    EXPECT(child_wait(&alone) == 1);
}

void http_upgrade() {
    const Running server("http_upgrade");
    echoes(server.port, "/ws", "from HTTP");
    const Peer peer(peer_connect(server.port));
    char head[1024];
    EXPECT(peer_write(peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27) && peer_read_head(peer, head, sizeof head) > 0);
    EXPECT(std::strncmp(head, "HTTP/1.1 200 ", 13) == 0 && std::strstr(head, "text/html") != nullptr);
}

} // namespace

const std::vector<Item> &example_items() {
    static const std::vector<Item> items = {
        {"example echo_server", echo_server},
        {"example custom_server", custom_server},
        {"example client_send", client_send},
        {"example http_upgrade", http_upgrade},
    };
    return items;
}
