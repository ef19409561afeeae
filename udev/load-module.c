/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load-module.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "file.h"

#define MODPROBE_DEFAULT "/sbin/modprobe"

static int wait_for(pid_t child, int *ret) {
    while (waitpid(child, ret, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

int load_module(const char *name, struct error *error) {
    char program[4096], module[64];
    char *arguments[] = {program, (char *)"-q", (char *)"--", module, NULL};
    char *environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    int status = 0, r;
    pid_t child;

    /* An empty one means that nothing shall be loaded this way. */
    if (file_read_line_at(AT_FDCWD, "/proc/sys/kernel/modprobe", program, sizeof program) < 0)
        strcpy(program, MODPROBE_DEFAULT);
    snprintf(module, sizeof module, "%s", name);
    r = -posix_spawn(&child, program, NULL, NULL, arguments, environment);
    if (r == 0)
        r = wait_for(child, &status);
    if (r < 0)
        return error_set(error, -r, "module %s cannot be loaded: %s: %s", name, program,
                         strerror(-r));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error_set(error, ENOENT,
                         "module %s cannot be loaded: either this kernel (or this initramfs) has "
                         "none, or the kernel log tells more",
                         name);
    return 0;
}
