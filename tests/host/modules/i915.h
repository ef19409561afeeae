/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EMULATED_I915_H
#define EMULATED_I915_H

struct device;

/* The one device that the driver of i915.c has; NULL without GVT-g. */
struct device *emulated_gpu(void);

#endif
