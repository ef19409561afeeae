/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Mediated devices in /sys (kernel Documentation/driver-api/vfio-mediated-device.rst): parents in
 * /sys/class/mdev_bus offer types, and make devices of them, each named by a UUID.
 */

#include <stdbool.h>

#include "error.h"

#define MDEV_NAME_MAX 64

/* Whether a text can be the name of a parent or a type: one component of a path in /sys. */
bool mdev_name_valid(const char *name);

/* Whether a text can be the name of a device's attribute: one component of a path, or two, as in
 * "vgpu/params". */
bool mdev_attribute_valid(const char *name);

/* What is at a UUID. */
struct mdev {
    char uuid[37];
    char parent[MDEV_NAME_MAX];
    char type[MDEV_NAME_MAX];
    int group; /* IOMMU group, -1: none */
};

/* Reads what a device is; never blocks. -ENOENT: there is none; -EAGAIN: one is being created or
 * removed right now. */
int mdev_read(const char *uuid, struct mdev *ret) _must_check_;

/* Whether the parent still has a directory for a device that cannot be found by its UUID any more:
 * it is being removed, and the kernel has not come to an end with it. */
bool mdev_is_leaving(const char *uuid, const char *parent);

/* A descriptor of a parent's directory for one of its types, or a negative errno. */
int mdev_open_type(const char *parent, const char *type) _must_check_;

/* Creates a device. May block. -ENOENT: the parent offers no such type; -ENOSPC: no instance is
 * free; -EEXIST: there is one of this UUID. */
int mdev_create(const char *uuid, const char *parent, const char *type) _must_check_;

/* Writes one attribute of a device, in one write. May block. */
int mdev_write_attribute(const char *uuid, const char *name, const char *value) _must_check_;

/* Waits until nobody holds the device: removing it under its user leaks it. -EBUSY with a sentence
 * that names the holder when it is still held shortly before the deadline. */
int mdev_wait_until_free(const struct mdev *mdev, uint64_t deadline,
                         struct error *error) _must_check_;

/* Removes a device. May block. -ENOENT: it is gone already, or being removed. */
int mdev_remove(const char *uuid) _must_check_;
