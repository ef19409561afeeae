/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The plan: what has to be done to the host so that a domain can start. Pure functions of domain,
 * policy and host: no I/O, so every decision can be tested with structs alone.
 *
 * It is made in two halves, because how a device stands is true only once it is claimed: first what
 * the VM takes (from what the devices are), then the steps (from how they stand).
 */

#include "claim.h"
#include "domain.h"
#include "host.h"
#include "plan-cpu.h"
#include "policy.h"
#include "refusal.h"
#include "step.h"

/* What the plan functions return when the VM must not start; *refusal says why. */
#define PLAN_REFUSED 1

struct intent {
    struct claims claims;
    struct pci_address *bind; /* devices that will be bound here; the rest is left to libvirt */
    size_t n_bind;
    struct pci_address
        *guarded; /* devices that must not be in use by the host, bound here or not */
    size_t n_guarded;
    struct pci_address *vgpus; /* devices that stay on their driver and become vGPUs */
    size_t n_vgpus;
    struct cpu_plan cpu;
};

void intent_done(struct intent *intent);

#define _cleanup_intent_ _cleanup_(intent_done)

/* Whether there is anything to plan, without a look at the host. */
bool plan_takes_anything(const struct domain *domain, const struct policy *policy);

/* First half, from what the devices are. 0, PLAN_REFUSED, or -ENOMEM. `ret` starts zeroed and needs
 * intent_done in any case. */
int plan_intent(const struct domain *domain, const struct policy *policy, const struct host *host,
                struct intent *ret, struct refusal *refusal) _must_check_;

/* The modules without which the host does not offer what the domain's mediated devices need, going
 * by host->mdevs: to be loaded, and host->mdevs read again, before the second half. -ENOMEM. */
int plan_loads(const struct domain *domain, const struct policy *policy, const struct host *host,
               struct steps *ret) _must_check_;

/* Second half, from how they stand (host_inspect of intent->bind, host_examine of intent->guarded,
 * host_vgpus_read of intent->vgpus
 * and host_mdevs_read came before). 0, PLAN_REFUSED, or
 * -ENOMEM. `ret` starts zeroed and needs steps_done in any case. A device that is on a VFIO driver
 * already gets no step: it was reserved before, and stays so. */
int plan_steps(const struct domain *domain, const struct policy *policy, const struct host *host,
               const struct intent *intent, struct steps *ret,
               struct refusal *refusal) _must_check_;
