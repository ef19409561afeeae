/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Vendor-specific VFIO drivers ("variants" of vfio-pci). Their modules carry aliases of the devices
 * they are for, with vfio_pci: where other drivers have pci:
 * (kernel Documentation/driver-api/vfio-pci-device-specific-driver-acceptance.rst).
 *
 * Of several that match libvirt takes the one whose alias has the fewest wildcards, and so must
 * this program, or libvirt would bind the device again. libkmod does not tell by which alias it
 * found a module, so the text index (modules.dep(5)) is read here.
 */

#include <stdbool.h>

#include "driver.h"
#include "util.h"

struct variants {
    char *aliases; /* owned: the lines "PATTERN MODULE" of the index that are about VFIO */
};

/* Reads the index of the running kernel. None at all is fine: a kernel without modules.
 * A negative errno when there is one that cannot be read. */
int variants_read(struct variants *ret) _must_check_;

void variants_done(struct variants *variants);

#define _cleanup_variants_ _cleanup_(variants_done)

/* The module with the best matching alias for a device's modalias (pci:v0000...); vfio_pci itself
 * does not count. false when there is none; `ret` has DRIVER_NAME_MAX. */
bool variants_find(const struct variants *variants, const char *modalias, char *ret);
