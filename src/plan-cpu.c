/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-cpu.h"

#include <errno.h>
#include <string.h>

#include "plan.h"

void cpu_plan_done(struct cpu_plan *plan) {
    free(plan->vcpus);
    free(plan->iothreads);
}

bool plan_cpu_wanted(const struct policy *policy) {
    const struct policy_cpu *cpu = &policy->cpu;

    if (cpu->pin != PIN_NONE || cpu->isolate || cpu->move_irqs || cpu->governor ||
        cpu->energy_preference || cpu->limits_latency)
        return true;
    for (size_t i = 0; i < THREAD_GROUPS; i++)
        if (cpu->sched[i].scheduler != SCHEDULER_NONE)
            return true;
    return false;
}

static int refuse(struct refusal *refusal, enum refusal_reason reason, unsigned cpu,
                  unsigned thread) {
    *refusal = (struct refusal){.reason = reason, .cpu = cpu, .thread = thread};
    return PLAN_REFUSED;
}

/* ---- the VM's own pins --------------------------------------------------------------------- */

/* Whether the XML says where the vCPUs run; then nobody else does. */
static bool xml_pins_vcpus(const struct domain *domain) {
    return domain->cpu.n_vcpupins > 0 || domain->cpu.cpuset || domain->cpu.placement_auto;
}

/* What is no list libvirt will refuse. */
static void add_list(struct cpulist *to, const char *text) {
    struct cpulist list;

    if (cpulist_parse(text, &list) == 0)
        cpulist_add_all(to, &list);
}

/* All CPUs that the XML lets vCPUs run on. */
static void add_xml_pins(const struct domain *domain, struct cpulist *own) {
    const struct domain_cpu *cpu = &domain->cpu;

    for (size_t i = 0; i < cpu->n_vcpupins; i++)
        add_list(own, cpu->vcpupins[i].cpuset);
    if (cpu->cpuset && cpu->n_vcpupins < cpu->vcpus_current)
        add_list(own, cpu->cpuset);
}

/* ---- pin = a map --------------------------------------------------------------------------- */

static int check_online(const struct host *host, const struct cpulist *cpus, unsigned thread,
                        struct refusal *refusal) {
    CPULIST_FOREACH(cpu, cpus) {
        if (!topology_cpu(&host->cpus.topology, cpu))
            return refuse(refusal, REFUSED_CPU_OFFLINE, cpu, thread);
    }
    return 0;
}

static int take_entry(const struct policy_pin_entry *entry, const struct domain *domain,
                      struct cpu_plan *plan, struct refusal *refusal) {
    switch (entry->group) {
    case THREADS_VCPU:
        if (entry->last >= domain->cpu.vcpus)
            return refuse(refusal, REFUSED_CPU_NO_VCPU, 0, entry->last);
        for (unsigned i = entry->first; !xml_pins_vcpus(domain) && i <= entry->last; i++)
            plan->vcpus[i] = entry->cpus;
        return 0;
    case THREADS_IOTHREAD:
        if (entry->first < 1 || entry->first > domain->cpu.iothreads)
            return refuse(refusal, REFUSED_CPU_NO_IOTHREAD, 0, entry->first);
        plan->iothreads[entry->first - 1] = entry->cpus;
        return 0;
    case THREADS_EMULATOR:
        plan->emulator = entry->cpus;
        return 0;
    }
    return 0;
}

static int take_map(const struct domain *domain, const struct policy *policy,
                    const struct host *host, struct cpu_plan *plan, struct refusal *refusal) {
    int r = 0;

    for (size_t i = 0; i < policy->cpu.n_map && r == 0; i++) {
        r = check_online(host, &policy->cpu.map[i].cpus, policy->cpu.map[i].first, refusal);
        if (r == 0)
            r = take_entry(&policy->cpu.map[i], domain, plan, refusal);
    }
    return r;
}

/* ---- pin = auto ---------------------------------------------------------------------------- */

static int choose(const struct domain *domain, const struct policy *policy, const struct host *host,
                  struct cpu_plan *plan, struct refusal *refusal) {
    const struct domain_cpu *cpu = &domain->cpu;
    _cleanup_free_ unsigned *cpus = calloc(cpu->vcpus_current + 1, sizeof *cpus);
    struct cpu_wish wish = {
        .vcpus = cpu->vcpus_current,
        .threads = cpu->topology.threads > 1 ? cpu->topology.threads : 1,
        .nodes = host->cpus.near,
        .held = host->cpus.pinned,
        .unavailable = host->cpus.isolated,
        .kind = policy->cpu.kind,
        .preference = policy->cpu.preference,
    };
    int r = cpus ? cpu_choose(&host->cpus.topology, &wish, cpus) : -ENOMEM;

    if (r == -ENOSPC)
        return refuse(refusal, REFUSED_CPU_FEW, 0, cpu->vcpus_current);
    for (unsigned i = 0; i < cpu->vcpus_current && r == 0; i++)
        cpulist_add(&plan->vcpus[i], cpus[i]);
    return r;
}

/* With the vCPUs on CPUs of their own, the rest of QEMU goes to the others: those of the same NUMA
 * nodes if there are any left. */
static void place_the_rest(const struct host *host, struct cpu_plan *plan) {
    struct cpulist rest = {0}, nodes = {0};

    CPULIST_FOREACH(cpu, &plan->own) {
        const struct topology_cpu *own = topology_cpu(&host->cpus.topology, cpu);

        if (own)
            cpulist_add(&nodes, own->node);
    }
    for (int near = 1; near >= 0 && cpulist_empty(&rest); near--) {
        for (size_t i = 0; i < host->cpus.topology.count; i++)
            if (!near || cpulist_has(&nodes, host->cpus.topology.cpus[i].node))
                cpulist_add(&rest, host->cpus.topology.cpus[i].cpu);
        cpulist_remove_all(&rest, &plan->own);
        cpulist_remove_all(&rest, &host->cpus.isolated);
    }
    plan->emulator = rest;
    for (size_t i = 0; i < plan->n_iothreads; i++)
        plan->iothreads[i] = rest;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Isolated CPUs belong to one VM; and the host keeps at least one whole core. */
static int check_isolation(const struct policy *policy, const struct host *host,
                           const struct cpu_plan *plan, struct refusal *refusal) {
    const struct topology *topology = &host->cpus.topology;
    struct cpulist taken = plan->own;

    if (!policy->cpu.isolate)
        return 0;
    if (cpulist_empty(&plan->own))
        return refuse(refusal, REFUSED_CPU_UNKNOWN, 0, 0);
    cpulist_add_all(&taken, &host->cpus.isolated);
    for (size_t i = 0; i < topology->count; i++) {
        struct cpulist core;

        topology_core(topology, topology->cpus[i].core, &core);
        if (!cpulist_intersects(&core, &taken))
            return 0;
    }
    return refuse(refusal, REFUSED_CPU_ALL, 0, 0);
}

/* Where the XML pins, nothing of the configuration counts. */
static void leave_to_xml(const struct domain *domain, struct cpu_plan *plan) {
    const struct domain_cpu *cpu = &domain->cpu;

    if (cpu->emulatorpin || cpu->cpuset || cpu->placement_auto)
        plan->emulator = (struct cpulist){0};
    for (size_t i = 0; i < plan->n_iothreads; i++)
        if (cpu->cpuset || cpu->placement_auto)
            plan->iothreads[i] = (struct cpulist){0};
    for (size_t i = 0; i < cpu->n_iothreadpins; i++)
        if (cpu->iothreadpins[i].id >= 1 && cpu->iothreadpins[i].id <= plan->n_iothreads)
            plan->iothreads[cpu->iothreadpins[i].id - 1] = (struct cpulist){0};
}

static int allocate(const struct domain *domain, struct cpu_plan *plan) {
    plan->n_vcpus = domain->cpu.vcpus;
    plan->n_iothreads = domain->cpu.iothreads;
    plan->vcpus = calloc(plan->n_vcpus + 1, sizeof *plan->vcpus);
    plan->iothreads = calloc(plan->n_iothreads + 1, sizeof *plan->iothreads);
    return plan->vcpus && plan->iothreads ? 0 : -ENOMEM;
}

int plan_cpu(const struct domain *domain, const struct policy *policy, const struct host *host,
             struct cpu_plan *ret, struct refusal *refusal) {
    bool automatic = policy->cpu.pin == PIN_AUTO;
    int r = 0;

    if (domain->cpu.vcpus > CPULIST_MAX || domain->cpu.iothreads > CPULIST_MAX)
        return refuse(refusal, REFUSED_CPU_FEW, 0, domain->cpu.vcpus);
    if (allocate(domain, ret) < 0)
        return -ENOMEM;
    if (automatic && !xml_pins_vcpus(domain))
        r = choose(domain, policy, host, ret, refusal);
    else if (policy->cpu.pin == PIN_MAP)
        r = take_map(domain, policy, host, ret, refusal);
    if (r != 0)
        return r;
    if (xml_pins_vcpus(domain))
        add_xml_pins(domain, &ret->own);
    for (size_t i = 0; i < ret->n_vcpus; i++)
        cpulist_add_all(&ret->own, &ret->vcpus[i]);
    r = check_online(host, &ret->own, 0, refusal);
    if (r == 0)
        r = check_isolation(policy, host, ret, refusal);
    if (r == 0 && automatic)
        place_the_rest(host, ret);
    leave_to_xml(domain, ret);
    return r;
}

int plan_cpu_claims(const struct policy *policy, const struct cpu_plan *plan,
                    struct claims *claims) {
    CPULIST_FOREACH(cpu, &plan->own) {
        if (claims_add_cpu(claims, cpu, policy->cpu.isolate) < 0)
            return -ENOMEM;
    }
    return 0;
}

int plan_cpu_steps(const struct domain *domain, const struct policy *policy,
                   const struct cpu_plan *plan, struct steps *steps) {
    const struct policy_cpu *cpu = &policy->cpu;
    const char *name = domain->name;
    bool known = !cpulist_empty(&plan->own);
    int r = 0;

    if (cpu->isolate)
        r = steps_add(steps, &step_kind_isolate, step_isolate_new(name, &plan->own));
    if (r == 0 && cpu->move_irqs && known)
        r = steps_add(steps, &step_kind_irq, step_irq_new(name, &plan->own));
    if (r == 0 && (cpu->governor || cpu->energy_preference) && known)
        r = steps_add(steps, &step_kind_governor,
                      step_governor_new(name, &plan->own, cpu->governor, cpu->energy_preference));
    if (r == 0 && cpu->limits_latency && known)
        r = steps_add(steps, &step_kind_latency,
                      step_latency_new(name, &plan->own, cpu->latency_usec));
    if (r == 0 && plan_cpu_wanted(policy))
        r = steps_add(steps, &step_kind_pin, step_pin_new(name, plan, cpu));
    return r;
}

/* ---- huge pages ---------------------------------------------------------------------------- */

bool plan_hugepages_wanted(const struct domain *domain, const struct policy *policy) {
    return policy->reserve_hugepages && domain->memory.backed_by_hugepages;
}

int plan_hugepages(const struct domain *domain, const struct policy *policy,
                   const struct host *host, struct steps *steps, struct refusal *refusal) {
    const struct domain_memory *memory = &domain->memory;
    struct cpulist nodes = host->cpus.memory_nodes;
    uint64_t kib = 0;

    if (!plan_hugepages_wanted(domain, policy))
        return 0;
    for (size_t i = 0; i < memory->n_pages; i++) {
        if (i > 0 && memory->pages[i].size_kib != kib)
            return refuse(refusal, REFUSED_HUGEPAGE_SIZES, 0, 0);
        kib = memory->pages[i].size_kib;
    }
    if (kib == 0)
        kib = host->cpus.hugepage_kib;
    if (kib == 0)
        return refuse(refusal, REFUSED_HUGEPAGE_NONE, 0, 0);
    if (memory->numatune_nodeset && cpulist_parse(memory->numatune_nodeset, &nodes) < 0)
        return refuse(refusal, REFUSED_HUGEPAGE_NODES, 0, 0);
    return steps_add(steps, &step_kind_hugepages,
                     step_hugepages_new(domain->name, &nodes, kib, (memory->kib + kib - 1) / kib));
}
