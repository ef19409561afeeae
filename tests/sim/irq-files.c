/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "irq.h"

#include <errno.h>
#include <string.h>

/* ---- affinities ------------------------------------------------------------------------------
 */

static int show_affinity(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct irq *irq = object;

    cpu_show_hex(irq->model, &irq->affinity, out);
    return 0;
}

static int show_affinity_list(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct irq *irq = object;

    cpu_show_list(irq->model, &irq->affinity, out);
    return 0;
}

static struct cpumask effective(const struct irq *irq) {
    struct cpumask mask = {0};

    if (irq->effective < CPUMASK_BITS)
        cpumask_set(&mask, irq->effective);
    return mask;
}

static int show_effective(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct irq *irq = object;
    const struct cpumask mask = effective(irq);

    cpu_show_hex(irq->model, &mask, out);
    return 0;
}

static int show_effective_list(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct irq *irq = object;
    const struct cpumask mask = effective(irq);

    cpu_show_list(irq->model, &mask, out);
    return 0;
}

/* write_irq_affinity(): whether the interrupt can be moved at all is asked first. */
static int set_affinity(struct irq *irq, const char *value,
                        int (*parse)(const char *text, unsigned bits, struct cpumask *ret)) {
    struct cpumask mask;
    int r = irq->managed ? -EIO : parse(value, irq->model->processors->bits, &mask);

    return r < 0 ? r : irq_set_affinity(irq, &mask);
}

static int set_hex(void *object, const char *value) {
    return set_affinity(object, value, cpumask_parse_hex);
}

static int set_list(void *object, const char *value) {
    return set_affinity(object, value, cpumask_parse_list);
}

static int store(struct irq *irq, struct caller *caller, const char *file, const char *value,
                 int (*act)(void *object, const char *value)) {
    _cleanup_free_ char *name = new_format("irq/%u/%s", irq->number, file);

    return gate_write(&irq->gate, caller, name, value, act, irq);
}

static int store_affinity(struct caller *caller, void *object, const char *value,
                          _unused_ size_t length) {
    return store(object, caller, "smp_affinity", value, set_hex);
}

static int store_affinity_list(struct caller *caller, void *object, const char *value,
                               _unused_ size_t length) {
    return store(object, caller, "smp_affinity_list", value, set_list);
}

/* ---- the other files of an interrupt ---------------------------------------------------------
 */

#define SHOW(file, ...)                                                                            \
    static int show_##file(_unused_ struct caller *caller, void *object, struct text *out) {       \
        const struct irq *irq = object;                                                            \
                                                                                                   \
        (void)irq;                                                                                 \
        text_add(out, __VA_ARGS__);                                                                \
        return 0;                                                                                  \
    }

SHOW(spurious, "count 0\nunhandled 0\nlast_unhandled 0 ms\n")
SHOW(node, "%s\n", irq->node)
SHOW(actions, "%s\n", irq->actions)
SHOW(chip, "%s\n", irq->chip)
SHOW(hwirq, "%u\n", irq->hwirq)
SHOW(name, "%s\n", irq->type)
SHOW(wakeup, "disabled\n")

static int show_hint(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct irq *irq = object;
    const struct cpumask none = {0};

    cpu_show_hex(irq->model, &none, out);
    return 0;
}

static const struct file_kind proc_files[] = {
    {.name = "smp_affinity", .mode = 0644, .show = show_affinity, .store = store_affinity},
    {.name = "smp_affinity_list",
     .mode = 0644,
     .show = show_affinity_list,
     .store = store_affinity_list},
    {.name = "effective_affinity", .mode = 0444, .show = show_effective},
    {.name = "effective_affinity_list", .mode = 0444, .show = show_effective_list},
    {.name = "affinity_hint", .mode = 0444, .show = show_hint},
    {.name = "spurious", .mode = 0444, .show = show_spurious},
    {.name = "node", .mode = 0444, .show = show_node},
};

static const struct file_kind sys_files[] = {
    {.name = "actions", .mode = 0444, .show = show_actions},
    {.name = "chip_name", .mode = 0444, .show = show_chip},
    {.name = "hwirq", .mode = 0444, .show = show_hwirq},
    {.name = "name", .mode = 0444, .show = show_name},
    {.name = "type", .mode = 0444, .show = show_name},
    {.name = "wakeup", .mode = 0444, .show = show_wakeup},
};

static struct node *add_directory(struct irq *irq, const char *parent,
                                  const struct file_kind *files, size_t count) {
    _cleanup_free_ char *path = new_format("%s/%u", parent, irq->number);
    struct node *directory = tree_permanent_path(&irq->model->tree.root, path);

    for (size_t i = 0; i < count; i++)
        tree_permanent(tree_file(directory, &files[i], irq));
    return directory;
}

/* A directory for each that handles it; two of one name have one. */
static void add_actions(const struct irq *irq) {
    _cleanup_free_ char *copy = new_string(irq->actions);
    char *rest = copy, *name;

    while ((name = strsep(&rest, ",")))
        if (*name && !strchr(name, '/'))
            tree_permanent(tree_directory(irq->proc, name));
}

void irq_add_directories(struct irq *irq) {
    irq->proc = add_directory(irq, ".sim/proc/irq", proc_files, ELEMENTS(proc_files));
    irq->sys = add_directory(irq, "kernel/irq", sys_files, ELEMENTS(sys_files));
    add_actions(irq);
}

/* ---- of all ----------------------------------------------------------------------------------
 */

static int show_default(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;

    cpu_show_hex(model, &model->interrupts->default_affinity, out);
    return 0;
}

static int store_default(_unused_ struct caller *caller, void *object, const char *value,
                         _unused_ size_t length) {
    struct model *model = object;
    const struct processors *processors = model->processors;
    struct cpumask mask;
    int r = cpumask_parse_hex(value, processors->bits, &mask);

    if (r == 0 && !cpumask_intersects(&mask, &processors->online))
        r = -EINVAL;
    if (r == 0)
        model->interrupts->default_affinity = mask;
    gate_log(model, r, "irq/default_smp_affinity", value);
    return r;
}

/* One interrupt has come, to where each goes. Of a thousand CPUs and thousands of interrupts this
 * is megabytes, as on a real machine, so that the columns are not printed but copied. */
static void show_counts(const struct irq *irq, struct text *out) {
    static const char zero[] = "          0", one[] = "          1";

    for_each_cpu(cpu, &irq->model->processors->online)
        text_add_bytes(out, cpu == irq->effective ? one : zero, strlen(zero));
}

static void show_names(const struct irq *irq, struct text *out) {
    text_add(out, "  %s %u-%s      ", irq->chip, irq->hwirq, irq->type);
    for (const char *c = irq->actions; *c; c++)
        text_add_bytes(out, *c == ',' ? ", " : c, *c == ',' ? 2 : 1);
    text_add_bytes(out, "\n", 1);
}

static int show_interrupts(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;
    const struct interrupts *all = model->interrupts;

    text_add(out, "           ");
    for_each_cpu(cpu, &model->processors->online) text_add(out, "CPU%-8u", cpu);
    text_add(out, "\n");
    for (size_t i = 0; i < all->count; i++) {
        if (!all->list[i]->actions[0])
            continue;
        text_add(out, "%4u:", all->list[i]->number);
        show_counts(all->list[i], out);
        show_names(all->list[i], out);
    }
    return 0;
}

void irq_add_files(struct model *model) {
    static const struct file_kind files[] = {
        {.name = "default_smp_affinity",
         .mode = 0644,
         .show = show_default,
         .store = store_default},
        {.name = "interrupts", .mode = 0444, .show = show_interrupts}};
    struct node *proc = tree_permanent_path(&model->tree.root, ".sim/proc");

    tree_permanent_path(&model->tree.root, "kernel/irq");
    tree_file(tree_permanent_path(proc, "irq"), &files[0], model);
    tree_permanent(tree_file(proc, &files[1], model));
}
