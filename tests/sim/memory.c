/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <string.h>

#define KIB_PER_MIB 1024UL

unsigned long memory_free(const struct memory_node *node) {
    const struct memory *memory = node->model->memory;
    unsigned long taken = node->used + node->caches;

    for (size_t i = 0; i < memory->n_sizes; i++)
        taken += memory->sizes[i].pools[node - memory->nodes].count * memory->sizes[i].size;
    return node->total > taken ? node->total - taken : 0;
}

struct cpumask memory_nodes(const struct model *model) {
    struct cpumask mask = {0};

    for (size_t i = 0; model->memory && i < model->memory->n_nodes; i++)
        cpumask_set(&mask, model->memory->nodes[i].number);
    return mask;
}

/* ---- from the description --------------------------------------------------------------------
 */

static void add_node(struct model *model, struct memory_node *node, const struct machine_node *is) {
    *node = (struct memory_node){.model = model,
                                 .is = is,
                                 .number = is->number,
                                 .total = is->memory * KIB_PER_MIB,
                                 .used = is->used * KIB_PER_MIB,
                                 .caches = is->caches * KIB_PER_MIB,
                                 .scattered = is->scattered * KIB_PER_MIB};
}

static void add_nodes(struct model *model, const struct machine *machine) {
    struct memory *memory = model->memory;

    memory->n_nodes = machine->n_nodes;
    memory->nodes = new_zeroed(memory->n_nodes, sizeof *memory->nodes);
    for (size_t i = 0; i < memory->n_nodes; i++) {
        if (i > 0 && machine->nodes[i].number <= machine->nodes[i - 1].number)
            die(EXIT_FAILURE, "node %u does not come after the one before it",
                machine->nodes[i].number);
        add_node(model, &memory->nodes[i], &machine->nodes[i]);
    }
}

/* Sizes are entered in their order, and before there are pools. */
static void add_size(struct model *model, unsigned long size) {
    struct memory *memory = model->memory;
    size_t i = memory->n_sizes;

    for (size_t j = 0; j < memory->n_sizes; j++)
        if (memory->sizes[j].size == size)
            return;
    memory->sizes = grow(memory->sizes, memory->n_sizes + 1, sizeof *memory->sizes);
    for (; i > 0 && memory->sizes[i - 1].size > size; i--)
        memory->sizes[i] = memory->sizes[i - 1];
    memory->sizes[i] = (struct hugepages){.model = model, .size = size};
    memory->n_sizes++;
}

static void add_sizes(struct model *model, const struct machine *machine) {
    /* Those of x86. */
    add_size(model, 2048);
    add_size(model, 1048576);
    for (size_t i = 0; i < machine->n_nodes; i++)
        for (size_t j = 0; j < machine->nodes[i].n_hugepages; j++)
            add_size(model, machine->nodes[i].hugepages[j].size);
}

static void add_pool(struct hugepages *pages, struct pool *pool, struct memory_node *node) {
    _cleanup_free_ char *name = new_format("%u/%lu", node->number, pages->size);
    _cleanup_free_ char *group = new_format("%u", node->number);

    *pool = (struct pool){.of = pages, .node = node};
    gate_init(pages->model, &pool->gate, OPERATION_NODE_WRITE, name, group);
    for (size_t i = 0; i < node->is->n_hugepages; i++) {
        const struct machine_hugepages *is = &node->is->hugepages[i];

        if (is->size != pages->size)
            continue;
        pool->count = pool->free = is->count;
        pool->limit = is->limit;
        pages->reserved += is->reserved;
    }
}

static void add_pools(struct hugepages *pages) {
    struct memory *memory = pages->model->memory;
    _cleanup_free_ char *name = new_format("%lu", pages->size);

    gate_init(pages->model, &pages->gate, OPERATION_HUGEPAGES, name, NULL);
    pages->pools = new_zeroed(memory->n_nodes, sizeof *pages->pools);
    for (size_t i = 0; i < memory->n_nodes; i++)
        add_pool(pages, &pages->pools[i], &memory->nodes[i]);
}

void memory_add(struct model *model, const struct machine *machine) {
    struct memory *memory;

    if (machine->n_nodes == 0 || !model->processors)
        return;
    model->memory = memory = new_zeroed(1, sizeof *memory);
    add_nodes(model, machine);
    add_sizes(model, machine);
    for (size_t i = 0; i < memory->n_sizes; i++)
        add_pools(&memory->sizes[i]);
    gate_init(model, &memory->drop_caches, OPERATION_HUGEPAGES, "drop_caches", NULL);
    gate_init(model, &memory->compact_memory, OPERATION_HUGEPAGES, "compact_memory", NULL);
    memory_add_files(model);
}

void memory_show_state(const struct model *model, struct text *out) {
    const struct memory *memory = model->memory;

    for (size_t i = 0; memory && i < memory->n_sizes; i++) {
        const struct hugepages *pages = &memory->sizes[i];

        for (size_t j = 0; j < memory->n_nodes; j++)
            text_add(out, "hugepages %u %lu %lu free %lu surplus %lu\n", memory->nodes[j].number,
                     pages->size, pages->pools[j].count, pages->pools[j].free,
                     pages->pools[j].surplus);
        text_add(out, "hugepages %lu reserved %lu overcommit %lu\n", pages->size, pages->reserved,
                 pages->overcommit);
    }
}
