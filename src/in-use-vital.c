/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From file systems and swap down to what they are on. */
#include "in-use-vital.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "swaps.h"

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

struct asking {
    const struct in_use_vital *vital;
    const char *what;
    bool network; /* a disk of it is reached over the network */
    bool found;   /* something that is on the PCI bus */
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
    if (!entries)
        return errno == ENOENT ? 0 : -errno;
    for (struct dirent *entry = file_next_entry(entries, &r); entry && r == 0;
         entry = file_next_entry(entries, &r)) {
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

    if (!real)
        return errno == ENOENT ? 0 : -errno;
    if (depth > DEPTH_MAX)
        return -ELOOP;
    asking->network |= is_network_disk(real);
    asking->found |= strstr(real, "/pci") != NULL;
    r = ask_entries(asking, real, "slaves", is_any, depth);
    /* Of a partition it is the whole that is made of something. */
    if (r == 0)
        r = ask_entries(asking, real, "../slaves", is_any, depth);
    if (r == 0 && strstr(real, "/nvme-subsystem/"))
        return ask_subsystem(asking, real, depth);
    return r < 0 ? r : asking->vital->note(asking->vital->data, asking->what, real);
}

int in_use_vital_note_disk(const struct in_use_vital *vital, const char *what, const char *path) {
    struct asking asking = {.vital = vital, .what = what};

    return ask_device(&asking, path, 0);
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
    int r = systems ? 0 : -errno;

    snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(node), minor(node));
    real = realpath(path, NULL);
    if (!real || r < 0)
        return r < 0 ? r : -errno;
    for (struct dirent *entry = file_next_entry(systems, &r); entry && r == 0;
         entry = file_next_entry(systems, &r)) {
        char devices[sizeof "/sys/fs/btrfs//devices" + NAME_MAX],
            member[sizeof devices + NAME_MAX + 1];

        snprintf(devices, sizeof devices, "/sys/fs/btrfs/%s/devices", entry->d_name);
        snprintf(member, sizeof member, "%s/%.*s", devices, NAME_MAX, strrchr(real, '/') + 1);
        if (access(member, F_OK) == 0)
            r = ask_entries(asking, devices, ".", is_any, 0);
    }
    return r;
}

static bool is_one_of(const char *type, const char *const types[]) {
    for (; *types; types++)
        if (strcmp(type, *types) == 0)
            return true;
    return false;
}

static int ask_source(struct asking *asking, const char *source, const char *type) {
    static const char *const over_network[] = {"nfs",       "nfs4", "cifs", "ceph",
                                               "glusterfs", "9p",   NULL};
    struct stat st;
    int r;

    if (is_one_of(type, over_network)) {
        asking->found = true;
        return in_use_vital_note_network(asking->vital, asking->what);
    }
    if (*source != '/' || stat(source, &st) < 0 || !S_ISBLK(st.st_mode))
        return 0;
    r = ask_node(asking, st.st_rdev);
    if (r == 0 && strcmp(type, "btrfs") == 0)
        r = ask_btrfs(asking, st.st_rdev);
    if (r < 0 || !asking->network)
        return r;
    asking->found = true;
    return in_use_vital_note_network(asking->vital, asking->what);
}

/* ---- file systems and swap ------------------------------------------------------------------ */

static void close_mounts(FILE **mounts) {
    if (*mounts)
        endmntent(*mounts);
}

/* With each mount; until a negative errno. */
static int for_each_mount(int (*handle)(void *data, const struct mntent *mount), void *data) {
    _cleanup_(close_mounts) FILE *mounts = setmntent("/proc/self/mounts", "re");
    struct mntent mount;
    char line[4096];
    int r = mounts ? 0 : -errno;

    while (r == 0 && getmntent_r(mounts, &mount, line, sizeof line))
        r = handle(data, &mount);
    return r == 0 && ferror(mounts) ? -EIO : r;
}

static int ask_mount(void *data, const struct mntent *mount) {
    static const char *const in_memory[] = {"tmpfs", "ramfs", "rootfs", NULL};
    const struct in_use_vital *vital = data;

    for (size_t i = 0; i < ELEMENTS(mount_points); i++) {
        struct asking asking = {.vital = vital, .what = mount_points[i].what};
        int r;

        if (strcmp(mount->mnt_dir, mount_points[i].directory) != 0 ||
            is_one_of(mount->mnt_type, in_memory))
            continue;
        r = ask_source(&asking, mount->mnt_fsname, mount->mnt_type);
        return r < 0 || asking.found ? r : vital->note(vital->data, asking.what, NULL);
    }
    return 0;
}

/* A swap file, and the deepest mount that it is below. */
struct swap_file {
    const char *path;
    size_t depth;
    char source[PATH_MAX], type[32];
};

static int look_for_file(void *data, const struct mntent *mount) {
    struct swap_file *file = data;
    size_t length = strlen(mount->mnt_dir);

    if (length < file->depth || strncmp(file->path, mount->mnt_dir, length) != 0 ||
        (length > 1 && file->path[length] != '/'))
        return 0;
    file->depth = length;
    snprintf(file->source, sizeof file->source, "%s", mount->mnt_fsname);
    snprintf(file->type, sizeof file->type, "%s", mount->mnt_type);
    return 0;
}

static int ask_swap_file(struct asking *asking, const char *path) {
    struct swap_file file = {.path = path};
    int r = for_each_mount(look_for_file, &file);

    return r < 0 ? r : ask_source(asking, file.source, file.type);
}

static int ask_swap(void *data, const char *path) {
    const struct in_use_vital *vital = data;
    struct asking asking = {.vital = vital, .what = "swap"};
    struct stat st;

    if (stat(path, &st) < 0)
        return vital->note(vital->data, asking.what, NULL);
    return S_ISBLK(st.st_mode) ? ask_node(&asking, st.st_rdev) : ask_swap_file(&asking, path);
}

int in_use_vital_search(const struct in_use_vital *vital) {
    void *data = (void *)(uintptr_t)vital;
    int r = for_each_mount(ask_mount, data);

    return r < 0 ? r : swaps_find(ask_swap, data);
}
