/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is reserved for VMs from boot on, for the points that are about it. */

#include "early-state.h"

/* As early_state_read, but mistakes in files are not told: they are another point's business. How
 * many files have some; a negative errno with a sentence when it cannot be told what is reserved,
 * also for lack of memory. `ret` is the caller's to clean up in any case. */
int check_early_read(struct early_state *ret, struct error *error) _must_check_;
