/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which CPUs of the host suit a VM: a pure function of the host's topology. */

#include <stdbool.h>

#include "topology.h"

/* Among CPUs of one kind that differ: the last-level cache or the clock (AMD's X3D). */
enum cpu_preference { PREFER_NONE, PREFER_CACHE, PREFER_FREQUENCY };

struct cpu_wish {
    unsigned vcpus;
    unsigned threads;           /* of a guest core, at least 1 */
    struct cpulist nodes;       /* NUMA nodes to be on if it can be had; empty: any */
    struct cpulist held;        /* pinned to by other VMs: only when nothing else is left */
    struct cpulist unavailable; /* isolated for other VMs, or kept for the host: never */
    enum core_kind kind;        /* to be taken first */
    enum cpu_preference preference;
};

/*
 * Chooses a CPU for each vCPU: whole cores, guest SMT siblings on host SMT siblings; within one
 * last-level cache if they fit, else one NUMA node, else one package; core 0 last. `ret` has room
 * for all vCPUs. -ENOSPC when there are not enough CPUs; -ENOMEM.
 */
int cpu_choose(const struct topology *topology, const struct cpu_wish *wish,
               unsigned *ret) _must_check_;
