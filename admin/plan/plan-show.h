/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A plan, for people and for scripts. */

#include "foresee.h"

/* -ENOMEM. */
int plan_print(const struct domain *domain, const struct foreseen *foreseen) _must_check_;

/* `refusal`: why there is none, or NULL. */
int plan_print_json(const struct domain *domain, const struct foreseen *foreseen,
                    const char *refusal) _must_check_;
