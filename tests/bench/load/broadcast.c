/* Broadcast: the first connection publishes, the server sends each message to all, and every copy is checked. Closed loop: a
 * message is answered once its last copy has come. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/epoll.h>

#include "client.h"
#include "histogram.h"
#include "process.h"

int run_broadcast(const struct load_options *o) {
    struct epoll_event events[1024];
    struct histogram *latencies = calloc(1, sizeof *latencies);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    uint32_t window = (uint32_t)o->in_flight;
    int *missing = calloc(window, sizeof *missing); /* copies of each message in flight that have not come */
    struct messages *m = messages_make(o->bytes, o->text, o->in_flight);
    struct client *clients = calloc((size_t)o->connections, sizeof *clients), *publisher = &clients[0];
    clients_open(o, poller, clients, o->connections);
    publisher->sent_at = calloc(window, sizeof *publisher->sent_at);

    int64_t start = now_ns(), from = start + (int64_t)(o->warmup_s * 1e9), to = from + (int64_t)(o->seconds * 1e9), last = start, now;
    int64_t copies = 0, published = 0, cpu = 0, own = 0;
    uint32_t sent = 0, answered = 0;
    int measuring = 0;
    double wall = 0;
    for (;;) {
        now = now_ns();
        if (!measuring && now >= from) {
            measuring = 1, from = now, copies = published = 0;
            cpu = process_cpu_ns(o->pid), own = own_cpu_ns();
        }
        if (measuring == 1 && now >= to) {
            measuring = 2, wall = (double)(now - from);
            cpu = process_cpu_ns(o->pid) - cpu, own = own_cpu_ns() - own;
        }
        if (measuring == 2 && sent == answered) break;
        if (measuring < 2 && sent - answered < window) {
            for (; sent - answered < window; sent++) {
                missing[sent % window] = o->connections;
                publisher->sent_at[sent % window] = now;
                publisher->to_send++;
            }
            client_send(publisher, m);
        }
        int n = epoll_wait(poller, events, 1024, 100);
        for (int i = 0; i < n; i++) {
            struct client *c = &clients[events[i].data.u32];
            uint8_t *bytes;
            int more = 1, result = 1;
            while (more) {
                size_t used, left = client_receive(o, c, &bytes, 0, &more);
                const char *why = "";
                while (left && (result = check_bytes(&c->check, m, bytes, left, &used, &why)) > 0) {
                    bytes += used, left -= used;
                    if (c->received == sent) fail("subscriber %u: more messages than were published", events[i].data.u32);
                    missing[c->received++ % window]--;
                    if (measuring < 2) copies++;
                    last = now;
                }
                if (result < 0) fail("subscriber %u, message %u: %s", events[i].data.u32, c->received, why);
            }
            if (c->to_send) client_send(c, m);
        }
        while (answered != sent && missing[answered % window] == 0) {
            if (measuring == 1) histogram_add(latencies, now_ns() - publisher->sent_at[answered % window]), published++;
            answered++;
        }
        if (now - last > 10 * INT64_C(1000000000)) fail("nothing came for 10 s");
    }
    clients_close(clients, o->connections);
    if (!copies || !published) fail("no message came within the measured time");
    print_common(stdout, o);
    printf(",\"messages\":%lld,\"rate\":%.1f,\"publishes_per_s\":%.1f", (long long)copies, (double)copies / wall * 1e9,
           (double)published / wall * 1e9);
    if (o->pid) printf(",\"cpu_ns\":%.1f,\"server_busy\":%.3f", (double)cpu / (double)copies, (double)cpu / wall);
    printf(",\"load_cpu_ns\":%.1f,\"load_busy\":%.3f", (double)own / (double)copies, (double)own / wall);
    printf(",\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f}}\n", histogram_us(latencies, .5),
           histogram_us(latencies, .9), histogram_us(latencies, .99), histogram_us(latencies, 1));
    return 0;
}
