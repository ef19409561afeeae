/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/* The files of a PCI function, with the texts that drivers/pci/pci-sysfs.c gives them. */

#define ATTRIBUTE(attribute, ...)                                                                  \
    static int show_##attribute(struct caller *caller, void *object, struct text *out) {           \
        const struct device *device = object;                                                      \
                                                                                                   \
        (void)caller;                                                                              \
        text_add(out, __VA_ARGS__);                                                                \
        return 0;                                                                                  \
    }

ATTRIBUTE(vendor, "0x%04x\n", device->is->vendor)
ATTRIBUTE(device, "0x%04x\n", device->is->device)
ATTRIBUTE(subsystem_vendor, "0x%04x\n", device->is->subvendor)
ATTRIBUTE(subsystem_device, "0x%04x\n", device->is->subdevice)
ATTRIBUTE(class, "0x%06x\n", device->is->class_code)
ATTRIBUTE(revision, "0x%02x\n", device->is->revision)
ATTRIBUTE(modalias, "%s\n", device->modalias)
ATTRIBUTE(numa_node, "%d\n", device->is->numa)
ATTRIBUTE(enable, "%d\n", device->driver ? 1 : 0)
ATTRIBUTE(power_state, "%s\n", device->is->asleep ? "D3cold" : "D0")
ATTRIBUTE(boot_vga, "%d\n", device->is->boot_vga)

/* ---- files behind the device lock --------------------------------------------------------------
 */

static int show_driver_override(struct caller *caller, void *object, struct text *out) {
    struct device *device = object;
    struct model *model = device->model;
    int r = device_take(device, caller);

    if (r < 0)
        return r;
    r = fault_strike(model, caller, &device->lock, &device->faults[OPERATION_OVERRIDE_READ], NULL);
    if (r == 0)
        text_add(out, "%s\n", device->override ? device->override : "(null)");
    lock_drop(&device->lock);
    return r;
}

/* driver_set_override() */
static int store_driver_override(struct caller *caller, void *object, const char *value,
                                 size_t length) {
    struct device *device = object;
    struct model *model = device->model;
    size_t end = strcspn(value, "\n");
    int r;

    if (length >= 4096 - 1)
        return -EINVAL;
    r = device_take(device, caller);
    if (r < 0)
        return r;
    r = fault_strike(model, caller, &device->lock, &device->faults[OPERATION_OVERRIDE_WRITE], NULL);
    if (r == 0) {
        free(device->override);
        device->override = end > 0 ? new_string_n(value, end) : NULL;
    }
    model_log(model, r, "write %s/driver_override \"%.*s\"", device->is->address, (int)end, value);
    lock_drop(&device->lock);
    return r;
}

static int show_uevent(struct caller *caller, void *object, struct text *out) {
    struct device *device = object;
    const struct machine_device *is = device->is;
    int r = device_take(device, caller);

    if (r < 0)
        return r;
    if (device->driver)
        text_add(out, "DRIVER=%s\n", device->driver->name);
    text_add(out, "PCI_CLASS=%04X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\n", is->class_code,
             is->vendor, is->device, is->subvendor, is->subdevice);
    text_add(out, "PCI_SLOT_NAME=%s\nMODALIAS=%s\n", is->address, device->modalias);
    lock_drop(&device->lock);
    return 0;
}

static int store_uevent(struct caller *caller, void *object, const char *value, size_t length) {
    const struct device *device = object;

    (void)caller;
    (void)value;
    (void)length;
    model_log(device->model, 0, "write %s/uevent", device->is->address);
    return 0;
}

/* ---- the directory -----------------------------------------------------------------------------
 */

static const struct file_kind all_have[] = {
    {.name = "vendor", .mode = 0444, .show = show_vendor},
    {.name = "device", .mode = 0444, .show = show_device},
    {.name = "subsystem_vendor", .mode = 0444, .show = show_subsystem_vendor},
    {.name = "subsystem_device", .mode = 0444, .show = show_subsystem_device},
    {.name = "class", .mode = 0444, .show = show_class},
    {.name = "revision", .mode = 0444, .show = show_revision},
    {.name = "modalias", .mode = 0444, .show = show_modalias},
    {.name = "numa_node", .mode = 0444, .show = show_numa_node},
    {.name = "enable", .mode = 0444, .show = show_enable},
    {.name = "power_state", .mode = 0444, .show = show_power_state},
    /* There to be opened, as a lock; what can be pulled out is pulled out by `unplug`. */
    {.name = "remove", .mode = 0220},
    {.name = "uevent", .mode = 0644, .show = show_uevent, .store = store_uevent},
    {.name = "driver_override",
     .mode = 0644,
     .show = show_driver_override,
     .store = store_driver_override},
};

static const struct file_kind displays_have[] = {
    {.name = "boot_vga", .mode = 0444, .show = show_boot_vga},
};

static void add_files(struct device *device, const struct file_kind *kinds, size_t count) {
    for (size_t i = 0; i < count; i++)
        tree_file(device->directory, &kinds[i], device)->permanent = true;
}

void attributes_add(struct device *device) {
    add_files(device, all_have, ELEMENTS(all_have));
    config_add(device);
    rom_add(device);
    sriov_add(device);
    if (device->is->class_code >> 8 == 0x0300)
        add_files(device, displays_have, ELEMENTS(displays_have));
}
