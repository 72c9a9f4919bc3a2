/// WebSocket echo server: run_echo serves one connection after the other and sends back what it receives.
#include "program.hpp"

int main(int argc, char **argv) try {
    ws::Server server = Program(argc, argv).server();

    server.run_echo(); // Run echo server (blocks)

    server.close();
    return 0;
} catch (const ws::Error &e) {
    std::cerr << e.what() << "\n";
    return 1;
}
