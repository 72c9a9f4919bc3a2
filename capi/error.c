/*
 * The error slot of each thread, the fork flag, and the checks of arguments that every shim function shares.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bodies.h"
#include "thread.h"

int libws_forked = 0;
int32_t libws_copied = 0;

const WsFrame libws_no_frame = {-1, 0, 0, 0, 0};

static __thread libws_error slot;

libws_error *libws_slot(void)
{
    if (LIBWS_UNLIKELY(!libws_thread_known)) {
        libws_thread_enter();
    }
    return &slot;
}

static void mark_forked(void)
{
    libws_forked = 1;
}

static void mark_copied(void)
{
    __atomic_store_n(&libws_copied, 1, __ATOMIC_RELAXED);
}

/* Runs when the library is loaded, before Go starts. */
__attribute__((constructor)) static void watch_fork(void)
{
    pthread_atfork(NULL, mark_copied, mark_forked);
}

void libws_fail(int64_t code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(slot.message, sizeof slot.message, format, list);
    va_end(list);
    slot.http_status = 0;
    slot.system_errno = 0;
    slot.code = code;
}

void libws_fail_system(const char *call, int number)
{
    libws_fail(WS_ERR_SYSTEM, "%s: the operating system refused: error %d", call, number);
    slot.system_errno = number;
}

void libws_fail_forked(const char *call)
{
    libws_fail(WS_ERR_FORKED, "%s: this process was forked after libws was loaded; load it after fork, or use exec", call);
}

void libws_fail_null(const char *call, const char *param)
{
    libws_fail(WS_ERR_ARGUMENT, "%s: %s is NULL", call, param);
}

void libws_fail_length(const char *call, const char *param, int64_t length)
{
    libws_fail(length < 0 ? WS_ERR_ARGUMENT : WS_ERR_TOO_LARGE, "%s: %s is %lld; it must be 0 to %lld", call, param, (long long)length,
               (long long)WS_LENGTH_MAX);
}

void libws_fail_missing(const char *call, const char *param, const char *length_param, int64_t length)
{
    libws_fail(WS_ERR_ARGUMENT, "%s: %s is NULL, but %s is %lld", call, param, length_param, (long long)length);
}

void libws_called(const char *call)
{
    const char *rest = strchr(slot.message, ':');
    if (rest == NULL) {
        return;
    }
    size_t name = strlen(call), kept = strlen(rest);
    if (name + kept >= sizeof slot.message) {
        kept = sizeof slot.message - 1 - name;
        while (kept > 0 && (rest[kept] & 0xC0) == 0x80) {
            kept--; /* a character that does not fit whole is left out */
        }
    }
    memmove(slot.message + name, rest, kept);
    memcpy(slot.message, call, name);
    slot.message[name + kept] = '\0';
}

int libws_copy_sized(const char *call, const char *param, void *whole, size_t size, const void *given)
{
    int64_t given_size;
    memcpy(&given_size, given, sizeof given_size);
    if (given_size < (int64_t)sizeof given_size || given_size > 4096 || given_size % 8 != 0) {
        libws_fail(WS_ERR_ARGUMENT, "%s: %s->struct_size is %lld; it must be the size of the struct, %lld", call, param,
                   (long long)given_size, (long long)size);
        return -1;
    }
    memset(whole, 0, size);
    memcpy(whole, given, (size_t)given_size < size ? (size_t)given_size : size);
    for (size_t i = size; i < (size_t)given_size; i++) {
        if (((const char *)given)[i] != 0) {
            libws_fail(WS_ERR_OPTION, "%s: %s has fields that this library, which knows %lld bytes of it, does not have", call, param,
                       (long long)size);
            return -1;
        }
    }
    return 0;
}

int64_t libws_c_last_error(void)
{
    return slot.code;
}

int64_t libws_c_clear_error(void)
{
    int64_t code = slot.code;
    slot.code = WS_ERR_NONE;
    slot.http_status = 0;
    slot.system_errno = 0;
    slot.message[0] = '\0';
    return code;
}

const char *libws_c_last_error_message(void)
{
    return slot.message;
}

int64_t libws_c_last_http_status(void)
{
    return slot.http_status;
}

int64_t libws_c_last_errno(void)
{
    return slot.system_errno;
}
