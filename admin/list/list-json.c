/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list-print.h"

#include <errno.h>
#include <string.h>

#include "json-print.h"
#include "json-record.h"
#include "text.h"

/* ---- values; NULL where memory is lacking ---------------------------------------------------- */

/* What is not known is null. */
static bool add_text(struct json_object *object, const char *key, const char *text) {
    if (!text)
        return json_object_object_add(object, key, NULL) == 0;
    return json_add(object, key, json_object_new_string(text));
}

static bool add_number(struct json_object *object, const char *key, int64_t number, bool known) {
    if (!known)
        return json_object_object_add(object, key, NULL) == 0;
    return json_add(object, key, json_object_new_int64(number));
}

static bool add_flag(struct json_object *object, const char *key, bool flag) {
    return json_add(object, key, json_object_new_boolean(flag));
}

static bool add_address(struct json_object *object, const char *key, struct pci_address address,
                        bool known) {
    return add_text(object, key, known ? PCI_ADDRESS_FORMAT(address) : NULL);
}

static bool add_id(struct json_object *object, const char *key, struct pci_id id) {
    char text[16];

    snprintf(text, sizeof text, "%04x:%04x", id.vendor, id.device);
    return add_text(object, key, text);
}

static bool add_resets(struct json_object *object, const struct pci_device *device) {
    _cleanup_json_ struct json_object *array = json_object_new_array();
    char words[PCI_RESETS_MAX], *rest = words, *word;

    if (!device->resets_known)
        return add_text(object, "resets", NULL);
    strcpy(words, device->resets);
    while (array && (word = strsep(&rest, " ")))
        if (*word && !json_append(array, json_object_new_string(word)))
            return false;
    return json_add(object, "resets", take_pointer(array));
}

/* ---- a device -------------------------------------------------------------------------------- */

static const char *owner_word(enum pci_owner owner) {
    static const char *const words[] = {
        [PCI_OWNER_UNKNOWN] = NULL, [PCI_OWNER_NOBODY] = "nobody",   [PCI_OWNER_HOST] = "host",
        [PCI_OWNER_VM] = "vm",      [PCI_OWNER_PROCESS] = "process", [PCI_OWNER_STUCK] = "stuck",
    };

    return words[owner];
}

static bool add_identity(struct json_object *object, const struct pci_device *device) {
    char class[8];

    snprintf(class, sizeof class, "%06x", device->class & 0xffffff);
    return add_address(object, "device", device->address, true) &&
           add_text(object, "name", device->name) && add_id(object, "id", device->id) &&
           add_id(object, "subsystem", device->subsystem) && add_text(object, "class", class) &&
           add_text(object, "kind", pci_device_kind(device));
}

static bool add_place(struct json_object *object, const struct pci_device *device) {
    return add_number(object, "group", device->group, device->group != PCI_GROUP_NONE) &&
           add_number(object, "node", device->node, device->node != PCI_NODE_NONE) &&
           add_address(object, "parent", device->parent, device->has_parent) &&
           add_address(object, "root-port", device->root_port, device->has_parent) &&
           add_flag(object, "bridge", device->bridge) &&
           add_flag(object, "boot-display", device->boot_display);
}

static bool add_functions(struct json_object *object, const struct pci_device *device) {
    return add_number(object, "vfs", device->vfs, true) &&
           add_number(object, "vfs-possible", device->vfs_possible, true) &&
           add_address(object, "physfn", device->physfn, device->is_vf) &&
           add_number(object, "vf", device->vf, device->is_vf && device->vf >= 0) &&
           add_resets(object, device);
}

static bool add_state(struct json_object *object, const struct pci_device *device) {
    bool has_override = device->override_known && *device->override;

    return add_text(object, "driver", *device->driver ? device->driver : NULL) &&
           add_text(object, "override", has_override ? device->override : NULL) &&
           add_flag(object, "reserved", device->reserved) &&
           add_flag(object, "detached", device->detached) && add_text(object, "rom", device->rom) &&
           add_flag(object, "holder-gone", device->holder_gone) &&
           add_text(object, "owner", owner_word(device->owner)) &&
           add_text(object, "holder", device->holder);
}

static struct json_object *device_object(const struct pci_device *device) {
    struct json_object *object = json_object_new_object();

    if (object && add_identity(object, device) && add_place(object, device) &&
        add_functions(object, device) && add_state(object, device))
        return object;
    json_object_put(object);
    return NULL;
}

int list_print_json(const struct inventory *inventory) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < inventory->count; i++)
        if (!json_append(array, device_object(&inventory->items[i])))
            return -ENOMEM;
    return json_print(array);
}
