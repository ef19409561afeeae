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
#include "shell-quote.h"
#include "text.h"

#define DIRECTORY SYSCONFDIR "/hostdevctl"
#define DEPTH_MAX 4

static bool is_loose(const struct stat *st) {
    return st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH));
}

/* How far a search has come. */
struct search {
    char *found; /* the first that is not root's alone; NULL: none yet */
    int error;   /* positive errno of what could not be looked at; 0: all could */
};

static void search_done(struct search *state) {
    free(state->found);
}

static int search(struct search *state, int parent, const char *name, const char *path, int depth);

static int search_directory(struct search *state, int directory, const char *path, int depth) {
    int fd = fcntl(directory, F_DUPFD_CLOEXEC, 3), failed = 0, r = 0;
    _cleanup_closedir_ DIR *entries = fd < 0 ? NULL : fdopendir(fd);

    if (!entries) {
        state->error = errno;
        close_descriptor(&fd);
        return 0;
    }
    for (struct dirent *entry = file_next_entry(entries, &failed); entry && r == 0 && !state->found;
         entry = file_next_entry(entries, &failed)) {
        _cleanup_free_ char *below = text_format("%s/%s", path, entry->d_name);

        if (!below)
            return -ENOMEM;
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            r = search(state, directory, entry->d_name, below, depth + 1);
    }
    if (failed < 0)
        state->error = -failed;
    return r;
}

/* A link leads nowhere, or in a circle: nothing is read by it. */
static void note(struct search *state, int error) {
    if (error != ENOENT && error != ELOOP)
        state->error = error;
}

/* Of a link it is what it leads to that counts, as when it is read. -ENOMEM. */
static int search(struct search *state, int parent, const char *name, const char *path, int depth) {
    _cleanup_close_ int fd = -1;
    struct stat st;

    if (fstatat(parent, name, &st, 0) < 0) {
        note(state, errno);
        return 0;
    }
    if (is_loose(&st)) {
        state->found = strdup(path);
        return state->found ? 0 : -ENOMEM;
    }
    if (!S_ISDIR(st.st_mode) || depth >= DEPTH_MAX)
        return 0;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        return search_directory(state, fd, path, depth);
    note(state, errno);
    return 0;
}

static int fail_loose(struct check_report *report, const char *path) {
    _cleanup_free_ char *quoted = shell_quote(path);

    return check_fail(
        report, text_format("%s is not root's alone to write, so that it is refused", path),
        quoted ? text_format("chown root %s && chmod go-w %s", quoted, quoted) : NULL);
}

int check_ownership(struct check_report *report) {
    static const char what[] = "whose all files in " DIRECTORY " are";
    _cleanup_(search_done) struct search found = {0};

    if (search(&found, AT_FDCWD, DIRECTORY, DIRECTORY, 0) < 0)
        return -ENOMEM;
    if (found.found)
        return fail_loose(report, found.found);
    if (found.error == EACCES && geteuid() != 0)
        return check_needs_root(report, what);
    if (found.error)
        return check_unknown(report, what, strerror(found.error));
    return check_ok(report, text_format(DIRECTORY " is root's alone to write"));
}
