/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>

#include "file.h"
#include "text.h"
#include "uuid.h"
#include "vfio.h"

#define MDEV_DEVICES "/sys/bus/mdev/devices"
#define MDEV_PARENTS "/sys/class/mdev_bus"

static bool is_component(const char *text, size_t length) {
    if (length == 0 || length >= MDEV_NAME_MAX || text[0] == '.')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'A' && text[i] <= 'Z') ||
              (text[i] >= 'a' && text[i] <= 'z') || strchr("_:.+-", text[i])))
            return false;
    return true;
}

bool mdev_name_valid(const char *name) {
    return is_component(name, strlen(name));
}

bool mdev_attribute_valid(const char *name) {
    const char *slash = strchr(name, '/');

    return slash ? is_component(name, (size_t)(slash - name)) && mdev_name_valid(slash + 1)
                 : mdev_name_valid(name);
}

static int open_device(const char *uuid) {
    char path[sizeof MDEV_DEVICES "/" + 37], usual[37];
    int fd;

    if (uuid_normalize(uuid, usual) < 0)
        return -EINVAL;
    snprintf(path, sizeof path, MDEV_DEVICES "/%s", usual);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* The directory above the device's own, in /sys/devices, is its parent's. */
static int read_parent(const char *uuid, char *ret) {
    char path[sizeof MDEV_DEVICES "/" + 37], target[PATH_MAX];
    ssize_t length;
    char *slash;

    snprintf(path, sizeof path, MDEV_DEVICES "/%s", uuid);
    length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return -errno;
    target[length] = '\0';
    slash = strrchr(target, '/');
    if (!slash)
        return -EINVAL;
    *slash = '\0';
    slash = strrchr(target, '/');
    if (!slash || strlen(slash + 1) >= MDEV_NAME_MAX)
        return -EINVAL;
    strcpy(ret, slash + 1);
    return 0;
}

static int read_group(int device) {
    char name[16];
    int group;

    if (file_link_name_at(device, "iommu_group", name, sizeof name) < 0 ||
        sscanf(name, "%d", &group) != 1)
        return -1;
    return group;
}

int mdev_read(const char *uuid, struct mdev *ret) {
    _cleanup_close_ int device = open_device(uuid);
    struct mdev mdev = {0};
    int r;

    if (device < 0)
        return device;
    r = uuid_normalize(uuid, mdev.uuid);
    if (r >= 0)
        r = read_parent(mdev.uuid, mdev.parent);
    if (r < 0)
        return r;
    /* The link appears last, and vanishes first. */
    r = file_link_name_at(device, "mdev_type", mdev.type, sizeof mdev.type);
    if (r < 0)
        return r == -ENOENT ? -EAGAIN : r;
    mdev.group = read_group(device);
    *ret = mdev;
    return 0;
}

bool mdev_is_leaving(const char *uuid, const char *parent) {
    char path[sizeof MDEV_PARENTS "//" + MDEV_NAME_MAX + 37];

    snprintf(path, sizeof path, MDEV_PARENTS "/%s/%s", parent, uuid);
    return access(path, F_OK) == 0;
}

int mdev_open_type(const char *parent, const char *type) {
    char path[sizeof MDEV_PARENTS "//mdev_supported_types/" + (size_t)2 * MDEV_NAME_MAX];
    int fd;

    if (!mdev_name_valid(parent) || !mdev_name_valid(type))
        return -EINVAL;
    snprintf(path, sizeof path, MDEV_PARENTS "/%s/mdev_supported_types/%s", parent, type);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int mdev_create(const char *uuid, const char *parent, const char *type) {
    _cleanup_close_ int directory = mdev_open_type(parent, type);
    int r = directory < 0 ? directory : file_write_at(directory, "create", uuid);

    /* Drivers say it in either way. */
    return r == -EUSERS ? -ENOSPC : r;
}

int mdev_write_attribute(const char *uuid, const char *name, const char *value) {
    /* A link leads to something that is not this device's. */
    struct open_how how = {
        .flags = O_WRONLY | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
    };
    _cleanup_close_ int device = open_device(uuid), fd = -1;

    if (device < 0)
        return device;
    fd = (int)syscall(SYS_openat2, device, name, &how, sizeof how);
    if (fd < 0)
        return -errno;
    return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

int mdev_wait_until_free(const struct mdev *mdev, uint64_t deadline, struct error *error) {
    _cleanup_free_ char *holder = NULL;

    if (mdev->group < 0 || vfio_wait_until_free(mdev->group, deadline, &holder) == 0)
        return 0;
    return error_set(error, EBUSY,
                     "mediated device %s cannot be removed: %s still holds its IOMMU group %d",
                     mdev->uuid, holder ? holder : "a process", mdev->group);
}

int mdev_remove(const char *uuid) {
    _cleanup_close_ int device = open_device(uuid);

    return device < 0 ? device : file_write_at(device, "remove", "1");
}
