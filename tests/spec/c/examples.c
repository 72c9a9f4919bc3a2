/* The 4 examples of the API reference as they are built, each against a peer: processes from end to end. */
#include <pthread.h>

#include "../program.h"
#include "items.h"

/* Connects to ws://127.0.0.1:PORT/PATH and checks that what is sent comes back. */
static int echoes(int64_t port, const char *path, const char *text) {
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%d%s", (int)port, path);
    WsConnection conn = WsConnection_from_handle(ws_connect(url));
    if (conn.fd < 0) {
        return 0;
    }
    int sent = WsConnection_send_text(&conn, text) == (int64_t)strlen(text) + 6;
    WsFrame frame = WsConnection_recv_frame(&conn);
    int same = WsFrame_is_text(&frame) == 1 && strcmp(WsFrame_payload_text(&frame), text) == 0;
    WsFrame_drop(&frame);
    int closed = WsConnection_close(&conn) == 0;
    return sent && same && closed;
}

static void echo_server(void) {
    Child server = child_start(examples_directory, "echo_server", "0", NULL, NULL);
    int64_t port = child_port(&server);
    int first = echoes(port, "/", "once"), second = echoes(port, "/", "\xc3\xa9tude");
    child_end(&server);
    EXPECT(port > 0 && first && second);
}

static void custom_server(void) {
    static PeerFrame seen;
    char request[512], head[1024];
    Child server = child_start(examples_directory, "custom_server", "0", NULL, NULL);
    int64_t port = child_port(&server);
    int echoed = echoes(port, "/", "custom"), ponged = 0;
    int peer = peer_connect(port);
    if (peer >= 0 && peer_write(peer, request, peer_request(request, sizeof request, "/")) && peer_read_head(peer, head, sizeof head) > 0) {
        ponged = peer_write_frame(peer, 0x89, "are you there", 13, 1) && peer_read_frame(peer, &seen) && seen.first == 0x8a &&
                 seen.len == 13 && memcmp(seen.payload, "are you there", 13) == 0;
    }
    close(peer);
    child_end(&server);
    EXPECT(port > 0 && echoed && ponged);
}

static void *serve_one(void *argument) {
    return (void *)(intptr_t)ws_server_run_echo(*(int64_t *)argument);
}

static void client_send(void) {
    char port[16], line[64];
    void *result = NULL;
    pthread_t thread;
    int64_t server = ws_server_bind_host("127.0.0.1", 0);
    EXPECT(server > 0 && pthread_create(&thread, NULL, serve_one, &server) == 0);
    snprintf(port, sizeof port, "%d", (int)ws_server_port(server));
    Child client = child_start(examples_directory, "client_send", "127.0.0.1", port, "a message");
    child_line(&client, line, sizeof line);
    int status = child_wait(&client);
    EXPECT(ws_server_stop(server) == 0 && pthread_join(thread, &result) == 0 && result == NULL);
    ws_server_drop(server);
    EXPECT(status == 0 && strcmp(line, "a message") == 0);
    Child alone = child_start(examples_directory, "client_send", "127.0.0.1", port, "nobody there");
    EXPECT(child_wait(&alone) == 1);
}

static void http_upgrade(void) {
    char head[1024];
    Child server = child_start(examples_directory, "http_upgrade", "0", NULL, NULL);
    int64_t port = child_port(&server);
    int page = 0, upgraded = echoes(port, "/ws", "from HTTP"), peer = peer_connect(port);
    if (peer >= 0 && peer_write(peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27)) {
        page = peer_read_head(peer, head, sizeof head) > 0 && strncmp(head, "HTTP/1.1 200 ", 13) == 0 && strstr(head, "text/html") != NULL;
    }
    close(peer);
    child_end(&server);
    EXPECT(port > 0 && upgraded && page);
}

const Item example_items[] = {
    {"example echo_server", echo_server},
    {"example custom_server", custom_server},
    {"example client_send", client_send},
    {"example http_upgrade", http_upgrade},
    {NULL, NULL},
};
