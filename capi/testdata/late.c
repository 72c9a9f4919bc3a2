/* A program that has its signal handlers before it loads the library: it keeps them, and Ctrl-C stays its own. */
#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>

static volatile sig_atomic_t caught[65];

static void note(int signal)
{
    caught[signal]++;
}

int main(int argc, char **argv)
{
    const int signals[] = {SIGINT, SIGPIPE, SIGCHLD, SIGTERM, SIGUSR1, SIGHUP};
    const size_t count = sizeof signals / sizeof *signals;
    for (size_t i = 0; i < count; i++) {
        struct sigaction act = {.sa_handler = note, .sa_flags = SA_ONSTACK | SA_RESTART};
        sigaction(signals[i], &act, NULL);
    }
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    if (library == NULL) {
        fprintf(stderr, "dlopen: %s\n", dlerror());
        return 1;
    }
    int64_t (*handle_count)(void);
    *(void **)&handle_count = dlsym(library, "ws_handle_count");
    if (handle_count == NULL || handle_count() != 0) {
        fprintf(stderr, "ws_handle_count does not answer\n");
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct sigaction now;
        raise(signals[i]);
        sigaction(signals[i], NULL, &now);
        /* Go keeps SIGPIPE for itself, and passes it on. */
        if (caught[signals[i]] != 1 || (now.sa_handler != note && signals[i] != SIGPIPE)) {
            fprintf(stderr, "signal %d reached the host %d times\n", signals[i], caught[signals[i]]);
            return 1;
        }
    }
    return 0;
}
