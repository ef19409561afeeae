/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Steps in words, for a person. */

#include "step.h"

/* As the step describes itself, with the name of its device: "giving 0000:05:00.0 (Samsung 980 PRO)
 * back to nvme". Owned by the caller, NULL for lack of memory. */
char *step_text(const struct step *step, bool undo) _must_check_;
