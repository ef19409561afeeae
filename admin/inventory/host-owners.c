/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-owners.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "host-ask.h"
#include "host-holders.h"
#include "host-reserved.h"
#include "journal.h"
#include "recover.h"
#include "sysfs.h"
#include "text.h"

/* What is asked once, before each device is looked at. */
struct knowledge {
    struct inventory *inventory;
    bool is_root;
    struct vfio_holders holders;
};

static void knowledge_done(struct knowledge *knowledge) {
    vfio_holders_done(&knowledge->holders);
}

static int settle(struct pci_device *device, enum pci_owner owner, const char *holder) {
    device->owner = owner;
    device->holder_gone = false;
    free(device->holder);
    device->holder = holder ? text_printable(holder) : NULL;
    return holder && !device->holder ? -ENOMEM : 0;
}

/* ---- by journal ------------------------------------------------------------------------------ */

/* A VM that has devices, by its journal. */
struct vm {
    const char *domain;
    bool gone;
};

static int settle_vm(struct pci_device *device, struct vm vm) {
    int r = settle(device, PCI_OWNER_VM, vm.domain);

    device->holder_gone = vm.gone;
    return r;
}

static int settle_group(const struct inventory *inventory, int group, struct vm vm) {
    int r = 0;

    for (size_t i = 0; i < inventory->count && r == 0; i++)
        if (inventory->items[i].group == group && !inventory->items[i].bridge)
            r = settle_vm(&inventory->items[i], vm);
    return r;
}

/* A group goes to one VM: nobody else can have what else is in it. */
static int settle_claim(const struct inventory *inventory, const char *claim, struct vm vm) {
    struct pci_device *device = NULL;
    struct pci_address address;
    int group;

    if (sscanf(claim, "iommu-group %d", &group) == 1)
        return settle_group(inventory, group, vm);
    if (strncmp(claim, "pci ", 4) == 0 && pci_address_parse(claim + 4, &address) == 0)
        device = inventory_find(inventory, address);
    return device ? settle_vm(device, vm) : 0;
}

static int visit_journal(struct journal *journal, void *data) {
    const struct inventory *inventory = data;
    struct vm vm = {journal->domain, recover_is_stale(journal)};
    struct pci_device *device;
    struct pci_address address;
    int r = 0;

    /* Of no VM: what has the device now is told by VFIO. */
    if (journal_is_by_hand(journal->domain, &address)) {
        device = inventory_find(inventory, address);
        if (device)
            device->detached = true;
        return 0;
    }
    for (size_t i = 0; i < json_object_array_length(journal->claims) && r == 0; i++) {
        struct json_object *claim = json_object_array_get_idx(journal->claims, i);

        if (json_object_is_type(claim, json_type_string))
            r = settle_claim(inventory, json_object_get_string(claim), vm);
    }
    return r;
}

/* Where the journals cannot be read, VFIO may still tell. */
static int settle_by_journals(struct inventory *inventory) {
    _cleanup_error_ struct error error = {0};
    _cleanup_close_ int directory = journal_open_directory(false, &error);

    return directory < 0 ? 0 : journal_for_each(directory, visit_journal, inventory);
}

/* ---- by VFIO --------------------------------------------------------------------------------- */

/* The file of the device itself, where the kernel has such, or else of its group. */
static const struct vfio_holder *find_holder(const struct knowledge *knowledge,
                                             const struct pci_device *device) {
    _cleanup_close_ int directory = sysfs_open_device(device->address);
    int fd = directory < 0 ? -1 : openat(directory, "vfio-dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    const struct vfio_holder *holder = NULL;
    char file[VFIO_FILE_MAX];

    if (!entries)
        close_descriptor(&fd);
    for (struct dirent *entry = entries ? readdir(entries) : NULL; entry && !holder;
         entry = readdir(entries)) {
        snprintf(file, sizeof file, "devices/%.14s", entry->d_name);
        holder = vfio_holder_of(&knowledge->holders, file);
    }
    snprintf(file, sizeof file, "%d", device->group);
    return holder ? holder : vfio_holder_of(&knowledge->holders, file);
}

static int settle_on_vfio(const struct knowledge *knowledge, struct pci_device *device) {
    const struct vfio_holder *holder = find_holder(knowledge, device);

    if (holder)
        return settle(device, holder->is_vm ? PCI_OWNER_VM : PCI_OWNER_PROCESS, holder->name);
    return settle(device, knowledge->is_root ? PCI_OWNER_NOBODY : PCI_OWNER_UNKNOWN, NULL);
}

/* ---- by the host ----------------------------------------------------------------------------- */

static int settle_on_host(const struct knowledge *knowledge, struct pci_device *device,
                          const struct in_use *use) {
    if (use->rank >= IN_USE_KNOWN)
        return settle(device, PCI_OWNER_HOST, use->user);
    if (device->boot_display)
        return settle(device, PCI_OWNER_HOST, NULL);
    if (!knowledge->is_root)
        return settle(device, PCI_OWNER_UNKNOWN, NULL);
    if (use->rank == IN_USE_VAGUELY)
        return settle(device, PCI_OWNER_UNKNOWN, use->user);
    return settle(device, PCI_OWNER_NOBODY, NULL);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool is_examined(const struct pci_device *device) {
    return !device->bridge && *device->driver && !driver_is_vfio_friendly(device->driver);
}

static int settle_device(const struct knowledge *knowledge, struct pci_device *device,
                         const struct host_answer *answer) {
    device->override_known = answer->override_known;
    strcpy(device->override, answer->override);
    if (!answer->answered)
        return settle(device, PCI_OWNER_STUCK, NULL);
    if (device->bridge)
        return settle(device, PCI_OWNER_HOST, NULL);
    if (device->owner == PCI_OWNER_VM)
        return 0;
    if (answer->examine)
        return settle_on_host(knowledge, device, &answer->use);
    return *device->driver ? settle_on_vfio(knowledge, device)
                           : settle(device, PCI_OWNER_NOBODY, NULL);
}

static int settle_all(struct knowledge *knowledge, const struct host_answer *answers) {
    struct inventory *inventory = knowledge->inventory;
    int r = vfio_holders_read(&knowledge->holders);

    if (r == 0)
        r = settle_by_journals(inventory);
    for (size_t i = 0; i < inventory->count && r == 0; i++)
        r = settle_device(knowledge, &inventory->items[i], &answers[i]);
    return r;
}

int inventory_ask(struct inventory *inventory, struct error *error) {
    _cleanup_free_ struct host_answer *answers = calloc(inventory->count + 1, sizeof *answers);
    _cleanup_(knowledge_done) struct knowledge knowledge = {inventory, geteuid() == 0, {0}};
    int r;

    if (!answers)
        return error_oom(error);
    for (size_t i = 0; i < inventory->count; i++) {
        answers[i].use.address = inventory->items[i].address;
        answers[i].examine = is_examined(&inventory->items[i]);
    }
    r = host_ask(answers, inventory->count, error);
    if (r < 0)
        return r;
    if (settle_all(&knowledge, answers) < 0)
        return error_oom(error);
    return inventory_mark_reserved(inventory, error);
}
