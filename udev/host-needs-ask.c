/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From file systems and swap up to the PCI devices that they are on. */

#include "host-needs-note.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "disk-open.h"
#include "host-needs-network.h"

/* Volumes on volumes. */
#define DEPTH_MAX 16

/* What an initramfs mounts before the host's own system runs. */
static const struct mount_point {
    const char *directory, *what;
} mount_points[] = {
    {"/", "the root file system"},
    {"/usr", "/usr"},
    {"/etc", "/etc"},
    {"/var", "/var"},
};

static int ask_device(struct asking *asking, const char *path, unsigned depth);

/* ---- block devices -------------------------------------------------------------------------- */

/* Each entry of a directory (of /sys) that a callback likes is a device. */
static int ask_entries(struct asking *asking, const char *path, const char *name,
                       bool (*is_sought)(const char *entry), unsigned depth) {
    char directory[PATH_MAX];
    _cleanup_closedir_ DIR *entries = NULL;
    int r = 0;

    if (snprintf(directory, sizeof directory, "%s/%s", path, name) >= (int)sizeof directory)
        return -ENAMETOOLONG;
    entries = opendir(directory);
    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry && r == 0;
         entry = readdir(entries)) {
        char below[PATH_MAX];

        if (!is_sought(entry->d_name) ||
            snprintf(below, sizeof below, "%s/%s", directory, entry->d_name) >= (int)sizeof below)
            continue;
        r = ask_device(asking, below, depth + 1);
    }
    return r;
}

static bool is_any(const char *entry) {
    return *entry != '.';
}

/* nvme0, but not the disk nvme0n1. */
static bool is_controller(const char *entry) {
    int end = 0;

    return sscanf(entry, "nvme%*u%n", &end) == 0 && end > 0 && !entry[end];
}

/* A disk of a native NVMe multipath subsystem: the controllers are links beside it. */
static int ask_subsystem(struct asking *asking, char *path, unsigned depth) {
    char *disk = strstr(path, "/nvme-subsystem/"), *name = disk + strlen("/nvme-subsystem/");

    name[strcspn(name, "/")] = '\0';
    return ask_entries(asking, path, ".", is_controller, depth);
}

/* iSCSI, NBD, NVMe over fabrics. */
static bool is_network_disk(const char *path) {
    return strstr(path, "/session") || strstr(path, "/block/nbd") ||
           strstr(path, "/virtual/nvme-fabrics/");
}

/* A directory of /sys, or a link to one. */
static int ask_device(struct asking *asking, const char *path, unsigned depth) {
    _cleanup_free_ char *real = realpath(path, NULL);
    int r;

    if (!real || depth > DEPTH_MAX)
        return 0;
    asking->network |= is_network_disk(real);
    r = ask_entries(asking, real, "slaves", is_any, depth);
    if (r == 0 && strstr(real, "/nvme-subsystem/"))
        return ask_subsystem(asking, real, depth);
    return r < 0 ? r : host_needs_note(asking, real);
}

static int ask_node(struct asking *asking, dev_t node) {
    char path[64];

    snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(node), minor(node));
    return ask_device(asking, path, 0);
}

/* A btrfs knows all of its devices, by the kernel's names; a mount tells one of them. */
static int ask_btrfs(struct asking *asking, dev_t node) {
    _cleanup_closedir_ DIR *systems = opendir("/sys/fs/btrfs");
    char path[64];
    _cleanup_free_ char *real = NULL;
    const char *name;
    int r = 0;

    snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(node), minor(node));
    real = realpath(path, NULL);
    name = real ? strrchr(real, '/') + 1 : NULL;
    for (struct dirent *entry = systems && name ? readdir(systems) : NULL; entry && r == 0;
         entry = readdir(systems)) {
        char devices[sizeof "/sys/fs/btrfs//devices" + NAME_MAX],
            member[sizeof devices + NAME_MAX + 1];

        snprintf(devices, sizeof devices, "/sys/fs/btrfs/%s/devices", entry->d_name);
        snprintf(member, sizeof member, "%s/%.*s", devices, NAME_MAX, name);
        if (access(member, F_OK) == 0)
            r = ask_entries(asking, devices, ".", is_any, 0);
    }
    return r;
}

static bool is_over_network(const char *type) {
    static const char *const types[] = {"nfs", "nfs4", "cifs", "ceph", "glusterfs", "9p"};

    for (size_t i = 0; i < ELEMENTS(types); i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

static int ask_source(struct asking *asking, const char *source, const char *type) {
    struct stat st;
    int r;

    if (is_over_network(type))
        return host_needs_note_network(asking);
    if (*source != '/' || stat(source, &st) < 0 || !S_ISBLK(st.st_mode))
        return 0;
    r = ask_node(asking, st.st_rdev);
    if (r == 0 && strcmp(type, "btrfs") == 0)
        r = ask_btrfs(asking, st.st_rdev);
    return r < 0 || !asking->network ? r : host_needs_note_network(asking);
}

/* Where no device can be found behind a file system (ZFS and other pools do not tell), each disk
 * that the kernel holds may be it. */
static int ask_held_disks(struct asking *asking) {
    _cleanup_closedir_ DIR *disks = opendir("/sys/class/block");
    int r = 0;

    for (struct dirent *entry = disks ? readdir(disks) : NULL; entry && r == 0;
         entry = readdir(disks)) {
        char path[sizeof "/sys/class/block/" + NAME_MAX];
        int code = disk_open_exclusively(entry->d_name);

        if (entry->d_name[0] == '.' || code != EBUSY)
            continue;
        snprintf(path, sizeof path, "/sys/class/block/%s", entry->d_name);
        r = ask_device(asking, path, 0);
    }
    return r;
}

/* ---- file systems and swap ------------------------------------------------------------------ */

static void close_mounts(FILE **mounts) {
    if (*mounts)
        endmntent(*mounts);
}

static int ask_mount(struct host_needs *needs, const struct mntent *mount) {
    for (size_t i = 0; i < ELEMENTS(mount_points); i++) {
        struct asking asking = {.needs = needs, .what = mount_points[i].what};
        int r;

        if (strcmp(mount->mnt_dir, mount_points[i].directory) != 0)
            continue;
        r = ask_source(&asking, mount->mnt_fsname, mount->mnt_type);
        return r < 0 || asking.found ? r : ask_held_disks(&asking);
    }
    return 0;
}

static int ask_mounts(struct host_needs *needs) {
    _cleanup_(close_mounts) FILE *mounts = setmntent("/proc/self/mounts", "re");
    struct mntent mount;
    char line[4096];
    int r = 0;

    while (mounts && r == 0 && getmntent_r(mounts, &mount, line, sizeof line))
        r = ask_mount(needs, &mount);
    return r;
}

/* A partition, or a file on whatever file system. */
static int ask_swap(struct host_needs *needs, const char *path) {
    struct asking asking = {.needs = needs, .what = "swap"};
    struct stat st;

    if (stat(path, &st) < 0)
        return 0;
    if (S_ISBLK(st.st_mode))
        return ask_node(&asking, st.st_rdev);
    return S_ISREG(st.st_mode) ? ask_node(&asking, st.st_dev) : 0;
}

static int ask_swaps(struct host_needs *needs) {
    _cleanup_fclose_ FILE *swaps = fopen("/proc/swaps", "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    int r = 0;

    while (swaps && r == 0 && getline(&line, &room, swaps) >= 0) {
        line[strcspn(line, " \t")] = '\0';
        if (*line == '/')
            r = ask_swap(needs, line);
    }
    return r;
}

int host_needs_ask(struct host_needs *ret, struct error *error) {
    int r = ask_mounts(ret);

    if (r == 0)
        r = ask_swaps(ret);
    if (r == -ENOMEM)
        return error_oom(error);
    return r < 0 ? error_set(error, -r, "what the host needs cannot be found out: %s", strerror(-r))
                 : 0;
}
