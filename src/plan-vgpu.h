/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of planning that is about NVIDIA's vGPUs without mdev (see plan.h). */

#include "plan.h"

/* The type that a device of the VM shall become a vGPU of, or 0. */
unsigned plan_vgpu_type(const struct policy *policy, struct pci_address address);

/* Whether the calling libvirt can, and will, give such a device to a VM as it is. 0 or
 * PLAN_REFUSED. */
int plan_vgpu_check(const struct host *host, const struct hostdev *hostdev,
                    struct refusal *refusal) _must_check_;

/* 0, PLAN_REFUSED, or -ENOMEM. */
int plan_vgpu_steps(const struct policy *policy, const struct host *host, struct steps *ret,
                    struct refusal *refusal) _must_check_;
