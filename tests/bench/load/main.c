/* The load generator's command line. One run, one line of JSON.
 *
 * usage: load --port N [--mode echo|open|churn|broadcast] [--pid N] [--connections N] [--bytes N] [--in-flight N]
 *             [--warmup S] [--seconds S] [--spin US] [--opening N] [--receive BYTES] [--text] [--host A.B.C.D] [--path /P] */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load.h"

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void print_common(FILE *out, const struct load_options *o) {
    fprintf(out, "{\"mode\":\"%s\",\"connections\":%d,\"bytes\":%lld,\"in_flight\":%d", o->mode, o->connections, (long long)o->bytes,
            o->in_flight);
}

static double number(const char *text, const char *name, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || value < least || value > most) fail("--%s takes %g to %g, not %s", name, least, most, text);
    return value;
}

int main(int argc, char **argv) {
    struct load_options o = {.mode = "echo", .host = "127.0.0.1", .path = "/", .connections = 1, .in_flight = 1, .bytes = 20,
                             .warmup_s = .5, .seconds = 2, .opening = 64, .receive_bytes = 256 << 10};
    static const struct option names[] = {
        {"mode", 1, 0, 'm'}, {"host", 1, 0, 'h'}, {"path", 1, 0, 'P'}, {"port", 1, 0, 'p'}, {"pid", 1, 0, 'i'},
        {"connections", 1, 0, 'c'}, {"bytes", 1, 0, 'b'}, {"in-flight", 1, 0, 'f'}, {"warmup", 1, 0, 'w'}, {"seconds", 1, 0, 's'},
        {"spin", 1, 0, 'u'}, {"opening", 1, 0, 'o'}, {"receive", 1, 0, 'r'}, {"text", 0, 0, 't'}, {0, 0, 0, 0}};
    static const struct { const char *name; int (*run)(const struct load_options *); } modes[] = {
        {"echo", run_echo}, {"open", run_open}, {"churn", run_churn}, {"broadcast", run_broadcast}};
    int option, index = 0;
    while ((option = getopt_long(argc, argv, "", names, &index)) != -1) {
        const char *name = names[index].name;
        switch (option) {
        case 'm': o.mode = optarg; break;
        case 'h': o.host = optarg; break;
        case 'P': o.path = optarg; break;
        case 'p': o.port = (int)number(optarg, name, 1, 65535); break;
        case 'i': o.pid = (int)number(optarg, name, 1, 1e9); break;
        case 'c': o.connections = (int)number(optarg, name, 1, 60000); break;
        case 'b': o.bytes = (int64_t)number(optarg, name, 0, 1e9); break;
        case 'f': o.in_flight = (int)number(optarg, name, 1, 4096); break;
        case 'w': o.warmup_s = number(optarg, name, 0, 60); break;
        case 's': o.seconds = number(optarg, name, .01, 600); break;
        case 'u': o.spin_us = (int)number(optarg, name, 0, 1e6); break;
        case 'o': o.opening = (int)number(optarg, name, 1, 1000); break;
        case 'r': o.receive_bytes = (int)number(optarg, name, 1, RECEIVE_MOST); break;
        case 't': o.text = 1; break;
        default: return 2;
        }
    }
    if (!o.port || optind != argc) fail("--port is needed, and nothing without dashes is");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    alarm((unsigned)(o.warmup_s + o.seconds) + 120); /* whatever happens, it ends */
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(o.mode, modes[i].name) == 0) return modes[i].run(&o);
    fail("no mode %s", o.mode);
}
