/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * NVIDIA's vGPUs without mdev (NVIDIA's vGPU software documentation, "Creating an NVIDIA vGPU on a
 * Linux with KVM hypervisor that uses a vendor-specific VFIO framework"): a virtual function on
 * driver nvidia becomes a vGPU when the number of a type is written to its
 * nvidia/current_vgpu_type, and none again with 0.
 */

#include <stdbool.h>

#include "error.h"
#include "pci-address.h"

#define VGPU_CURRENT "nvidia/current_vgpu_type"
#define VGPU_CREATABLE "nvidia/creatable_vgpu_types"

struct host_vgpu {
    struct pci_address address;
    int result;           /* 0, or -ENOENT: not such a device, or another negative errno */
    unsigned current;     /* its type, 0: none */
    char creatable[4096]; /* a line a type, "557   : NVIDIA L40S-1B", behind a heading */
};

/* Reads those at `addresses` in a worker. *ret is owned by the caller (free). -ETIME with a
 * sentence that names the one whose driver does not answer before the deadline. */
int host_vgpus_read(const struct pci_address *addresses, size_t count, uint64_t deadline,
                    struct host_vgpu **ret, struct error *error) _must_check_;

/* Whether a type is among the creatable ones. */
bool host_vgpu_is_creatable(const struct host_vgpu *vgpu, unsigned type);
