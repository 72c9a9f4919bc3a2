/// Custom WebSocket server: accepts connections itself and decides frame by frame what to answer.
#include "program.hpp"

namespace {

void handle(ws::Connection &conn) {
    while (conn.is_open()) {
        const std::optional<ws::Frame> frame = conn.recv_frame();
        if (!frame || frame->is_close()) {
            break; // Connection closed; the close was handled in recv_frame
        }
        if (frame->is_text()) {
            conn.send_frame(*frame); // Process text message; a fragment of one is passed on as it came
        } else if (frame->is_ping()) {
            conn.send_pong();
        } else if (!frame->is_control()) {
            conn.send_frame(*frame);
        }
    } // the frame's payload is freed here
    conn.close();
}

} // namespace

int main(int argc, char **argv) try {
    ws::Server server = Program(argc, argv).server();
    while (server.is_valid()) {
        try {
            std::optional<ws::Connection> conn = server.accept();
            if (!conn) {
                break;
            }
            handle(*conn);
        } catch (const ws::Error &e) {
            std::cerr << e.what() << "\n"; // that connection's end only
        }
    }
    return 0;
} catch (const ws::Error &e) {
    std::cerr << e.what() << "\n";
    return 1;
}
