/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a VM takes for itself alone: a PCI device, and with it the whole IOMMU group, for a group
 * goes to one VM. A claim is a word such as "pci 0000:01:00.0" or "iommu-group 1"; it stands in the
 * VM's journal as long as the VM has the thing.
 */

#include <stdbool.h>

#include "error.h"
#include "pci-address.h"

struct claim {
    char what[48];
    struct pci_address device; /* the device of this VM that the claim is made for */
    bool is_group;
    size_t rank; /* in which order it was added */
};

struct claims {
    struct claim *items; /* ordered by `what` */
    size_t count;
};

/* Add one claim, unless the same is there already. -ENOMEM. */
int claims_add_device(struct claims *claims, struct pci_address device) _must_check_;
int claims_add_group(struct claims *claims, int group, struct pci_address device) _must_check_;

/* The claim that says exactly `what`, or NULL. */
const struct claim *claims_find(const struct claims *claims, const char *what);

void claims_done(struct claims *claims);

#define _cleanup_claims_ _cleanup_(claims_done)
