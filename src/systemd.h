/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * systemd, through its D-Bus interface (org.freedesktop.systemd1(5)): which CPUs a unit may use.
 * The library is loaded when it is needed.
 */

#include <stdbool.h>

#include "cpulist.h"
#include "error.h"

struct systemd;

/* Whether it runs this host (sd_booted(3)). */
bool systemd_runs(void);

/* Connects to it. Owned by the caller (systemd_close). No call waits longer than until the
 * deadline. */
int systemd_open(uint64_t deadline, struct systemd **ret, struct error *error) _must_check_;

void systemd_close(struct systemd *systemd);

/* AllowedCPUs= of a unit; empty when it is not set. -ENOENT: there is no such unit now. May block.
 */
int systemd_read_cpus(struct systemd *systemd, const char *unit, struct cpulist *ret) _must_check_;

/* Sets AllowedCPUs= until the next boot, in a drop-in that systemd makes; an empty list unsets it.
 * May block. */
int systemd_write_cpus(struct systemd *systemd, const char *unit,
                       const struct cpulist *cpus) _must_check_;

/* Whether such a drop-in is there (1, 0, or a negative errno), and removes it: systemd would keep
 * one that says "unset" for ever. What cannot be removed is logged, and is the result. */
int systemd_has_drop_in(const char *unit) _must_check_;
int systemd_remove_drop_in(const char *unit);
