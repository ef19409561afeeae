/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu.h"

#include <errno.h>

/* /sys/devices/virtual/workqueue/cpumask: where the kernel's own unbound work may run. */

static int set_cpumask(void *object, const char *value) {
    struct processors *all = object;
    struct cpumask mask;
    int r = cpumask_parse_hex(value, all->bits, &mask);

    if (r < 0)
        return r;
    mask = cpumask_and(&mask, &all->possible);
    if (cpumask_empty(&mask))
        return -EINVAL;
    all->workqueue = mask;
    return 0;
}

static int store_cpumask(struct caller *caller, void *object, const char *value,
                         _unused_ size_t length) {
    struct processors *all = object;

    return gate_write(&all->workqueue_gate, caller, "workqueue/cpumask", value, set_cpumask, all);
}

static int show_cpumask(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct processors *all = object;

    cpu_show_hex(all->model, &all->workqueue, out);
    return 0;
}

void workqueue_add(struct processors *all) {
    static const struct file_kind file = {
        .name = "cpumask", .mode = 0644, .show = show_cpumask, .store = store_cpumask};
    struct node *directory =
        tree_permanent_path(&all->model->tree.root, "devices/virtual/workqueue");

    all->workqueue = cpumask_without(&all->possible, &all->model->machine->kernel.isolated);
    gate_init(all->model, &all->workqueue_gate, OPERATION_WORKQUEUE, "cpumask", NULL);
    tree_file(directory, &file, all);
}
