/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Carries a plan out. First all overrides are set, and only then is anything loaded or bound: no
 * driver that is loaded meanwhile finds a reserved device free to take.
 */

#include "early-plan.h"

/* Reserves what the plan reserves; `only`: of that what concerns this device; NULL: all. What
 * becomes of each device goes to the kernel log, but for those that are on a VFIO driver already.
 * Returns how many could not be had, or a negative errno.
 */
int early_bind(const struct early_plan *plan, const struct pci_address *only,
               const struct early_host *host) _must_check_;
