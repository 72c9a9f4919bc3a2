/* How a test knows that another thread's call blocks. It needs CHECK, which each suite of C tests defines for itself. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

/*
 * Whether a thread sleeps where calls of the library wait for peers. On a lock it sleeps on its way there, too: while the Go runtime
 * has no processor for it, which takes long on a busy machine. Where the kernel does not tell, any sleep will do.
 */
static inline int sleeps(pid_t thread)
{
    char path[64], line[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
    fclose(file);
    const char *after = strrchr(line, ')');
    if (after == NULL || after[2] != 'S') {
        return 0;
    }
    snprintf(path, sizeof path, "/proc/self/task/%d/syscall", (int)thread);
    file = fopen(path, "r");
    if (file == NULL) {
        return 1;
    }
    long number = SYS_futex; /* "running" is no number */
    int told = fscanf(file, "%ld", &number);
    fclose(file);
    return told == EOF || number != SYS_futex;
}

/* Waits until a thread's call blocks: three looks in a row must find it so. */
static inline void until_asleep(pid_t thread)
{
    for (int asleep = 0; asleep < 3;) {
        asleep = sleeps(thread) ? asleep + 1 : 0;
        struct timespec moment = {0, 2000000};
        nanosleep(&moment, NULL);
    }
}

#endif
