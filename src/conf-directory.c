/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "text.h"

static bool is_absent(int code) {
    return code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG;
}

int conf_directory_open(int parent, const char *name, const char *shown, struct error *error) {
    _cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 && is_absent(errno))
        return -ENOENT;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set(error, errno, "%s cannot be opened: %s", shown, strerror(errno));
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(error, EPERM,
                         "%s is not root's alone to write: chown root and chmod go-w it", shown);
    return take_fd(&fd);
}

int conf_directory_read_file(int directory, const char *name, const char *shown,
                             conf_setting setting, void *data, struct error *error) {
    /* Not to hang on a FIFO somebody put there. */
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && is_absent(errno))
        return 0;
    if (fd < 0)
        return error_set(error, errno, "%s cannot be opened: %s", shown, strerror(errno));
    return conf_file_read(fd, shown, setting, data, error);
}

static int is_conf(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

int conf_directory_for_each(int directory, const char *shown,
                            int (*visit)(void *data, int directory, const char *name,
                                         const char *path, struct error *error),
                            void *data, struct error *error) {
    struct dirent **entries = NULL;
    int count = scandirat(directory, ".", &entries, is_conf, compare_names), r = 0;

    if (count < 0)
        return error_set(error, errno, "%s cannot be listed: %s", shown, strerror(errno));
    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *path = NULL;

        if (r == 0) {
            path = text_format("%s/%s", shown, entries[i]->d_name);
            r = path ? visit(data, directory, entries[i]->d_name, path, error) : error_oom(error);
        }
        free(entries[i]);
    }
    free(entries);
    return r;
}
