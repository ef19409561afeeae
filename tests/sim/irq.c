/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "irq.h"

#include <errno.h>
#include <string.h>

/* ---- where one goes, as kernel/irq/manage.c and x86's vector allocation have it ----------------
 */

static unsigned least_loaded(const struct interrupts *all, const struct cpumask *mask) {
    unsigned best = cpumask_next(mask, 0);

    for_each_cpu(cpu, mask) if (all->load[cpu] < all->load[best]) best = cpu;
    return best;
}

static void move_to(struct irq *irq, unsigned cpu) {
    struct interrupts *all = irq->model->interrupts;

    if (irq->effective < CPUMASK_BITS)
        all->load[irq->effective]--;
    if (cpu < CPUMASK_BITS)
        all->load[cpu]++;
    irq->effective = cpu;
}

/* One that is where it may be stays there. */
static void settle(struct irq *irq) {
    const struct cpumask choice = cpumask_and(&irq->affinity, &irq->model->processors->online);

    if (!cpumask_has(&choice, irq->effective))
        move_to(irq, least_loaded(irq->model->interrupts, &choice));
}

int irq_set_affinity(struct irq *irq, const struct cpumask *mask) {
    if (!irq->proc || irq->managed)
        return -EIO;
    if (!cpumask_intersects(mask, &irq->model->processors->online))
        return -EINVAL;
    irq->affinity = *mask;
    settle(irq);
    return 0;
}

/* irq_migrate_all_off_this_cpu(): when nothing is left of an affinity it is forgotten, while a
 * managed interrupt is shut down and keeps it. */
void irq_leave_cpu(struct model *model, unsigned cpu) {
    struct interrupts *all = model->interrupts;

    for (size_t i = 0; all && i < all->count; i++) {
        struct irq *irq = all->list[i];

        if (irq->effective != cpu)
            continue;
        if (!irq->managed && !cpumask_intersects(&irq->affinity, &model->processors->online))
            irq->affinity = model->processors->online;
        settle(irq);
    }
}

/* ---- adding and removing --------------------------------------------------------------------
 */

static size_t place_of(const struct interrupts *all, unsigned number) {
    size_t low = 0, high = all->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (all->list[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct irq *find(const struct interrupts *all, unsigned number) {
    size_t place = place_of(all, number);

    return place < all->count && all->list[place]->number == number ? all->list[place] : NULL;
}

static void insert(struct interrupts *all, struct irq *irq) {
    size_t place = place_of(all, irq->number);

    if (all->count == all->size) {
        all->size = all->size ? all->size * 2 : 64;
        all->list = grow(all->list, all->size, sizeof(struct irq *));
    }
    memmove(&all->list[place + 1], &all->list[place], (all->count - place) * sizeof(struct irq *));
    all->list[place] = irq;
    all->count++;
}

/* irq_setup_affinity() */
static struct cpumask first_affinity(const struct model *model) {
    const struct cpumask *online = &model->processors->online;
    const struct cpumask wanted = cpumask_and(&model->interrupts->default_affinity, online);

    return cpumask_empty(&wanted) ? *online : wanted;
}

int irq_request(struct model *model, const struct machine_irq *is, const char *actions,
                const struct cpumask *affinity) {
    struct interrupts *all = model->interrupts;
    _cleanup_free_ char *name = new_format("%u", is->number);
    struct irq *irq;

    if (find(all, is->number))
        return -EEXIST;
    irq = new_zeroed(1, sizeof *irq);
    *irq = (struct irq){.model = model,
                        .number = is->number,
                        .hwirq = is->hwirq,
                        .actions = new_string(actions ? actions : ""),
                        .chip = is->chip ? is->chip : "PCI-MSI",
                        .type = is->type ? is->type : "edge",
                        .node = is->node ? is->node : "-1",
                        .affinity = affinity ? *affinity : first_affinity(model),
                        .managed = is->managed,
                        .effective = CPUMASK_BITS};
    gate_init(model, &irq->gate, OPERATION_IRQ, name, NULL);
    insert(all, irq);
    settle(irq);
    irq_add_directories(irq);
    return 0;
}

/* It stays in memory: somebody may have a file of it open. */
int irq_free(struct model *model, unsigned number) {
    struct interrupts *all = model->interrupts;
    struct irq *irq = all ? find(all, number) : NULL;
    size_t place;

    if (!irq)
        return -ENODEV;
    place = place_of(all, number);
    memmove(&all->list[place], &all->list[place + 1],
            (--all->count - place) * sizeof(struct irq *));
    move_to(irq, CPUMASK_BITS);
    tree_remove(irq->proc);
    tree_remove(irq->sys);
    irq->proc = irq->sys = NULL;
    return 0;
}

void irq_add(struct model *model, const struct machine *machine) {
    struct interrupts *all;

    if (!model->processors)
        return;
    model->interrupts = all = new_zeroed(1, sizeof *all);
    all->default_affinity = model->processors->possible;
    irq_add_files(model);
    for (size_t i = 0; i < machine->n_irqs; i++) {
        const struct machine_irq *is = &machine->irqs[i];

        if (irq_request(model, is, is->actions,
                        cpumask_empty(&is->affinity) ? NULL : &is->affinity) < 0)
            die(EXIT_FAILURE, "irq %u is described twice", is->number);
    }
}

void irq_show_state(const struct model *model, struct text *out) {
    const struct interrupts *all = model->interrupts;

    if (!all)
        return;
    text_add(out, "default_smp_affinity ");
    cpu_show_hex(model, &all->default_affinity, out);
    for (size_t i = 0; i < all->count; i++) {
        const struct irq *irq = all->list[i];

        text_add(out, "irq %u %s ", irq->number, irq->actions[0] ? irq->actions : "-");
        cpu_show_list(model, &irq->affinity, out);
    }
}
