/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "deadline.h"

#define LOCK_RETRY_USEC (10 * USEC_PER_MSEC)

int lock_take(int fd, uint64_t deadline) {
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (now_usec() >= deadline)
            return -EWOULDBLOCK;
        sleep_usec(LOCK_RETRY_USEC, deadline);
    }
    return 0;
}

int lock_is_current(int directory, const char *name, int fd) {
    struct stat here, there;

    if (fstat(fd, &here) < 0)
        return -errno;
    if (fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}
