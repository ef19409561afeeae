/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the initramfs knows what is reserved, and no more. What is in it takes long to find out;
 * that it was made after the last change of what has to be in it tells as much. Where nothing is
 * reserved any more there may never have been anything in it; that there was is told by the rules
 * for udev, which the early binder makes at boot, and 'hostdevctl early update' takes away.
 */

#include "check-host.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "early-conf.h"
#include "early-udev.h"
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

/* The last changes in early.d. */
struct changes {
    struct newest file; /* of a file that reserves something */
    uint64_t directory; /* a file has come, or was taken away */
};

static void changes_done(struct changes *changes) {
    newest_done(&changes->file);
}

static int find_changes(struct changes *ret) {
    _cleanup_closedir_ DIR *directory = opendir(EARLY_DIRECTORY);
    struct stat st;
    int r = 0;

    if (!directory || fstat(dirfd(directory), &st) < 0)
        return -errno;
    ret->directory = usec(st.st_mtim);
    for (struct dirent *entry; r == 0 && (entry = readdir(directory));)
        if (fnmatch("*.conf", entry->d_name, FNM_PERIOD) == 0 &&
            fstatat(dirfd(directory), entry->d_name, &st, 0) == 0)
            r = take(&ret->file, text_format(EARLY_DIRECTORY "/%s", entry->d_name), st.st_mtim);
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

static bool was_reserved_at_boot(void) {
    return access(EARLY_UDEV_DIRECTORY "/" EARLY_UDEV_FILE, F_OK) == 0;
}

static int check_no_image(struct check_report *report) {
    if (initramfs_tool_find())
        return check_ok(report, text_format("none was found in " BOOT "; 'hostdevctl early update' "
                                            "makes it anew"));
    return check_ok(report, text_format("this host has none; hostdevctl-early.service reserves "
                                        "the devices"));
}

static int warn_old(struct check_report *report, const struct newest *image, const char *than) {
    return check_warn(report, text_format("%s is older than %s", image->path, than),
                      text_format("hostdevctl early update"));
}

static int compare(struct check_report *report, const struct changes *changes) {
    _cleanup_(newest_done) struct newest image = {0};
    int r = find_image(&image);

    if (r == -EACCES)
        return check_needs_root(report, "whether it is newer than what is reserved");
    if (r == -ENOMEM)
        return r;
    if (!image.path && changes->file.path)
        return check_no_image(report);
    if (changes->file.path && image.time < changes->file.time)
        return warn_old(report, &image, changes->file.path);
    if (image.path && image.time < changes->directory)
        return warn_old(report, &image, "the last change in " EARLY_DIRECTORY);
    return check_ok(report, changes->file.path
                                ? text_format("%s is newer than what is reserved", image.path)
                                : text_format("it needs nothing: no device is reserved"));
}

int check_initramfs(struct check_report *report) {
    static const char what[] = "what is reserved";
    _cleanup_(changes_done) struct changes changes = {0};
    int r = find_changes(&changes);

    if (r == -ENOMEM)
        return r;
    if (r == -EACCES && geteuid() != 0)
        return check_needs_root(report, what);
    if (r < 0 && r != -ENOENT && r != -ENOTDIR)
        return check_unknown(report, what, strerror(-r));
    if (!changes.file.path && !was_reserved_at_boot())
        return check_ok(report, text_format("it needs nothing: no device is reserved"));
    /* The directory is gone, and that after the boot. */
    if (r < 0)
        changes.directory = UINT64_MAX;
    return compare(report, &changes);
}
