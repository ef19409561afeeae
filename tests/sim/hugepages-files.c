/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memory.h"

#include <errno.h>

static void add_files(struct node *directory, const struct file_kind *files, size_t count,
                      void *object) {
    for (size_t i = 0; i < count; i++)
        tree_permanent(tree_file(directory, &files[i], object));
}

/* ---- nodeN/hugepages/hugepages-SIZEkB ---------------------------------------------------------
 */

#define SHOW(file, type, ...)                                                                      \
    static int show_##file(_unused_ struct caller *caller, void *object, struct text *out) {       \
        const type *it = object;                                                                   \
                                                                                                   \
        text_add(out, "%lu\n", __VA_ARGS__);                                                       \
        return 0;                                                                                  \
    }

SHOW(pool_count, struct pool, it->count)
SHOW(pool_free, struct pool, it->free)
SHOW(pool_surplus, struct pool, it->surplus)

static int set_pool(void *object, const char *value) {
    struct pool *pool = object;
    unsigned long count;
    int r = parse_count(value, UINT32_MAX, &count);

    if (r == 0)
        hugepages_resize(pool->of, count, pool->node);
    return r;
}

static int store_pool(struct caller *caller, void *object, const char *value,
                      _unused_ size_t length) {
    struct pool *pool = object;
    _cleanup_free_ char *name =
        new_format("node%u/hugepages-%lukB/nr_hugepages", pool->node->number, pool->of->size);

    return gate_write(&pool->gate, caller, name, value, set_pool, pool);
}

static const struct file_kind pool_files[] = {
    {.name = "nr_hugepages", .mode = 0644, .show = show_pool_count, .store = store_pool},
    {.name = "free_hugepages", .mode = 0444, .show = show_pool_free},
    {.name = "surplus_hugepages", .mode = 0444, .show = show_pool_surplus},
};

/* ---- /sys/kernel/mm/hugepages/hugepages-SIZEkB ------------------------------------------------
 */

SHOW(all_count, struct hugepages, hugepages_sum(it, HUGEPAGES_COUNT))
SHOW(all_free, struct hugepages, hugepages_sum(it, HUGEPAGES_FREE))
SHOW(all_surplus, struct hugepages, hugepages_sum(it, HUGEPAGES_SURPLUS))
SHOW(reserved, struct hugepages, it->reserved)
SHOW(overcommit, struct hugepages, it->overcommit)

static int set_all(void *object, const char *value) {
    unsigned long count;
    int r = parse_count(value, UINT32_MAX, &count);

    if (r == 0)
        hugepages_resize(object, count, NULL);
    return r;
}

static int store_all(struct caller *caller, void *object, const char *value,
                     _unused_ size_t length) {
    struct hugepages *pages = object;
    _cleanup_free_ char *name = new_format("hugepages-%lukB/nr_hugepages", pages->size);

    return gate_write(&pages->gate, caller, name, value, set_all, pages);
}

static int set_overcommit(void *object, const char *value) {
    struct hugepages *pages = object;

    return parse_count(value, UINT32_MAX, &pages->overcommit);
}

static int store_overcommit(struct caller *caller, void *object, const char *value,
                            _unused_ size_t length) {
    struct hugepages *pages = object;
    _cleanup_free_ char *name = new_format("hugepages-%lukB/nr_overcommit_hugepages", pages->size);

    return gate_write(&pages->gate, caller, name, value, set_overcommit, pages);
}

static const struct file_kind all_files[] = {
    {.name = "nr_hugepages", .mode = 0644, .show = show_all_count, .store = store_all},
    {.name = "nr_hugepages_mempolicy", .mode = 0644, .show = show_all_count, .store = store_all},
    {.name = "free_hugepages", .mode = 0444, .show = show_all_free},
    {.name = "resv_hugepages", .mode = 0444, .show = show_reserved},
    {.name = "surplus_hugepages", .mode = 0444, .show = show_all_surplus},
    {.name = "nr_overcommit_hugepages",
     .mode = 0644,
     .show = show_overcommit,
     .store = store_overcommit},
};

static void add_size(struct hugepages *pages) {
    const struct memory *memory = pages->model->memory;
    _cleanup_free_ char *name = new_format("hugepages-%lukB", pages->size);
    _cleanup_free_ char *all = new_format("kernel/mm/hugepages/%s", name);
    _cleanup_free_ char *of_node = new_format("hugepages/%s", name);

    add_files(tree_permanent_path(&pages->model->tree.root, all), all_files, ELEMENTS(all_files),
              pages);
    for (size_t i = 0; i < memory->n_nodes; i++)
        add_files(tree_permanent_path(memory->nodes[i].directory, of_node), pool_files,
                  ELEMENTS(pool_files), &pages->pools[i]);
}

/* ---- /proc/sys/vm -----------------------------------------------------------------------------
 */

static int drop_caches(void *object, const char *value) {
    struct memory *memory = object;
    unsigned long what;
    int r = parse_count(value, 4, &what);

    if (r < 0 || what == 0)
        return -EINVAL;
    for (size_t i = 0; i < memory->n_nodes && (what & 1); i++)
        memory->nodes[i].caches = 0;
    return 0;
}

static int compact_memory(void *object, const char *value) {
    struct memory *memory = object;
    unsigned long what;

    if (parse_count(value, 1, &what) < 0 || what != 1)
        return -EINVAL;
    for (size_t i = 0; i < memory->n_nodes; i++)
        memory->nodes[i].scattered = 0;
    return 0;
}

static int store_drop_caches(struct caller *caller, void *object, const char *value,
                             _unused_ size_t length) {
    struct memory *memory = object;

    return gate_write(&memory->drop_caches, caller, "vm/drop_caches", value, drop_caches, memory);
}

static int store_compact_memory(struct caller *caller, void *object, const char *value,
                                _unused_ size_t length) {
    struct memory *memory = object;

    return gate_write(&memory->compact_memory, caller, "vm/compact_memory", value, compact_memory,
                      memory);
}

static const struct file_kind vm_files[] = {
    {.name = "drop_caches", .mode = 0200, .store = store_drop_caches},
    {.name = "compact_memory", .mode = 0200, .store = store_compact_memory},
};

static void add_proc(struct memory *memory) {
    struct node *vm = tree_permanent_path(&memory->nodes[0].model->tree.root, ".sim/proc/sys/vm");

    add_files(vm, vm_files, ELEMENTS(vm_files), memory);
    for (size_t i = 0; i < memory->n_sizes; i++)
        if (memory->sizes[i].size == HUGEPAGES_DEFAULT)
            add_files(vm, &all_files[0], 1, &memory->sizes[i]);
}

void hugepages_add_files(struct memory *memory) {
    for (size_t i = 0; i < memory->n_sizes; i++)
        add_size(&memory->sizes[i]);
    add_proc(memory);
}
