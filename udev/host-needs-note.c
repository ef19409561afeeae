/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-needs-note.h"

#include <errno.h>
#include <string.h>

#include "pci-path.h"
#include "pci-serial.h"
#include "sysfs.h"

static int note(struct host_needs *needs, const char *what, struct pci_address address,
                char *path) {
    _cleanup_close_ int directory = sysfs_open_device(address);
    struct host_need *larger;

    for (size_t i = 0; i < needs->count; i++)
        if (needs->items[i].path && strcmp(needs->items[i].path, path) == 0) {
            free(path);
            return 0;
        }
    larger = reallocarray(needs->items, needs->count + 1, sizeof *larger);
    if (!larger) {
        free(path);
        return -ENOMEM;
    }
    needs->items = larger;
    larger[needs->count++] = (struct host_need){
        .path = path,
        .serial = directory < 0 ? 0 : pci_serial_read(directory),
        .what = strdup(what),
    };
    return larger[needs->count - 1].what ? 0 : -ENOMEM;
}

static bool is_function(const char *step) {
    char name[PCI_ADDRESS_TEXT_MAX];
    struct pci_address address;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(step, "/"), step);
    return pci_address_parse(name, &address) == 0;
}

/* The PCI functions on the way to a device of /sys/devices, but for bridges, behind which the next
 * one is at once: the last one, and a controller that has PCI domains of its own below it. */
int host_needs_note(struct host_needs *needs, const char *what, const char *path) {
    int r = 0;

    for (const char *slash = strchr(path, '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
        const char *end = slash + 1 + strcspn(slash + 1, "/");
        _cleanup_free_ char *way = strndup(path, (size_t)(end - path));
        struct pci_address address;
        char *stable;

        if (!way)
            return -ENOMEM;
        if (pci_address_parse(way + (slash + 1 - path), &address) < 0 ||
            (*end && is_function(end + 1)))
            continue;
        stable = pci_path_from_link(way);
        r = stable ? note(needs, what, address, stable) : -ENOMEM;
    }
    return r;
}
