/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "by-hand-refusal.h"

#include <errno.h>

#include "device-text.h"

static int explain_use(const char *device, const char *user, struct error *error) {
    return error_set(error, EBUSY,
                     "%s is in use by the host: %s. Free it first: unmount what is on it, take its "
                     "interface down, end the process that has it",
                     device, user);
}

int by_hand_explain(const struct refusal *refusal, const struct host *host,
                    const struct policy *policy, struct error *error) {
    _cleanup_free_ char *device = device_text(refusal->device);
    _cleanup_free_ char *other = device_text(refusal->other);
    const struct host_device *known = host_device(host, refusal->device);

    if (!device || !other)
        return error_oom(error);
    switch (refusal->reason) {
    case REFUSED_NO_DEVICE:
        return error_set(error, ENOENT,
                         "there is no PCI device at %s: 'hostdevctl list' shows what is there",
                         PCI_ADDRESS_FORMAT(refusal->device));
    case REFUSED_BRIDGE:
        return error_set(error, EINVAL, "%s is a PCI bridge, which stays with the host", device);
    case REFUSED_GROUP:
        return error_set(error, EINVAL,
                         "%s shares IOMMU group %d with %s, and no VM can have the one without the "
                         "other: detach both, or say --iommu-group",
                         other, known ? known->group : IOMMU_GROUP_NONE, device);
    case REFUSED_NO_DRIVER:
        if (driver_name_same(refusal->driver, DRIVER_VFIO_PCI))
            break;
        return error_set(error, EINVAL,
                         "%s cannot be given to driver %s: the running kernel has no such driver",
                         device, refusal->driver);
    case REFUSED_IN_USE:
        return explain_use(device, known ? known->user : "?", error);
    case REFUSED_BOOT_DISPLAY:
        return error_set(error, EBUSY,
                         "%s shows the picture that the host booted with, and stays with the host",
                         device);
    default:
        break;
    }
    return refusal_explain(refusal, host, policy, error);
}
