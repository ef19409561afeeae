/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What vfio-pci's parameter `ids` has between its commas (the kernel's
 * drivers/vfio/pci/vfio_pci.c): VENDOR:DEVICE[:SUBVENDOR[:SUBDEVICE[:CLASS[:MASK]]]]; ffffffff
 * means any. */

#include <stdbool.h>

#include "pci-functions.h"

struct pci_pattern {
    uint32_t vendor, device, subvendor, subdevice;
    uint32_t class, class_mask;
};

/* -EINVAL for what the kernel would ignore. */
int pci_pattern_parse(const char *text, struct pci_pattern *ret) _must_check_;

bool pci_pattern_matches(const struct pci_pattern *pattern, const struct pci_function *function);

/* Whether it asks for nothing but vendor and device. */
bool pci_pattern_is_id(const struct pci_pattern *pattern);
