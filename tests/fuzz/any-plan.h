/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Plans for whatever domain and policy came out of an input, on a host that never changes. */

#include "domain.h"
#include "policy.h"

/* Makes both halves of the plan, and requires of it: it is made or refused, its claims are in order
 * and each once, and each of its steps is understood again from the journal. */
void any_plan(const struct domain *domain, const struct policy *policy);

/* Requires that a step can be told to a person, and reads back from what the journal holds. */
struct step;
void any_step(const struct step *step);
