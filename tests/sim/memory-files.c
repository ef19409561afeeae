/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

static void add_files(struct node *directory, const struct file_kind *files, size_t count,
                      void *object) {
    for (size_t i = 0; i < count; i++)
        tree_permanent(tree_file(directory, &files[i], object));
}

/* ---- nodeN ------------------------------------------------------------------------------------
 */

static struct cpumask cpus_of(const struct memory_node *node) {
    const struct processors *all = node->model->processors;
    struct cpumask mask = {0};

    for_each_cpu(i, &all->online) if (all->cpus[i]->is->node == node->number) cpumask_set(&mask, i);
    return mask;
}

static int show_cpulist(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct memory_node *node = object;
    const struct cpumask mask = cpus_of(node);

    cpu_show_list(node->model, &mask, out);
    return 0;
}

static int show_cpumap(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct memory_node *node = object;
    const struct cpumask mask = cpus_of(node);

    cpu_show_hex(node->model, &mask, out);
    return 0;
}

static int show_distance(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct memory_node *node = object;
    const struct memory *memory = node->model->memory;

    if (node->is->distance) {
        for (const char *c = node->is->distance; *c; c++)
            text_add(out, "%c", *c == ',' ? ' ' : *c);
    } else {
        for (size_t i = 0; i < memory->n_nodes; i++)
            text_add(out, "%s%d", i > 0 ? " " : "", &memory->nodes[i] == node ? 10 : 20);
    }
    text_add(out, "\n");
    return 0;
}

static int show_meminfo(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct memory_node *node = object;
    const struct memory *memory = node->model->memory;
    unsigned long available = memory_free(node);

    text_add(out, "Node %u MemTotal:       %8lu kB\n", node->number, node->total);
    text_add(out, "Node %u MemFree:        %8lu kB\n", node->number, available);
    text_add(out, "Node %u MemUsed:        %8lu kB\n", node->number, node->total - available);
    text_add(out, "Node %u FilePages:      %8lu kB\n", node->number, node->caches);
    for (size_t i = 0; i < memory->n_sizes; i++) {
        const struct pool *pool = &memory->sizes[i].pools[node - memory->nodes];

        if (memory->sizes[i].size != HUGEPAGES_DEFAULT)
            continue;
        text_add(out, "Node %u HugePages_Total: %5lu\n", node->number, pool->count);
        text_add(out, "Node %u HugePages_Free:  %5lu\n", node->number, pool->free);
        text_add(out, "Node %u HugePages_Surp:  %5lu\n", node->number, pool->surplus);
    }
    return 0;
}

static const struct file_kind node_files[] = {
    {.name = "cpulist", .mode = 0444, .show = show_cpulist},
    {.name = "cpumap", .mode = 0444, .show = show_cpumap},
    {.name = "distance", .mode = 0444, .show = show_distance},
    {.name = "meminfo", .mode = 0444, .show = show_meminfo},
};

static void add_node(struct node *system, struct memory_node *node) {
    const struct processors *all = node->model->processors;
    _cleanup_free_ char *name = new_format("node%u", node->number);

    node->directory = tree_permanent_path(system, name);
    add_files(node->directory, node_files, ELEMENTS(node_files), node);
    for_each_cpu(i, &all->present) {
        _cleanup_free_ char *cpu = new_format("cpu%u", i);

        if (all->cpus[i]->is->node != node->number)
            continue;
        tree_permanent(tree_link_to(node->directory, cpu, all->cpus[i]->directory));
        tree_permanent(tree_link_to(all->cpus[i]->directory, name, node->directory));
    }
}

/* ---- /sys/devices/system/node -----------------------------------------------------------------
 */

static int show_nodes(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;
    const struct cpumask mask = memory_nodes(model);

    cpu_show_list(model, &mask, out);
    return 0;
}

static int show_has_cpu(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;
    const struct memory *memory = model->memory;
    struct cpumask mask = {0};

    for (size_t i = 0; i < memory->n_nodes; i++) {
        const struct cpumask cpus = cpus_of(&memory->nodes[i]);

        if (!cpumask_empty(&cpus))
            cpumask_set(&mask, memory->nodes[i].number);
    }
    cpu_show_list(model, &mask, out);
    return 0;
}

static int show_has_memory(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;
    const struct memory *memory = model->memory;
    struct cpumask mask = {0};

    for (size_t i = 0; i < memory->n_nodes; i++)
        if (memory->nodes[i].total > 0)
            cpumask_set(&mask, memory->nodes[i].number);
    cpu_show_list(model, &mask, out);
    return 0;
}

static const struct file_kind system_files[] = {
    {.name = "online", .mode = 0444, .show = show_nodes},
    {.name = "possible", .mode = 0444, .show = show_nodes},
    {.name = "has_cpu", .mode = 0444, .show = show_has_cpu},
    {.name = "has_memory", .mode = 0444, .show = show_has_memory},
};

void memory_add_files(struct model *model) {
    struct memory *memory = model->memory;
    struct node *system = tree_permanent_path(&model->tree.root, "devices/system/node");

    add_files(system, system_files, ELEMENTS(system_files), model);
    for (size_t i = 0; i < memory->n_nodes; i++)
        add_node(system, &memory->nodes[i]);
    hugepages_add_files(memory);
}
