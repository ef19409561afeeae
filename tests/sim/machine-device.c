/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- device ADDRESS VENDOR:DEVICE [boot-vga] [asleep] [absent] [key=value...] ---------------- */

/* As lspci prints it: the most significant byte first. */
static bool parse_serial(const struct reader *reader, const char *text,
                         struct machine_device *device) {
    unsigned bytes[8];
    int end = 0;

    if (sscanf(text, "%2x-%2x-%2x-%2x-%2x-%2x-%2x-%2x%n", &bytes[0], &bytes[1], &bytes[2],
               &bytes[3], &bytes[4], &bytes[5], &bytes[6], &bytes[7], &end) != 8 ||
        text[end])
        return complain(reader, "serial=%s: expected eight bytes, 00-25-38-5b-71-b0-ab-12", text);
    for (size_t i = 0; i < ELEMENTS(bytes); i++)
        device->serial = device->serial << 8 | bytes[i];
    device->has_serial = true;
    return true;
}

static bool device_number(const struct reader *reader, struct machine_device *device,
                          const char *key, const char *value) {
    unsigned long number;

    if (strcmp(key, "class") == 0) {
        if (!parse_number(reader, key, value, 16, 0xffffff, &number))
            return false;
        device->class_code = (uint32_t)number;
    } else if (strcmp(key, "rev") == 0) {
        if (!parse_number(reader, key, value, 16, 0xff, &number))
            return false;
        device->revision = (uint8_t)number;
    } else if (strcmp(key, "header") == 0) {
        if (!parse_number(reader, key, value, 10, 2, &number))
            return false;
        device->header = (uint8_t)number;
    } else if (strcmp(key, "group") == 0) {
        if (!parse_number(reader, key, value, 10, 1000000, &number))
            return false;
        device->group = (int)number;
    } else if (strcmp(key, "numa") == 0) {
        if (!parse_number(reader, key, value, 10, 1023, &number))
            return false;
        device->numa = (int)number;
    } else {
        return vf_option(reader, device, key, value);
    }
    return true;
}

static bool device_option(const struct reader *reader, struct machine_device *device, char *word,
                          unsigned long *repeat) {
    char *value = split(word);

    if (strcmp(word, "driver") == 0)
        device->driver = new_string(value);
    else if (strcmp(word, "override") == 0)
        device->override = new_string(value);
    else if (strcmp(word, "below") == 0)
        return parse_address(reader, value, device->below);
    else if (strcmp(word, "physfn") == 0)
        return parse_address(reader, value, device->physfn);
    else if (strcmp(word, "subsys") == 0)
        return parse_pair(reader, value, &device->subvendor, &device->subdevice);
    else if (strcmp(word, "serial") == 0)
        return parse_serial(reader, value, device);
    else if (strcmp(word, "rom") == 0)
        return parse_rom(reader, value, &device->rom);
    else if (strcmp(word, "rom-shadow") == 0)
        device->rom.shadow = true;
    else if (strcmp(word, "boot-vga") == 0)
        device->boot_vga = true;
    else if (strcmp(word, "asleep") == 0)
        device->asleep = true;
    else if (strcmp(word, "absent") == 0)
        device->absent = true;
    else if (strcmp(word, "repeat") == 0)
        return parse_number(reader, word, value, 10, 65536, repeat);
    else
        return device_number(reader, device, word, value);
    return true;
}

struct machine_device *append_device(struct machine *machine, const struct machine_device *device) {
    /* Doubling keeps a machine of thousands of functions from being copied thousands of times. */
    if ((machine->n_devices & (machine->n_devices - 1)) == 0)
        machine->devices =
            grow(machine->devices, machine->n_devices ? machine->n_devices * 2 : 1, sizeof *device);
    machine->devices[machine->n_devices] = *device;
    return &machine->devices[machine->n_devices++];
}

/* The next slot; after the last slot of a bus the next bus, after the last bus the next domain. */
static void next_address(char address[ADDRESS_MAX]) {
    unsigned domain, bus, slot, function;

    if (sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
        return;
    slot = (slot + 1) % 32;
    bus = slot ? bus : (bus + 1) % 256;
    domain = slot || bus ? domain : domain + 1;
    snprintf(address, ADDRESS_MAX, "%04x:%02x:%02x.%x", domain & 0xffff, bus & 0xff, slot & 31,
             function & 7);
}

static void repeat_device(struct machine *machine, struct machine_device next,
                          unsigned long times) {
    while (--times > 0) {
        next_address(next.address);
        next.group += next.group >= 0 ? 1 : 0;
        next.driver = next.driver ? new_string(next.driver) : NULL;
        next.override = next.override ? new_string(next.override) : NULL;
        next.rom = (struct machine_rom){0};
        next.vfs.driver = next.vfs.driver ? new_string(next.vfs.driver) : NULL;
        append_device(machine, &next);
    }
}

bool device_line(struct reader *reader) {
    const char *address = next_word(reader), *id = next_word(reader);
    struct machine_device *device;
    unsigned long repeat = 1;
    char *word;

    if (!id)
        return complain(reader, "expected: device ADDRESS VENDOR:DEVICE");
    device = append_device(reader->machine, &(struct machine_device){.group = -1, .numa = -1});
    if (!parse_address(reader, address, device->address) ||
        !parse_pair(reader, id, &device->vendor, &device->device))
        return false;
    while ((word = next_word(reader)))
        if (!device_option(reader, device, word, &repeat))
            return false;
    repeat_device(reader->machine, *device, repeat);
    return true;
}

/* ---- child PATH class=CLASS [name=value...], below the device above it ----------------------- */

bool child_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    const char *path = next_word(reader);
    struct machine_device *device;
    struct machine_child *child;
    char *word;

    if (!path || machine->n_devices == 0)
        return complain(reader, "expected: child PATH, after the device that it belongs to");
    device = &machine->devices[machine->n_devices - 1];
    device->children = grow(device->children, device->n_children + 1, sizeof *device->children);
    child = &device->children[device->n_children++];
    *child = (struct machine_child){.path = new_string(path)};
    while ((word = next_word(reader))) {
        const char *value = split(word);

        if (strcmp(word, "class") == 0) {
            child->class = new_string(value);
            continue;
        }
        add_attribute(&child->attributes, &child->n_attributes, word, value);
    }
    return true;
}

static void free_device(struct machine_device *device) {
    for (size_t i = 0; i < device->n_children; i++) {
        struct machine_child *child = &device->children[i];

        free_attributes(child->attributes, child->n_attributes);
        free(child->path);
        free(child->class);
    }
    free(device->children);
    free(device->driver);
    free(device->override);
    free(device->vfs.driver);
    free(device->rom.bytes);
}

void devices_free(struct machine *machine) {
    FREE_ALL(machine->devices, machine->n_devices, free_device);
}
