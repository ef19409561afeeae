/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/*
 * The option ROM of a function, as pci_read_rom() and pci_write_rom() of drivers/pci/pci-sysfs.c
 * give it out: nothing before something was written that is not "0\n", and EIO for what does not
 * begin as a ROM does, as nothing does of a device that sleeps. The ROM is the last resource of the
 * function; that of the display which the host booted with may be a copy in memory instead.
 */

#define FLAG_SHADOW 0x2
#define FLAGS_ROM 0x4e200 /* memory, prefetchable, cacheable, and at a size's multiple */
#define SHADOW_AT 0xc0000
#define ROM_AT 0xf7e00000

static bool begins_as_rom(const struct machine_rom *rom) {
    return rom->length >= 2 && rom->bytes[0] == 0x55 && rom->bytes[1] == 0xaa;
}

static int show_rom(struct caller *caller, void *object, struct text *out) {
    struct device *device = object;
    const struct machine_rom *rom = &device->is->rom;
    int r;

    if (!device->rom_enabled)
        return -EINVAL;
    r = device_take(device, caller);
    if (r < 0)
        return r;
    r = fault_strike(device->model, caller, &device->lock, &device->faults[OPERATION_ROM_READ],
                     NULL);
    lock_drop(&device->lock);
    if (r == 0 && (device->is->asleep || !begins_as_rom(rom)))
        r = -EIO;
    if (r == 0)
        text_add_bytes(out, rom->bytes, rom->length);
    return r;
}

static int store_rom(struct caller *caller, void *object, const char *value, size_t length) {
    struct device *device = object;

    (void)caller;
    device->rom_enabled = !(length == 2 && value[0] == '0');
    model_log(device->model, 0, "write %s/rom \"%.*s\"", device->is->address,
              (int)strcspn(value, "\n"), value);
    return 0;
}

static int show_resource(struct caller *caller, void *object, struct text *out) {
    const struct device *device = object;
    const struct machine_rom *rom = &device->is->rom;
    uint64_t start = rom->shadow ? SHADOW_AT : ROM_AT;

    (void)caller;
    for (int i = 0; i < 6; i++)
        text_add(out, "0x%016x 0x%016x 0x%016x\n", 0, 0, 0);
    text_add(out, "0x%016llx 0x%016llx 0x%016x\n", (unsigned long long)start,
             (unsigned long long)(start + rom->length - 1),
             rom->shadow ? 0x200 | FLAG_SHADOW : FLAGS_ROM);
    return 0;
}

void rom_add(struct device *device) {
    static const struct file_kind rom = {
        .name = "rom", .mode = 0600, .show = show_rom, .store = store_rom};
    static const struct file_kind resource = {
        .name = "resource", .mode = 0444, .show = show_resource};
    struct node *node;

    if (device->is->rom.length == 0)
        return;
    node = tree_permanent(tree_file(device->directory, &rom, device));
    node->size = device->is->rom.length;
    tree_permanent(tree_file(device->directory, &resource, device));
}
