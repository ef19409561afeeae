/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-print.h"

#include <errno.h>
#include <string.h>

#include "list-text.h"
#include "table.h"
#include "text.h"

static const struct table_column columns[] = {
    {"GROUP", 0},  {"DEVICE", 0},  {"NAME", 16}, {"ID", 0},
    {"DRIVER", 8}, {"HELD BY", 8}, {"FLAGS", 8},
};

/* Where each cell is. Without an IOMMU the first column is left out. */
enum column { COLUMN_GROUP, COLUMN_DEVICE, COLUMN_HELD_BY = 5 };

static enum table_colour colour_of(const struct pci_device *device) {
    switch (device->owner) {
    case PCI_OWNER_NOBODY:
        return TABLE_GOOD;
    case PCI_OWNER_VM:
        return device->holder_gone ? TABLE_BAD : TABLE_DOUBTFUL;
    case PCI_OWNER_PROCESS:
        return TABLE_DOUBTFUL;
    case PCI_OWNER_STUCK:
        return TABLE_BAD;
    case PCI_OWNER_UNKNOWN:
    case PCI_OWNER_HOST:
        break;
    }
    return TABLE_PLAIN;
}

static struct table new_table(const struct inventory *inventory) {
    size_t first = inventory->has_iommu ? COLUMN_GROUP : COLUMN_DEVICE;

    return (struct table){.columns = columns + first,
                          .column_count = ELEMENTS(columns) - first,
                          .coloured = COLUMN_HELD_BY - first};
}

static int add_row(struct table *table, const struct pci_device *device, const char *group,
                   const char *address, bool is_short) {
    _cleanup_free_ char *name = list_name(device), *holder = list_holder(device),
                        *flags = list_flags(device, is_short);
    char id[16];
    const char *const cells[] = {group, address, name, id, device->driver, holder, flags};

    if (!name || !holder || !flags)
        return -ENOMEM;
    snprintf(id, sizeof id, "%04x:%04x", device->id.vendor, device->id.device);
    return table_add(table, colour_of(device), cells + (ELEMENTS(columns) - table->column_count));
}

/* ---- by group -------------------------------------------------------------------------------- */

static int compare_groups(const void *a, const void *b) {
    const struct pci_device *left = a, *right = b;

    if (left->group != right->group)
        return left->group < right->group ? -1 : 1;
    return pci_address_compare(left->address, right->address);
}

/* A copy that owns nothing of what is in it. */
static struct pci_device *sort_by_group(const struct inventory *inventory) {
    struct pci_device *sorted = calloc(inventory->count + 1, sizeof *sorted);

    if (!sorted || inventory->count == 0)
        return sorted;
    memcpy(sorted, inventory->items, inventory->count * sizeof *sorted);
    qsort(sorted, inventory->count, sizeof *sorted, compare_groups);
    return sorted;
}

int list_print_groups(const struct inventory *inventory, bool is_short) {
    _cleanup_table_ struct table table = new_table(inventory);
    _cleanup_free_ struct pci_device *sorted = sort_by_group(inventory);
    int r = sorted ? 0 : -ENOMEM;

    for (size_t i = 0; i < inventory->count && r == 0; i++) {
        char group[16] = "none";

        if (sorted[i].group != PCI_GROUP_NONE)
            snprintf(group, sizeof group, "%d", sorted[i].group);
        /* Once is enough for all that are in it. */
        if (i > 0 && sorted[i - 1].group == sorted[i].group)
            strcpy(group, " ");
        r = add_row(&table, &sorted[i], group, list_address(sorted[i].address, is_short).text,
                    is_short);
    }
    if (r == 0)
        table_print(&table, stdout);
    return r;
}

/* ---- as a tree ------------------------------------------------------------------------------- */

static bool is_below(const struct inventory *inventory, const struct pci_device *device,
                     const struct pci_device *bridge) {
    if (!bridge)
        return !device->has_parent || !inventory_find(inventory, device->parent);
    return device->has_parent && pci_address_equal(device->parent, bridge->address);
}

/* A bridge and all that is behind it; NULL: the root buses. */
static int add_below(struct table *table, const struct inventory *inventory,
                     const struct pci_device *bridge, unsigned depth, bool is_short) {
    int r = 0;

    for (size_t i = 0; i < inventory->count && r == 0; i++) {
        const struct pci_device *device = &inventory->items[i];
        _cleanup_free_ char *address = NULL;
        char group[16] = "none";

        if (!is_below(inventory, device, bridge))
            continue;
        address =
            text_format("%*s%s", 2 * (int)depth, "", list_address(device->address, is_short).text);
        if (!address)
            return -ENOMEM;
        if (device->group != PCI_GROUP_NONE)
            snprintf(group, sizeof group, "%d", device->group);
        r = add_row(table, device, group, address, is_short);
        if (r == 0)
            r = add_below(table, inventory, device, depth + 1, is_short);
    }
    return r;
}

int list_print_tree(const struct inventory *inventory, bool is_short) {
    _cleanup_table_ struct table table = new_table(inventory);
    int r = add_below(&table, inventory, NULL, 0, is_short);

    if (r == 0)
        table_print(&table, stdout);
    return r;
}
