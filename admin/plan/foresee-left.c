/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foresee-left.h"

#include <errno.h>
#include <string.h>

#include "device-text.h"
#include "json-record.h"
#include "plan-vgpu.h"
#include "text.h"

static bool has_step(const struct steps *steps, const char *key, const char *value) {
    for (size_t i = 0; i < steps->count; i++) {
        const char *has = json_string(steps->items[i].data, key);

        if (has && strcmp(has, value) == 0)
            return true;
    }
    return false;
}

/* All three are given away, even on failure. */
static int add(struct foreseen *foreseen, char *what, char *id, char *why) {
    struct foreseen_left *larger =
        reallocarray(foreseen->left, foreseen->n_left + 1, sizeof *larger);

    if (larger)
        foreseen->left = larger;
    if (!larger || !what || !id || !why) {
        free(what);
        free(id);
        free(why);
        return -ENOMEM;
    }
    larger[foreseen->n_left++] = (struct foreseen_left){what, id, why};
    return 0;
}

static bool is_among(struct pci_address address, const struct pci_address *list, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (pci_address_compare(list[i], address) == 0)
            return true;
    return false;
}

static const char *whose(const struct hostdev *hostdev) {
    return hostdev && hostdev->managed ? "libvirt takes it, and gives it back"
                                       : "whoever starts the VM has to see to it (managed='no')";
}

static char *why_left(const struct prepare *prepare, const struct hostdev *hostdev,
                      struct pci_address address) {
    const struct intent *intent = &prepare->intent;
    const struct host_device *device = prepare->host ? host_device(prepare->host, address) : NULL;

    if (is_among(address, intent->vgpus, intent->n_vgpus))
        return text_format("it is a vGPU of type %u already, and stays one",
                           plan_vgpu_type(prepare->policy, address));
    if (device && is_among(address, intent->bind, intent->n_bind))
        return *device->driver ? text_format("on %s already, and stays there", device->driver)
                               : text_format("it has no driver, and needs none");
    if (is_among(address, intent->guarded, intent->n_guarded))
        return text_format("%s", whose(hostdev));
    return text_format("detach = none: %s", whose(hostdev));
}

static int add_device(const struct prepare *prepare, struct pci_address address,
                      struct foreseen *foreseen) {
    if (has_step(&foreseen->steps, "device", PCI_ADDRESS_FORMAT(address)))
        return 0;
    return add(foreseen, device_text(address), text_format("%s", PCI_ADDRESS_FORMAT(address)),
               why_left(prepare, domain_hostdev(prepare->domain, address), address));
}

static int add_mdev(const struct prepare *prepare, const char *uuid, struct foreseen *foreseen) {
    if (!prepare->host || !host_mdev(&prepare->host->mdevs, uuid) ||
        has_step(&foreseen->steps, "uuid", uuid))
        return 0;
    return add(foreseen, text_format("mediated device %s", uuid), text_format("%s", uuid),
               text_format("it is there already, and stays"));
}

int foresee_left(const struct prepare *prepare, struct foreseen *foreseen) {
    const struct domain *domain = prepare->domain;
    const struct intent *intent = &prepare->intent;
    int r = 0;

    for (size_t i = 0; i < domain->n_hostdevs && r == 0; i++)
        r = add_device(prepare, domain->hostdevs[i].address, foreseen);
    for (size_t i = 0; i < intent->n_bind && r == 0; i++)
        if (!domain_hostdev(domain, intent->bind[i]))
            r = add_device(prepare, intent->bind[i], foreseen);
    for (size_t i = 0; i < domain->n_mdevs && r == 0; i++)
        r = add_mdev(prepare, domain->mdevs[i].uuid, foreseen);
    return r;
}
