/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What steps have in common that concern the CPUs of a VM: data with "domain" and "cpus". */

#include "cpulist.h"
#include "step.h"
#include "summed.h"

/* NULL for lack of memory. */
struct json_object *step_cpus_new(const char *domain, const struct cpulist *cpus) _must_check_;

bool step_cpus_valid(struct json_object *data);

/* By what this host keeps its tasks off isolated CPUs: systemd's units, or cgroups where it does
 * not run. */
const struct summed_kind *step_isolate_tasks(void);
