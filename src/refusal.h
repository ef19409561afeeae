/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why a VM is not started. The plan, which does no I/O, says it as data; here it becomes the
 * sentence that the person in front of virt-manager reads, with the names of devices.
 */

#include "error.h"
#include "host.h"
#include "policy.h"

enum refusal_reason {
    REFUSED_NO_DEVICE,  /* nothing is at `device` */
    REFUSED_OTHER_ID,   /* something else than the configuration expects is at `device` */
    REFUSED_BRIDGE,     /* `device` is a bridge */
    REFUSED_NO_IOMMU,   /* `device` is in no IOMMU group */
    REFUSED_GROUP,      /* `other`, on a host driver, shares the group of `device` */
    REFUSED_NO_DRIVER,  /* this kernel has no `driver` for `device` */
    REFUSED_HELD,       /* `holder` has `device` */
    REFUSED_GROUP_HELD, /* `holder` has the IOMMU group of `device` */
};

struct refusal {
    enum refusal_reason reason;
    struct pci_address device;
    struct pci_address other;
    struct pci_id expected;
    char driver[DRIVER_NAME_MAX];
    char holder[128]; /* name of a VM */
};

/* Puts the refusal into words. Returns -EBUSY for what another VM holds, -EINVAL otherwise. */
int refusal_explain(const struct refusal *refusal, const struct host *host,
                    const struct policy *policy, struct error *error);
