/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who uses a disk. The kernel tells that somebody does by refusing to open it exclusively; who that
 * is is looked for only then. */

#include "in-use-search.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "disk-open.h"
#include "disk-users.h"
#include "file.h"

/* Volumes on volumes. */
#define DEPTH_MAX 16

/* A disk, or what is made of it, on the way to whoever uses it. */
struct disk {
    const char *name;  /* of the one below the device */
    const char *above; /* "volume vg-root" that it is part of; NULL: it is looked at itself */
};

/* What cannot be told counts as used. */
static void note_unknown(struct in_use *in_use, const char *name, int code) {
    in_use_note(in_use, IN_USE_VAGUELY, "its disk %s cannot be examined: %s", name, strerror(code));
}

static bool read_node(struct in_use *in_use, const char *name, int directory, dev_t *ret) {
    char text[32];
    unsigned major_number, minor_number;
    ssize_t length = file_read_line_at(directory, "dev", text, sizeof text);

    if (length < 0 && length != -ENOENT && length != -ENODEV)
        note_unknown(in_use, name, (int)-length);
    if (length < 0 || sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
        return false;
    *ret = makedev(major_number, minor_number);
    return true;
}

static void note_use(struct in_use *in_use, const struct disk *disk, const char *how) {
    if (disk->above)
        in_use_note(in_use, IN_USE_KNOWN, "its disk %s is part of %s, which is %s", disk->name,
                    disk->above, how);
    else
        in_use_note(in_use, IN_USE_KNOWN, "its disk %s is %s", disk->name, how);
}

/* Whether somebody was found who uses this one, and not what is made of it. */
static bool find_users(struct in_use *in_use, const struct disk *disk, dev_t node) {
    char how[IN_USE_TEXT_MAX];
    int r = disk_users_find(node, how, sizeof how);

    if (r < 0)
        note_unknown(in_use, disk->name, -r);
    if (r > 0)
        note_use(in_use, disk, how);
    return r > 0;
}

static bool find_holders(struct in_use *in_use, const struct disk *disk, int directory,
                         unsigned depth);

/* One that stands on the disk: a volume, an array. */
static void look_at_holder(struct in_use *in_use, const struct disk *disk, int holder,
                           const char *name, unsigned depth) {
    char title[128], above[sizeof title + 16];
    const struct disk higher = {disk->name, above};
    dev_t node;
    bool used = false;

    if (file_read_line_at(holder, "dm/name", title, sizeof title) > 0)
        snprintf(above, sizeof above, "volume %s", title);
    else
        snprintf(above, sizeof above, "%s", name);
    if (read_node(in_use, disk->name, holder, &node))
        used = find_users(in_use, &higher, node);
    used |= depth < DEPTH_MAX && find_holders(in_use, &higher, holder, depth + 1);
    if (!used)
        in_use_note(in_use, IN_USE_KNOWN, "its disk %s is part of %s", disk->name, above);
}

static bool find_holders(struct in_use *in_use, const struct disk *disk, int directory,
                         unsigned depth) {
    int fd = openat(directory, "holders", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *holders = fd < 0 ? NULL : fdopendir(fd);
    int r = holders || errno == ENOENT || errno == ENODEV ? 0 : -errno;
    bool any = false;

    for (struct dirent *entry = holders ? file_next_entry(holders, &r) : NULL; entry;
         entry = file_next_entry(holders, &r)) {
        _cleanup_close_ int holder = -1;

        if (entry->d_name[0] == '.')
            continue;
        any = true;
        holder = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (holder >= 0)
            look_at_holder(in_use, disk, holder, entry->d_name, depth);
        else
            in_use_note(in_use, IN_USE_KNOWN, "its disk %s is part of %s", disk->name,
                        entry->d_name);
    }
    if (r < 0)
        note_unknown(in_use, disk->name, -r);
    return any;
}

static void check_disk(struct in_use *in_use, int directory, const char *name) {
    const struct disk disk = {.name = name};
    char loop[32];
    dev_t node;
    bool named = false;
    int code = disk_open_exclusively(name), loops = 0;
    bool has_node = read_node(in_use, name, directory, &node);

    in_use->has_held_disk |= code == EBUSY;
    if (code == EBUSY && has_node)
        named = find_users(in_use, &disk, node);
    named |= find_holders(in_use, &disk, directory, 0);
    /* A loop device reads a disk without claiming it. */
    if (code == 0 && has_node)
        loops = disk_users_find_loop(node, loop, sizeof loop);
    if (loops < 0)
        note_unknown(in_use, name, -loops);
    if (loops > 0)
        in_use_note(in_use, IN_USE_KNOWN, "its disk %s is read by %s", name, loop);
    if (named || code == 0 || code == ENOMEDIUM)
        return;
    /* A disk is claimed as soon as one of its partitions is, which tells more. */
    if (code == EBUSY)
        in_use_note(in_use, IN_USE_VAGUELY,
                    "its disk %s is held by the kernel, for a volume, a pool or a file system",
                    name);
    else
        note_unknown(in_use, name, code);
}

/* With native multipath the disk hangs at the NVMe subsystem, and at the controller only a path to
 * it: nvme0c1n2 is one to nvme0n2. */
static void check_head(struct in_use *in_use, const char *name) {
    char path[sizeof "/sys/block/" + 64];
    _cleanup_close_ int directory = -1;
    int copy, r;
    _cleanup_closedir_ DIR *entries = NULL;

    snprintf(path, sizeof path, "/sys/block/%s", name);
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        if (errno != ENOENT)
            note_unknown(in_use, name, errno);
        return;
    }
    copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    entries = copy < 0 ? NULL : fdopendir(copy);
    r = entries ? 0 : -errno;
    for (struct dirent *entry = entries ? file_next_entry(entries, &r) : NULL; entry;
         entry = file_next_entry(entries, &r)) {
        _cleanup_close_ int partition = -1;

        if (strncmp(entry->d_name, name, strlen(name)) != 0)
            continue;
        partition = openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (partition >= 0)
            check_disk(in_use, partition, entry->d_name);
        else
            r = -errno;
    }
    if (r < 0)
        note_unknown(in_use, name, -r);
    check_disk(in_use, directory, name);
}

void in_use_check_disk(struct in_use *in_use, int directory, const char *name) {
    unsigned subsystem, controller, namespace;
    char head[64];

    if (sscanf(name, "nvme%uc%un%u", &subsystem, &controller, &namespace) == 3) {
        snprintf(head, sizeof head, "nvme%un%u", subsystem, namespace);
        check_head(in_use, head);
    } else if (faccessat(directory, "dev", F_OK, 0) == 0) {
        check_disk(in_use, directory, name);
    } else if (errno != ENOENT) {
        note_unknown(in_use, name, errno);
    }
}
