/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Mediated devices, as drivers/vfio/mdev of Linux 6.1 to 6.12 shows them. A parent has types, which
 * share a pool of units; a device is of one type and takes as many units as that costs.
 */

#include "model.h"

#define UUID_LENGTH 36

struct mdev_type {
    struct mdev_parent *parent;
    const struct machine_mdev_type *is;
    struct node *directory, *devices;
    struct file_kind *attributes; /* one for each that its devices have */
};

struct mdev_parent {
    struct model *model;
    const struct machine_mdev_parent *is;
    const char *name;       /* in /sys/class/mdev_bus */
    struct device *device;  /* NULL: not of the PCI bus */
    struct module *module;  /* NULL: it needs none */
    struct node *directory; /* NULL: it is no parent now */
    struct mdev_type *types;
    struct lock lock; /* the driver's; held while a device is made or taken away */
    unsigned left;    /* of the pool */
    unsigned busy;    /* creates and removes under way */
    bool leaving;     /* the kernel's unreg_sem */
};

enum mdev_stage {
    MDEV_COMING,
    MDEV_ACTIVE,
    MDEV_GOING,
    MDEV_GONE, /* but a process may still have a file of it open */
};

struct mdev_attribute {
    struct mdev *mdev;
    const char *name; /* vgpu/params */
    char *value;
};

struct mdev {
    struct mdev_type *type;
    struct mdev *next;
    char uuid[UUID_LENGTH + 1];
    enum mdev_stage stage;
    bool counted; /* its units are taken from the pool */
    struct node *directory, *remove_file, *group;
    struct lock lock; /* held while an attribute is written: removing waits for that */
    struct fault fault;
    struct mdev_attribute *attributes;
};

/* "0c7e..." in lower case, from text that begins with a UUID. False when it does not. */
bool mdev_parse_uuid(const char *text, char ret[UUID_LENGTH + 1]);

/* By its name, in /sys/class/mdev_bus or in the description. NULL: no such. */
struct mdev_parent *mdev_parent_of(const struct model *model, const char *name);

/* What writing to `create` does; `uuid` is in lower case. Returns 0 or a negative errno. */
int mdev_create(struct mdev_type *type, const char *uuid, struct caller *caller);

/* Takes a device out of the tree, and its units back into the pool. */
void mdev_take_down(struct mdev *mdev, struct caller *caller);

/* /sys/bus/mdev */
struct node *mdev_bus(struct model *model);
struct node *mdev_driver_directory(const struct mdev_parent *parent);

/* ---- mdev-attributes.c: the files in the directory of a device --------------------------------
 */

void mdev_attributes_add(struct mdev *mdev);
void mdev_attributes_remove(struct mdev *mdev);

/* The kinds of the files, which all devices of the type share. */
struct file_kind *mdev_attribute_kinds(const struct machine_mdev_type *type);
