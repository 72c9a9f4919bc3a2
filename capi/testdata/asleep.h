/* How a test knows that another thread's call blocks. It needs CHECK, which each suite of C tests defines for itself. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

/* Waits until a thread sleeps in the kernel, that is until its call blocks: three looks in a row must find it so. */
static inline void until_asleep(pid_t thread)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
    for (int asleep = 0; asleep < 3;) {
        FILE *file = fopen(path, "r");
        CHECK(file != NULL && fgets(line, sizeof line, file) != NULL);
        fclose(file);
        const char *after = strrchr(line, ')');
        asleep = after != NULL && after[2] == 'S' ? asleep + 1 : 0;
        struct timespec moment = {0, 2000000};
        nanosleep(&moment, NULL);
    }
}

#endif
