/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a device cannot be taken by hand: as refusal_explain, but there is no VM and no file of its
 * that could be changed. */

#include "refusal.h"

int by_hand_explain(const struct refusal *refusal, const struct host *host,
                    const struct policy *policy, struct error *error);
