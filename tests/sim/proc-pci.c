/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "procfs.h"

/* /proc/bus/pci/devices, as show_device() of drivers/pci/proc.c prints it. */

#define REGIONS 7 /* the BARs and the ROM: none is told of */

static void show_regions(struct text *out) {
    for (int i = 0; i < 2 * REGIONS; i++)
        text_add(out, "\t%16x", 0);
}

static void show_device(const struct device *device, struct text *out) {
    unsigned domain, bus, slot, function;

    if (sscanf(device->is->address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
        return;
    text_add(out, "%02x%02x\t%04x%04x\t%x", bus, slot << 3 | function, device->is->vendor,
             device->is->device, 0);
    show_regions(out);
    text_add(out, "\t%s\n", device->driver ? device->driver->name : "");
}

static int show_devices(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;

    for (size_t i = 0; i < model->n_devices; i++)
        if (model->devices[i].directory)
            show_device(&model->devices[i], out);
    return 0;
}

void proc_pci_add(struct model *model, struct node *proc) {
    static const struct file_kind devices = {.name = "devices", .mode = 0444, .show = show_devices};

    tree_permanent(tree_file(tree_permanent_path(proc, "bus/pci"), &devices, model));
}
