/*
 * Keeps the soft limit of descriptors (RLIMIT_NOFILE) what the host made it: Go raises it when it starts, which suits no program
 * that uses select(2), and which its children would inherit.
 */
#include <sys/resource.h>

#include "descriptors.h"

static struct rlimit before;

/* Runs when the library is loaded, before any other of its constructors and so before Go's. */
__attribute__((constructor(101))) static void note_limit(void)
{
    if (getrlimit(RLIMIT_NOFILE, &before) != 0) {
        before.rlim_max = 0;
    }
}

int libws_restore_limit(void)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_max != before.rlim_max || now.rlim_cur != now.rlim_max - 1) {
        return 0; /* Go did not raise it, or the host has set another meanwhile */
    }
    return setrlimit(RLIMIT_NOFILE, &before);
}
