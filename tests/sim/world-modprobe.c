/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/sys/kernel/modprobe names a modprobe of the world, whatever the host's names. */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define SETTINGS "/proc/sys/kernel"
#define SETTING SETTINGS "/modprobe"
#define FILE_OF_OURS "/sim/modprobe"
#define MODPROBE "/sbin/modprobe\n"

/* The host's own settings, once something lies over them. */
#define BEHIND "/.host/kernel"

static void mount_or_skip(const char *source, const char *target, const char *type,
                          unsigned long flags) {
    if (mount(source, target, type, flags, NULL) != 0)
        die(EXIT_SKIPPED, "cannot mount %s: %s", target, strerror(errno));
}

static void link_settings(void) {
    DIR *directory = opendir(BEHIND);
    struct dirent *entry;

    if (!directory)
        die(EXIT_WORLD, "%s: %s", BEHIND, strerror(errno));
    while ((entry = readdir(directory))) {
        _cleanup_free_ char *target = new_format(BEHIND "/%s", entry->d_name);
        _cleanup_free_ char *path = new_format(SETTINGS "/%s", entry->d_name);

        if (entry->d_name[0] != '.' && symlink(target, path) != 0)
            die(EXIT_WORLD, "symlink %s: %s", path, strerror(errno));
    }
    closedir(directory);
}

/* A kernel without modules has no such setting, and nobody can make a file in /proc. */
static void make_room(void) {
    make_directories(BEHIND);
    mount_or_skip(SETTINGS, BEHIND, NULL, MS_BIND | MS_REC);
    mount_or_skip("tmpfs", SETTINGS, "tmpfs", 0);
    link_settings();
    write_file(SETTING, "", 0, 0644);
}

void modprobe_lay_over(void) {
    write_file(FILE_OF_OURS, MODPROBE, strlen(MODPROBE), 0644);
    if (access(SETTING, F_OK) != 0)
        make_room();
    mount_or_skip(FILE_OF_OURS, SETTING, NULL, MS_BIND);
}
