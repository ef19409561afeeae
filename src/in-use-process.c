/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that have device files open. */

#include "in-use-search.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "process.h"

static struct in_use *find_owner(struct in_use *devices, size_t count, dev_t node) {
    for (size_t i = 0; i < count; i++)
        for (unsigned j = 0; j < devices[i].n_nodes; j++)
            if (devices[i].nodes[j] == node)
                return &devices[i];
    return NULL;
}

static void note_process(struct in_use *in_use, int proc, const char *pid) {
    _cleanup_free_ char *domain = process_domain(atoi(pid));
    char path[32], comm[32];

    snprintf(path, sizeof path, "%.16s/comm", pid);
    if (file_read_line_at(proc, path, comm, sizeof comm) < 0)
        strcpy(comm, "?");
    if (domain)
        in_use_note(in_use, IN_USE_KNOWN, "VM %s (process %s) has a device file of it open", domain,
                    pid);
    else
        in_use_note(in_use, IN_USE_KNOWN, "process %s (%s) has a device file of it open", pid,
                    comm);
}

/* What the descriptor is, without asking a file system that may not answer. 1: a device; 0: none,
 * or on a file system that is broken; -ENOMEM. */
static int read_node(int descriptors, const char *name, dev_t *ret) {
    struct statx stx;

    if (statx(descriptors, name, AT_STATX_DONT_SYNC, STATX_TYPE, &stx) < 0)
        return errno == ENOMEM ? -ENOMEM : 0;
    if (!S_ISCHR(stx.stx_mode) && !S_ISBLK(stx.stx_mode))
        return 0;
    *ret = makedev(stx.stx_rdev_major, stx.stx_rdev_minor);
    return 1;
}

/* 0; or a negative errno when it is not the process that is in the way of looking. Where a security
 * module keeps a process from being looked at (AppArmor lets libvirtd's hooks see only some), to
 * refuse would be to refuse every start. */
static int look_at_process(struct in_use *devices, size_t count, int proc, const char *pid) {
    char path[32];
    int fd, r = 0;
    _cleanup_closedir_ DIR *descriptors = NULL;

    snprintf(path, sizeof path, "%.16s/fd", pid);
    fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    descriptors = fd < 0 ? NULL : fdopendir(fd);
    if (!descriptors) {
        int code = errno;

        close_descriptor(&fd);
        return code == EMFILE || code == ENFILE || code == ENOMEM || code == EIO ? -code : 0;
    }
    for (struct dirent *entry = file_next_entry(descriptors, &r); entry && r >= 0;
         entry = file_next_entry(descriptors, &r)) {
        struct in_use *owner = NULL;
        dev_t node;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        r = read_node(fd, entry->d_name, &node);
        if (r > 0)
            owner = find_owner(devices, count, node);
        if (owner)
            note_process(owner, proc, pid);
    }
    return r == -ENOMEM || r == -EIO ? r : 0;
}

void in_use_find_processes(struct in_use *devices, size_t count) {
    _cleanup_closedir_ DIR *proc = NULL;
    bool any = false;
    int r = 0;

    for (size_t i = 0; i < count; i++)
        any |= devices[i].n_nodes > 0;
    proc = any ? opendir("/proc") : NULL;
    if (any && !proc)
        r = -errno;
    for (struct dirent *entry = proc ? file_next_entry(proc, &r) : NULL; entry;
         entry = file_next_entry(proc, &r))
        if (isdigit((unsigned char)entry->d_name[0]) && r == 0)
            r = look_at_process(devices, count, dirfd(proc), entry->d_name);
    for (size_t i = 0; i < count && r < 0; i++)
        if (devices[i].n_nodes > 0)
            in_use_note(&devices[i], IN_USE_VAGUELY,
                        "it cannot be told which processes have its device files open: %s",
                        strerror(-r));
}
