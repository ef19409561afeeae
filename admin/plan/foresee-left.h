/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a plan leaves as it is, and why. */

#include "foresee.h"
#include "prepare.h"

/* Fills in what of the domain's devices, and of what is taken along with them, has no step among
 * those foreseen. -ENOMEM. */
int foresee_left(const struct prepare *prepare, struct foreseen *foreseen) _must_check_;
