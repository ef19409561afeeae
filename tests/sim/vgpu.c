/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/*
 * NVIDIA's way of making a virtual function a vGPU on kernels whose VFIO needs no mdev for that: a
 * directory `nvidia`, there for as long as the driver is bound, in which the id of a type is
 * written to a file. With another driver the function is no vGPU any more.
 */

struct vgpu {
    struct device *device;
    const struct machine_vgpu *is;
    struct lock lock;
    struct fault fault;
    unsigned current; /* 0: none */
};

static int take(struct vgpu *vgpu, struct caller *caller) {
    return lock_take(&vgpu->device->model->monitor, caller, &vgpu->lock);
}

static int show_creatable_vgpu_types(struct caller *caller, void *object, struct text *out) {
    struct vgpu *vgpu = object;
    int r = take(vgpu, caller);

    if (r < 0)
        return r;
    text_add(out, "ID    : vGPU Name\n");
    for (size_t i = 0; !vgpu->current && i < vgpu->is->n_types; i++)
        text_add(out, "%-5u : %s\n", vgpu->is->ids[i], vgpu->is->names[i]);
    lock_drop(&vgpu->lock);
    return 0;
}

static int show_current_vgpu_type(struct caller *caller, void *object, struct text *out) {
    struct vgpu *vgpu = object;
    int r = take(vgpu, caller);

    if (r < 0)
        return r;
    text_add(out, "%u\n", vgpu->current);
    lock_drop(&vgpu->lock);
    return 0;
}

static bool is_type(const struct vgpu *vgpu, unsigned long id) {
    for (size_t i = 0; i < vgpu->is->n_types; i++)
        if (vgpu->is->ids[i] == id)
            return true;
    return id == 0;
}

static int become(struct vgpu *vgpu, unsigned long id, struct caller *caller) {
    struct device *device = vgpu->device;
    const char *const names[] = {device->is->address, NULL};
    int r = is_type(vgpu, id) ? 0 : -EINVAL;

    if (r == 0 && id != 0 && vgpu->current != 0 && id != vgpu->current)
        r = -EBUSY;
    if (r == 0)
        r = target_strike(device->model, caller, &vgpu->lock, OPERATION_VGPU, &vgpu->fault, names);
    if (r == 0)
        vgpu->current = (unsigned)id;
    model_log(device->model, r, "write %s/nvidia/current_vgpu_type \"%lu\"", device->is->address,
              id);
    return r;
}

static int store_current_vgpu_type(struct caller *caller, void *object, const char *value,
                                   size_t length) {
    struct vgpu *vgpu = object;
    char *end;
    unsigned long id = strtoul(value, &end, 10);
    int r;

    (void)length;
    if (end == value || end[*end == '\n'])
        return -EINVAL;
    r = take(vgpu, caller);
    if (r < 0)
        return r;
    r = tree_find(vgpu->device->directory, "nvidia") ? become(vgpu, id, caller) : -ENODEV;
    lock_drop(&vgpu->lock);
    return r;
}

static const struct file_kind files[] = {
    {.name = "creatable_vgpu_types", .mode = 0444, .show = show_creatable_vgpu_types},
    {.name = "current_vgpu_type",
     .mode = 0644,
     .show = show_current_vgpu_type,
     .store = store_current_vgpu_type},
};

void vgpu_appear(struct device *device) {
    struct node *directory;

    if (!device->vgpu)
        return;
    directory = tree_directory(device->directory, "nvidia");
    for (size_t i = 0; i < ELEMENTS(files); i++)
        tree_file(directory, &files[i], device->vgpu);
}

void vgpu_vanish(struct device *device, struct caller *caller) {
    struct vgpu *vgpu = device->vgpu;

    if (!vgpu)
        return;
    /* A file goes away only when nobody is writing to it. */
    lock_take_as_driver(&device->model->monitor, caller, &vgpu->lock);
    tree_remove(tree_find(device->directory, "nvidia"));
    vgpu->current = 0;
    lock_drop(&vgpu->lock);
}

void vgpu_add(struct model *model, const struct machine *machine) {
    for (size_t i = 0; i < machine->n_vgpus; i++) {
        const struct machine_vgpu *is = &machine->vgpus[i];
        struct device *device = model_described(model, is->address);

        if (!device || !device->home || device->vgpu)
            die(EXIT_FAILURE, "vgpu %s: no such device, or none with a driver, or told twice",
                is->address);
        device->vgpu = new_zeroed(1, sizeof *device->vgpu);
        *device->vgpu = (struct vgpu){.device = device, .is = is};
        monitor_condition(&device->vgpu->lock.changed);
    }
}

bool vgpu_release(struct model *model, const char *name) {
    bool found = false;

    for (size_t i = 0; i < model->n_devices; i++) {
        struct vgpu *vgpu = model->devices[i].vgpu;

        if (!vgpu || (name && strcmp(name, vgpu->is->address) != 0))
            continue;
        vgpu->fault.hang = false;
        lock_notify(&vgpu->lock);
        found = true;
    }
    return found;
}

void vgpu_show_state(struct device *const *devices, size_t count, struct text *out) {
    for (size_t i = 0; i < count; i++)
        if (devices[i]->vgpu)
            text_add(out, "%s vgpu %u\n", devices[i]->is->address, devices[i]->vgpu->current);
}
