/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foresee-undo.h"

#include <string.h>

#include "json-record.h"

static struct host_device *device_of(struct json_object *data, const struct host *host) {
    const char *word = json_string(data, "device");
    struct pci_address address;

    return word && pci_address_parse(word, &address) == 0 ? host_device(host, address) : NULL;
}

static void undo_bind(struct json_object *data, struct host *host) {
    struct host_device *device = device_of(data, host);
    const char *driver = json_string(data, "driver");

    /* What somebody else has taken in hand meanwhile is left to them. */
    if (!device || (*device->driver && !driver_name_same(device->driver, driver)))
        return;
    snprintf(device->driver, sizeof device->driver, "%s", json_string(data, "was-driver"));
    snprintf(device->override, sizeof device->override, "%s", json_string(data, "was-override"));
}

/* Types of a parent take instances from each other: at least one of any may be free then. */
static void free_instance(const struct mdev *mdev, struct host_mdevs *mdevs) {
    for (size_t i = 0; i < mdevs->n_types; i++) {
        struct host_mdev_type *type = &mdevs->types[i];

        if (strcmp(type->parent, mdev->parent) == 0 &&
            (type->available == 0 || strcmp(type->name, mdev->type) == 0))
            type->available++;
    }
}

static void undo_mdev(struct json_object *data, struct host_mdevs *mdevs) {
    struct host_mdev *device = host_mdev(mdevs, json_string(data, "uuid"));
    size_t i;

    if (!device)
        return;
    free_instance(&device->mdev, mdevs);
    i = (size_t)(device - mdevs->devices);
    memmove(device, device + 1, (--mdevs->n_devices - i) * sizeof *device);
}

static void undo_vgpu(struct json_object *data, struct host *host) {
    const struct host_device *device = device_of(data, host);
    int64_t type;

    if (!device || !json_number(data, "type", &type))
        return;
    for (size_t i = 0; i < host->n_vgpus; i++) {
        struct host_vgpu *vgpu = &host->vgpus[i];

        if (pci_address_compare(vgpu->address, device->address) != 0 ||
            (int64_t)vgpu->current != type)
            continue;
        vgpu->current = 0;
        /* Nothing is creatable while it is one; that one is again. */
        snprintf(vgpu->creatable, sizeof vgpu->creatable, "ID : vGPU\n%u : as before\n",
                 (unsigned)type);
    }
}

void foresee_undo(const struct journal *journal, struct host *host) {
    for (size_t i = 0; i < journal->steps.count; i++) {
        const struct step *step = &journal->steps.items[i];

        if (step->kind == &step_kind_bind)
            undo_bind(step->data, host);
        else if (step->kind == &step_kind_mdev)
            undo_mdev(step->data, &host->mdevs);
        else if (step->kind == &step_kind_vgpu)
            undo_vgpu(step->data, host);
    }
}
