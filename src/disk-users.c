/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "disk-users.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"

static bool is_node(const char *path, dev_t node) {
    struct stat st;

    return *path == '/' && stat(path, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == node;
}

/* ---- mounts --------------------------------------------------------------------------------- */

/* A line of mountinfo: ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAGS]... - TYPE SOURCE ...
 * (kernel Documentation/filesystems/proc.rst). btrfs has numbers of its own there; its source is a
 * device. */
static bool is_mount_of(const char *line, dev_t node, char *ret_point, size_t size) {
    unsigned major_number, minor_number;
    char point[4096], source[4096] = "";
    const char *rest = strstr(line, " - ");

    if (sscanf(line, "%*d %*d %u:%u %*s %4095s", &major_number, &minor_number, point) != 3)
        return false;
    if (rest)
        sscanf(rest, " - %*s %4095s", source);
    if (makedev(major_number, minor_number) != node &&
        (major_number != 0 || !is_node(source, node)))
        return false;
    snprintf(ret_point, size, "%.*s", (int)size - 1, point);
    return true;
}

/* The mount point in one mount namespace; the root file system before any other. */
static bool find_mount(const char *mounts, dev_t node, char *ret, size_t size) {
    _cleanup_fclose_ FILE *stream = fopen(mounts, "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    bool found = false;

    while (stream && getline(&line, &room, stream) >= 0) {
        char point[4096];

        if (!is_mount_of(line, node, point, sizeof point))
            continue;
        if (!found || strcmp(point, "/") == 0)
            snprintf(ret, size, "%.*s", (int)size - 1, point);
        found = true;
    }
    return found;
}

/* In the namespaces of other processes: a container, a service with mounts of its own. */
static bool find_mount_elsewhere(dev_t node, char *ret, size_t size) {
    _cleanup_closedir_ DIR *proc = opendir("/proc");

    for (struct dirent *entry = proc ? readdir(proc) : NULL; entry; entry = readdir(proc)) {
        char path[64], point[192], comm[32] = "?";

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof path, "/proc/%.16s/mountinfo", entry->d_name);
        if (!find_mount(path, node, point, sizeof point))
            continue;
        snprintf(path, sizeof path, "%.16s/comm", entry->d_name);
        if (file_read_line_at(dirfd(proc), path, comm, sizeof comm) < 0)
            strcpy(comm, "?");
        snprintf(ret, size, "mounted at %s for process %.16s (%s)", point, entry->d_name, comm);
        return true;
    }
    return false;
}

/* ---- swap and loop devices ------------------------------------------------------------------ */

static bool is_swap(dev_t node) {
    _cleanup_fclose_ FILE *swaps = fopen("/proc/swaps", "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;

    while (swaps && getline(&line, &room, swaps) >= 0) {
        line[strcspn(line, " \t")] = '\0';
        if (is_node(line, node))
            return true;
    }
    return false;
}

bool disk_users_find_loop(dev_t node, char *ret, size_t size) {
    _cleanup_closedir_ DIR *disks = opendir("/sys/block");

    for (struct dirent *entry = disks ? readdir(disks) : NULL; entry; entry = readdir(disks)) {
        char path[sizeof entry->d_name + sizeof "/loop/backing_file"], file[4096];

        if (strncmp(entry->d_name, "loop", 4) != 0)
            continue;
        snprintf(path, sizeof path, "%s/loop/backing_file", entry->d_name);
        if (file_read_line_at(dirfd(disks), path, file, sizeof file) > 0 && is_node(file, node)) {
            snprintf(ret, size, "%.*s", (int)size - 1, entry->d_name);
            return true;
        }
    }
    return false;
}

bool disk_users_find(dev_t node, char *ret, size_t size, bool *ret_vital) {
    char name[192];

    *ret_vital = false;
    if (is_swap(node)) {
        *ret_vital = true;
        snprintf(ret, size, "used as swap");
    } else if (find_mount("/proc/1/mountinfo", node, name, sizeof name) ||
               find_mount("/proc/self/mountinfo", node, name, sizeof name)) {
        *ret_vital = strcmp(name, "/") == 0;
        snprintf(ret, size, "mounted at %s", name);
    } else {
        return find_mount_elsewhere(node, ret, size);
    }
    return true;
}
