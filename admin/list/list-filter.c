/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-filter.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* ---- classes --------------------------------------------------------------------------------- */

/* As lspci and the hardware database write them: base class, subclass, programming interface. */
static bool is_class(const char *text) {
    size_t length = strlen(text);

    for (const char *c = text; *c; c++)
        if (!isxdigit((unsigned char)*c))
            return false;
    return length == 2 || length == 4 || length == 6;
}

bool list_kind_valid(const char *kind) {
    static const char *const kinds[] = {"gpu",   "nvme",   "disk",        "net",  "usb",
                                        "audio", "bridge", "accelerator", "other"};

    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return is_class(kind);
}

static bool is_of_kind(const struct pci_device *device, const char *kind) {
    unsigned shift;

    if (!is_class(kind))
        return strcmp(pci_device_kind(device), kind) == 0;
    shift = (unsigned)(6 - strlen(kind)) * 4;
    return device->class >> shift == strtoul(kind, NULL, 16);
}

/* ---- matching -------------------------------------------------------------------------------- */

static bool is_among(struct pci_address address, const struct pci_address *others, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (pci_address_equal(others[i], address))
            return true;
    return false;
}

bool list_filter_matches(const struct list_filter *filter, const struct pci_device *device) {
    return (filter->n_devices == 0 ||
            is_among(device->address, filter->devices, filter->n_devices)) &&
           (!filter->by_group || device->group == filter->group) &&
           (!filter->kind || is_of_kind(device, filter->kind)) &&
           (!filter->free || device->owner == PCI_OWNER_NOBODY);
}

static void keep_bridges(const struct inventory *inventory, const struct pci_device *device,
                         bool *kept) {
    while (device && device->has_parent) {
        device = inventory_find(inventory, device->parent);
        if (device)
            kept[device - inventory->items] = true;
    }
}

/* Moves what is kept to the front. */
static void compact(struct inventory *inventory, const bool *kept) {
    size_t count = 0;

    for (size_t i = 0; i < inventory->count; i++) {
        if (kept[i]) {
            inventory->items[count++] = inventory->items[i];
        } else {
            free(inventory->items[i].name);
            free(inventory->items[i].holder);
        }
    }
    inventory->count = count;
}

int list_filter_apply(const struct list_filter *filter, bool with_bridges,
                      struct inventory *inventory) {
    _cleanup_free_ bool *kept = calloc(inventory->count + 1, sizeof *kept);

    if (!kept)
        return -ENOMEM;
    for (size_t i = 0; i < inventory->count; i++) {
        if (!list_filter_matches(filter, &inventory->items[i]))
            continue;
        kept[i] = true;
        if (with_bridges)
            keep_bridges(inventory, &inventory->items[i], kept);
    }
    compact(inventory, kept);
    return 0;
}
