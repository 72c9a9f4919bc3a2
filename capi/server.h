/*
 * What C keeps of each server, so that ws_server_stop need not enter Go: a signal handler may run on a thread that is inside Go.
 */
#ifndef LIBWS_SERVER_H
#define LIBWS_SERVER_H

#include <stdint.h>

/*
 * Remembers a server: its handle, the slot in it, the descriptor that stops it, and its Go object, as a pointer that go-pointer
 * made. Returns 0, or -1 when memory ran out.
 */
int libws_server_keep(int64_t handle, uint32_t slot, int stop_fd, void *object);

/*
 * Forgets a server and returns its Go object, once; NULL to everybody else. After it no ws_server_stop touches the descriptor any
 * more.
 */
void *libws_server_forget(int64_t handle, uint32_t slot);

#endif
