/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu.h"

#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "irq.h"

struct cpu *cpu_by_number(const struct model *model, unsigned long number) {
    const struct processors *all = model->processors;

    return all && number < all->bits ? all->cpus[number] : NULL;
}

void cpu_show_list(_unused_ const struct model *model, const struct cpumask *mask,
                   struct text *out) {
    cpumask_show_list(mask, out);
    text_add_bytes(out, "\n", 1);
}

void cpu_show_hex(const struct model *model, const struct cpumask *mask, struct text *out) {
    cpumask_show_hex(mask, model->processors->bits, out);
    text_add_bytes(out, "\n", 1);
}

/* ---- going off and coming back ----------------------------------------------------------------
 */

int cpu_set_online(struct cpu *cpu, bool online) {
    struct processors *all = cpu->model->processors;

    if (cpumask_has(&all->online, cpu->number) == online)
        return 0;
    if (!online && cpumask_count(&all->online) == 1)
        return -EBUSY;
    if (online) {
        cpumask_set(&all->online, cpu->number);
        cpu_topology_add(cpu);
    } else {
        cpumask_clear(&all->online, cpu->number);
        cpu_topology_remove(cpu);
        irq_leave_cpu(cpu->model, cpu->number);
    }
    cgroup_cpus_changed(cpu->model);
    return 0;
}

/* ---- from the lines of the description ---------------------------------------------------------
 */

static bool same_package(const struct cpu *a, const struct cpu *b) {
    return a->is->package == b->is->package;
}

static bool same_die(const struct cpu *a, const struct cpu *b) {
    return same_package(a, b) && a->is->die == b->is->die;
}

static bool same_core(const struct cpu *a, const struct cpu *b) {
    return same_die(a, b) && a->core == b->core;
}

static bool same_l3(const struct cpu *a, const struct cpu *b) {
    return a->is->l3_size && same_package(a, b) && a->is->l3_id == b->is->l3_id;
}

static bool same_l2(const struct cpu *a, const struct cpu *b) {
    return a->is == b->is && a->l2 == b->l2;
}

static void compare(struct cpu *cpu, const struct cpu *other) {
    if (same_core(cpu, other))
        cpumask_set(&cpu->core_cpus, other->number);
    if (same_die(cpu, other))
        cpumask_set(&cpu->die_cpus, other->number);
    if (same_package(cpu, other))
        cpumask_set(&cpu->package_cpus, other->number);
    if (same_l2(cpu, other))
        cpumask_set(&cpu->l2_cpus, other->number);
    if (same_l3(cpu, other))
        cpumask_set(&cpu->l3_cpus, other->number);
}

static void compare_all(struct processors *all) {
    for_each_cpu(i, &all->present) for_each_cpu(j, &all->present)
        compare(all->cpus[i], all->cpus[j]);
}

/* The core_id after those that the package has by now. */
static unsigned next_core(const struct processors *all, const struct machine_cpus *is) {
    unsigned next = 0;

    for_each_cpu(i, &all->present) if (all->cpus[i]->is->package == is->package &&
                                       all->cpus[i]->core >= next) next = all->cpus[i]->core + 1;
    return next;
}

static struct cpu *new_cpu(struct processors *all, const struct machine_cpus *is, unsigned number) {
    struct cpu *cpu = new_zeroed(1, sizeof *cpu);

    if (cpumask_has(&all->possible, number))
        die(EXIT_FAILURE, "CPU %u is described twice", number);
    *cpu = (struct cpu){.model = all->model, .is = is, .number = number};
    cpumask_set(&all->possible, number);
    return cpu;
}

static void add_line(struct processors *all, const struct machine_cpus *is) {
    unsigned cores = cpumask_count(&is->cpus) / is->threads, index = 0;
    unsigned first = is->core ? (unsigned)strtoul(is->core, NULL, 10) : next_core(all, is);
    struct cpumask there = {0};

    for_each_cpu(number, &is->cpus) {
        struct cpu *cpu = new_cpu(all, is, number);
        unsigned core = is->adjacent ? index / is->threads : index % cores;

        cpu->thread = is->adjacent ? index % is->threads : index / cores;
        cpu->core = first + core;
        cpu->l2 = core / is->l2_cores;
        all->cpus[number] = cpu;
        if (!is->absent)
            cpumask_set(&there, number);
        index++;
    }
    all->present = cpumask_or(&all->present, &there);
    there = cpumask_without(&there, &is->offline);
    all->online = cpumask_or(&all->online, &there);
}

void cpu_add(struct model *model, const struct machine *machine) {
    struct processors *all;

    if (machine->n_cpus == 0)
        return;
    model->processors = all = new_zeroed(1, sizeof *all);
    all->model = model;
    all->cpus = new_zeroed(CPUMASK_BITS, sizeof(struct cpu *));
    for (size_t i = 0; i < machine->n_cpus; i++)
        add_line(all, &machine->cpus[i]);
    if (!cpumask_has(&all->online, 0))
        die(EXIT_FAILURE, "there is no CPU 0, or it is offline");
    while (cpumask_next(&all->possible, all->bits) < CPUMASK_BITS)
        all->bits = cpumask_next(&all->possible, all->bits) + 1;
    compare_all(all);
    cpufreq_add(all);
    cpu_add_files(all);
    workqueue_add(all);
}

/* ---- state ------------------------------------------------------------------------------------
 */

static void show_cpu_state(const struct cpu *cpu, struct text *out) {
    bool online = cpumask_has(&cpu->model->processors->online, cpu->number);

    text_add(out, "cpu %u %s ", cpu->number, online ? "online" : "offline");
    cpufreq_show_state(cpu->policy, out);
    if (cpu->strict)
        text_add(out, " n/a\n");
    else
        text_add(out, " %lu\n", cpu->latency);
}

void cpu_show_state(const struct model *model, struct text *out) {
    const struct processors *all = model->processors;

    if (!all)
        return;
    for_each_cpu(i, &all->present) show_cpu_state(all->cpus[i], out);
    text_add(out, "workqueue ");
    cpu_show_hex(model, &all->workqueue, out);
}
