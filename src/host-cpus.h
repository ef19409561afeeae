/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the host says of its CPUs and its memory, and other VMs of those they have. */

#include "domain.h"
#include "topology.h"

struct host_cpus {
    struct topology topology;
    struct cpulist near;     /* NUMA nodes of the VM's memory and devices */
    struct cpulist pinned;   /* CPUs that other VMs are pinned to */
    struct cpulist isolated; /* CPUs that are isolated for other VMs */

    struct cpulist memory_nodes;
    uint64_t hugepage_kib; /* the default size; 0: none */
};

/* Reads all but what other VMs have. Never blocks. */
int host_cpus_read(const struct domain *domain, struct host_cpus *ret,
                   struct error *error) _must_check_;

void host_cpus_done(struct host_cpus *cpus);
