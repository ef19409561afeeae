/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <string.h>

/* The configuration space of a function: the 64 bytes that any user may read, and all of it where
 * the function has a serial number to be found there. */

#define CONFIG_SIZE 4096
#define HEADER_SIZE 64

#define EXPRESS 0x40 /* where the PCI Express capability is */

/* Where the extended capabilities are: the list begins with another one than the serial number. */
#define ERRORS 0x100
#define SERIAL 0x148

static void put16(unsigned char *config, size_t offset, unsigned value) {
    config[offset] = (unsigned char)value;
    config[offset + 1] = (unsigned char)(value >> 8);
}

static void put32(unsigned char *config, size_t offset, uint32_t value) {
    put16(config, offset, value & 0xffff);
    put16(config, offset + 2, value >> 16);
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

static void put_ids(const struct device *device, unsigned char *config) {
    const struct machine_device *is = device->is;

    /* A virtual function has none of its own: so the standard wants it. */
    put16(config, 0x00, device->physfn ? 0xffff : is->vendor);
    put16(config, 0x02, device->physfn ? 0xffff : is->device);
    if (is->header != 0)
        return;
    put16(config, 0x2c, is->subvendor);
    put16(config, 0x2e, is->subdevice);
}

static void put_header(const struct device *device, unsigned char *config) {
    const struct machine_device *is = device->is;
    bool several = !device->physfn && is_multifunction(device);

    put_ids(device, config);
    put16(config, 0x04, device->driver ? 0x0006 : 0x0000);
    put16(config, 0x06, 0x0010);
    config[0x08] = is->revision;
    put16(config, 0x09, is->class_code & 0xffff);
    config[0x0b] = (unsigned char)(is->class_code >> 16);
    config[0x0e] = (unsigned char)(is->header | (several ? 0x80 : 0));
}

static void put_capability(unsigned char *config, size_t offset, unsigned id, unsigned version,
                           size_t next) {
    put32(config, offset, id | version << 16 | (uint32_t)next << 20);
}

static void put_serial(const struct device *device, unsigned char *config) {
    uint64_t serial = device->is->serial;

    config[0x34] = EXPRESS;
    put16(config, EXPRESS, 0x0010);
    put16(config, EXPRESS + 2, 0x0002);
    put_capability(config, ERRORS, 0x0001, 2, SERIAL);
    put_capability(config, SERIAL, 0x0003, 1, 0);
    put32(config, SERIAL + 4, (uint32_t)serial);
    put32(config, SERIAL + 8, (uint32_t)(serial >> 32));
}

static int show_config(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct device *device = object;
    unsigned char config[CONFIG_SIZE] = {0};
    bool has_serial = device->is->has_serial;

    put_header(device, config);
    if (has_serial)
        put_serial(device, config);
    text_add_bytes(out, config, has_serial ? CONFIG_SIZE : HEADER_SIZE);
    return 0;
}

void config_add(struct device *device) {
    static const struct file_kind config = {.name = "config", .mode = 0444, .show = show_config};

    tree_permanent(tree_file(device->directory, &config, device));
}
