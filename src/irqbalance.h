/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * irqbalance, which else would soon put interrupts back where it thinks best: its list of banned
 * CPUs, through the socket that it serves its own user interface by (irqbalance(1), "API").
 */

#include "cpulist.h"

/* The CPUs that it bans now. -ENOENT: it does not run, or has no socket. */
int irqbalance_read_banned(struct cpulist *ret) _must_check_;

/* Sets them; an empty list brings back those of its own configuration. */
int irqbalance_write_banned(const struct cpulist *cpus) _must_check_;
