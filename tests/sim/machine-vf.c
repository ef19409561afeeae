/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* The virtual functions that a device can have: one line describes them all. */

bool vf_option(const struct reader *reader, struct machine_device *device, const char *key,
               const char *value) {
    struct machine_vfs *vfs = &device->vfs;
    unsigned long number = 0;
    bool good = true;

    if (strcmp(key, "vfs") == 0) {
        good = parse_number(reader, key, value, 10, 256, &number);
        vfs->total = (unsigned)number;
    } else if (strcmp(key, "vf-id") == 0) {
        good = parse_pair(reader, value, &vfs->vendor, &vfs->device);
    } else if (strcmp(key, "vf-class") == 0) {
        good = parse_number(reader, key, value, 16, 0xffffff, &number);
        vfs->class_code = (uint32_t)number;
    } else if (strcmp(key, "vf-offset") == 0) {
        good = parse_number(reader, key, value, 10, 0xffff, &number);
        vfs->offset = (unsigned)number;
    } else if (strcmp(key, "vf-stride") == 0) {
        good = parse_number(reader, key, value, 10, 0xffff, &number);
        vfs->stride = (unsigned)number;
    } else if (strcmp(key, "vf-driver") == 0) {
        vfs->driver = new_string(value);
    } else {
        return complain(reader, "'%s': not a property of a device", key);
    }
    return good;
}

/* ---- what one line describes ----------------------------------------------------------------- */

static void set_defaults(struct machine_device *device) {
    struct machine_vfs *vfs = &device->vfs;

    if (!vfs->vendor) {
        vfs->vendor = device->vendor;
        vfs->device = device->device;
    }
    if (!vfs->class_code)
        vfs->class_code = device->class_code;
    if (!vfs->offset)
        vfs->offset = 16;
    if (!vfs->stride)
        vfs->stride = 1;
}

/* Counted on from the address of the physical function, also beyond its bus. */
static void put_address(struct machine_device *vf, const struct machine_device *physfn,
                        unsigned number) {
    unsigned domain, bus, slot, function, id;

    if (sscanf(physfn->address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
        return;
    id = (bus << 8 | slot << 3 | function) + physfn->vfs.offset + number * physfn->vfs.stride;
    snprintf(vf->address, ADDRESS_MAX, "%04x:%02x:%02x.%x", domain, id >> 8 & 0xff, id >> 3 & 31,
             id & 7);
}

static struct machine_device vf_of(const struct machine_device *physfn, unsigned number,
                                   int group) {
    const struct machine_vfs *vfs = &physfn->vfs;
    struct machine_device vf = {
        .vendor = vfs->vendor,
        .device = vfs->device,
        .class_code = vfs->class_code,
        .subvendor = physfn->subvendor,
        .subdevice = physfn->subdevice,
        .revision = physfn->revision,
        .driver = vfs->driver ? new_string(vfs->driver) : NULL,
        .group = group,
        .numa = physfn->numa,
        .absent = true,
    };

    put_address(&vf, physfn, number);
    memcpy(vf.physfn, physfn->address, sizeof vf.physfn);
    return vf;
}

static int highest_group(const struct machine *machine) {
    int highest = -1;

    for (size_t i = 0; i < machine->n_devices; i++)
        if (machine->devices[i].group > highest)
            highest = machine->devices[i].group;
    return highest;
}

static unsigned count_described(const struct machine *machine, const char *physfn) {
    unsigned count = 0;

    for (size_t i = 0; i < machine->n_devices; i++)
        count += strcmp(machine->devices[i].physfn, physfn) == 0;
    return count;
}

/* Every virtual function that a description does not tell of is one that is absent. */
void vfs_describe(struct machine *machine) {
    size_t described = machine->n_devices;
    int group = highest_group(machine);

    for (size_t i = 0; i < described; i++) {
        struct machine_device physfn;

        if (machine->devices[i].vfs.total == 0)
            continue;
        set_defaults(&machine->devices[i]);
        /* A copy, for the devices move as they grow in number. */
        physfn = machine->devices[i];
        for (unsigned n = count_described(machine, physfn.address); n < physfn.vfs.total; n++) {
            struct machine_device vf = vf_of(&physfn, n, physfn.group >= 0 ? ++group : -1);

            append_device(machine, &vf);
        }
    }
}
