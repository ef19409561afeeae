/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part of planning that is about CPUs and memory (see plan.h). */

#include "claim.h"
#include "domain.h"
#include "host.h"
#include "policy.h"
#include "refusal.h"

/* The highest number of an iothread that can be pinned; others are left alone. */
#define PLAN_IOTHREAD_MAX 8192

/* Where the threads of a VM run. An empty list: left alone, because the VM's XML pins them, or
 * nobody asked for it. */
struct cpu_plan {
    struct cpulist *vcpus;
    size_t n_vcpus;
    struct cpulist *iothreads; /* the first one has number 1 */
    size_t n_iothreads;
    struct cpulist emulator;
    struct cpulist own; /* all CPUs that vCPUs run on, by whoever's pins */
    bool chosen;        /* by pin = auto; then the other threads keep off these CPUs */
};

void cpu_plan_done(struct cpu_plan *plan);

/* Whether the configuration asks for anything that has to do with CPUs. */
bool plan_cpu_wanted(const struct policy *policy);

/* Decides, from host->cpus. 0, PLAN_REFUSED, or -ENOMEM. cpu_plan_done in any case. */
int plan_cpu(const struct domain *domain, const struct policy *policy, const struct host *host,
             struct cpu_plan *ret, struct refusal *refusal) _must_check_;

/* Claims for the plan: to have CPUs alone when they are isolated, to be there otherwise. -ENOMEM.
 */
int plan_cpu_claims(const struct policy *policy, const struct cpu_plan *plan,
                    struct claims *claims) _must_check_;

struct steps;

/* -ENOMEM. */
int plan_cpu_steps(const struct domain *domain, const struct policy *policy,
                   const struct cpu_plan *plan, struct steps *steps) _must_check_;

bool plan_hugepages_wanted(const struct domain *domain, const struct policy *policy);

/* Huge pages: 0, PLAN_REFUSED, or -ENOMEM. */
int plan_hugepages(const struct domain *domain, const struct policy *policy,
                   const struct host *host, const struct cpu_plan *plan, struct steps *steps,
                   struct refusal *refusal) _must_check_;
