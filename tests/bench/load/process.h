/* Reads what the server's process has used of processor and memory, from /proc. */
#ifndef LOAD_PROCESS_H
#define LOAD_PROCESS_H

#include <stdint.h>

/* Nanoseconds on a processor of all live threads, as the scheduler accounts them; -1 when it cannot be read. */
int64_t process_cpu_ns(int pid);

/* Resident bytes that are the process's own (anonymous memory: heap and stacks, no file mappings); -1 when it cannot be read. */
int64_t process_memory_bytes(int pid);

/* Nanoseconds of this process on a processor. */
int64_t own_cpu_ns(void);

#endif
