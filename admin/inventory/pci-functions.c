/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pci-functions.h"

#include <errno.h>
#include <string.h>

#include "file.h"

#define DEVICES "/sys/bus/pci/devices"

/* The subsystem, which pci_modalias_parse leaves out. */
static bool parse_subsystem(const char *modalias, struct pci_id *ret) {
    unsigned vendor, device;

    if (sscanf(modalias, "pci:v%*8Xd%*8Xsv%8Xsd%8X", &vendor, &device) != 2)
        return false;
    *ret = (struct pci_id){.vendor = (uint16_t)vendor, .device = (uint16_t)device};
    return true;
}

static bool read_function(int directory, const char *name, struct pci_function *ret) {
    char path[PCI_ADDRESS_TEXT_MAX + sizeof "/modalias"], modalias[128];

    if (pci_address_parse(name, &ret->address) < 0)
        return false;
    snprintf(path, sizeof path, "%.*s/modalias", PCI_ADDRESS_TEXT_MAX - 1, name);
    return file_read_line_at(directory, path, modalias, sizeof modalias) > 0 &&
           pci_modalias_parse(modalias, &ret->id, &ret->class) == 0 &&
           parse_subsystem(modalias, &ret->subsystem);
}

static int add(struct pci_functions *functions, const struct pci_function *function) {
    if ((functions->count & (functions->count - 1)) == 0) {
        size_t room = functions->count > 0 ? 2 * functions->count : 1;
        struct pci_function *larger = reallocarray(functions->items, room, sizeof *larger);

        if (!larger)
            return -ENOMEM;
        functions->items = larger;
    }
    functions->items[functions->count++] = *function;
    return 0;
}

static int compare(const void *a, const void *b) {
    const struct pci_function *left = a, *right = b;

    return pci_address_compare(left->address, right->address);
}

int pci_functions_read(struct pci_functions *ret, struct error *error) {
    _cleanup_closedir_ DIR *devices = opendir(DEVICES);
    int r = 0;

    if (!devices)
        return error_set(error, errno, DEVICES " cannot be read: %s", strerror(errno));
    for (struct dirent *entry = readdir(devices); entry && r == 0; entry = readdir(devices)) {
        struct pci_function function;

        if (read_function(dirfd(devices), entry->d_name, &function))
            r = add(ret, &function);
    }
    if (r < 0)
        return error_oom(error);
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare);
    return 0;
}

void pci_functions_done(struct pci_functions *functions) {
    free(functions->items);
    *functions = (struct pci_functions){0};
}
