/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"

/* 1, 0, or a negative errno. */
static int is_group(int root, const struct dirent *entry) {
    struct stat st;

    if (entry->d_name[0] == '.' || strcmp(entry->d_name, "machine.slice") == 0 ||
        strcmp(entry->d_name, "machine") == 0)
        return 0;
    if (fstatat(root, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    return S_ISDIR(st.st_mode);
}

int cgroup_for_each(int (*visit)(const char *name, void *data), void *data) {
    _cleanup_closedir_ DIR *groups = NULL;
    int r = 0;

    if (access(CGROUP_ROOT "/cgroup.controllers", F_OK) < 0)
        return -ENOTSUP;
    groups = opendir(CGROUP_ROOT);
    if (!groups)
        return -errno;
    for (struct dirent *entry = file_next_entry(groups, &r); entry && r == 0;
         entry = file_next_entry(groups, &r)) {
        r = is_group(dirfd(groups), entry);
        if (r > 0)
            r = visit(entry->d_name, data);
    }
    return r;
}
