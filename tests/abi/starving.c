/* A process with few descriptors or none left: calls do their work or say why not, and the library leaves the limit alone. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "check.h"

static void limit(rlim_t soft) {
    struct rlimit files;
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = soft;
    CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
}

/* The search for leaks, which comes last, needs a descriptor itself. */
static void give_back(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        limit(files.rlim_max);
    }
}

/* Leaves this many free descriptors, the lowest ones, until the process ends. */
static void leave_free(int count) {
    CHECK(atexit(give_back) == 0);
    int last = 2;
    for (int i = 0; i <= count; i++) {
        int fd = fcntl(0, F_DUPFD_CLOEXEC, last + 1);
        CHECK(fd >= 0);
        CHECK(close(fd) == 0);
        last = fd;
    }
    limit((rlim_t)last);
}

/* Runs a case once more, in a process of its own, with `soft` descriptors at most, unless that is 0, from its start on, as a limit that is
 * hard or not. */
static void again(const char *name, int left, rlim_t soft, int hard) {
    char number[16];
    snprintf(number, sizeof number, "%d", left);
    CHECK(setenv("LEFT", number, 1) == 0); /* not in the child: it allocates, and a thread of Go's may have held the sanitizer's locks */
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        for (int fd = 3; fd < 64; fd++) {
            (void)close(fd); /* what Go or a sanitizer has open, or opened just now, is not to outlast exec */
        }
        if (soft != 0) {
            struct rlimit files;
            if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
                _exit(3);
            }
            files.rlim_cur = soft;
            files.rlim_max = hard ? soft : files.rlim_max;
            if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
                _exit(4);
            }
        }
        execl("/proc/self/exe", "starving", name, (char *)NULL);
        _exit(5);
    }
    CHECK(unsetenv("LEFT") == 0);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (status != 0) {
        fprintf(stderr, "%s with %d left ended with status %#x\n", name, left, (unsigned)status);
        _exit(1);
    }
}

/* How many descriptors this process is to leave free; -1 when it is the test itself. What Go lacks ends the process, and it needs it
 * once, so that each number has a process. */
static int number_left(const char *name) {
    const char *number = getenv("LEFT");
    if (number != NULL) {
        return atoi(number);
    }
    for (int n = 0; n < 6; n++) {
        again(name, n, 0, 0);
    }
    return -1;
}

/* A call may have had enough: otherwise it says that the system refused, or that there is no such host. */
static void check_told(int64_t handle) {
    if (handle < 0) {
        CHECK(ws_last_error() == WS_ERR_SYSTEM || ws_last_error() == WS_ERR_RESOLVE);
    }
}

static void connects(void) {
    int n = number_left("connects");
    if (n >= 0) {
        leave_free(n);
        check_told(ws_connect("ws://localhost:1/"));
        check_told(ws_connect("ws://127.0.0.1:1/"));
    }
}

static void connects_by_number(void) {
    int n = number_left("connects_by_number");
    if (n >= 0) {
        leave_free(n);
        check_told(ws_connect("ws://127.0.0.1:1/"));
    }
}

static void binds(void) {
    int n = number_left("binds");
    if (n >= 0) {
        leave_free(n);
        check_told(ws_server_bind_host("localhost", 0));
        check_told(ws_server_bind(0));
    }
}

static void loops(void) {
    int n = number_left("loops");
    if (n >= 0) {
        leave_free(n);
        int64_t loop = ws_loop_new(NULL);
        check_told(loop);
        if (loop > 0) {
            check_told(ws_loop_listen(loop, "localhost", 0, 0));
            check_told(ws_loop_connect(loop, "ws://127.0.0.1:1/", NULL));
            CHECK(ws_loop_close(loop) == 0);
        }
    }
}

/* A client's first frame takes random numbers. */
static void sends(void) {
    int n = number_left("sends");
    if (n >= 0) {
        int peer;
        int64_t conn = end_of(0, &peer);
        leave_free(n);
        CHECK(ws_send_text(conn, "x") > 0);
        CHECK(ws_drop(conn) == 0);
    }
}

/* The library is loaded when there is too little left for Go; it works once there is enough. */
static void from_the_start(void) {
    if (getenv("LEFT") == NULL) {
        int pair[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
        CHECK(dup2(pair[0], 0) == 0);
        CHECK(close(pair[0]) == 0 && close(pair[1]) == 0);
        again("from_the_start", 0, 4, 1);
        return;
    }
    REFUSED(ws_from_client(0), WS_ERR_SYSTEM, "too many open files");
    REFUSED(ws_from_server(0), WS_ERR_SYSTEM, "too many open files");
    REFUSED(ws_server_bind(0), WS_ERR_SYSTEM, "too many open files");
    REFUSED(ws_server_bind_host("localhost", 0), WS_ERR_SYSTEM, "too many open files");
    REFUSED(ws_loop_new(NULL), WS_ERR_SYSTEM, "too many open files");
    REFUSED(ws_connect("ws://localhost:1/"), WS_ERR_SYSTEM, "too many open files");
    CHECK(fcntl(0, F_GETFD) == 0);
    CHECK(close(1) == 0 && close(2) == 0); /* Go may have taken the third for itself; a check that fails now says so by the status alone */
    int64_t conn = ws_from_client(0);
    CHECK(conn > 0);
    CHECK(ws_send_text(conn, "x") == -1); /* its other end is gone */
    CHECK(ws_drop(conn) == 0);
}

static void limit_is_left(void) {
    if (getenv("LEFT") == NULL) {
        again("limit_is_left", 0, 300, 0);
        return;
    }
    int64_t server = ws_server_bind(0);
    CHECK(server > 0);
    struct rlimit files;
    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    CHECK(files.rlim_cur == 300);
    CHECK(ws_server_close(server) == 0);
}

CASES({"connects", connects}, {"connects_by_number", connects_by_number}, {"binds", binds}, {"loops", loops}, {"sends", sends}, {"from_the_start", from_the_start},
      {"limit_is_left", limit_is_left})
