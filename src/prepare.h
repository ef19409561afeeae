/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Taking from the host what a domain needs, whoever asks for it: the hook when a VM starts, or an
 * admin by hand. What it takes is claimed first; then it is looked how all of that stands, planned,
 * written down, and done. When anything fails the host is as before.
 */

#include "journal.h"
#include "plan.h"

/* All that a prepare works with. */
struct prepare {
    const struct domain *domain;
    const struct policy *policy;
    struct process owner; /* answers for what is taken, as long as it lives: libvirtd */
    unsigned libvirt;     /* its version, as host_read takes it; 0: whatever the owner has mapped */
    uint64_t act_deadline;  /* for what is done */
    uint64_t undo_deadline; /* and for undoing it */
    int (*explain)(const struct refusal *refusal, const struct host *host,
                   const struct policy *policy, struct error *error); /* as refusal_explain */

    /* Filled in on the way, owned. */
    struct host *host;
    struct intent intent;
    int directory;           /* of the journals; -1 to begin with */
    struct journal *journal; /* locked; NULL as long as nothing is claimed */
};

/* Looks at what the domain takes, and claims it: prepare->journal has the claims then, unless there
 * was nothing to claim. What an earlier life of the domain left behind, and what VMs have that are
 * gone, is given back first, where it is in the way. A journal of the domain that is there already
 * is claimed with. */
int prepare_claim(struct prepare *prepare, struct error *error) _must_check_;

/* Claims, and takes. */
int prepare_take(struct prepare *prepare, struct error *error) _must_check_;

/* Gives back what was taken: the `error` for which that is done tells afterwards what could not be
 * given back. */
void prepare_roll_back(struct prepare *prepare, struct error *error);

/* ---- parts of it, for foreseeing what it would do ------------------------------------------ */

/* Fills in host and intent: what the domain takes, from what the devices are. Leaves `host` NULL
 * where nothing is taken. */
int prepare_look(struct prepare *prepare, struct error *error) _must_check_;

/* Turn into sentences why the plan refuses, and who has what is wanted. Return a negative errno. */
int prepare_refused(const struct prepare *prepare, const struct refusal *refusal,
                    struct error *error);
int prepare_held(const struct prepare *prepare, const char *holder, const struct claim *claim,
                 struct error *error);

void prepare_done(struct prepare *prepare);

#define _cleanup_prepare_ _cleanup_(prepare_done)
