/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pci-pattern.h"

#include <errno.h>

#define ANY UINT32_MAX

int pci_pattern_parse(const char *text, struct pci_pattern *ret) {
    unsigned vendor, device, subvendor = ANY, subdevice = ANY, class = 0, mask = 0;

    if (sscanf(text, "%8x:%8x:%8x:%8x:%8x:%8x", &vendor, &device, &subvendor, &subdevice, &class,
               &mask) < 2)
        return -EINVAL;
    *ret = (struct pci_pattern){vendor, device, subvendor, subdevice, class, mask};
    return 0;
}

static bool is(uint32_t pattern, uint32_t value) {
    return pattern == ANY || pattern == value;
}

bool pci_pattern_matches(const struct pci_pattern *pattern, const struct pci_function *function) {
    return is(pattern->vendor, function->id.vendor) && is(pattern->device, function->id.device) &&
           is(pattern->subvendor, function->subsystem.vendor) &&
           is(pattern->subdevice, function->subsystem.device) &&
           ((pattern->class ^ function->class) & pattern->class_mask) == 0;
}

bool pci_pattern_is_id(const struct pci_pattern *pattern) {
    return pattern->vendor != ANY && pattern->device != ANY && pattern->subvendor == ANY &&
           pattern->subdevice == ANY && pattern->class_mask == 0;
}
