/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The CPUs of the host and what they share (kernel Documentation/admin-guide/cputopology.rst,
 * Documentation/ABI/testing/sysfs-devices-system-cpu).
 */

#include "cpulist.h"
#include "error.h"

/* What a core is made for, where there are several kinds. */
enum core_kind { CORE_PERFORMANCE, CORE_EFFICIENCY };

/* An online CPU. Cores, caches and packages are numbered by the lowest CPU that belongs to them. */
struct topology_cpu {
    unsigned cpu;
    unsigned core;
    unsigned cache; /* last level */
    unsigned cache_kib;
    unsigned package;
    unsigned node; /* NUMA node */
    unsigned max_khz;
    enum core_kind kind;
};

struct topology {
    struct topology_cpu *cpus; /* ordered by number */
    size_t count;
    struct cpulist online;
};

/* Reads /sys/devices/system/cpu and node. What is not told there is assumed to be the same for all.
 * *ret is owned by the caller (topology_done). -errno with a sentence when not even the list of
 * online CPUs can be read. */
int topology_read(struct topology *ret, struct error *error) _must_check_;

/* The CPUs that are online now. Negative errno when that cannot be read. */
int topology_online(struct cpulist *ret) _must_check_;

/* The CPU of that number, or NULL when it is not online. */
const struct topology_cpu *topology_cpu(const struct topology *topology, unsigned cpu);

/* All CPUs of the core that a CPU belongs to. */
void topology_core(const struct topology *topology, unsigned core, struct cpulist *ret);

void topology_done(struct topology *topology);

#define _cleanup_topology_ _cleanup_(topology_done)
