/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a PCI device is shown to a person. */

#include "pci-address.h"

/* What the hardware database calls it, or NULL. Owned by the caller. */
char *device_name(struct pci_address address) _must_check_;

/* Address and name, or id: "0000:05:00.0 (Samsung NVMe SSD Controller 980)". Owned by the caller,
 * NULL for lack of memory. */
char *device_text(struct pci_address address) _must_check_;
