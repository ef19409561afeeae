/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the admin reserves for VMs from boot on: one section of /etc/hostdevctl/early.d as plain
 * data. A device is named in a way that fits what may change on the host: its address (a card that
 * is added may move it), its id (all that are alike), its serial number, or the bridges it sits
 * behind.
 */

#include <stdbool.h>

#include "pci-address.h"

enum early_by {
    EARLY_BY_ADDRESS, /* [device 0000:05:00.0] */
    EARLY_BY_ID,      /* [id 144d:a80a] */
    EARLY_BY_SERIAL,  /* [serial 00-25-38-5b-71-b0-ab-12] */
    EARLY_BY_PATH,    /* [path pci0000:00/1c.4/00.0] */
};

/* What goes along with the device that is named. */
enum early_with {
    EARLY_WITH_NOTHING,
    EARLY_WITH_SLOT,  /* the other functions of its slot */
    EARLY_WITH_GROUP, /* the other members of its IOMMU group */
};

struct early_rule {
    char *section; /* "device 0000:05:00.0" */
    char *file;    /* where it stands */
    enum early_by by;
    struct pci_address address;
    uint64_t serial; /* PCI Device Serial Number, never 0 */
    char *path;      /* see pci-path.h */
    bool has_id;     /* always, but for addresses and paths */
    struct pci_id id;
    enum early_with with;
    bool boot_display; /* may be the display that the host boots with */
    bool has_vfs;      /* the VFs first_vf to last_vf are reserved, not the device itself */
    unsigned first_vf, last_vf;
    unsigned sriov_vfs; /* VFs to be made; 0: none */
};

struct early_rules {
    struct early_rule *items;
    size_t count;
};

/* Whether the rule is about the VFs of the device that it names, which itself stays with the host.
 */
static inline bool early_rule_is_about_vfs(const struct early_rule *rule) {
    return rule->has_vfs || rule->sriov_vfs > 0;
}

void early_rules_done(struct early_rules *rules);

#define _cleanup_early_rules_ _cleanup_(early_rules_done)
