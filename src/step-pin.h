/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Pinning, when the VM's threads exist: what a step of that kind does at `started` and later. */

#include "step.h"

/* Pins the threads of a running QEMU, and sets their schedulers, as the step says. All that can be
 * done is done; the error is that of the first thread that cannot be had. */
int step_pin_assert(const struct step *step, pid_t qemu, struct error *error) _must_check_;

/* Whether the VM shall not run when it cannot be pinned. */
bool step_pin_is_strict(const struct step *step);
