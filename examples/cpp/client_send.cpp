/// WebSocket client: connects a TCP socket, does the opening handshake on it, sends a message and prints the response.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iostream>

#include "websocket.hpp"

namespace {

void send_message(int tcp_fd, const std::string &url, std::string_view msg) {
    // Connection::from_client(tcp_fd) is for sockets on which the opening handshake is done; this does it.
    ws::Connection conn = ws::client_handshake(tcp_fd, url);

    conn.send_text(msg); // Send text message

    const std::optional<ws::Frame> frame = conn.recv_frame(); // Receive response
    if (frame && frame->is_text()) {
        std::cout << frame->payload_text() << std::endl; // Process response
    } else {
        throw ws::ConnectionClosed(ws::errc::closed, "no text came back");
    }
    conn.close();
}

/// A connected TCP socket, or -1.
int tcp_connect(const char *host, const char *port) {
    addrinfo hints = {}, *found = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (const addrinfo *a = found; a != nullptr && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 4) {
        std::cerr << "usage: " << argv[0] << " HOST PORT MESSAGE\n";
        return 2;
    }
    const std::string host = argv[1];
    const int tcp_fd = tcp_connect(argv[1], argv[2]);
    if (tcp_fd < 0) {
        std::cerr << "cannot connect to " << host << " port " << argv[2] << "\n";
        return 1;
    }
    try {
        const bool literal = host.find(':') != std::string::npos;
        send_message(tcp_fd, "ws://" + (literal ? "[" + host + "]" : host) + ":" + argv[2] + "/", argv[3]);
        return 0;
    } catch (const ws::Error &e) {
        std::cerr << e.what() << "\n";
        return 1;
    }
}
