/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is worth knowing of a device that is about to be reserved, but no reason not to do it. */

#include "early-state.h"

/* Warns of what the i-th rule, which is new, takes from the host that is using it, takes though it
 * was not named, or leaves though a VM would need it. -ENOMEM. */
int early_warn(const struct early_state *state, size_t i) _must_check_;
