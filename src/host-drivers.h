/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of reading a host that is about drivers: which VFIO drivers there are for its devices.
 */

#include "host.h"

/* Finds the variant drivers for the domain's devices, where the XML names no driver itself. An
 * index that cannot be read is logged, and vfio-pci does for all; an error only for lack of memory.
 */
int host_find_variants(const struct domain *domain, struct host *host,
                       struct error *error) _must_check_;

/* Fills the host's drivers: vfio-pci, and those that the XML or the variants name. */
int host_read_drivers(const struct domain *domain, struct host *host,
                      struct error *error) _must_check_;
