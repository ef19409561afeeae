/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether what is below /etc/hostdevctl is root's alone to write. A file that is not is refused as
 * one that has a mistake in it is, and no VM that it is for starts.
 */

#include "check-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "text.h"

#define DIRECTORY SYSCONFDIR "/hostdevctl"
#define DEPTH_MAX 4

static bool is_loose(const struct stat *st) {
    return st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH));
}

static int search(int parent, const char *name, const char *path, int depth, char **ret);

static int search_directory(int directory, const char *path, int depth, char **ret) {
    int fd = fcntl(directory, F_DUPFD_CLOEXEC, 3), r = 0;
    _cleanup_closedir_ DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    for (struct dirent *entry = entries ? file_next_entry(entries, &r) : NULL; entry && r == 0;
         entry = file_next_entry(entries, &r)) {
        _cleanup_free_ char *below = text_format("%s/%s", path, entry->d_name);

        if (!below)
            return -ENOMEM;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = search(directory, entry->d_name, below, depth + 1, ret);
    }
    return r;
}

/* 1: *ret is the first that is not root's. */
static int search(int parent, const char *name, const char *path, int depth, char **ret) {
    _cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (is_loose(&st)) {
        *ret = strdup(path);
        return *ret ? 1 : -ENOMEM;
    }
    return S_ISDIR(st.st_mode) && depth < DEPTH_MAX ? search_directory(fd, path, depth, ret) : 0;
}

int check_ownership(struct check_report *report) {
    _cleanup_free_ char *path = NULL;
    int r = search(AT_FDCWD, DIRECTORY, DIRECTORY, 0, &path);

    if (r > 0)
        return check_fail(
            report, text_format("%s is not root's alone to write, so that it is refused", path),
            text_format("chown root %s && chmod go-w %s", path, path));
    if (r == -EACCES)
        return check_needs_root(report, "whose all files in " DIRECTORY " are");
    return check_ok(report, text_format(DIRECTORY " is root's alone to write"));
}
