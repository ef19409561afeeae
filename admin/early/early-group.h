/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A VM can have a device only with all of its IOMMU group: whether the rest would be there. */

#include "early-state.h"

/* Warns of members of a device's group that stay with the host. -ENOMEM. */
int early_group_warn(const struct early_state *state, struct pci_address device) _must_check_;
