/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of planning that is about mediated devices (see plan.h). */

#include "plan.h"

/* The types that the domain's mediated devices shall have, in its order: `ret` has room for all.
 * The number of them, or 0 when there is one of which nobody says it. */
size_t plan_mdev_types(const struct domain *domain, const struct policy *policy, const char **ret);

int plan_mdev_claims(const struct domain *domain, struct claims *claims) _must_check_;

/* 0, PLAN_REFUSED, or -ENOMEM. */
int plan_mdev_steps(const struct domain *domain, const struct policy *policy,
                    const struct host *host, struct steps *ret,
                    struct refusal *refusal) _must_check_;
