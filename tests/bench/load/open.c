/* Opening connections: how many a second (kept open, or closed at once), and what an idle one costs the server in memory. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "process.h"

/* Each connection echoes one message. */
static void echo_once(const struct load_options *o, int poller, struct messages *m, struct client *clients, int count) {
    struct epoll_event events[1024];
    int sent = 0, done = 0;
    int64_t limit = now_ns() + 30 * INT64_C(1000000000);
    while (done < count) {
        for (; sent < count && sent - done < o->opening; sent++) {
            struct client *c = &clients[sent];
            c->to_send = 1;
            client_send(c, m);
        }
        int n = epoll_wait(poller, events, 1024, 1000);
        for (int i = 0; i < n; i++) {
            int index = (int)events[i].data.u32;
            uint8_t *bytes;
            int more;
            size_t used, got = client_receive(o, &clients[index], &bytes, 0, &more);
            const char *why = "";
            int result = got ? check_bytes(&clients[index].check, m, bytes, got, &used, &why) : 0;
            if (result < 0 || (result && used != got)) fail("connection %d: %s", index, result < 0 ? why : "more than its echo");
            done += result;
            if (clients[index].to_send) client_send(&clients[index], m);
        }
        if (now_ns() > limit) fail("only %d of %d connections echoed a message", done, count);
    }
}

int run_open(const struct load_options *o) {
    int poller = epoll_create1(EPOLL_CLOEXEC);
    struct messages *m = messages_make(o->bytes, o->text, 1);
    struct client *clients = calloc((size_t)o->connections + 1, sizeof *clients);
    clients_open(o, poller, clients, 1); /* what the first connection alone makes the server set up is no cost of each */
    echo_once(o, poller, m, clients, 1);
    epoll_ctl(poller, EPOLL_CTL_DEL, clients[0].fd, NULL); /* from here on an event's data counts from the second connection on */
    usleep(200000);
    int64_t memory = process_memory_bytes(o->pid), cpu = process_cpu_ns(o->pid), from = now_ns();
    clients_open(o, poller, clients + 1, o->connections);
    double wall = (double)(now_ns() - from), opened = o->connections;
    int64_t cpu_opening = process_cpu_ns(o->pid) - cpu;
    echo_once(o, poller, m, clients + 1, o->connections);
    usleep(500000); /* what the server gives back when it is idle is not held against it */
    int64_t grown = process_memory_bytes(o->pid) - memory;
    clients_close(clients, o->connections + 1);
    print_common(stdout, o);
    printf(",\"rate\":%.1f", opened / wall * 1e9);
    if (o->pid)
        printf(",\"cpu_ns\":%.1f,\"server_busy\":%.3f,\"memory_before\":%lld,\"memory_grown\":%lld,\"memory_each\":%.1f",
               (double)cpu_opening / opened, (double)cpu_opening / wall, (long long)memory, (long long)grown, (double)grown / opened);
    puts("}");
    return 0;
}

int run_churn(const struct load_options *o) {
    struct epoll_event events[256];
    struct linger reset = {.l_onoff = 1}; /* closed with RST, so that no port waits: the cost of opening is what counts */
    int poller = epoll_create1(EPOLL_CLOEXEC), under_way = 0;
    int64_t start = now_ns(), from = start + (int64_t)(o->warmup_s * 1e9), to = from + (int64_t)(o->seconds * 1e9);
    int64_t count = 0, cpu = 0, now;
    int measuring = 0;
    while ((now = now_ns()) < to) {
        if (!measuring && now >= from) measuring = 1, count = 0, from = now, cpu = process_cpu_ns(o->pid);
        for (; under_way < o->opening; under_way++) {
            int fd = client_connect(o);
            struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        }
        int n = epoll_wait(poller, events, 256, 1000);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (!client_opened(fd)) continue;
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
            close(fd);
            under_way--, count++;
        }
        if (now - start > 10000000000 && !count) fail("no connection opened in 10 s");
    }
    cpu = process_cpu_ns(o->pid) - cpu;
    if (!count) fail("no connection opened");
    print_common(stdout, o);
    printf(",\"messages\":%lld,\"rate\":%.1f", (long long)count, (double)count / (double)(now - from) * 1e9);
    if (o->pid) printf(",\"cpu_ns\":%.1f,\"server_busy\":%.3f", (double)cpu / (double)count, (double)cpu / (double)(now - from));
    puts("}");
    return 0;
}
