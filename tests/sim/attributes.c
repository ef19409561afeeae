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
ATTRIBUTE(boot_vga, "%d\n", device->is->boot_vga)
ATTRIBUTE(sriov_totalvfs, "%u\n", device->is->total_vfs)
ATTRIBUTE(sriov_drivers_autoprobe, "%d\n", device->vfs_autoprobe)

/* ---- config: the first 64 bytes, which any user may read --------------------------------------
 */

static void put16(unsigned char *config, size_t offset, unsigned value) {
    config[offset] = (unsigned char)value;
    config[offset + 1] = (unsigned char)(value >> 8);
}

static bool is_multifunction(const struct device *device) {
    char other[ADDRESS_MAX];
    size_t function = strlen(device->is->address) - 1;

    memcpy(other, device->is->address, sizeof other);
    for (other[function] = '0'; other[function] < '8'; other[function]++)
        if (strcmp(other, device->is->address) != 0 && model_device(device->model, other))
            return true;
    return false;
}

static int show_config(struct caller *caller, void *object, struct text *out) {
    const struct device *device = object;
    const struct machine_device *is = device->is;
    unsigned char config[64] = {0};

    (void)caller;
    put16(config, 0x00, is->vendor);
    put16(config, 0x02, is->device);
    put16(config, 0x04, device->driver ? 0x0006 : 0x0000);
    put16(config, 0x06, 0x0010);
    config[0x08] = is->revision;
    put16(config, 0x09, is->class_code & 0xffff);
    config[0x0b] = (unsigned char)(is->class_code >> 16);
    config[0x0e] = (unsigned char)(is->header | (is_multifunction(device) ? 0x80 : 0));
    if (is->header == 0) {
        put16(config, 0x2c, is->subvendor);
        put16(config, 0x2e, is->subdevice);
    }
    text_add_bytes(out, config, sizeof config);
    return 0;
}

/* ---- files behind the device lock --------------------------------------------------------------
 */

static int show_driver_override(struct caller *caller, void *object, struct text *out) {
    struct device *device = object;
    struct model *model = device->model;
    int r = lock_take(&model->monitor, caller, &device->lock);

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
    r = lock_take(&model->monitor, caller, &device->lock);
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
    int r = lock_take(&device->model->monitor, caller, &device->lock);

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

static int show_sriov_numvfs(struct caller *caller, void *object, struct text *out) {
    struct device *device = object;
    unsigned count = 0;
    int r = lock_take(&device->model->monitor, caller, &device->lock);

    if (r < 0)
        return r;
    for (size_t i = 0; i < device->model->n_devices; i++)
        count += device->model->devices[i].physfn == device;
    text_add(out, "%u\n", count);
    lock_drop(&device->lock);
    return 0;
}

static int store_sriov_drivers_autoprobe(struct caller *caller, void *object, const char *value,
                                         size_t length) {
    struct device *device = object;

    (void)caller;
    (void)length;
    device->vfs_autoprobe = value[0] != '0';
    model_log(device->model, 0, "write %s/sriov_drivers_autoprobe \"%d\"", device->is->address,
              device->vfs_autoprobe);
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
    {.name = "config", .mode = 0444, .show = show_config},
    /* There to be opened, as a lock; a machine whose devices can be pulled out is not simulated. */
    {.name = "remove", .mode = 0220},
    {.name = "uevent", .mode = 0644, .show = show_uevent, .store = store_uevent},
    {.name = "driver_override",
     .mode = 0644,
     .show = show_driver_override,
     .store = store_driver_override},
};

static const struct file_kind physfns_have[] = {
    {.name = "sriov_totalvfs", .mode = 0444, .show = show_sriov_totalvfs},
    {.name = "sriov_numvfs", .mode = 0444, .show = show_sriov_numvfs},
    {.name = "sriov_drivers_autoprobe",
     .mode = 0644,
     .show = show_sriov_drivers_autoprobe,
     .store = store_sriov_drivers_autoprobe},
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
    if (device->is->total_vfs > 0)
        add_files(device, physfns_have, ELEMENTS(physfns_have));
    if (device->is->class_code >> 8 == 0x0300)
        add_files(device, displays_have, ELEMENTS(displays_have));
}
