/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sentences for refusals about mediated devices and vGPUs (see refusal.h). */

#include "refusal.h"

int refusal_explain_mdev(const struct refusal *refusal, const struct host *host,
                         const struct policy *policy, struct error *error);

/* `device` is how messages name the device. */
int refusal_explain_vgpu(const struct refusal *refusal, const struct host *host, const char *device,
                         struct error *error);
