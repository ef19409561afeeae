/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

/* The files that every control group has, whatever its controllers. */

/* ---- controllers -----------------------------------------------------------------------------
 */

static void show_set(const struct cgroups *all, uint32_t set, struct text *out) {
    const char *blank = "";

    for (size_t i = 0; i < all->n_controllers; i++)
        if (set >> i & 1) {
            text_add(out, "%s%s", blank, all->controllers[i]);
            blank = " ";
        }
    text_add(out, "\n");
}

static int show_controllers(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cgroup *cgroup = object;

    show_set(cgroup->all, cgroup_controllers(cgroup), out);
    return 0;
}

static int show_subtree_control(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cgroup *cgroup = object;

    show_set(cgroup->all, cgroup->enabled, out);
    return 0;
}

static uint32_t find_controller(const struct cgroups *all, const char *name) {
    for (size_t i = 0; i < all->n_controllers; i++)
        if (strcmp(all->controllers[i], name) == 0)
            return UINT32_C(1) << i;
    return 0;
}

/* "+cpuset -memory" */
static int parse_control(const struct cgroup *cgroup, const char *value, uint32_t *ret_on,
                         uint32_t *ret_off) {
    _cleanup_free_ char *copy = new_string_n(value, strcspn(value, "\n"));
    char *rest = copy, *word;

    *ret_on = *ret_off = 0;
    while ((word = strsep(&rest, " "))) {
        uint32_t bit = *word ? find_controller(cgroup->all, word + 1) : 0;

        if (!*word)
            continue;
        if (!bit || (*word != '+' && *word != '-'))
            return -EINVAL;
        *ret_on = *word == '+' ? *ret_on | bit : *ret_on & ~bit;
        *ret_off = *word == '-' ? *ret_off | bit : *ret_off & ~bit;
    }
    return 0;
}

/* Groups with processes of their own cannot have children that the memory, say, is divided among;
 * CPUs can be. */
static int may_enable(const struct cgroup *cgroup, uint32_t added) {
    const struct cgroups *all = cgroup->all;
    uint32_t of_threads = all->cpuset | find_controller(all, "cpu") | find_controller(all, "pids");

    if (added & ~cgroup_controllers(cgroup))
        return -ENOENT;
    if (cgroup->parent && cgroup->n_processes > 0 && (added & ~of_threads))
        return -EBUSY;
    return 0;
}

static int may_disable(const struct cgroup *cgroup, uint32_t removed) {
    for (const struct cgroup *child = cgroup->children; child; child = child->next)
        if (child->enabled & removed)
            return -EBUSY;
    return 0;
}

static void set_enabled(struct cgroup *cgroup, uint32_t enabled) {
    uint32_t changed = (cgroup->enabled ^ enabled) & cgroup->all->cpuset;

    cgroup->enabled = enabled;
    for (struct cgroup *child = cgroup->children; child && changed; child = child->next)
        if (enabled & changed)
            cpuset_appear(child);
        else
            cpuset_vanish(child);
    cpuset_update(cgroup->all);
}

static int control_subtree(void *object, const char *value) {
    struct cgroup *cgroup = object;
    uint32_t on, off;
    int r = parse_control(cgroup, value, &on, &off);

    if (r == 0)
        r = may_enable(cgroup, on & ~cgroup->enabled);
    if (r == 0)
        r = may_disable(cgroup, off);
    if (r == 0)
        set_enabled(cgroup, (cgroup->enabled | on) & ~off);
    return r;
}

static int store_subtree_control(struct caller *caller, void *object, const char *value,
                                 _unused_ size_t length) {
    struct cgroup *cgroup = object;
    _cleanup_free_ char *name = new_format("cgroup %s/cgroup.subtree_control", cgroup->path);

    return gate_write(&cgroup->gate, caller, name, value, control_subtree, cgroup);
}

/* ---- processes -------------------------------------------------------------------------------
 */

static int show_procs(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cgroup *cgroup = object;

    for (size_t i = 0; i < cgroup->n_processes; i++)
        if (kill(cgroup->processes[i], 0) == 0 || errno != ESRCH)
            text_add(out, "%d\n", cgroup->processes[i]);
    return 0;
}

static void leave(struct cgroup *cgroup, pid_t process) {
    size_t kept = 0;

    for (size_t i = 0; i < cgroup->n_processes; i++)
        if (cgroup->processes[i] != process)
            cgroup->processes[kept++] = cgroup->processes[i];
    cgroup->n_processes = kept;
    for (struct cgroup *child = cgroup->children; child; child = child->next)
        leave(child, process);
}

/* Threads and processes are all one here. */
static int store_procs(struct caller *caller, void *object, const char *value,
                       _unused_ size_t length) {
    struct cgroup *cgroup = object;
    unsigned long number;
    pid_t process;

    if (parse_count(value, INT32_MAX, &number) < 0)
        return -EINVAL;
    process = number ? (pid_t)number : caller->process;
    if (!cgroup->directory)
        return -ENODEV;
    if (kill(process, 0) != 0)
        return -ESRCH;
    leave(&cgroup->all->root, process);
    cgroup->processes = grow(cgroup->processes, cgroup->n_processes + 1, sizeof *cgroup->processes);
    cgroup->processes[cgroup->n_processes++] = process;
    return 0;
}

/* ---- the rest --------------------------------------------------------------------------------
 */

static int show_events(_unused_ struct caller *caller, void *object, struct text *out) {
    text_add(out, "populated %d\nfrozen 0\n", cgroup_is_populated(object));
    return 0;
}

static int show_type(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct cgroup *cgroup = object;

    text_add(out, "%s\n", cgroup->threaded ? "threaded" : "domain");
    return 0;
}

static int store_type(_unused_ struct caller *caller, void *object, const char *value,
                      _unused_ size_t length) {
    struct cgroup *cgroup = object;

    if (strcmp(value, "threaded") != 0 && strcmp(value, "threaded\n") != 0)
        return -EINVAL;
    cgroup->threaded = true;
    return 0;
}

static const struct file_kind files[] = {
    {.name = "cgroup.controllers", .mode = 0444, .show = show_controllers},
    {.name = "cgroup.subtree_control",
     .mode = 0644,
     .show = show_subtree_control,
     .store = store_subtree_control},
    {.name = "cgroup.procs", .mode = 0644, .show = show_procs, .store = store_procs},
    {.name = "cgroup.threads", .mode = 0644, .show = show_procs, .store = store_procs},
    /* The root has these not. */
    {.name = "cgroup.events", .mode = 0444, .show = show_events},
    {.name = "cgroup.type", .mode = 0644, .show = show_type, .store = store_type},
};

#define OF_THE_ROOT 4

void cgroup_add_files(struct cgroup *cgroup) {
    for (size_t i = 0; i < (cgroup->parent ? ELEMENTS(files) : OF_THE_ROOT); i++)
        tree_file(cgroup->directory, &files[i], cgroup);
}
