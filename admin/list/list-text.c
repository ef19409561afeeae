/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-text.h"

#include <string.h>

#include "text.h"

/* What a name may have in a table that fits a terminal. */
#define NAME_LENGTH 36

bool list_is_short(const struct inventory *inventory) {
    for (size_t i = 0; i < inventory->count; i++)
        if (inventory->items[i].address.domain != 0)
            return false;
    return true;
}

struct pci_address_text list_address(struct pci_address address, bool is_short) {
    struct pci_address_text text = pci_address_format(address);

    if (is_short)
        memmove(text.text, text.text + strlen("0000:"), strlen(text.text + strlen("0000:")) + 1);
    return text;
}

/* Without what is in parentheses at the end, which may have others in it: who sells it. */
static void cut_subsystem(char *name) {
    size_t i = strlen(name), depth = 0;

    do {
        if (i-- == 0)
            return;
        depth += name[i] == ')';
        depth -= name[i] == '(';
    } while (depth > 0);
    if (i > 0 && name[i] == '(' && name[i - 1] == ' ')
        name[i - 1] = '\0';
}

char *list_name(const struct pci_device *device) {
    char *name = strdup(device->name ? device->name : ""), *shorter;
    size_t length, first, tail;

    if (!name || strlen(name) <= NAME_LENGTH)
        return name;
    cut_subsystem(name);
    length = strlen(name);
    if (length <= NAME_LENGTH)
        return name;
    first = strcspn(name, " ");
    tail = length - (NAME_LENGTH > first + 5 ? NAME_LENGTH - first - 5 : 1);
    tail += strcspn(name + tail, " ");
    /* Not a single word that is so long. */
    if (name[tail] == '\0')
        return name;
    shorter = text_format("%.*s ...%s", (int)first, name, name + tail);
    free(name);
    return shorter;
}

static char *say_holder(const char *who, const char *separator, const char *more) {
    return more ? text_format("%s%s%s", who, separator, more) : text_format("%s", who);
}

char *list_holder(const struct pci_device *device) {
    switch (device->owner) {
    case PCI_OWNER_UNKNOWN:
        return say_holder("?", ": ", device->holder);
    case PCI_OWNER_NOBODY:
        return text_format("free");
    case PCI_OWNER_HOST:
        return say_holder("host", ": ", device->holder);
    case PCI_OWNER_VM:
        return text_format("VM %s%s", device->holder, device->holder_gone ? " (gone)" : "");
    case PCI_OWNER_PROCESS:
        return text_format("%s", device->holder);
    case PCI_OWNER_STUCK:
        return text_format("? its driver does not answer");
    }
    return NULL;
}

/* ---- flags ----------------------------------------------------------------------------------- */

static void add(FILE *stream, bool condition, const char *flag) {
    if (condition)
        fprintf(stream, "%s%s", ftell(stream) > 0 ? ", " : "", flag);
}

static void add_sriov(FILE *stream, const struct pci_device *device, bool is_short) {
    if (device->vfs_possible > 0)
        fprintf(stream, "%s%u of %u VFs", ftell(stream) > 0 ? ", " : "", device->vfs,
                device->vfs_possible);
    if (!device->is_vf)
        return;
    fputs(ftell(stream) > 0 ? ", VF" : "VF", stream);
    if (device->vf >= 0)
        fprintf(stream, " %d", device->vf);
    fprintf(stream, " of %s", list_address(device->physfn, is_short).text);
}

char *list_flags(const struct pci_device *device, bool is_short) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        return NULL;
    add(stream, device->boot_display, "boot display");
    add(stream, device->bridge, "bridge");
    add_sriov(stream, device, is_short);
    add(stream, device->reserved, "early");
    add(stream, device->detached, "detached");
    if (device->rom)
        add(stream, true, device->rom);
    /* Of bridges it is of no use to anybody. */
    if (!device->bridge) {
        add(stream, *device->resets, device->resets);
        add(stream, device->resets_known && !*device->resets, "no reset");
    }
    if (fclose(stream) == EOF) {
        free(text);
        return NULL;
    }
    return text;
}
