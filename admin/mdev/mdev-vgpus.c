/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev-vgpus.h"

#include <errno.h>
#include <string.h>

#include "file.h"
#include "host-vgpu.h"
#include "journal.h"
#include "sysfs.h"
#include "text.h"
#include "vfio.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

/* ---- which there are ------------------------------------------------------------------------- */

struct functions {
    struct pci_address *items;
    size_t count;
};

static void functions_done(struct functions *functions) {
    free(functions->items);
}

static bool is_vgpu(int devices, const char *name) {
    char path[PCI_ADDRESS_TEXT_MAX + sizeof "/" VGPU_CURRENT];

    snprintf(path, sizeof path, "%.16s/" VGPU_CURRENT, name);
    return faccessat(devices, path, F_OK, 0) == 0;
}

static int compare(const void *a, const void *b) {
    return pci_address_compare(*(const struct pci_address *)a, *(const struct pci_address *)b);
}

static int list_functions(struct functions *ret) {
    _cleanup_closedir_ DIR *devices = opendir(PCI_DEVICES);

    for (struct dirent *entry = devices ? readdir(devices) : NULL; entry;
         entry = readdir(devices)) {
        struct pci_address address, *larger;

        if (pci_address_parse(entry->d_name, &address) < 0 ||
            !is_vgpu(dirfd(devices), entry->d_name))
            continue;
        larger = reallocarray(ret->items, ret->count + 1, sizeof *larger);
        if (!larger)
            return -ENOMEM;
        ret->items = larger;
        larger[ret->count++] = address;
    }
    if (ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare);
    return 0;
}

/* ---- one function ---------------------------------------------------------------------------- */

/* The card that a virtual function is of. */
static void read_card(struct pci_address address, char ret[static PCI_ADDRESS_TEXT_MAX]) {
    _cleanup_close_ int device = sysfs_open_device(address);

    if (device < 0 || file_link_name_at(device, "physfn", ret, PCI_ADDRESS_TEXT_MAX) < 0)
        strcpy(ret, PCI_ADDRESS_FORMAT(address));
}

/* "VM win10", or NULL. */
static char *find_holder(struct pci_address address) {
    _cleanup_error_ struct error error = {0};
    _cleanup_close_ int directory = journal_open_directory(false, &error);
    _cleanup_close_ int device = sysfs_open_device(address);
    _cleanup_claims_ struct claims claims = {0};
    _cleanup_free_ char *name = NULL, *printable = NULL;
    char group[16];
    int number;

    if (directory >= 0 && claims_add_device(&claims, address) == 0)
        name = journal_find_holder(directory, &claims, "");
    printable = name ? text_printable(name) : NULL;
    if (printable)
        return text_format("VM %s", printable);
    return device >= 0 && file_link_name_at(device, "iommu_group", group, sizeof group) == 0 &&
                   sscanf(group, "%d", &number) == 1
               ? vfio_group_holder(number)
               : NULL;
}

/* What functions are of already has no name there, but has one where it can be created. NULL for
 * lack of memory. */
static struct mdev_offer *name_offer(struct mdev_offer *offer, const char *label) {
    if (*offer->label || !*label)
        return offer;
    free(offer->label);
    offer->label = text_printable(label);
    return offer->label ? offer : NULL;
}

static struct mdev_offer *find_offer(struct mdev_offers *offers, const char *card, const char *type,
                                     const char *label) {
    struct mdev_offer *offer;

    for (size_t i = 0; i < offers->count; i++)
        if (offers->items[i].is_vgpu && strcmp(offers->items[i].parent, card) == 0 &&
            strcmp(offers->items[i].type, type) == 0)
            return name_offer(&offers->items[i], label);
    offer = mdev_offers_add(offers, card, type, label, "");
    if (offer)
        offer->is_vgpu = true;
    return offer;
}

static int add_free(struct mdev_offer *offer, const char *function) {
    char **larger = reallocarray(offer->free, offer->n_free + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    offer->free = larger;
    larger[offer->n_free] = strdup(function);
    if (!larger[offer->n_free])
        return -ENOMEM;
    offer->n_free++;
    offer->available++;
    return 0;
}

/* A line "557   : NVIDIA L40S-1B"; the heading is none. */
static int add_creatable(struct mdev_offers *offers, const char *card, const char *function,
                         const char *line) {
    char number[16], label[MDEV_NAME_MAX];
    struct mdev_offer *offer;
    unsigned type;

    if (sscanf(line, " %u : %63[^\n]", &type, label) != 2)
        return 0;
    snprintf(number, sizeof number, "%u", type);
    offer = find_offer(offers, card, number, label);
    return offer ? add_free(offer, function) : -ENOMEM;
}

static int add_current(struct mdev_offers *offers, const char *card, const struct host_vgpu *vgpu) {
    _cleanup_free_ char *holder = find_holder(vgpu->address);
    struct mdev_offer *offer;
    char number[16];

    snprintf(number, sizeof number, "%u", vgpu->current);
    offer = find_offer(offers, card, number, "");
    return offer ? mdev_offer_add_instance(offer, PCI_ADDRESS_FORMAT(vgpu->address), holder)
                 : -ENOMEM;
}

static int add_function(struct mdev_offers *offers, struct host_vgpu *vgpu) {
    struct pci_address_text function = pci_address_format(vgpu->address);
    char card[PCI_ADDRESS_TEXT_MAX], *rest = vgpu->creatable, *line;
    int r = 0;

    if (vgpu->result < 0)
        return 0;
    read_card(vgpu->address, card);
    if (vgpu->current > 0)
        r = add_current(offers, card, vgpu);
    while (r == 0 && (line = strsep(&rest, "\n")))
        r = add_creatable(offers, card, function.text, line);
    return r;
}

int mdev_vgpus_read(struct mdev_offers *offers, uint64_t deadline, struct error *error) {
    _cleanup_(functions_done) struct functions functions = {0};
    _cleanup_free_ struct host_vgpu *vgpus = NULL;
    int r = list_functions(&functions);

    if (r < 0)
        return error_oom(error);
    r = host_vgpus_read(functions.items, functions.count, deadline, &vgpus, error);
    if (r < 0)
        return r;
    for (size_t i = 0; i < functions.count && r == 0; i++)
        r = add_function(offers, &vgpus[i]);
    return r < 0 ? error_oom(error) : 0;
}
