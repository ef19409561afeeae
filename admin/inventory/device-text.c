/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device-text.h"

#include "file.h"
#include "pci-names.h"
#include "sysfs.h"
#include "text.h"

#define MODALIAS_MAX 128

static bool read_modalias(struct pci_address address, char ret[static MODALIAS_MAX]) {
    _cleanup_close_ int device = sysfs_open_device(address);

    return device >= 0 && file_read_line_at(device, "modalias", ret, MODALIAS_MAX) > 0;
}

char *device_name(struct pci_address address) {
    char modalias[MODALIAS_MAX];

    return read_modalias(address, modalias) ? pci_name(modalias) : NULL;
}

char *device_text(struct pci_address address) {
    char modalias[MODALIAS_MAX];
    _cleanup_free_ char *name = NULL;
    struct pci_id id;
    uint32_t class;

    if (!read_modalias(address, modalias))
        return text_format("%s", PCI_ADDRESS_FORMAT(address));
    name = pci_name(modalias);
    if (!name && pci_modalias_parse(modalias, &id, &class) == 0)
        name = text_format("%04x:%04x", id.vendor, id.device);
    return text_format("%s (%s)", PCI_ADDRESS_FORMAT(address), name ? name : "?");
}
