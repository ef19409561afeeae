/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/*
 * Creating and removing mediated devices, in the order of drivers/vfio/mdev/mdev_core.c: `remove`
 * is there before the driver has begun with the device, `mdev_type` only when it has ended. What a
 * test makes slow is the driver's part, under a lock of the driver's.
 */

bool mdev_parse_uuid(const char *text, char ret[UUID_LENGTH + 1]) {
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
        ret[i] = (char)tolower((unsigned char)text[i]);
    }
    ret[UUID_LENGTH] = '\0';
    return true;
}

static struct mdev *find(const struct model *model, const char *uuid) {
    struct mdev *mdev = model->mdevs;

    while (mdev && strcmp(mdev->uuid, uuid) != 0)
        mdev = mdev->next;
    return mdev;
}

static void log_of(const struct mdev *mdev, int error, const char *verb) {
    const struct mdev_parent *parent = mdev->type->parent;

    model_log(parent->model, error, "%s %s %s %s", verb, mdev->uuid, parent->name,
              mdev->type->is->name);
}

static int strike(struct mdev *mdev, enum operation operation, struct caller *caller) {
    struct mdev_parent *parent = mdev->type->parent;
    const char *const names[] = {mdev->uuid, parent->name};

    return target_strike(parent->model, caller, &parent->lock, operation, &mdev->fault, names);
}

/* ---- units of the pool ------------------------------------------------------------------------
 */

static bool take_units(struct mdev *mdev) {
    struct mdev_parent *parent = mdev->type->parent;

    if (!mdev->counted && parent->left < mdev->type->is->cost)
        return false;
    parent->left -= mdev->counted ? 0 : mdev->type->is->cost;
    return mdev->counted = true;
}

static void give_units(struct mdev *mdev) {
    mdev->type->parent->left += mdev->counted ? mdev->type->is->cost : 0;
    mdev->counted = false;
}

/* ---- the IOMMU group ---------------------------------------------------------------------------
 */

/* The lowest number that is free, as the kernel gives them. */
static struct node *new_group(struct model *model) {
    struct node *groups = tree_path(&model->tree.root, "kernel/iommu_groups");

    for (unsigned number = 0;; number++) {
        _cleanup_free_ char *name = new_format("%u", number);

        if (!tree_find(groups, name))
            return tree_directory(groups, name);
    }
}

static void add_group(struct mdev *mdev) {
    mdev->group = new_group(mdev->type->parent->model);
    tree_constant(mdev->group, "type", "unknown");
    tree_link_to(tree_directory(mdev->group, "devices"), mdev->uuid, mdev->directory);
    tree_link_to(mdev->directory, "iommu_group", mdev->group);
}

static void remove_group(struct mdev *mdev) {
    tree_remove(tree_find(mdev->directory, "iommu_group"));
    tree_remove(mdev->group);
    mdev->group = NULL;
}

/* ---- on the bus, and with a driver -------------------------------------------------------------
 */

static int show_uevent(struct caller *caller, void *object, struct text *out) {
    const struct mdev *mdev = object;

    (void)caller;
    if (tree_find(mdev->directory, "driver"))
        text_add(out, "DRIVER=%s\n", mdev_driver_directory(mdev->type->parent)->name);
    return 0;
}

static int store_remove(struct caller *caller, void *object, const char *value, size_t length);

static const struct file_kind uevent_file = {.name = "uevent", .mode = 0444, .show = show_uevent};
static const struct file_kind remove_file = {.name = "remove", .mode = 0200, .store = store_remove};

static struct node *bus_devices(const struct mdev *mdev) {
    return tree_directory(mdev_bus(mdev->type->parent->model), "devices");
}

/* device_add() */
static void add_device(struct mdev *mdev) {
    mdev->directory = tree_directory(mdev->type->parent->directory, mdev->uuid);
    tree_file(mdev->directory, &uevent_file, mdev);
    mdev->remove_file = tree_file(mdev->directory, &remove_file, mdev);
    tree_link_to(mdev->directory, "subsystem", mdev_bus(mdev->type->parent->model));
    tree_link_to(bus_devices(mdev), mdev->uuid, mdev->directory);
}

static void add_driver_links(struct mdev *mdev) {
    struct node *driver = mdev_driver_directory(mdev->type->parent);

    tree_link_to(mdev->directory, "driver", driver);
    tree_link_to(driver, mdev->uuid, mdev->directory);
}

static void remove_driver_links(struct mdev *mdev) {
    tree_remove(tree_find(mdev->directory, "driver"));
    tree_remove(tree_find(mdev_driver_directory(mdev->type->parent), mdev->uuid));
}

/* The first half of device_del(): what vanishes before the driver is asked. */
static void leave_bus(struct mdev *mdev) {
    tree_remove(tree_find(mdev->directory, "uevent"));
    tree_remove(mdev->remove_file);
    mdev->remove_file = NULL;
    tree_remove(tree_find(mdev->directory, "subsystem"));
    tree_remove(tree_find(bus_devices(mdev), mdev->uuid));
}

/* mdev_device_release(). What programs may still have open is not freed. */
static void forget(struct mdev *mdev) {
    struct mdev **place = &mdev->type->parent->model->mdevs;

    while (*place != mdev)
        place = &(*place)->next;
    *place = mdev->next;
    give_units(mdev);
    tree_remove(mdev->directory);
    mdev->directory = mdev->remove_file = NULL;
    mdev->stage = MDEV_GONE;
}

/* ---- create ------------------------------------------------------------------------------------
 */

static struct mdev *new_mdev(struct mdev_type *type, const char *uuid) {
    struct model *model = type->parent->model;
    struct mdev *mdev = new_zeroed(1, sizeof *mdev);

    *mdev = (struct mdev){.type = type, .next = model->mdevs};
    snprintf(mdev->uuid, sizeof mdev->uuid, "%s", uuid);
    monitor_condition(&mdev->lock.changed);
    return model->mdevs = mdev;
}

/* The probe() of the driver. */
static int probe(struct mdev *mdev, struct caller *caller) {
    struct mdev_parent *parent = mdev->type->parent;
    int r;

    lock_take_as_driver(&parent->model->monitor, caller, &parent->lock);
    r = strike(mdev, OPERATION_CREATE, caller);
    if (r == 0 && !take_units(mdev))
        r = -parent->is->full;
    if (r == 0)
        add_group(mdev);
    lock_drop(&parent->lock);
    return r;
}

/* device_driver_attach(), mdev_create_sysfs_files() */
static int attach(struct mdev *mdev, struct caller *caller) {
    int r;

    add_driver_links(mdev);
    r = probe(mdev, caller);
    if (r < 0) {
        remove_driver_links(mdev);
        return r;
    }
    mdev_attributes_add(mdev);
    tree_link_to(mdev->type->devices, mdev->uuid, mdev->directory);
    tree_link_to(mdev->directory, "mdev_type", mdev->type->directory);
    mdev->stage = MDEV_ACTIVE;
    return 0;
}

static int create(struct mdev *mdev, struct caller *caller) {
    struct mdev_parent *parent = mdev->type->parent;
    int r;

    /* Where the kernel itself counts, that comes before all else. */
    if (parent->is->full == EUSERS && !take_units(mdev))
        return -EUSERS;
    if (!parent->directory || parent->leaving)
        return -ENODEV;
    add_device(mdev);
    parent->busy++;
    r = attach(mdev, caller);
    parent->busy--;
    if (r < 0)
        leave_bus(mdev);
    return r;
}

int mdev_create(struct mdev_type *type, const char *uuid, struct caller *caller) {
    struct mdev *mdev;
    int r;

    if (find(type->parent->model, uuid))
        return -EEXIST;
    mdev = new_mdev(type, uuid);
    r = create(mdev, caller);
    if (r < 0)
        forget(mdev);
    return r;
}

/* ---- remove ------------------------------------------------------------------------------------
 */

static void detach(struct mdev *mdev, struct caller *caller) {
    struct mdev_parent *parent = mdev->type->parent;

    remove_driver_links(mdev);
    mdev_attributes_remove(mdev);
    lock_take_as_driver(&parent->model->monitor, caller, &parent->lock);
    (void)strike(mdev, OPERATION_REMOVE, caller);
    remove_group(mdev);
    give_units(mdev);
    lock_drop(&parent->lock);
}

void mdev_take_down(struct mdev *mdev, struct caller *caller) {
    struct mdev_parent *parent = mdev->type->parent;

    log_of(mdev, 0, "remove");
    mdev->stage = MDEV_GOING;
    parent->busy++;
    tree_remove(tree_find(mdev->directory, "mdev_type"));
    tree_remove(tree_find(mdev->type->devices, mdev->uuid));
    leave_bus(mdev);
    /* A file goes away only when nobody is writing to it. */
    lock_take_as_driver(&parent->model->monitor, caller, &mdev->lock);
    detach(mdev, caller);
    forget(mdev);
    lock_drop(&mdev->lock);
    parent->busy--;
}

/* No kernel since 5.2 does this: only what comes before the driver can fail. */
static int fail_remove(struct mdev *mdev, struct caller *caller) {
    const char *const names[] = {mdev->uuid, mdev->type->parent->name};

    return target_fail(mdev->type->parent->model, caller, OPERATION_REMOVE, names);
}

/* `remove` has vanished, and while the device is not complete that is all that happens. */
static int remove_too_early(struct mdev *mdev) {
    tree_remove(mdev->remove_file);
    mdev->remove_file = NULL;
    log_of(mdev, -EAGAIN, "remove");
    return -EAGAIN;
}

/* remove_store(), mdev_device_remove() */
static int store_remove(struct caller *caller, void *object, const char *value, size_t length) {
    struct mdev *mdev = object;
    char *end;
    unsigned long number = strtoul(value, &end, 0);
    int r;

    (void)length;
    if (end == value || end[*end == '\n'])
        return -EINVAL;
    if (mdev->stage == MDEV_GONE || mdev->type->parent->leaving)
        return -ENODEV;
    if (number == 0 || !mdev->remove_file)
        return 0;
    if (mdev->stage == MDEV_COMING)
        return remove_too_early(mdev);
    r = fail_remove(mdev, caller);
    if (r < 0)
        log_of(mdev, r, "remove");
    else
        mdev_take_down(mdev, caller);
    return r;
}

/* ---- for tests ---------------------------------------------------------------------------------
 */

bool mdev_release(struct model *model, const char *name) {
    bool found = false;

    for (struct mdev *mdev = model->mdevs; mdev; mdev = mdev->next) {
        struct mdev_parent *parent = mdev->type->parent;

        if (name && strcmp(name, mdev->uuid) != 0 && strcmp(name, parent->name) != 0)
            continue;
        mdev->fault.hang = false;
        lock_notify(&parent->lock);
        lock_notify(&mdev->lock);
        found = true;
    }
    return found;
}

static int by_uuid(const void *a, const void *b) {
    const struct mdev *const *one = a, *const *two = b;

    return strcmp((*one)->uuid, (*two)->uuid);
}

void mdev_show_state(struct model *model, struct text *out) {
    _cleanup_free_ const struct mdev **sorted = NULL;
    size_t count = 0;

    for (const struct mdev *mdev = model->mdevs; mdev; mdev = mdev->next) {
        /* An array of pointers is meant. NOLINTNEXTLINE(bugprone-sizeof-expression) */
        sorted = grow(sorted, count + 1, sizeof *sorted);
        sorted[count++] = mdev;
    }
    if (count > 0) /* NOLINTNEXTLINE(bugprone-sizeof-expression) */
        qsort(sorted, count, sizeof *sorted, by_uuid);
    for (size_t i = 0; i < count; i++)
        text_add(out, "%s %s %s\n", sorted[i]->uuid, sorted[i]->type->parent->name,
                 sorted[i]->type->is->name);
}
