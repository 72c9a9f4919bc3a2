/* Custom WebSocket server: accepts connections itself and decides frame by frame what to answer. */
#include "program.h"
#include "websocket.h"

int main(int argc, char **argv) {
    Program program = program_arguments(argc, argv);
    WsServer server = WsServer_from_handle(program_server(&program));
    if (WsServer_is_valid(&server) == 0) {
        return 1;
    }

    while (WsServer_is_valid(&server) == 1) {
        WsConnection conn = WsServer_accept(&server);
        if (conn.fd < 0) {
            continue;
        }

        /* Handle connection */
        while (WsConnection_is_open(&conn) == 1) {
            WsFrame frame = WsConnection_recv_frame(&conn);
            if (frame.opcode == -1) {
                break; /* Connection closed or error */
            }

            if (WsFrame_is_text(&frame) == 1) {
                /* Process text message; a fragment of one is passed on as it came */
                WsConnection_send_frame(&conn, &frame);
            } else if (WsFrame_is_ping(&frame) == 1) {
                WsConnection_send_pong(&conn);
            } else if (WsFrame_is_close(&frame) == 1) {
                WsFrame_drop(&frame);
                break; /* Close handled in recv_frame */
            } else if (WsFrame_is_control(&frame) == 0) {
                WsConnection_send_frame(&conn, &frame);
            }
            WsFrame_drop(&frame);
        }

        WsConnection_close(&conn);
    }
    WsServer_drop(&server);
    return 0;
}
