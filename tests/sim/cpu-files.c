/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu.h"

#include <errno.h>
#include <string.h>

/* The files in /sys/devices/system/cpu, and those at each CPU that are not topology. */

#define SET(set, ...)                                                                              \
    static int show_##set(_unused_ struct caller *caller, void *object, struct text *out) {        \
        const struct processors *all = object;                                                     \
        const struct cpumask mask = __VA_ARGS__;                                                   \
                                                                                                   \
        cpu_show_list(all->model, &mask, out);                                                     \
        return 0;                                                                                  \
    }

SET(online, all->online)
SET(possible, all->possible)
SET(present, all->present)
SET(offline, cpumask_without(&all->possible, &all->online))
SET(isolated, all->model->machine->kernel.isolated)

static int show_kernel_max(_unused_ struct caller *caller, _unused_ void *object,
                           struct text *out) {
    text_add(out, "8191\n");
    return 0;
}

/* ---- smt --------------------------------------------------------------------------------------
 */

static bool smt_is_active(const struct processors *all) {
    for_each_cpu(i, &all->online) {
        const struct cpumask threads = cpumask_and(&all->cpus[i]->core_cpus, &all->online);

        if (cpumask_count(&threads) > 1)
            return true;
    }
    return false;
}

static int show_active(_unused_ struct caller *caller, void *object, struct text *out) {
    text_add(out, "%d\n", smt_is_active(object));
    return 0;
}

static int show_control(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct processors *all = object;
    bool possible = false;

    for_each_cpu(i, &all->present) possible |= all->cpus[i]->is->threads > 1;
    text_add(out, "%s\n", possible ? "on" : "notsupported");
    return 0;
}

static const struct file_kind system_files[] = {
    {.name = "online", .mode = 0444, .show = show_online},
    {.name = "possible", .mode = 0444, .show = show_possible},
    {.name = "present", .mode = 0444, .show = show_present},
    {.name = "offline", .mode = 0444, .show = show_offline},
    {.name = "isolated", .mode = 0444, .show = show_isolated},
    {.name = "kernel_max", .mode = 0444, .show = show_kernel_max},
};

static const struct file_kind smt_files[] = {
    {.name = "active", .mode = 0444, .show = show_active},
    {.name = "control", .mode = 0444, .show = show_control},
};

/* ---- at each CPU ------------------------------------------------------------------------------
 */

static int show_cpu_online(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cpu *cpu = object;

    text_add(out, "%d\n", cpumask_has(&cpu->model->processors->online, cpu->number));
    return 0;
}

/* kstrtobool() */
static int parse_bool(const char *value) {
    if (strchr("1yYtT", value[0]) && value[0])
        return true;
    if (strchr("0nNfF", value[0]) && value[0])
        return false;
    return -EINVAL;
}

static int store_cpu_online(_unused_ struct caller *caller, void *object, const char *value,
                            _unused_ size_t length) {
    struct cpu *cpu = object;
    _cleanup_free_ char *name = new_format("cpu%u/online", cpu->number);
    int r = parse_bool(value);

    if (r >= 0)
        r = cpu_set_online(cpu, r);
    gate_log(cpu->model, r, name, value);
    return r;
}

static int show_cpu_capacity(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cpu *cpu = object;

    text_add(out, "%u\n", cpu->is->capacity);
    return 0;
}

static int show_highest_perf(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cpu *cpu = object;

    text_add(out, "%u\n", cpu->is->perf);
    return 0;
}

/* Of the two zeros one means that there is no limit, and "n/a" that no latency is allowed. */
static int show_latency(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cpu *cpu = object;

    if (cpu->strict)
        text_add(out, "n/a\n");
    else
        text_add(out, "%lu\n", cpu->latency);
    return 0;
}

static int store_latency(_unused_ struct caller *caller, void *object, const char *value,
                         _unused_ size_t length) {
    struct cpu *cpu = object;
    _cleanup_free_ char *name = new_format("cpu%u/power/pm_qos_resume_latency_us", cpu->number);
    bool strict = strcmp(value, "n/a") == 0 || strcmp(value, "n/a\n") == 0;
    unsigned long latency = 0;
    int r = strict ? 0 : parse_count(value, INT32_MAX - 1, &latency);

    if (r == 0) {
        cpu->strict = strict;
        cpu->latency = latency;
    }
    gate_log(cpu->model, r, name, value);
    return r;
}

static const struct file_kind online_file = {
    .name = "online", .mode = 0644, .show = show_cpu_online, .store = store_cpu_online};
static const struct file_kind capacity_file = {
    .name = "cpu_capacity", .mode = 0444, .show = show_cpu_capacity};
static const struct file_kind perf_file = {
    .name = "highest_perf", .mode = 0444, .show = show_highest_perf};
static const struct file_kind latency_file = {
    .name = "pm_qos_resume_latency_us", .mode = 0644, .show = show_latency, .store = store_latency};

static void add_cpu(struct node *system, struct cpu *cpu) {
    _cleanup_free_ char *name = new_format("cpu%u", cpu->number);
    struct node *directory = tree_permanent(tree_directory(system, name));

    cpu->directory = directory;
    /* The CPU that boots cannot be taken away. */
    if (cpu->number > 0)
        tree_file(directory, &online_file, cpu);
    if (cpu->is->capacity)
        tree_permanent(tree_file(directory, &capacity_file, cpu));
    if (cpu->is->perf)
        tree_permanent(
            tree_file(tree_permanent(tree_directory(directory, "acpi_cppc")), &perf_file, cpu));
    tree_file(tree_permanent(tree_directory(directory, "power")), &latency_file, cpu);
    if (cpumask_has(&cpu->model->processors->online, cpu->number))
        cpu_topology_add(cpu);
}

/* ---- the CPUs of each kind, of a hybrid processor ---------------------------------------------
 */

static struct cpumask of_kind(const struct processors *all, const char *kind) {
    struct cpumask mask = {0};

    for_each_cpu(i, &all->online) if (all->cpus[i]->is->kind &&
                                      strcmp(all->cpus[i]->is->kind, kind) == 0)
        cpumask_set(&mask, i);
    return mask;
}

SET(performance, of_kind(all, "P"))
SET(efficient, of_kind(all, "E"))

static void add_kinds(struct processors *all) {
    static const struct file_kind performance = {
        .name = "cpus", .mode = 0444, .show = show_performance};
    static const struct file_kind efficient = {
        .name = "cpus", .mode = 0444, .show = show_efficient};
    struct node *root = &all->model->tree.root;
    const struct cpumask e = of_kind(all, "E");

    if (cpumask_empty(&e))
        return;
    tree_permanent(tree_file(tree_path(root, "devices/cpu_core"), &performance, all));
    tree_permanent(tree_file(tree_path(root, "devices/cpu_atom"), &efficient, all));
}

void cpu_add_files(struct processors *all) {
    struct node *system = tree_permanent_path(&all->model->tree.root, "devices/system/cpu");

    for (size_t i = 0; i < ELEMENTS(system_files); i++)
        tree_permanent(tree_file(system, &system_files[i], all));
    for (size_t i = 0; i < ELEMENTS(smt_files); i++)
        tree_permanent(
            tree_file(tree_permanent(tree_directory(system, "smt")), &smt_files[i], all));
    for_each_cpu(i, &all->present) add_cpu(system, all->cpus[i]);
    add_kinds(all);
}
