/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The sentences for refusals about mediated devices and vGPUs (see refusal.h). */

#include "refusal.h"

int refusal_explain_mdev(const struct refusal *refusal, const struct host *host,
                         const struct policy *policy, struct error *error);

/* Why no device of the host offers mediated devices (of this type, unless it is NULL), and what to
 * do: the end of a sentence. Not owned. */
const char *refusal_why_no_mdevs(const struct host_mdevs *mdevs, const char *type);

/* `device` is how messages name the device. */
int refusal_explain_vgpu(const struct refusal *refusal, const struct host *host, const char *device,
                         struct error *error);
