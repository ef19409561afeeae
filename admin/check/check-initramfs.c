/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the initramfs knows what is reserved. What is in it takes long to find out; that it was
 * made after what has to be in it tells as much.
 */

#include "check-host.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "early-conf.h"
#include "initramfs-tools.h"
#include "text.h"

#define BOOT "/boot"

/* The newest of several files. */
struct newest {
    char *path; /* NULL: there was none */
    uint64_t time;
};

static void newest_done(struct newest *newest) {
    free(newest->path);
}

static uint64_t usec(struct timespec time) {
    return (uint64_t)time.tv_sec * USEC_PER_SEC + (uint64_t)time.tv_nsec / 1000;
}

/* The path is given away. */
static int take(struct newest *newest, char *path, struct timespec time) {
    if (!path)
        return -ENOMEM;
    if (newest->path && newest->time >= usec(time)) {
        free(path);
        return 0;
    }
    free(newest->path);
    *newest = (struct newest){path, usec(time)};
    return 0;
}

/* The files in early.d, and the directory, which is changed when one of them is taken away. */
static int find_change(struct newest *ret) {
    _cleanup_closedir_ DIR *directory = opendir(EARLY_DIRECTORY);
    struct stat st;
    int r = 0;

    if (!directory || fstat(dirfd(directory), &st) < 0)
        return -errno;
    for (struct dirent *entry; r == 0 && (entry = readdir(directory));)
        if (fnmatch("*.conf", entry->d_name, FNM_PERIOD) == 0 &&
            fstatat(dirfd(directory), entry->d_name, &st, 0) == 0)
            r = take(ret, text_format(EARLY_DIRECTORY "/%s", entry->d_name), st.st_mtim);
    return r;
}

/* As distributions call them: Debian, Fedora, Arch (where the kernel's version is not in the name),
 * and booster. */
static bool is_image(const char *name, const char *release) {
    static const char *const patterns[] = {"initrd.img-%s", "initramfs-%s.img", "initrd-%s",
                                           "booster-%s.img"};

    for (size_t i = 0; i < ELEMENTS(patterns); i++) {
        const char *hole = strstr(patterns[i], "%s");
        size_t before = (size_t)(hole - patterns[i]), length = strlen(release);

        if (strncmp(name, patterns[i], before) == 0 &&
            strncmp(name + before, release, length) == 0 &&
            strcmp(name + before + length, hole + 2) == 0)
            return true;
    }
    return fnmatch("initramfs-linux*.img", name, 0) == 0 ||
           fnmatch("booster-linux*.img", name, 0) == 0;
}

/* That of the running kernel, or the newest of those that may be. */
static int find_image(struct newest *ret) {
    _cleanup_closedir_ DIR *directory = opendir(BOOT);
    struct utsname kernel;
    struct stat st;
    int r = 0;

    if (!directory || uname(&kernel) < 0)
        return -errno;
    for (struct dirent *entry; r == 0 && (entry = readdir(directory));)
        if (is_image(entry->d_name, kernel.release) &&
            fstatat(dirfd(directory), entry->d_name, &st, 0) == 0)
            r = take(ret, text_format(BOOT "/%s", entry->d_name), st.st_mtim);
    return r;
}

static int compare(struct check_report *report, const struct newest *change) {
    _cleanup_(newest_done) struct newest image = {0};
    int r = find_image(&image);

    if (r == -EACCES)
        return check_needs_root(report, "whether it is newer than what is reserved");
    if (r == -ENOMEM)
        return r;
    if (!image.path && !initramfs_tool_find())
        return check_ok(report, text_format("this host has none; hostdevctl-early.service reserves "
                                            "the devices"));
    if (!image.path)
        return check_ok(report, text_format("none was found in " BOOT "; 'hostdevctl early update' "
                                            "makes it anew"));
    if (image.time < change->time)
        return check_warn(report, text_format("%s is older than %s", image.path, change->path),
                          text_format("hostdevctl early update"));
    return check_ok(report, text_format("%s is newer than what is reserved", image.path));
}

int check_initramfs(struct check_report *report) {
    _cleanup_(newest_done) struct newest change = {0};
    int r = find_change(&change);

    if (r == -EACCES)
        return check_needs_root(report, "what is reserved");
    if (r == -ENOMEM)
        return r;
    if (!change.path)
        return check_ok(report, text_format("it needs nothing: no device is reserved"));
    return compare(report, &change);
}
