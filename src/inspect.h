/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How all that a VM takes stands, once nobody else can take it: the facts that plan_steps needs. */

#include "plan.h"

/* Fills in how the devices of `intent` and the domain's mediated devices stand. A kernel module
 * that the latter need is loaded on the way; unless there is `foreseen`: then nothing is touched,
 * and the steps that would load it are appended there. */
int inspect_host(const struct domain *domain, const struct policy *policy,
                 const struct intent *intent, uint64_t deadline, struct host *host,
                 struct steps *foreseen, struct error *error) _must_check_;

/* Finds out who has the mediated devices there are, which messages tell when none is left: VMs by
 * their journals in `directory`, others by their open files. */
void inspect_mdev_holders(int directory, const char *domain, struct host_mdevs *mdevs);

/* Reads the host's CPUs and memory, and which of the CPUs other VMs have, by their journals. Before
 * the claims: it may be another's by then, and the claim fails. */
int inspect_cpus(const struct domain *domain, struct host_cpus *cpus,
                 struct error *error) _must_check_;
