/*
 * The limit of descriptors, which is the host's affair and not the library's.
 */
#ifndef LIBWS_DESCRIPTORS_H
#define LIBWS_DESCRIPTORS_H

/* Takes back what Go's start did to the soft limit of descriptors. Returns 0, or -1 when the system refuses. */
int libws_restore_limit(void);

#endif
