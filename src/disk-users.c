/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disk-users.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "swaps.h"

/* What was not there, or went away meanwhile. */
static bool is_gone(int code) {
    return code == ENOENT || code == ENOTDIR || code == ENODEV || code == ESRCH;
}

/* 1, 0, or a negative errno, as all that follows here. */
static int is_node(const char *path, dev_t node) {
    struct stat st;

    if (*path != '/')
        return 0;
    if (stat(path, &st) < 0)
        return is_gone(errno) ? 0 : -errno;
    return S_ISBLK(st.st_mode) && st.st_rdev == node;
}

/* ---- mounts --------------------------------------------------------------------------------- */

/* A line of mountinfo: ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAGS]... - TYPE SOURCE ...
 * (kernel Documentation/filesystems/proc.rst). btrfs has numbers of its own there; its source is a
 * device. */
static int is_mount_of(const char *line, dev_t node, char *ret_point, size_t size) {
    unsigned major_number, minor_number;
    char point[4096], source[4096] = "";
    const char *rest = strstr(line, " - ");
    int r;

    if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major_number, &minor_number, point) != 3)
        return 0;
    if (rest)
        sscanf(rest, " - %*s %4095s", source);
    r = makedev(major_number, minor_number) == node ? 1
        : major_number == 0                         ? is_node(source, node)
                                                    : 0;
    snprintf(ret_point, size, "%.*s", (int)size - 1, point);
    return r;
}

/* The mount point in one mount namespace; the root file system before any other. */
static int find_mount(const char *mounts, dev_t node, char *ret, size_t size) {
    _cleanup_fclose_ FILE *stream = fopen(mounts, "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    int found = 0;

    if (!stream)
        return -errno;
    while (getline(&line, &room, stream) >= 0) {
        char point[4096];
        int r = is_mount_of(line, node, point, sizeof point);

        if (r > 0 && (found <= 0 || strcmp(point, "/") == 0))
            snprintf(ret, size, "%.*s", (int)size - 1, point);
        if (found <= 0 && r != 0)
            found = r;
    }
    return found == 0 && !feof(stream) ? -errno : found;
}

/* In the namespaces of other processes: a container, a service with mounts of its own. */
static int find_mount_elsewhere(dev_t node, char *ret, size_t size) {
    _cleanup_closedir_ DIR *proc = opendir("/proc");
    int r = proc ? 0 : -errno;

    for (struct dirent *entry = proc ? file_next_entry(proc, &r) : NULL; entry;
         entry = file_next_entry(proc, &r)) {
        char path[64], point[192], comm[32] = "?";
        int found;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%.16s/mountinfo", entry->d_name);
        found = find_mount(path, node, point, sizeof point);
        /* That of a process that has ended is invalid. */
        if (found < 0 && !is_gone(-found) && found != -EINVAL)
            r = found;
        if (found <= 0)
            continue;
        snprintf(path, sizeof path, "%.16s/comm", entry->d_name);
        if (file_read_line_at(dirfd(proc), path, comm, sizeof comm) < 0)
            strcpy(comm, "?");
        snprintf(ret, size, "mounted at %s for process %.16s (%s)", point, entry->d_name, comm);
        return 1;
    }
    return r;
}

/* ---- swap and loop devices ------------------------------------------------------------------ */

static int is_swap(void *data, const char *path) {
    const dev_t *node = data;

    return is_node(path, *node);
}

int disk_users_find_loop(dev_t node, char *ret, size_t size) {
    _cleanup_closedir_ DIR *disks = opendir("/sys/block");
    int r = disks ? 0 : -errno;

    for (struct dirent *entry = disks ? file_next_entry(disks, &r) : NULL; entry;
         entry = file_next_entry(disks, &r)) {
        char path[sizeof entry->d_name + sizeof "/loop/backing_file"], file[4096];
        ssize_t length;
        int found;

        if (strncmp(entry->d_name, "loop", 4) != 0)
            continue;
        snprintf(path, sizeof path, "%s/loop/backing_file", entry->d_name);
        length = file_read_line_at(dirfd(disks), path, file, sizeof file);
        /* One that is free has no such file. */
        found = length >= 0 ? is_node(file, node) : is_gone((int)-length) ? 0 : (int)length;
        /* A file of a user's own file system (FUSE), where even root may not look, or one that is
         * dead: no disk has its node there. */
        if (found == -EACCES || found == -ENOTCONN)
            found = 0;
        if (found < 0)
            r = found;
        if (found <= 0)
            continue;
        snprintf(ret, size, "%.*s", (int)size - 1, entry->d_name);
        return 1;
    }
    return r;
}

int disk_users_find(dev_t node, char *ret, size_t size) {
    char name[192];
    int swap = swaps_find(is_swap, &node), mounted;

    if (swap > 0) {
        snprintf(ret, size, "used as swap");
        return 1;
    }
    mounted = find_mount("/proc/1/mountinfo", node, name, sizeof name);
    if (mounted <= 0)
        mounted = find_mount("/proc/self/mountinfo", node, name, sizeof name);
    if (mounted > 0)
        snprintf(ret, size, "mounted at %s", name);
    else
        mounted = find_mount_elsewhere(node, ret, size);
    return mounted == 0 ? swap : mounted;
}
