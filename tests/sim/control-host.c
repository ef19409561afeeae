/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control.h"

#include <errno.h>
#include <string.h>

#include "cpu.h"
#include "irq.h"
#include "memory.h"

/* The commands of /sys/.sim/control that are about CPUs, interrupts and memory. */

static int set_online(struct command *command, bool online) {
    unsigned long number;
    struct cpu *cpu;
    int r = parse_count(command->words[1], CPUMASK_BITS, &number);

    if (r < 0)
        return r;
    cpu = cpu_by_number(command->model, number);
    if (!cpu || !cpu->directory)
        return -ENODEV;
    return cpu_set_online(cpu, online);
}

int control_cpu_offline(struct command *command) {
    return set_online(command, false);
}

int control_cpu_online(struct command *command) {
    return set_online(command, true);
}

/* ---- irq-add NUMBER ACTION LIST, irq-remove NUMBER -------------------------------------------
 */

int control_irq_add(struct command *command) {
    struct model *model = command->model;
    struct machine_irq is = {0};
    struct cpumask affinity;
    unsigned long number;
    int r = parse_count(command->words[1], INT32_MAX, &number);

    if (r == 0 && !model->interrupts)
        r = -ENODEV;
    if (r == 0)
        r = cpumask_parse_list(command->n_words == 4 ? command->words[3] : "",
                               model->interrupts ? model->processors->bits : 0, &affinity);
    if (r < 0)
        return r;
    is.number = is.hwirq = (unsigned)number;
    return irq_request(model, &is, command->words[2], cpumask_empty(&affinity) ? NULL : &affinity);
}

int control_irq_remove(struct command *command) {
    unsigned long number;
    int r = parse_count(command->words[1], INT32_MAX, &number);

    return r < 0 ? r : irq_free(command->model, (unsigned)number);
}

/* ---- take-hugepages, surplus, reserve-hugepages NODE SIZE COUNT --------------------------------
 */

static struct pool *find_pool(const struct model *model, const char *node, const char *size) {
    const struct memory *memory = model->memory;

    for (size_t i = 0; memory && i < memory->n_sizes; i++)
        for (size_t j = 0; j < memory->n_nodes; j++)
            if (memory->sizes[i].size == strtoul(size, NULL, 10) &&
                memory->nodes[j].number == strtoul(node, NULL, 10))
                return &memory->sizes[i].pools[j];
    return NULL;
}

static int of_pool(struct command *command, int (*act)(struct pool *pool, long count)) {
    struct pool *pool = find_pool(command->model, command->words[1], command->words[2]);

    return pool ? act(pool, strtol(command->words[3], NULL, 10)) : -ENODEV;
}

int control_take_hugepages(struct command *command) {
    return of_pool(command, hugepages_take);
}

int control_surplus(struct command *command) {
    return of_pool(command, hugepages_add_surplus);
}

/* A right to pages is not tied to a node. */
static int reserve(struct pool *pool, long count) {
    return hugepages_reserve(pool->of, count);
}

int control_reserve_hugepages(struct command *command) {
    return of_pool(command, reserve);
}
