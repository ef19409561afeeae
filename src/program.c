/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define SAID_MAX 512

static void become(const char *const arguments[], int stderr_fd, int keep, pid_t parent) {
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
    char *environment[] = {path, locale, NULL};

    /* The parent may be dead already. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    umask(022);
    if (dup2(stderr_fd, STDERR_FILENO) < 0 || (keep >= 0 && keep != 3 && dup2(keep, 3) < 0))
        _exit(127);
    if (keep == 3)
        fcntl(3, F_SETFD, 0);
    close_range(keep >= 0 ? 4 : 3, ~0U, 0);
    execve(arguments[0], (char *const *)arguments, environment);
    _exit(127);
}

/* Reads to the end, and keeps the end of it. */
static void read_last(int fd, char said[static SAID_MAX]) {
    size_t length = 0;
    ssize_t n;

    for (;;) {
        n = read(fd, said + length, SAID_MAX - 1 - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
        if (length == SAID_MAX - 1) {
            length /= 2;
            memmove(said, said + SAID_MAX - 1 - length, length);
        }
    }
    while (length > 0 && said[length - 1] == '\n')
        length--;
    said[length] = '\0';
}

/* Where the last `count` lines of a text begin. */
static const char *last_lines(const char *text, int count) {
    const char *begin = text + strlen(text);

    while (begin > text && (begin[-1] != '\n' || --count > 0))
        begin--;
    return begin;
}

static int explain(const char *program, int status, const char *said, struct error *error) {
    const char *last = last_lines(said, 2);
    _cleanup_free_ char *why = strdup(last);

    for (char *c = why; c && *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return error_set(error, EIO, "%s failed: %s", program,
                     why && *why ? why : "it said nothing about it");
}

int program_run(const char *const arguments[], int keep, struct error *error) {
    _cleanup_close_ int reading = -1, writing = -1;
    char said[SAID_MAX];
    int ends[2], status = 0;
    pid_t pid, parent = getpid();

    if (access(arguments[0], X_OK) < 0)
        return error_set(error, errno, "%s cannot be run: %s", arguments[0], strerror(errno));
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set(error, errno, "no pipe for %s: %s", arguments[0], strerror(errno));
    reading = ends[0];
    writing = ends[1];
    pid = fork();
    if (pid == 0)
        become(arguments, writing, keep, parent);
    if (pid < 0)
        return error_set(error, errno, "%s cannot be started: %s", arguments[0], strerror(errno));
    close(take_fd(&writing));
    read_last(reading, said);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return explain(arguments[0], status, said, error);
}
