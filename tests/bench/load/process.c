/* Processor time from /proc/PID/task/TID/schedstat (nanoseconds, all threads) and memory from /proc/PID/status. */
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t process_cpu_ns(int pid) {
    char path[64];
    int64_t sum = -1;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (!tasks) return -1;
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        char file[340];
        long long ran;
        if (!isdigit((unsigned char)task->d_name[0])) continue;
        snprintf(file, sizeof file, "%s/%s/schedstat", path, task->d_name);
        FILE *f = fopen(file, "r");
        if (!f) continue; /* the thread ended meanwhile */
        if (fscanf(f, "%lld", &ran) == 1) sum = (sum < 0 ? 0 : sum) + ran;
        fclose(f);
    }
    closedir(tasks);
    return sum;
}

int64_t process_memory_bytes(int pid) {
    char path[64], line[256];
    long long kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    if (!f) return -1;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "RssAnon: %lld", &kib) == 1) break;
    fclose(f);
    return kib < 0 ? -1 : kib * 1024;
}

int64_t own_cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
