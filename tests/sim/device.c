/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/*
 * Devices come and go: their place in the tree, the links that lead there, their IOMMU group. What
 * a description has of devices is there from the beginning, but for those that are absent: a device
 * is on the machine for as long as it has a directory.
 */

/* ---- places ---------------------------------------------------------------------------------- */

/* A function sits below its bridge, or on a root bus that is named by domain and bus; a virtual one
 * beside its physical one, whatever bus its address tells. NULL when the bridge is not there. */
static struct node *parent_directory(const struct device *device) {
    struct model *model = device->model;
    const struct machine_device *is = device->is;
    const struct device *bridge = is->below[0] ? model_device(model, is->below) : NULL;
    _cleanup_free_ char *bus = NULL;

    if (device->physfn)
        return device->physfn->directory ? device->physfn->directory->parent : NULL;
    if (is->below[0])
        return bridge ? bridge->directory : NULL;
    bus = new_format("pci%.*s", (int)(strlen(is->address) - strlen(":00.0")), is->address);
    return tree_permanent(tree_directory(tree_path(&model->tree.root, "devices"), bus));
}

static struct node *bus_directory(const struct device *device) {
    return tree_path(&device->model->tree.root, "bus/pci");
}

/* ---- IOMMU groups ---------------------------------------------------------------------------- */

static struct node *group_directory(const struct device *device) {
    struct node *groups = tree_path(&device->model->tree.root, "kernel/iommu_groups");
    _cleanup_free_ char *number = new_format("%d", device->is->group);

    return tree_permanent(tree_directory(groups, number));
}

static void join_group(struct device *device) {
    struct node *group, *members;

    if (device->is->group < 0)
        return;
    group = group_directory(device);
    members = tree_permanent(tree_directory(group, "devices"));
    if (!tree_find(group, "type"))
        tree_permanent(tree_constant(group, "type", "DMA"));
    tree_permanent(tree_link_to(members, device->is->address, device->directory));
    tree_permanent(tree_link_to(device->directory, "iommu_group", group));
}

/* With its last device a group goes. */
static void leave_group(struct device *device) {
    struct node *group, *members;

    if (device->is->group < 0)
        return;
    group = group_directory(device);
    members = tree_directory(group, "devices");
    tree_remove(tree_find(members, device->is->address));
    if (!members->children)
        tree_remove(group);
}

/* ---- physfn and virtfnN ---------------------------------------------------------------------- */

static void add_physfn_links(struct device *device) {
    struct device *physfn = device->physfn;
    _cleanup_free_ char *name = new_format("virtfn%u", device->vf_number);

    if (!physfn)
        return;
    tree_permanent(tree_link_to(device->directory, "physfn", physfn->directory));
    tree_permanent(tree_link_to(physfn->directory, name, device->directory));
}

static void remove_physfn_links(struct device *device) {
    _cleanup_free_ char *name = new_format("virtfn%u", device->vf_number);

    if (device->physfn && device->physfn->directory)
        tree_remove(tree_find(device->physfn->directory, name));
}

/* ---- coming and going ------------------------------------------------------------------------ */

int device_take(struct device *device, struct caller *caller) {
    int r = lock_take(&device->model->monitor, caller, &device->lock);

    if (r == 0 && !device->directory) {
        lock_drop(&device->lock);
        r = -ENODEV;
    }
    return r;
}

int device_appear(struct device *device) {
    struct node *parent = parent_directory(device), *bus = bus_directory(device);
    const struct machine_device *is = device->is;

    if (!parent)
        return -ENODEV;
    device->override = is->override ? new_string(is->override) : NULL;
    device->vfs_autoprobe = true;
    device->rom_enabled = false;
    device->directory = tree_permanent(tree_directory(parent, is->address));
    attributes_add(device);
    tree_permanent(tree_link_to(tree_directory(bus, "devices"), is->address, device->directory));
    tree_permanent(tree_link_to(device->directory, "subsystem", bus));
    join_group(device);
    add_physfn_links(device);
    return 0;
}

int device_vanish(struct device *device, struct caller *caller) {
    int r = driver_release(device, caller);

    /* What is a parent of mediated devices without a driver is none any more either. */
    if (r == 0 && !device->home)
        mdev_device_gone(device, caller);
    /* While a driver took its time somebody else may have done it. */
    if (r < 0 || !device->directory)
        return r;
    remove_physfn_links(device);
    leave_group(device);
    tree_remove(tree_find(tree_directory(bus_directory(device), "devices"), device->is->address));
    tree_remove(device->directory);
    device->directory = NULL;
    free(device->override);
    device->override = NULL;
    return 0;
}

/* ---- hot plug -------------------------------------------------------------------------------- */

int device_plug(struct device *device) {
    int r = device->directory ? -EEXIST : device_appear(device);

    if (r < 0)
        return r;
    model_log(device->model, 0, "plug %s", device->is->address);
    mdev_appear(device->model);
    return 0;
}

static bool goes_with(const struct device *other, const struct device *device) {
    return other->directory &&
           (other->physfn == device || strcmp(other->is->below, device->is->address) == 0);
}

static int unplug(struct device *device, struct caller *caller) {
    struct model *model = device->model;
    int r = 0;

    for (size_t i = 0; r == 0 && i < model->n_devices; i++)
        if (goes_with(&model->devices[i], device))
            r = unplug(&model->devices[i], caller);
    return r < 0 ? r : device_vanish(device, caller);
}

int device_unplug(struct device *device, struct caller *caller) {
    if (!device->directory)
        return -ENODEV;
    model_log(device->model, 0, "unplug %s", device->is->address);
    return unplug(device, caller);
}
