/*
 * An example program as a child process: its standard output is read line by line, and it is ended when the test is done with it.
 * For C and C++.
 */
#ifndef SPEC_PROGRAM_H
#define SPEC_PROGRAM_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Child {
    pid_t pid;
    int output;
} Child;

/* Starts FOLDER/NAME with up to three arguments. */
static inline Child child_start(const char *folder, const char *name, const char *a, const char *b, const char *c) {
    char path[4096];
    int ends[2];
    Child child = {-1, -1};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (pipe(ends) != 0) {
        return child;
    }
    child.pid = fork();
    if (child.pid == 0) {
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execl(path, path, a, b, c, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    child.output = ends[0];
    return child;
}

/* One line without its end, within 20 seconds; an empty one when there is none. */
static inline void child_line(Child *child, char *line, size_t size) {
    size_t have = 0;
    while (have + 1 < size) {
        struct pollfd ready = {child->output, POLLIN, 0};
        char byte;
        if (poll(&ready, 1, 20000) <= 0 || read(child->output, &byte, 1) != 1 || byte == '\n') {
            break;
        }
        line[have++] = byte;
    }
    line[have] = '\0';
}

/* The port that a server of ours says it listens on, -1 when it says something else. */
static inline int64_t child_port(Child *child) {
    char line[256];
    int port = -1;
    child_line(child, line, sizeof line);
    return sscanf(line, "listening on 127.0.0.1:%d", &port) == 1 ? port : -1;
}

/* Waits for the end of a child that ends by itself; its exit status, -1 when a signal ended it. */
static inline int child_wait(Child *child) {
    int status = -1;
    close(child->output);
    waitpid(child->pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Ends a server. */
static inline void child_end(Child *child) {
    kill(child->pid, SIGKILL);
    child_wait(child);
}

#endif
