/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "affinity.h"

#include <errno.h>
#include <sched.h>

/* Both use the same layout as struct cpulist, on little-endian machines and, by whole words, on
 * 64-bit ones. */
_Static_assert(sizeof(struct cpulist) % sizeof(unsigned long) == 0, "whole words");

int affinity_get(pid_t thread, struct cpulist *ret) {
    *ret = (struct cpulist){0};
    return sched_getaffinity(thread, sizeof ret->bits, (cpu_set_t *)ret->bits) < 0 ? -errno : 0;
}

int affinity_set(pid_t thread, const struct cpulist *cpus) {
    return sched_setaffinity(thread, sizeof cpus->bits, (const cpu_set_t *)cpus->bits) < 0 ? -errno
                                                                                           : 0;
}
