/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand.h"

#include <errno.h>
#include <string.h>

#include "by-hand-refusal.h"
#include "deadline.h"
#include "device-text.h"
#include "host-devices.h"

#define TIMEOUT 15 /* seconds, as for a VM */
#define UNDO_TIMEOUT 5

/* ---- which ---------------------------------------------------------------------------------- */

static bool has(const struct by_hand_devices *devices, struct pci_address address) {
    for (size_t i = 0; i < devices->count; i++)
        if (pci_address_equal(devices->items[i], address))
            return true;
    return false;
}

static int compare(const void *a, const void *b) {
    const struct pci_address *left = a, *right = b;

    return pci_address_compare(*left, *right);
}

static int add(struct by_hand_devices *devices, struct pci_address address) {
    struct pci_address *larger;

    if (has(devices, address))
        return 0;
    larger = reallocarray(devices->items, devices->count + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    devices->items = larger;
    larger[devices->count++] = address;
    qsort(larger, devices->count, sizeof *larger, compare);
    return 0;
}

int by_hand_parse(int argc, char **argv, struct by_hand_devices *ret, struct error *error) {
    for (int i = 0; i < argc; i++) {
        struct pci_address address;

        if (pci_address_parse(argv[i], &address) < 0)
            return error_set(error, EINVAL,
                             "'%s' is no PCI address: expected something like 01:00.0 or "
                             "0000:01:00.0, as lspci prints it",
                             argv[i]);
        if (add(ret, address) < 0)
            return error_oom(error);
    }
    return 0;
}

static int add_group(struct by_hand_devices *devices, const struct inventory *inventory,
                     int group) {
    int r = 0;

    for (size_t i = 0; i < inventory->count && r == 0; i++)
        if (inventory->items[i].group == group && !inventory->items[i].bridge)
            r = add(devices, inventory->items[i].address);
    return r;
}

int by_hand_add_groups(struct by_hand_devices *devices, struct error *error) {
    _cleanup_inventory_ struct inventory inventory = {0};
    int r = inventory_read(&inventory, error);

    if (r < 0)
        return r;
    for (size_t i = 0; i < inventory.count; i++) {
        const struct pci_device *device = &inventory.items[i];

        if (device->group != PCI_GROUP_NONE && has(devices, device->address) &&
            add_group(devices, &inventory, device->group) < 0)
            return error_oom(error);
    }
    return 0;
}

void by_hand_devices_done(struct by_hand_devices *devices) {
    free(devices->items);
    *devices = (struct by_hand_devices){0};
}

/* ---- one of them ---------------------------------------------------------------------------- */

/* All of the devices are the domain's, so that a group is complete; but only one is bound: the
 * others are "left to libvirt". */
static int set_devices(const struct by_hand_devices *devices, size_t own, const char *driver,
                       struct domain *domain) {
    domain->hostdevs = calloc(devices->count, sizeof *domain->hostdevs);
    if (!domain->hostdevs)
        return -ENOMEM;
    domain->n_hostdevs = devices->count;
    for (size_t i = 0; i < devices->count; i++)
        domain->hostdevs[i] = (struct hostdev){.address = devices->items[i], .managed = i != own};
    if (!driver)
        return 0;
    domain->hostdevs[own].driver_model = strdup(driver);
    return domain->hostdevs[own].driver_model ? 0 : -ENOMEM;
}

void by_hand_allow_time(struct by_hand *by_hand) {
    by_hand->prepare.act_deadline = now_usec() + by_hand->policy.timeout * USEC_PER_SEC;
    by_hand->prepare.undo_deadline = by_hand->prepare.act_deadline + UNDO_TIMEOUT * USEC_PER_SEC;
}

int by_hand_begin(const struct by_hand_devices *devices, size_t i, const char *driver,
                  struct by_hand *ret, struct error *error) {
    static char no_file[] = "";

    *ret = (struct by_hand){
        .name = journal_name_by_hand(devices->items[i]),
        .policy = {.detach = DETACH_UNMANAGED, .timeout = TIMEOUT, .file = no_file},
        .prepare = {.explain = by_hand_explain, .directory = -1},
    };
    ret->domain.name = ret->name;
    ret->domain.id = -1;
    ret->prepare.domain = &ret->domain;
    ret->prepare.policy = &ret->policy;
    by_hand_allow_time(ret);
    if (!ret->name || set_devices(devices, i, driver, &ret->domain) < 0)
        return error_oom(error);
    if (process_identify(getpid(), &ret->prepare.owner) < 0)
        return error_set(error, EIO, "/proc cannot be read");
    return 0;
}

int by_hand_load(struct by_hand *by_hand, struct error *error) {
    struct prepare *prepare = &by_hand->prepare;
    struct pci_address device;
    int r;

    if (prepare->directory < 0)
        prepare->directory = journal_open_directory(true, error);
    if (prepare->directory < 0)
        return prepare->directory;
    r = journal_load(prepare->directory, by_hand->name, 0, &prepare->journal, error);
    if (r == -EWOULDBLOCK && journal_is_by_hand(by_hand->name, &device))
        return error_set(error, EBUSY,
                         "%s is being detached or given back at this moment: try again",
                         PCI_ADDRESS_FORMAT(device));
    return r;
}

void by_hand_done(struct by_hand *by_hand) {
    prepare_done(&by_hand->prepare);
    for (size_t i = 0; i < by_hand->domain.n_hostdevs; i++)
        free(by_hand->domain.hostdevs[i].driver_model);
    free(by_hand->domain.hostdevs);
    free(by_hand->name);
}
