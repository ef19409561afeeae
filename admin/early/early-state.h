/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All that is known of what is reserved: the files, the host, and what the early binder will make
 * of the two at the next boot. Decided by its own code, so that what is shown is what happens.
 */

#include "early-conf.h"
#include "early-plan.h"

struct early_state {
    struct early_rules rules;
    size_t known; /* so many of them are in files; the others are about to be written */
    struct host_needs needs;
    struct early_host host;
    struct early_plan plan;
    int wrong; /* files with a mistake, which has been said */
};

/* Reads files and host. `ret` is the caller's to clean up in any case. */
int early_state_read(struct early_state *ret, struct error *error) _must_check_;

/* Plans anew, after a change of the rules. */
int early_state_plan(struct early_state *state, struct error *error) _must_check_;

/* The verdict by which a device is reserved, or NULL. */
const struct early_verdict *early_state_reserved(const struct early_state *state,
                                                 struct pci_address address);

/* The devices that a rule names and reserves (not what goes along with them), but for the `count`
 * that are known already: "0000:06:00.0, 0000:07:00.0". Empty when there are none. Owned by the
 * caller, NULL for lack of memory. */
char *early_state_others(const struct early_state *state, const struct early_rule *rule,
                         const struct pci_address *known, size_t count) _must_check_;

/* "[device 0000:05:00.0] in nvme.conf". Owned by the caller, NULL for lack of memory. */
char *early_state_rule_text(const struct early_rule *rule) _must_check_;

void early_state_done(struct early_state *state);

#define _cleanup_early_state_ _cleanup_(early_state_done)
