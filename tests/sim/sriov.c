/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/* The virtual functions of a device, as drivers/pci/iov.c makes them and takes them away. */

#define ATTRIBUTE(attribute, ...)                                                                  \
    static int show_##attribute(struct caller *caller, void *object, struct text *out) {           \
        const struct device *device = object;                                                      \
                                                                                                   \
        (void)caller;                                                                              \
        text_add(out, __VA_ARGS__);                                                                \
        return 0;                                                                                  \
    }

ATTRIBUTE(sriov_totalvfs, "%u\n", device->is->vfs.total)
ATTRIBUTE(sriov_offset, "%u\n", device->is->vfs.offset)
ATTRIBUTE(sriov_stride, "%u\n", device->is->vfs.stride)
ATTRIBUTE(sriov_vf_device, "%x\n", device->is->vfs.device)
ATTRIBUTE(sriov_drivers_autoprobe, "%d\n", device->vfs_autoprobe)

/* ---- sriov_numvfs ---------------------------------------------------------------------------- */

static unsigned count_vfs(const struct device *physfn) {
    const struct model *model = physfn->model;
    unsigned count = 0;

    for (size_t i = 0; i < model->n_devices; i++)
        count += model->devices[i].physfn == physfn && model->devices[i].directory;
    return count;
}

static int show_sriov_numvfs(struct caller *caller, void *object, struct text *out) {
    struct device *device = object;
    int r = device_take(device, caller);

    if (r < 0)
        return r;
    text_add(out, "%u\n", count_vfs(device));
    lock_drop(&device->lock);
    return 0;
}

/* One after the other, and each is probed before the next one is there. That a driver does not want
 * one of them is nobody's business. */
static int enable(struct device *physfn, unsigned count, struct caller *caller) {
    struct model *model = physfn->model;

    for (size_t i = 0; i < model->n_devices; i++) {
        struct device *device = &model->devices[i];
        int r;

        if (device->physfn != physfn || device->vf_number >= count)
            continue;
        r = device_appear(device);
        if (r < 0)
            return r;
        (void)driver_probe(device, caller);
    }
    return 0;
}

/* `only_made`: not those that are there at boot. */
static int disable(struct device *physfn, bool only_made, struct caller *caller) {
    struct model *model = physfn->model;
    int r = 0;

    for (size_t i = 0; r == 0 && i < model->n_devices; i++) {
        struct device *device = &model->devices[i];

        if (device->physfn == physfn && device->directory && (device->is->absent || !only_made))
            r = device_vanish(device, caller);
    }
    return r;
}

/* sriov_numvfs_store() with the lock held; a vfio driver has no sriov_configure() by default. */
static int set_numvfs(struct device *physfn, unsigned count, struct caller *caller) {
    const struct driver *driver = physfn->driver;
    unsigned there = count_vfs(physfn);
    int r;

    if (count == there)
        return 0;
    if (!driver || (driver->module && driver->module->is->vfio))
        return -ENOENT;
    if (count > 0 && there > 0)
        return -EBUSY;
    r = fault_strike(physfn->model, caller, &physfn->lock, &physfn->faults[OPERATION_SRIOV],
                     driver->name);
    if (r < 0)
        return r;
    return count > 0 ? enable(physfn, count, caller) : disable(physfn, false, caller);
}

static int lock_and_set(struct device *physfn, unsigned count, struct caller *caller) {
    int r = device_take(physfn, caller);

    if (r < 0)
        return r;
    r = set_numvfs(physfn, count, caller);
    lock_drop(&physfn->lock);
    return r;
}

static int store_sriov_numvfs(struct caller *caller, void *object, const char *value,
                              _unused_ size_t length) {
    struct device *device = object;
    unsigned long count;
    int r = parse_count(value, UINT16_MAX, &count) < 0 ? -EINVAL : 0;

    if (r == 0)
        r = count > device->is->vfs.total ? -ERANGE : lock_and_set(device, (unsigned)count, caller);
    model_log(device->model, r, "write %s/sriov_numvfs \"%.*s\"", device->is->address,
              (int)strcspn(value, "\n"), value);
    return r;
}

void sriov_driver_gone(struct device *physfn, struct caller *caller) {
    (void)disable(physfn, true, caller);
}

/* ---- sriov_drivers_autoprobe ----------------------------------------------------------------- */

static int store_sriov_drivers_autoprobe(_unused_ struct caller *caller, void *object,
                                         const char *value, _unused_ size_t length) {
    struct device *device = object;

    device->vfs_autoprobe = value[0] != '0';
    model_log(device->model, 0, "write %s/sriov_drivers_autoprobe \"%d\"", device->is->address,
              device->vfs_autoprobe);
    return 0;
}

static const struct file_kind files[] = {
    {.name = "sriov_totalvfs", .mode = 0444, .show = show_sriov_totalvfs},
    {.name = "sriov_offset", .mode = 0444, .show = show_sriov_offset},
    {.name = "sriov_stride", .mode = 0444, .show = show_sriov_stride},
    {.name = "sriov_vf_device", .mode = 0444, .show = show_sriov_vf_device},
    {.name = "sriov_numvfs", .mode = 0644, .show = show_sriov_numvfs, .store = store_sriov_numvfs},
    {.name = "sriov_drivers_autoprobe",
     .mode = 0644,
     .show = show_sriov_drivers_autoprobe,
     .store = store_sriov_drivers_autoprobe},
};

void sriov_add(struct device *device) {
    for (size_t i = 0; device->is->vfs.total > 0 && i < ELEMENTS(files); i++)
        tree_permanent(tree_file(device->directory, &files[i], device));
}
