/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which devices are to be shown: those that all of its conditions hold for. */

#include "host-devices.h"

struct list_filter {
    const struct pci_address *devices; /* one of these; none: any */
    size_t n_devices;
    bool by_group;
    int group;
    const char *kind; /* see pci_device_kind; or a class, "03" or "0300"; NULL: any */
    bool free;        /* a VM could have it now */
};

/* Whether `kind` is a word or a class that devices can be of. */
bool list_kind_valid(const char *kind);

bool list_filter_matches(const struct list_filter *filter, const struct pci_device *device);

/* Takes all other devices out of the inventory; `with_bridges`: but not the bridges above those
 * that match. -ENOMEM. */
int list_filter_apply(const struct list_filter *filter, bool with_bridges,
                      struct inventory *inventory) _must_check_;
