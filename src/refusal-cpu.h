/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sentences for refusals about CPUs and memory (see refusal.h). */

#include "refusal.h"

int refusal_explain_cpu(const struct refusal *refusal, const struct host *host,
                        const struct policy *policy, struct error *error);
