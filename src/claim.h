/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a VM takes for itself alone: a PCI device, and with it the whole IOMMU group, for a group
 * goes to one VM; a mediated device; an isolated CPU. A claim is words such as "pci 0000:01:00.0",
 * "iommu-group 1" or "mdev db10f5f6-0546-4c1c-96c7-1ffe204ae6ce"; it stands in the VM's journal as
 * long as the VM has the thing.
 */

#include <stdbool.h>

#include "error.h"
#include "pci-address.h"

enum claim_kind {
    CLAIM_DEVICE,
    CLAIM_GROUP,
    CLAIM_MDEV,
    CLAIM_CPU,    /* for this VM alone */
    CLAIM_PINNED, /* in common with others, but not with one that wants it alone */
};

struct claim {
    char what[48];
    enum claim_kind kind;
    struct pci_address device; /* the PCI device of this VM that the claim is made for */
    const char *uuid;          /* of a mediated device; owned by its domain */
    unsigned cpu;
    size_t rank; /* in which order it was added */
};

struct claims {
    struct claim *items; /* ordered by `what` */
    size_t count;
};

/* Add one claim, unless the same is there already. -ENOMEM. */
int claims_add_device(struct claims *claims, struct pci_address device) _must_check_;
int claims_add_group(struct claims *claims, int group, struct pci_address device) _must_check_;

int claims_add_mdev(struct claims *claims, const char *uuid) _must_check_;

/* A CPU, alone or in common with others. */
int claims_add_cpu(struct claims *claims, unsigned cpu, bool alone) _must_check_;

/* The claim that cannot be had while another VM has `theirs`, or NULL. */
const struct claim *claims_conflict(const struct claims *claims, const char *theirs);

/* The number of the CPU that the words of a claim are about, alone or in common: true; false when
 * it is about something else. */
bool claim_is_cpu(const char *what, bool *ret_alone, unsigned *ret_cpu);

void claims_done(struct claims *claims);

#define _cleanup_claims_ _cleanup_(claims_done)
