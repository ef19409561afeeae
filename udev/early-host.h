/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host says of the devices that rules may be about, as plain data: those that are named,
 * what may go along with them, and virtual functions. Of all others at most the id is looked at, so
 * the cost is that of the rules. Nothing here blocks behind a driver.
 */

#include "early-rule.h"
#include "error.h"
#include "host-needs.h"

#define EARLY_GROUP_NONE (-1)

struct early_device {
    struct pci_address address;
    struct pci_id id;
    uint32_t class;  /* 24 bits: base class, subclass, programming interface */
    char *path;      /* see pci-path.h; NULL when it has none */
    uint64_t serial; /* PCI Device Serial Number; 0: none */
    int group;       /* of the IOMMU, or EARLY_GROUP_NONE */
    bool boot_display;
    bool is_vf;
    struct pci_address physfn; /* of a virtual function */
    int vf;                    /* its number there, if a rule is about it; else -1 */
    const char *needed;        /* what the host itself needs it for; NULL: for nothing known */
};

struct early_host {
    struct early_device *devices; /* in the order of their addresses */
    size_t count;
};

/* `needs` must outlive `ret`, which is the caller's to clean up in any case. */
int early_host_read(const struct early_rules *rules, const struct host_needs *needs,
                    struct early_host *ret, struct error *error) _must_check_;

/* The device at an address, or NULL. */
const struct early_device *early_host_device(const struct early_host *host,
                                             struct pci_address address);

/* Whether the device is one that the rule names; an address with another id is not. */
bool early_host_matches(const struct early_rule *rule, const struct early_device *device);

/* Whether what goes along with `device`, as the rule says, includes `other`. */
bool early_host_is_companion(const struct early_rule *rule, const struct early_device *device,
                             const struct early_device *other);

void early_host_done(struct early_host *host);

#define _cleanup_early_host_ _cleanup_(early_host_done)
