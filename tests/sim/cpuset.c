/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <errno.h>
#include <string.h>

#include "memory.h"

/* The cpuset controller, as kernel/cgroup/cpuset.c of Linux 6.1 has it. */

bool cpuset_is_enabled(const struct cgroup *cgroup) {
    return cgroup_controllers(cgroup) & cgroup->all->cpuset;
}

/* ---- what is in effect -----------------------------------------------------------------------
 */

/* A part of the parent's CPUs, of which no sibling may have asked for any. */
static bool can_be_partition(const struct cgroup *cgroup) {
    const struct cgroup *parent = cgroup->parent;

    if (parent->parent && (parent->partition == PARTITION_MEMBER || parent->invalid))
        return false;
    for (const struct cgroup *sibling = parent->children; sibling; sibling = sibling->next)
        if (sibling != cgroup && cpumask_intersects(&sibling->cpus, &cgroup->cpus))
            return false;
    return cpumask_intersects(&cgroup->cpus, &parent->effective);
}

/* Partitions take their CPUs from the parent's, and from what the other children can have. */
static void update_partitions(struct cgroup *cgroup) {
    struct cpumask rest = cgroup->effective;

    for (struct cgroup *child = cgroup->children; child; child = child->next) {
        if (child->partition == PARTITION_MEMBER)
            continue;
        child->invalid = !can_be_partition(child);
        child->effective = cpumask_and(&child->cpus, &cgroup->effective);
        if (!child->invalid)
            rest = cpumask_without(&rest, &child->cpus);
    }
    cgroup->effective = rest;
}

/* What cannot be had does not count: then it is all that the parent has. */
static struct cpumask part_of(const struct cpumask *whole, const struct cpumask *wanted) {
    const struct cpumask part = cpumask_and(wanted, whole);

    return cpumask_empty(&part) ? *whole : part;
}

static void update_children(struct cgroup *cgroup) {
    update_partitions(cgroup);
    for (struct cgroup *child = cgroup->children; child; child = child->next) {
        if (child->partition == PARTITION_MEMBER || child->invalid)
            child->effective = part_of(&cgroup->effective, &child->cpus);
        child->effective_mems = part_of(&cgroup->effective_mems, &child->mems);
        update_children(child);
    }
}

void cpuset_update(struct cgroups *all) {
    all->root.effective = all->model->processors->online;
    all->root.effective_mems = memory_nodes(all->model);
    update_children(&all->root);
}

/* ---- what can be written ---------------------------------------------------------------------
 */

/* Once told where to be, groups with processes cannot be told to be anywhere: "No space left on
 * device", although an empty list would mean all that the parent has. */
static int may_become(const struct cgroup *cgroup, const struct cpumask *old,
                      const struct cpumask *wanted, const struct cpumask *possible) {
    if (!cpumask_subset(wanted, possible))
        return -EINVAL;
    if (cpumask_empty(wanted) && !cpumask_empty(old) && cgroup_is_populated(cgroup))
        return -ENOSPC;
    return 0;
}

static int set_cpus(void *object, const char *value) {
    struct cgroup *cgroup = object;
    const struct processors *processors = cgroup->all->model->processors;
    struct cpumask cpus;
    int r = cpumask_parse_list(value, processors->bits, &cpus);

    if (!cgroup->directory || !cpuset_is_enabled(cgroup))
        return -ENODEV;
    if (r == 0)
        r = may_become(cgroup, &cgroup->cpus, &cpus, &processors->possible);
    if (r < 0)
        return r;
    cgroup->cpus = cpus;
    cpuset_update(cgroup->all);
    return 0;
}

static int set_mems(void *object, const char *value) {
    struct cgroup *cgroup = object;
    const struct cpumask possible = memory_nodes(cgroup->all->model);
    struct cpumask mems;
    int r = cpumask_parse_list(value, CPUMASK_BITS, &mems);

    if (!cgroup->directory || !cpuset_is_enabled(cgroup))
        return -ENODEV;
    if (r == 0)
        r = may_become(cgroup, &cgroup->mems, &mems, &possible);
    if (r < 0)
        return r;
    cgroup->mems = mems;
    cpuset_update(cgroup->all);
    return 0;
}

static const char *const partitions[] = {
    [PARTITION_MEMBER] = "member", [PARTITION_ROOT] = "root", [PARTITION_ISOLATED] = "isolated"};

static int set_partition(void *object, const char *value) {
    struct cgroup *cgroup = object;
    size_t length = strcspn(value, "\n");

    for (size_t i = 0; i < ELEMENTS(partitions); i++)
        if (strlen(partitions[i]) == length && strncmp(partitions[i], value, length) == 0) {
            cgroup->partition = (enum partition)i;
            cgroup->invalid = false;
            cpuset_update(cgroup->all);
            return 0;
        }
    return -EINVAL;
}

static int write_through(struct cgroup *cgroup, struct caller *caller, const char *file,
                         const char *value, int (*act)(void *object, const char *value)) {
    _cleanup_free_ char *name = new_format("cgroup %s/%s", cgroup->path, file);

    return gate_write(&cgroup->gate, caller, name, value, act, cgroup);
}

static int store_cpus(struct caller *caller, void *object, const char *value,
                      _unused_ size_t length) {
    return write_through(object, caller, "cpuset.cpus", value, set_cpus);
}

static int store_mems(struct caller *caller, void *object, const char *value,
                      _unused_ size_t length) {
    return write_through(object, caller, "cpuset.mems", value, set_mems);
}

static int store_partition(struct caller *caller, void *object, const char *value,
                           _unused_ size_t length) {
    return write_through(object, caller, "cpuset.cpus.partition", value, set_partition);
}

/* ---- files -----------------------------------------------------------------------------------
 */

#define SHOW(file, member)                                                                         \
    static int show_##file(_unused_ struct caller *caller, void *object, struct text *out) {       \
        const struct cgroup *cgroup = object;                                                      \
                                                                                                   \
        cpu_show_list(cgroup->all->model, &cgroup->member, out);                                   \
        return 0;                                                                                  \
    }

SHOW(cpus, cpus)
SHOW(mems, mems)
SHOW(effective, effective)
SHOW(effective_mems, effective_mems)

static int show_partition(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cgroup *cgroup = object;

    text_add(out, "%s%s\n", partitions[cgroup->partition], cgroup->invalid ? " invalid" : "");
    return 0;
}

static const struct file_kind files[] = {
    {.name = "cpuset.cpus.effective", .mode = 0444, .show = show_effective},
    {.name = "cpuset.mems.effective", .mode = 0444, .show = show_effective_mems},
    /* The root has these not. */
    {.name = "cpuset.cpus", .mode = 0644, .show = show_cpus, .store = store_cpus},
    {.name = "cpuset.mems", .mode = 0644, .show = show_mems, .store = store_mems},
    {.name = "cpuset.cpus.partition",
     .mode = 0644,
     .show = show_partition,
     .store = store_partition},
};

#define OF_THE_ROOT 2

void cpuset_appear(struct cgroup *cgroup) {
    for (size_t i = 0; i < (cgroup->parent ? ELEMENTS(files) : OF_THE_ROOT); i++)
        tree_file(cgroup->directory, &files[i], cgroup);
}

void cpuset_vanish(struct cgroup *cgroup) {
    for (size_t i = 0; i < ELEMENTS(files); i++)
        tree_remove(tree_find(cgroup->directory, files[i].name));
    cgroup->cpus = cgroup->mems = (struct cpumask){0};
    cgroup->partition = PARTITION_MEMBER;
    cgroup->invalid = false;
}

void cpuset_show_state(const struct cgroup *cgroup, struct text *out) {
    if (!cpuset_is_enabled(cgroup))
        return;
    text_add(out, " cpus=");
    cpumask_show_list(&cgroup->cpus, out);
    text_add(out, " mems=");
    cpumask_show_list(&cgroup->mems, out);
    text_add(out, " partition=%s", partitions[cgroup->partition]);
}
