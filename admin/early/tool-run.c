/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tool-run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static void become(const char *const arguments[]) {
    static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {path, NULL};

    close_range(3, ~0U, 0);
    execve(arguments[0], (char *const *)arguments, environment);
    _exit(127);
}

int tool_run(const char *const arguments[], struct error *error) {
    int status = 0;
    pid_t pid;

    /* What is printed comes in the order in which it happens. */
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        become(arguments);
    if (pid < 0)
        return error_set(error, errno, "%s cannot be started: %s", arguments[0], strerror(errno));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        return error_set(error, EIO, "%s was ended by a signal (%s)", arguments[0],
                         strsignal(WTERMSIG(status)));
    return WEXITSTATUS(status) == 0 ? 0
                                    : error_set(error, EIO, "%s failed, with exit status %d",
                                                arguments[0], WEXITSTATUS(status));
}
