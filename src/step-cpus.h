/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What steps have in common that concern the CPUs of a VM: data with "domain" and "cpus". */

#include "cpulist.h"
#include "step.h"

/* NULL for lack of memory. */
struct json_object *step_cpus_new(const char *domain, const struct cpulist *cpus) _must_check_;

bool step_cpus_valid(struct json_object *data);
