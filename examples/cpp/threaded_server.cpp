/// Threaded WebSocket echo server: one thread per connection, whole messages.
#include "program.hpp"

int main(int argc, char **argv) try {
    ws::Server server = Program(argc, argv).server();
    ws::serve(server, [](ws::Connection &conn) {
        for (const ws::Frame &message : conn) {
            conn.send_frame(message);
        }
    });
    return 0;
} catch (const ws::Error &e) {
    std::cerr << e.what() << "\n";
    return 1;
}
