/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disk-open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "util.h"

int disk_open_exclusively(const char *name) {
    char path[sizeof "/dev/" + NAME_MAX];
    int fd;

    snprintf(path, sizeof path, "/dev/%.*s", NAME_MAX, name);
    /* The kernel writes a slash in a name so. */
    for (char *c = path; *c; c++)
        if (*c == '!')
            *c = '/';
    fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}
