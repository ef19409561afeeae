/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From file systems and swap up to the PCI devices that they are on. */

#include "host-needs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "pci-path.h"
#include "pci-serial.h"
#include "sysfs.h"

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
    struct host_needs *needs;
    const char *what;
};

static int ask_device(const struct asking *asking, const char *path, unsigned depth);

/* ---- PCI devices -------------------------------------------------------------------------------
 */

static int note(const struct asking *asking, struct pci_address address, char *path) {
    struct host_needs *needs = asking->needs;
    _cleanup_close_ int directory = sysfs_open_device(address);
    struct host_need *larger;

    for (size_t i = 0; i < needs->count; i++)
        if (strcmp(needs->items[i].path, path) == 0) {
            free(path);
            return 0;
        }
    larger = reallocarray(needs->items, needs->count + 1, sizeof *larger);
    if (!larger) {
        free(path);
        return -ENOMEM;
    }
    needs->items = larger;
    larger[needs->count++] = (struct host_need){
        .path = path,
        .serial = directory < 0 ? 0 : pci_serial_read(directory),
        .what = strdup(asking->what),
    };
    return larger[needs->count - 1].what ? 0 : -ENOMEM;
}

static bool is_function(const char *step) {
    char name[PCI_ADDRESS_TEXT_MAX];
    struct pci_address address;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(step, "/"), step);
    return pci_address_parse(name, &address) == 0;
}

/* The PCI functions on the way to a device of /sys/devices, but for bridges, behind which the next
 * one is at once: the last one, and a controller that has PCI domains of its own below it. */
static int note_functions(const struct asking *asking, const char *path) {
    int r = 0;

    for (const char *slash = strchr(path, '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
        const char *end = slash + 1 + strcspn(slash + 1, "/");
        _cleanup_free_ char *way = strndup(path, (size_t)(end - path));
        struct pci_address address;
        char *stable;

        if (!way)
            return -ENOMEM;
        if (pci_address_parse(way + (slash + 1 - path), &address) < 0 ||
            (*end && is_function(end + 1)))
            continue;
        stable = pci_path_from_link(way);
        if (stable)
            r = note(asking, address, stable);
    }
    return r;
}

/* ---- block devices ------------------------------------------------------------------------------
 */

/* Each entry of a directory (of /sys) that a callback likes is a device. */
static int ask_entries(const struct asking *asking, const char *path, const char *name,
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
static int ask_subsystem(const struct asking *asking, char *path, unsigned depth) {
    char *disk = strstr(path, "/nvme-subsystem/"), *name = disk + strlen("/nvme-subsystem/");

    name[strcspn(name, "/")] = '\0';
    return ask_entries(asking, path, ".", is_controller, depth);
}

/* A directory of /sys, or a link to one. */
static int ask_device(const struct asking *asking, const char *path, unsigned depth) {
    _cleanup_free_ char *real = realpath(path, NULL);
    int r;

    if (!real || depth > DEPTH_MAX)
        return 0;
    r = ask_entries(asking, real, "slaves", is_any, depth);
    if (r == 0 && strstr(real, "/nvme-subsystem/"))
        return ask_subsystem(asking, real, depth);
    return r < 0 ? r : note_functions(asking, real);
}

static int ask_node(const struct asking *asking, dev_t node) {
    char path[64];

    snprintf(path, sizeof path, "/sys/dev/block/%u:%u", major(node), minor(node));
    return ask_device(asking, path, 0);
}

/* A btrfs knows all of its devices; a mount names one of them. */
static int ask_btrfs(const struct asking *asking, const char *device) {
    _cleanup_closedir_ DIR *systems = opendir("/sys/fs/btrfs");
    const char *name = strrchr(device, '/') + 1;
    int r = 0;

    for (struct dirent *entry = systems ? readdir(systems) : NULL; entry && r == 0;
         entry = readdir(systems)) {
        char devices[sizeof "/sys/fs/btrfs//devices" + NAME_MAX],
            member[sizeof devices + NAME_MAX + 1];

        snprintf(devices, sizeof devices, "/sys/fs/btrfs/%s/devices", entry->d_name);
        snprintf(member, sizeof member, "%s/%s", devices, name);
        if (access(member, F_OK) == 0)
            r = ask_entries(asking, devices, ".", is_any, 0);
    }
    return r;
}

static int ask_source(const struct asking *asking, const char *source, const char *type) {
    struct stat st;
    int r;

    if (*source != '/' || stat(source, &st) < 0 || !S_ISBLK(st.st_mode))
        return 0;
    r = ask_node(asking, st.st_rdev);
    return r == 0 && strcmp(type, "btrfs") == 0 ? ask_btrfs(asking, source) : r;
}

/* ---- file systems and swap ----------------------------------------------------------------------
 */

static void close_mounts(FILE **mounts) {
    if (*mounts)
        endmntent(*mounts);
}

static int ask_mount(struct host_needs *needs, const struct mntent *mount) {
    for (size_t i = 0; i < ELEMENTS(mount_points); i++)
        if (strcmp(mount->mnt_dir, mount_points[i].directory) == 0)
            return ask_source(&(struct asking){needs, mount_points[i].what}, mount->mnt_fsname,
                              mount->mnt_type);
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

static int ask_swaps(struct host_needs *needs) {
    _cleanup_fclose_ FILE *swaps = fopen("/proc/swaps", "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    int r = 0;

    while (swaps && r == 0 && getline(&line, &room, swaps) >= 0) {
        line[strcspn(line, " \t")] = '\0';
        r = ask_source(&(struct asking){needs, "swap"}, line, "swap");
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
