/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "deadline.h"
#include "file.h"
#include "process.h"
#include "text.h"

#define VFIO_PATH_MAX 32
#define HOLDER_RETRY_USEC (20 * USEC_PER_MSEC)
/* What is left of the deadline to find out who holds a group, and to say so. */
#define HOLDER_REPORT_USEC (500 * USEC_PER_MSEC)

static void group_path(int group, char *ret) {
    snprintf(ret, VFIO_PATH_MAX, "/dev/vfio/%d", group);
}

bool vfio_group_is_held(int group) {
    char path[VFIO_PATH_MAX];
    _cleanup_close_ int fd = -1;

    /* The kernel lets a group be open once, and not at all while a device of it is open through
     * its character device: asking it is one system call, and true for every process there is. */
    group_path(group, path);
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    /* What cannot be told counts as held; a group without its file is on no VFIO driver. */
    return fd < 0 && errno != ENOENT && errno != ENODEV && errno != ENXIO;
}

static bool has_open(int process, const char *path) {
    int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *descriptors = fd < 0 ? NULL : fdopendir(fd);

    if (!descriptors) {
        close_descriptor(&fd);
        return false;
    }
    for (struct dirent *entry = readdir(descriptors); entry; entry = readdir(descriptors)) {
        char target[VFIO_PATH_MAX];
        ssize_t length = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target);

        if (length == (ssize_t)strlen(path) && memcmp(target, path, strlen(path)) == 0)
            return true;
    }
    return false;
}

/* The command of a process that has the path open, or NULL. */
static char *describe_if_holder(int proc, const char *pid, const char *path) {
    _cleanup_close_ int process = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *domain = NULL;
    char command[32];

    if (process < 0 || !has_open(process, path))
        return NULL;
    if (file_read_line_at(process, "comm", command, sizeof command) < 0)
        strcpy(command, "?");
    domain = process_domain(atoi(pid));
    if (domain)
        return text_format("VM %s (process %s)", domain, pid);
    return text_format("process %s (%s)", pid, command);
}

char *vfio_group_holder(int group) {
    _cleanup_closedir_ DIR *proc = opendir("/proc");
    char path[VFIO_PATH_MAX], *holder = NULL;

    group_path(group, path);
    for (struct dirent *entry = proc ? readdir(proc) : NULL; entry && !holder;
         entry = readdir(proc))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            holder = describe_if_holder(dirfd(proc), entry->d_name, path);
    return holder;
}

int vfio_wait_until_free(int group, uint64_t deadline, char **ret_holder) {
    uint64_t now = now_usec(), left = deadline > now ? deadline - now : 0;
    uint64_t last = deadline - (left / 2 < HOLDER_REPORT_USEC ? left / 2 : HOLDER_REPORT_USEC);

    while (vfio_group_is_held(group)) {
        if (now_usec() >= last) {
            *ret_holder = vfio_group_holder(group);
            return -EBUSY;
        }
        sleep_usec(HOLDER_RETRY_USEC, last);
    }
    return 0;
}
