/// Integration with an HTTP server: a page on /, and a WebSocket on /ws of the same port by ws::upgrade.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <system_error>
#include <thread>

#include "program.hpp"

namespace {

constexpr std::string_view page = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>waiting</title></head>
<body><p id="echo">waiting</p><script>
const ws = new WebSocket(`ws://${location.host}/ws`);
ws.onopen = () => ws.send('hello from the page');
ws.onmessage = (event) => {
  document.title = event.data;
  document.getElementById('echo').textContent = event.data;
  ws.close(1000, 'done');
};
ws.onerror = () => { document.title = 'error'; };
</script></body></html>
)";

/// Upgrade HTTP connection to WebSocket
void handle_ws_upgrade(const Program &program, ws::Connection conn) {
    program.limit(conn);
    // Handle WebSocket connection
    while (conn.is_open()) {
        const std::optional<ws::Frame> frame = conn.recv_frame();
        if (!frame) {
            break;
        }
        if (frame->is_ping()) {
            conn.send_pong();
        } else if (!frame->is_control()) {
            conn.send_frame(*frame);
        }
    }
    conn.close();
}

void answer(int fd, const std::string &status, const std::string &type, std::string_view body) {
    std::string head = "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "; charset=utf-8\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n";
    head.append(body);
    (void)!send(fd, head.data(), head.size(), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
}

void patience(int fd, long seconds) {
    timeval time = {};
    time.tv_sec = seconds;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

/// Serves one TCP connection: reads the request's head and decides whether it is for a page or for a WebSocket.
void serve(const Program &program, int fd) {
    std::string request;
    patience(fd, 10);
    while (request.size() < WS_HEADER_BUFFER && request.find("\r\n\r\n") == std::string::npos) {
        char buffer[WS_RECV_BUFFER];
        const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
        if (n <= 0) {
            close(fd);
            return;
        }
        request.append(buffer, static_cast<std::size_t>(n));
    }
    patience(fd, 0);
    if (request.rfind("GET /ws", 0) == 0) {
        try {
            ws::Connection conn = ws::upgrade(fd, request);
            fd = -1; // the connection's from here on
            handle_ws_upgrade(program, std::move(conn));
        } catch (const ws::Error &e) {
            std::cerr << e.what() << "\n";
        }
    } else if (request.rfind("GET / ", 0) == 0) {
        answer(fd, "200 OK", "text/html", page);
    } else {
        answer(fd, "404 Not Found", "text/plain", "there is / and /ws here\n");
    }
    if (fd >= 0) {
        close(fd);
    }
}

} // namespace

int main(int argc, char **argv) {
    const Program program(argc, argv);
    sockaddr_in address = {};
    socklen_t size = sizeof address;
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(program.port));
    const int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    auto *generic = reinterpret_cast<sockaddr *>(&address);
    if (inet_pton(AF_INET, program.host.c_str(), &address.sin_addr) != 1 || bind(listener, generic, size) != 0 ||
        listen(listener, 128) != 0 || getsockname(listener, generic, &size) != 0) {
        std::perror("cannot listen");
        return 1;
    }
    program.announce(ntohs(address.sin_port));
    for (;;) {
        const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        try {
            std::thread(serve, std::cref(program), fd).detach();
        } catch (const std::system_error &) {
            close(fd); // no thread could be started
        }
    }
}
