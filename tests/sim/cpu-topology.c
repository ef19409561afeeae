/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu.h"

#include <string.h>

/*
 * Which threads share a core, a die, a package and a cache. As on x86, only a CPU that is online
 * tells, and it tells only of others that are.
 */

#define L1_KIB 32

/* ---- topology --------------------------------------------------------------------------------
 */

#define NUMBER(file, ...)                                                                          \
    static int show_##file(_unused_ struct caller *caller, void *object, struct text *out) {       \
        const struct cpu *cpu = object;                                                            \
                                                                                                   \
        text_add(out, "%u\n", __VA_ARGS__);                                                        \
        return 0;                                                                                  \
    }

#define MASKS(file, member)                                                                        \
    static int show_##file##_list(_unused_ struct caller *caller, void *object,                    \
                                  struct text *out) {                                              \
        const struct cpu *cpu = object;                                                            \
        const struct cpumask mask = cpumask_and(&cpu->member, &cpu->model->processors->online);    \
                                                                                                   \
        cpu_show_list(cpu->model, &mask, out);                                                     \
        return 0;                                                                                  \
    }                                                                                              \
    static int show_##file(_unused_ struct caller *caller, void *object, struct text *out) {       \
        const struct cpu *cpu = object;                                                            \
        const struct cpumask mask = cpumask_and(&cpu->member, &cpu->model->processors->online);    \
                                                                                                   \
        cpu_show_hex(cpu->model, &mask, out);                                                      \
        return 0;                                                                                  \
    }

NUMBER(core_id, cpu->core)
NUMBER(die_id, cpu->is->die)
NUMBER(physical_package_id, cpu->is->package)
NUMBER(cluster_id, cpu->l2_id)
MASKS(core, core_cpus)
MASKS(cluster, l2_cpus)
MASKS(die, die_cpus)
MASKS(package, package_cpus)

#define MASK_FILES(file, list, of)                                                                 \
    {.name = #file, .mode = 0444, .show = show_##of}, {                                            \
        .name = #list, .mode = 0444, .show = show_##of##_list                                      \
    }

static const struct file_kind topology_files[] = {
    {.name = "core_id", .mode = 0444, .show = show_core_id},
    {.name = "die_id", .mode = 0444, .show = show_die_id},
    {.name = "physical_package_id", .mode = 0444, .show = show_physical_package_id},
    {.name = "cluster_id", .mode = 0444, .show = show_cluster_id},
    MASK_FILES(thread_siblings, thread_siblings_list, core),
    MASK_FILES(core_cpus, core_cpus_list, core),
    MASK_FILES(core_siblings, core_siblings_list, package),
    MASK_FILES(package_cpus, package_cpus_list, package),
    MASK_FILES(die_cpus, die_cpus_list, die),
    MASK_FILES(cluster_cpus, cluster_cpus_list, cluster),
};

/* ---- caches ----------------------------------------------------------------------------------
 */

#define CACHE(file, ...)                                                                           \
    static int show_cache_##file(_unused_ struct caller *caller, void *object, struct text *out) { \
        const struct cache *cache = object;                                                        \
                                                                                                   \
        (void)cache;                                                                               \
                                                                                                   \
        text_add(out, __VA_ARGS__);                                                                \
        return 0;                                                                                  \
    }

CACHE(level, "%u\n", cache->level)
CACHE(type, "%s\n", cache->type)
CACHE(size, "%uK\n", cache->size)
CACHE(id, "%u\n", cache->id)
CACHE(line, "64\n")
CACHE(ways, "16\n")
CACHE(sets, "%u\n", cache->size * 1024 / 64 / 16)

static int show_shared_cpu_list(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cache *cache = object;
    struct model *model = cache->cpu->model;
    const struct cpumask mask = cpumask_and(cache->shared, &model->processors->online);

    cpu_show_list(model, &mask, out);
    return 0;
}

static int show_shared_cpu_map(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cache *cache = object;
    struct model *model = cache->cpu->model;
    const struct cpumask mask = cpumask_and(cache->shared, &model->processors->online);

    cpu_show_hex(model, &mask, out);
    return 0;
}

static const struct file_kind cache_files[] = {
    {.name = "level", .mode = 0444, .show = show_cache_level},
    {.name = "type", .mode = 0444, .show = show_cache_type},
    {.name = "size", .mode = 0444, .show = show_cache_size},
    {.name = "id", .mode = 0444, .show = show_cache_id},
    {.name = "coherency_line_size", .mode = 0444, .show = show_cache_line},
    {.name = "ways_of_associativity", .mode = 0444, .show = show_cache_ways},
    {.name = "number_of_sets", .mode = 0444, .show = show_cache_sets},
    {.name = "shared_cpu_list", .mode = 0444, .show = show_shared_cpu_list},
    {.name = "shared_cpu_map", .mode = 0444, .show = show_shared_cpu_map},
};

static void add_cache(struct cpu *cpu, unsigned level, const char *type, unsigned size,
                      const struct cpumask *shared) {
    cpu->caches[cpu->n_caches++] = (struct cache){.cpu = cpu,
                                                  .level = level,
                                                  .type = type,
                                                  .size = size,
                                                  .shared = shared,
                                                  .id = cpumask_next(shared, 0)};
}

static void find_caches(struct cpu *cpu) {
    const struct machine_cpus *is = cpu->is;

    if (cpu->n_caches > 0)
        return;
    cpu->l2_id = cpumask_next(&cpu->l2_cpus, 0);
    add_cache(cpu, 1, "Data", L1_KIB, &cpu->core_cpus);
    add_cache(cpu, 1, "Instruction", L1_KIB, &cpu->core_cpus);
    if (is->l2_size)
        add_cache(cpu, 2, "Unified", is->l2_size, &cpu->l2_cpus);
    if (is->l3_size)
        add_cache(cpu, 3, "Unified", is->l3_size, &cpu->l3_cpus);
}

/* ---- the directories -------------------------------------------------------------------------
 */

static void add_files(struct node *directory, const struct file_kind *kinds, size_t count,
                      void *object) {
    for (size_t i = 0; i < count; i++)
        tree_permanent(tree_file(directory, &kinds[i], object));
}

void cpu_topology_add(struct cpu *cpu) {
    struct node *caches = tree_permanent(tree_directory(cpu->directory, "cache"));

    find_caches(cpu);
    add_files(tree_permanent(tree_directory(cpu->directory, "topology")), topology_files,
              ELEMENTS(topology_files), cpu);
    for (size_t i = 0; i < cpu->n_caches; i++) {
        _cleanup_free_ char *name = new_format("index%zu", i);

        add_files(tree_permanent(tree_directory(caches, name)), cache_files, ELEMENTS(cache_files),
                  &cpu->caches[i]);
    }
}

void cpu_topology_remove(struct cpu *cpu) {
    tree_remove(tree_find(cpu->directory, "topology"));
    tree_remove(tree_find(cpu->directory, "cache"));
}
