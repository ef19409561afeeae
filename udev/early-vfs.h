/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Makes virtual functions (kernel Documentation/PCI/pci-iov-howto.rst), without letting the host's
 * drivers at them: sriov_drivers_autoprobe is off until those that are reserved are.
 */

#include "early-plan.h"

/* A physical function whose new virtual functions no driver has been offered yet. */
struct early_physfn {
    struct pci_address address;
    bool autoprobe; /* as it was, and will be */
};

struct early_vfs {
    struct early_physfn *made;
    size_t count;
};

/* Makes what the plan wants made, where the host's driver has the physical function and there are
 * none yet. `only`: of this device alone; NULL: of all. Where there is no driver yet udev's rules
 * call again. Returns how many failed, as the kernel log tells, or -ENOMEM. */
int early_vfs_make(const struct early_plan *plan, const struct pci_address *only,
                   struct early_vfs *ret) _must_check_;

/* Lets the host's drivers have those that are not reserved, as they would have had them. */
void early_vfs_offer(const struct early_vfs *vfs);

void early_vfs_done(struct early_vfs *vfs);

#define _cleanup_early_vfs_ _cleanup_(early_vfs_done)
