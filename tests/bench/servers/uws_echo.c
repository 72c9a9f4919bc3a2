/* µWebSockets as a contender, through the C API in the shared library that PyPI's socketify package ships (loaded at run time).
 *
 * usage: uws_echo PORT [--broadcast]        UWS_LIBRARY names the shared library
 *
 * Only what is called is declared. Corking around a message callback is the library's own; nothing is asked for that costs. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"

typedef struct uws_app uws_app;
typedef struct uws_websocket uws_websocket;
struct us_listen_socket;
typedef int opcode;

struct tls_options {
    const char *unused[6];
    int prefer_low_memory;
};

struct behavior {
    int compression;
    unsigned max_payload_length;
    unsigned short idle_timeout_s;
    unsigned max_backpressure;
    bool close_on_backpressure, reset_idle_on_send, send_pings;
    unsigned short max_lifetime_min;
    void (*upgrade)(void *, void *, void *, void *);
    void (*open)(uws_websocket *, void *);
    void (*message)(uws_websocket *, const char *, size_t, opcode, void *);
    void (*drain)(uws_websocket *, void *);
    void (*ping)(uws_websocket *, const char *, size_t, void *);
    void (*pong)(uws_websocket *, const char *, size_t, void *);
    void (*close)(uws_websocket *, int, const char *, size_t, void *);
    void (*subscription)(uws_websocket *, const char *, size_t, int, int, void *);
};

struct listen_config {
    int port;
    const char *host;
    int options;
};

static struct {
    uws_app *(*create_app)(int tls, struct tls_options);
    void (*ws)(int tls, uws_app *, const char *pattern, struct behavior, void *user);
    void (*listen)(int tls, uws_app *, struct listen_config, void (*)(struct us_listen_socket *, struct listen_config, void *), void *user);
    void (*run)(int tls, uws_app *);
    int (*send)(int tls, uws_websocket *, const char *, size_t, opcode);
    bool (*subscribe)(int tls, uws_websocket *, const char *topic, size_t);
    bool (*publish)(int tls, uws_app *, const char *topic, size_t, const char *, size_t, opcode, bool compress);
    int (*local_port)(int tls, struct us_listen_socket *);
} uws;

static uws_app *app;

static void echo(uws_websocket *ws, const char *message, size_t length, opcode kind, void *user) {
    (void)user;
    uws.send(0, ws, message, length, kind);
}

static void join(uws_websocket *ws, void *user) {
    (void)user;
    uws.subscribe(0, ws, "all", 3);
}

static void publish(uws_websocket *ws, const char *message, size_t length, opcode kind, void *user) {
    (void)ws, (void)user;
    uws.publish(0, app, "all", 3, message, length, kind, false);
}

static void listening(struct us_listen_socket *listener, struct listen_config config, void *user) {
    (void)config, (void)user;
    if (!listener) exit(1);
    listen_announce(uws.local_port(0, listener));
}

static void *need(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol) {
        fprintf(stderr, "uws_echo: no %s\n", name);
        exit(1);
    }
    return symbol;
}

int main(int argc, char **argv) {
    const char *path = getenv("UWS_LIBRARY");
    void *library = path ? dlopen(path, RTLD_NOW) : NULL;
    if (argc < 2 || !library) {
        fprintf(stderr, "usage: UWS_LIBRARY=… uws_echo PORT [--broadcast]\n%s\n", path ? dlerror() : "UWS_LIBRARY is not set");
        return 2;
    }
    uws.create_app = need(library, "uws_create_app");
    uws.ws = need(library, "uws_ws");
    uws.listen = need(library, "uws_app_listen_with_config");
    uws.run = need(library, "uws_app_run");
    uws.send = need(library, "uws_ws_send");
    uws.subscribe = need(library, "uws_ws_subscribe");
    uws.publish = need(library, "uws_publish");
    uws.local_port = need(library, "us_socket_local_port");

    int broadcast = argc > 2 && strcmp(argv[2], "--broadcast") == 0;
    struct behavior behavior = {.max_payload_length = 64u << 20, .max_backpressure = 64u << 20};
    behavior.open = broadcast ? join : NULL;
    behavior.message = broadcast ? publish : echo;
    app = uws.create_app(0, (struct tls_options){0});
    uws.ws(0, app, "/*", behavior, NULL);
    uws.listen(0, app, (struct listen_config){atoi(argv[1]), "127.0.0.1", 0}, listening, NULL);
    uws.run(0, app);
    return 1;
}
