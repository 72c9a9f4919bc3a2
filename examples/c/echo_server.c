/* WebSocket echo server: run_echo serves one connection after the other and sends back what it receives. */
#include "program.h"
#include "websocket.h"

int main(int argc, char **argv) {
    Program program = program_arguments(argc, argv);
    WsServer server = WsServer_from_handle(program_server(&program));
    if (WsServer_is_valid(&server) == 0) {
        return 1;
    }

    /* Run echo server (blocks) */
    WsServer_run_echo(&server);

    WsServer_close(&server);
    return 0;
}
