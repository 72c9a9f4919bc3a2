/* Closed-loop echo: each connection keeps a number of messages in flight and sends one more for each that came back right. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "client.h"
#include "histogram.h"
#include "process.h"

enum phase { WARMING, MEASURING, DRAINING };

static const struct load_options *options;
static struct messages *messages;
static struct client *clients;
static struct histogram latencies;
static enum phase phase;
static int64_t answered, outstanding;
static int poller;

/* Reads what has come, checks it, and sends on. Returns how many messages ended. */
static int turn_once(int index, int blocking, int *more) {
    struct client *c = &clients[index];
    uint8_t *bytes;
    int ended = 0, result;
    size_t left = client_receive(options, c, &bytes, blocking, more), used;
    const char *why = "";
    if (left) {
        int64_t now = now_ns();
        while (left && (result = check_bytes(&c->check, messages, bytes, left, &used, &why)) >= 0) {
            bytes += used, left -= used;
            if (!result) break;
            if (c->received == c->sent) fail("connection %d: more echoes than messages", index);
            int64_t *sent_at = &c->sent_at[c->received++ % (uint32_t)options->in_flight];
            if (phase == MEASURING) histogram_add(&latencies, now - *sent_at);
            ended++;
        }
        if (left) fail("connection %d, message %u: %s", index, c->received, why);
        answered += ended, outstanding -= ended;
        if (phase != DRAINING && ended) {
            for (int i = 0; i < ended; i++) c->sent_at[c->sent++ % (uint32_t)options->in_flight] = now;
            c->to_send += ended, outstanding += ended;
        }
    }
    if (c->to_send) client_send(c, messages);
    return ended;
}

/* Goes on until the receive buffer is not filled: what is left then makes the poller tell again. */
static int turn(int index, int blocking) {
    int more, ended = turn_once(index, blocking, &more);
    while (more) ended += turn_once(index, 0, &more);
    return ended;
}

/* Serves the connections until `until`, or until nothing is outstanding. */
static void serve(int64_t until, int64_t stalled_ns) {
    struct epoll_event events[1024];
    int64_t last = now_ns();
    for (;;) {
        int64_t now = now_ns();
        if (now >= until || !outstanding) return;
        int ended = 0;
        if (options->connections == 1 && !clients[0].to_send) { /* no poller between one connection and its reader */
            int64_t spin_until = now + options->spin_us * INT64_C(1000);
            while (options->spin_us && !(ended = turn(0, 0)) && now_ns() < spin_until) continue;
            if (!ended) ended = turn(0, 1);
        } else {
            int n = epoll_wait(poller, events, 1024, options->spin_us ? 0 : 100);
            if (n == 0 && options->spin_us && now > last + options->spin_us * INT64_C(1000))
                n = epoll_wait(poller, events, 1024, 100);
            for (int i = 0; i < n; i++) ended += turn((int)events[i].data.u32, 0);
        }
        if (ended) last = now;
        else if (now - last > stalled_ns) fail("nothing came back for %.1f s", (double)stalled_ns / 1e9);
    }
}

int run_echo(const struct load_options *o) {
    options = o;
    poller = epoll_create1(EPOLL_CLOEXEC);
    messages = messages_make(o->bytes, o->text, o->in_flight);
    clients = calloc((size_t)o->connections, sizeof *clients);
    clients_open(o, poller, clients, o->connections);
    int64_t start = now_ns();
    for (int i = 0; i < o->connections; i++) {
        struct client *c = &clients[i];
        c->sent_at = malloc((size_t)o->in_flight * sizeof *c->sent_at);
        c->variant = c->check.variant = i % messages->variants;
        for (int k = 0; k < o->in_flight; k++) c->sent_at[k] = start;
        c->to_send = o->in_flight, c->sent = (uint32_t)o->in_flight;
        outstanding += o->in_flight;
        client_send(c, messages);
    }
    int64_t stalled = 10 * INT64_C(1000000000);
    serve(start + (int64_t)(o->warmup_s * 1e9), stalled);
    phase = MEASURING;
    int64_t cpu = process_cpu_ns(o->pid), own = own_cpu_ns(), before = answered, from = now_ns();
    serve(from + (int64_t)(o->seconds * 1e9), stalled);
    int64_t to = now_ns();
    cpu = o->pid ? process_cpu_ns(o->pid) - cpu : -1, own = own_cpu_ns() - own;
    double count = (double)(answered - before), wall = (double)(to - from);
    phase = DRAINING;
    serve(to + stalled, stalled);
    if (outstanding) fail("%lld messages never came back", (long long)outstanding);
    clients_close(clients, o->connections);
    if (count == 0) fail("no message came back within the measured time");
    print_common(stdout, o);
    printf(",\"messages\":%.0f,\"rate\":%.1f,\"mib_per_s\":%.2f", count, count / wall * 1e9,
           count * (double)o->bytes / 1048576 / wall * 1e9);
    if (o->pid) printf(",\"cpu_ns\":%.1f,\"server_busy\":%.3f", (double)cpu / count, (double)cpu / wall);
    printf(",\"load_cpu_ns\":%.1f,\"load_busy\":%.3f", (double)own / count, (double)own / wall);
    printf(",\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}}\n", histogram_us(&latencies, .5),
           histogram_us(&latencies, .9), histogram_us(&latencies, .99), histogram_us(&latencies, .999), histogram_us(&latencies, 1));
    return 0;
}
