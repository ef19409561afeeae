/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What becomes of the devices that the rules are about: a pure function of rules and host. Devices
 * are reserved one set at a time (a device and what goes along with it): if one of them has to stay
 * with the host, so do all.
 */

#include "early-host.h"

enum early_outcome {
    EARLY_RESERVE,
    EARLY_PHYSFN,  /* it stays with the host, which makes `vfs` virtual functions of it */
    EARLY_LEAVE,   /* it stays with the host */
    EARLY_MISSING, /* there is no such device */
};

struct early_verdict {
    enum early_outcome outcome;
    const struct early_rule *rule;
    struct pci_address device;  /* which the rule names; not when it is missing */
    struct pci_address address; /* the device, what goes along with it, or a virtual function */
    unsigned vfs;               /* 0: whoever makes them, it is not this program */
    char *why; /* why not: what follows "ADDRESS is left to the host: ", or a whole sentence for one
                  that is missing; NULL when it is reserved */
};

struct early_plan {
    struct early_verdict *verdicts; /* in the order of the rules; what goes together is together */
    size_t count;
};

/* -ENOMEM. `ret` refers to the rules, and is the caller's to clean up in any case. */
int early_plan(const struct early_rules *rules, const struct early_host *host,
               struct early_plan *ret) _must_check_;

/* Whether the i-th verdict is about this device, or about one that it goes with. NULL: always. */
bool early_plan_concerns(const struct early_plan *plan, size_t i,
                         const struct pci_address *address);

void early_plan_done(struct early_plan *plan);

#define _cleanup_early_plan_ _cleanup_(early_plan_done)
