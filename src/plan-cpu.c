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

/* Those that no <iothreadids> names have the numbers from 1 on. Number 0 has none, whatever is
 * written there. */
static bool has_iothread(const struct domain_cpu *cpu, unsigned id) {
    if (id == 0)
        return false;
    for (size_t i = 0; i < cpu->n_iothread_ids; i++)
        if (cpu->iothread_ids[i] == id)
            return true;
    return id <= cpu->iothreads && cpu->n_iothread_ids < cpu->iothreads;
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
        if (!has_iothread(&domain->cpu, entry->first))
            return refuse(refusal, REFUSED_CPU_NO_IOTHREAD, 0, entry->first);
        if (entry->first > plan->n_iothreads)
            return refuse(refusal, REFUSED_CPU_HIGH_IOTHREAD, 0, entry->first);
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
    int r;

    /* Alone is not in common with others. */
    if (policy->cpu.isolate)
        cpulist_add_all(&wish.unavailable, &host->cpus.pinned);
    r = cpus ? cpu_choose(&host->cpus.topology, &wish, cpus) : -ENOMEM;

    if (r == -ENOSPC)
        return refuse(refusal, REFUSED_CPU_FEW, 0, cpu->vcpus_current);
    for (unsigned i = 0; i < cpu->vcpus_current && r == 0; i++)
        cpulist_add(&plan->vcpus[i], cpus[i]);
    return r;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* Isolated CPUs belong to one VM; and the host keeps at least one whole core. */
static int check_isolation(const struct policy *policy, const struct host *host,
                           const struct cpu_plan *plan, bool placement_auto,
                           struct refusal *refusal) {
    const struct topology *topology = &host->cpus.topology;
    struct cpulist taken = plan->own;

    if (!policy->cpu.isolate)
        return 0;
    if (cpulist_empty(&plan->own))
        return refuse(refusal, placement_auto ? REFUSED_CPU_PLACEMENT : REFUSED_CPU_UNKNOWN, 0, 0);
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
    for (size_t i = 0; i < domain->cpu.n_iothread_ids; i++)
        if (domain->cpu.iothread_ids[i] > plan->n_iothreads)
            plan->n_iothreads = domain->cpu.iothread_ids[i];
    if (plan->n_iothreads > PLAN_IOTHREAD_MAX)
        plan->n_iothreads = PLAN_IOTHREAD_MAX;
    plan->vcpus = calloc(plan->n_vcpus + 1, sizeof *plan->vcpus);
    plan->iothreads = calloc(plan->n_iothreads + 1, sizeof *plan->iothreads);
    return plan->vcpus && plan->iothreads ? 0 : -ENOMEM;
}

int plan_cpu(const struct domain *domain, const struct policy *policy, const struct host *host,
             struct cpu_plan *ret, struct refusal *refusal) {
    int r = 0;

    if (domain->cpu.vcpus > CPULIST_MAX)
        return refuse(refusal, REFUSED_CPU_FEW, 0, domain->cpu.vcpus);
    if (allocate(domain, ret) < 0)
        return -ENOMEM;
    ret->chosen = policy->cpu.pin == PIN_AUTO && !xml_pins_vcpus(domain);
    if (ret->chosen)
        r = choose(domain, policy, host, ret, refusal);
    else if (policy->cpu.pin == PIN_MAP)
        r = take_map(domain, policy, host, ret, refusal);
    if (r != 0)
        return r;
    if (xml_pins_vcpus(domain))
        add_xml_pins(domain, &ret->own);
    /* libvirt takes more CPUs than there are. */
    cpulist_keep(&ret->own, &host->cpus.topology.online);
    for (size_t i = 0; i < ret->n_vcpus; i++)
        cpulist_add_all(&ret->own, &ret->vcpus[i]);
    r = check_isolation(policy, host, ret, domain->cpu.placement_auto, refusal);
    leave_to_xml(domain, ret);
    return r;
}

int plan_cpu_claims(const struct policy *policy, const struct cpu_plan *plan,
                    struct claims *claims) {
    struct cpulist others = plan->emulator;

    for (size_t i = 0; i < plan->n_iothreads; i++)
        cpulist_add_all(&others, &plan->iothreads[i]);
    cpulist_remove_all(&others, &plan->own);
    CPULIST_FOREACH(cpu, &plan->own) {
        if (claims_add_cpu(claims, cpu, policy->cpu.isolate) < 0)
            return -ENOMEM;
    }
    CPULIST_FOREACH(cpu, &others) {
        if (claims_add_cpu(claims, cpu, false) < 0)
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

/* The host's nodes for a cell, or for all of the VM; what is no list libvirt will refuse. */
static struct cpulist nodes_for(const struct domain_memory *memory, const struct domain_cell *cell,
                                const struct host *host) {
    const char *text = cell && cell->nodeset ? cell->nodeset : memory->numatune_nodeset;
    struct cpulist nodes;

    if (!text || cpulist_parse(text, &nodes) < 0)
        return host->cpus.memory_nodes;
    return nodes;
}

/* The page size of a cell: by the first <page> that names it, or that names none. 0: no huge pages.
 */
static uint64_t size_for(const struct domain_memory *memory, const struct domain_cell *cell,
                         const struct host *host) {
    const struct domain_hugepages *found = NULL;

    for (size_t i = 0; i < memory->n_pages; i++) {
        const struct domain_hugepages *page = &memory->pages[i];
        struct cpulist cells;

        if (page->nodeset && cell && cpulist_parse(page->nodeset, &cells) == 0 &&
            cpulist_has(&cells, cell->id))
            return page->size_kib;
        if (!page->nodeset && !found)
            found = page;
    }
    if (memory->n_pages == 0)
        return host->cpus.hugepage_kib;
    /* A VM without cells is cell 0. */
    if (!found && !cell)
        found = &memory->pages[0];
    return found ? found->size_kib : 0;
}

static int add_need(struct hugepage_needs *needs, const struct cpulist *nodes, uint64_t kib,
                    uint64_t size) {
    struct hugepage_need *larger = reallocarray(needs->items, needs->count + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    needs->items = larger;
    larger[needs->count++] =
        (struct hugepage_need){.nodes = *nodes, .count = (kib + size - 1) / size};
    return 0;
}

/* What the VM needs of one size. */
static int find_needs(const struct domain_memory *memory, const struct host *host, uint64_t size,
                      struct hugepage_needs *needs) {
    struct cpulist nodes;
    int r = 0;

    if (memory->n_cells == 0) {
        nodes = nodes_for(memory, NULL, host);
        return add_need(needs, &nodes, memory->kib, size);
    }
    for (size_t i = 0; i < memory->n_cells && r == 0; i++) {
        const struct domain_cell *cell = &memory->cells[i];

        if (size_for(memory, cell, host) != size)
            continue;
        nodes = nodes_for(memory, cell, host);
        r = add_need(needs, &nodes, cell->kib, size);
    }
    return r;
}

static bool is_planned(const struct steps *steps, uint64_t size) {
    for (size_t i = 0; i < steps->count; i++)
        if (steps->items[i].kind == &step_kind_hugepages &&
            step_hugepages_kib(&steps->items[i]) == size)
            return true;
    return false;
}

/* The nodes whose pages are best for the VM: those of its vCPUs. */
static struct cpulist near_nodes(const struct host *host, const struct cpu_plan *plan) {
    struct cpulist nodes = host->cpus.near;

    if (!cpulist_empty(&plan->own))
        nodes = (struct cpulist){0};
    CPULIST_FOREACH(cpu, &plan->own) {
        const struct topology_cpu *own = topology_cpu(&host->cpus.topology, cpu);

        if (own)
            cpulist_add(&nodes, own->node);
    }
    return nodes;
}

static int plan_size(const struct domain *domain, const struct host *host,
                     const struct cpu_plan *plan, uint64_t size, struct steps *steps) {
    struct cpulist near = near_nodes(host, plan);
    struct hugepage_needs needs = {0};
    int r = 0;

    /* Pages of the ordinary size are no huge ones, to libvirt as well. */
    if (size == 0 || size <= (uint64_t)sysconf(_SC_PAGESIZE) / 1024 || is_planned(steps, size))
        return 0;
    r = find_needs(&domain->memory, host, size, &needs);
    if (r == 0 && needs.count > 0)
        r = steps_add(steps, &step_kind_hugepages,
                      step_hugepages_new(domain->name, &needs, size, &near));
    free(needs.items);
    return r;
}

int plan_hugepages(const struct domain *domain, const struct policy *policy,
                   const struct host *host, const struct cpu_plan *plan, struct steps *steps,
                   struct refusal *refusal) {
    const struct domain_memory *memory = &domain->memory;
    int r = 0;

    if (!plan_hugepages_wanted(domain, policy))
        return 0;
    if (memory->n_pages == 0 && host->cpus.hugepage_kib == 0)
        return refuse(refusal, REFUSED_HUGEPAGE_NONE, 0, 0);
    if (memory->n_cells == 0)
        return plan_size(domain, host, plan, size_for(memory, NULL, host), steps);
    for (size_t i = 0; i < memory->n_cells && r == 0; i++)
        r = plan_size(domain, host, plan, size_for(memory, &memory->cells[i], host), steps);
    return r;
}
