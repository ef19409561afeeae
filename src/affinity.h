/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The CPUs that threads are allowed to run on (sched_setaffinity(2)). */

#include <sys/types.h>

#include "cpulist.h"
#include "error.h"

/* Negative errno; -ESRCH: there is no such thread. */
int affinity_get(pid_t thread, struct cpulist *ret) _must_check_;
int affinity_set(pid_t thread, const struct cpulist *cpus) _must_check_;

/*
 * Affinities that threads have set themselves, and that kernels before 6.2 forget whenever the CPUs
 * of a control group change. They stand in a state file from the first change to the last.
 */
struct affinities;

#define AFFINITIES_FILE ".affinities"

/* Notes all that there are; *ret is NULL on kernels that do not forget. */
int affinities_save(uint64_t deadline, struct affinities **ret, struct error *error) _must_check_;

/* Sets again what was forgotten; NULL is fine. `last`: nothing will change any more that the notes
 * would be needed for. */
void affinities_restore(struct affinities *affinities, bool last);

void affinities_free(struct affinities *affinities);
