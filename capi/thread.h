/*
 * The threads of the host that enter Go. A thread keeps one of Go's processors while it waits inside a call, so Go is given as many
 * as there are such threads.
 */
#ifndef LIBWS_THREAD_H
#define LIBWS_THREAD_H

/* Set once this thread is counted. */
extern __thread int libws_thread_known;

/* Counts this thread until it ends, and makes room for it in Go. */
void libws_thread_enter(void);

#endif
