/*
 * The error slot of each thread, and the ways in which C fills it. Go gets a pointer to the slot with each call, so that a failure
 * costs no second crossing.
 */
#ifndef LIBWS_ERROR_H
#define LIBWS_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "ws.h"

#define LIBWS_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* What the last failure in a thread left behind. */
typedef struct libws_error {
    int64_t code;
    int64_t http_status;
    int64_t system_errno; /* the cause, 0 when it is not the operating system */
    char message[496]; /* UTF-8, ended by NUL */
} libws_error;

/* Set in a child after fork(2): Go's threads do not exist there, so entering Go would hang. */
extern int libws_forked;

/* Set once this process has forked: children may have copies of its descriptors. */
extern int32_t libws_copied;

/* What calls that return a frame fail with. */
extern const WsFrame libws_no_frame;

/* The slot of this thread, for a call that enters Go. */
libws_error *libws_slot(void);

/* Fills the slot of this thread. */
void libws_fail(int64_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void libws_fail_system(const char *call, int number);
void libws_fail_forked(const char *call);
void libws_fail_null(const char *call, const char *param);
void libws_fail_length(const char *call, const char *param, int64_t length);
void libws_fail_missing(const char *call, const char *param, const char *length_param, int64_t length);

/* Says that the failure in the slot of this thread was that of a call to another function, which shares its work. */
void libws_called(const char *call);

/*
 * Copies a struct that starts with struct_size from a program that may know fewer fields, which are then 0, or more, which must
 * be 0. Returns 0, or -1 with the slot filled.
 */
int libws_copy_sized(const char *call, const char *param, void *whole, size_t size, const void *given);

#endif
