/* What a call from C costs: prints nanoseconds per call of one that enters Go and finds a handle, and of one that stays in C. */
#include "check.h"

static double timed(int64_t (*call)(int64_t), int64_t argument, long count)
{
    double start = seconds();
    for (long i = 0; i < count; i++) {
        call(argument);
    }
    return (seconds() - start) * 1e9 / (double)count;
}

static int64_t stay(int64_t unused)
{
    (void)unused;
    return ws_abi_version();
}

int main(int argc, char **argv)
{
    int64_t server, client;
    long count = argc > 1 ? atol(argv[1]) : 1000000;
    pair(&server, &client);
    timed(ws_state, client, 1000);
    printf("%.2f %.2f\n", timed(ws_state, client, count), timed(stay, 0, count));
    return 0;
}
