/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

uint32_t cgroup_controllers(const struct cgroup *cgroup) {
    return cgroup->parent ? cgroup->parent->enabled
                          : (UINT32_C(1) << cgroup->all->n_controllers) - 1;
}

/* ---- processes -------------------------------------------------------------------------------
 */

static bool has_processes(const struct cgroup *cgroup) {
    for (size_t i = 0; i < cgroup->n_processes; i++)
        if (kill(cgroup->processes[i], 0) == 0 || errno != ESRCH)
            return true;
    return cgroup->busy;
}

bool cgroup_is_populated(const struct cgroup *cgroup) {
    if (has_processes(cgroup))
        return true;
    for (const struct cgroup *child = cgroup->children; child; child = child->next)
        if (cgroup_is_populated(child))
            return true;
    return false;
}

/* ---- directories -----------------------------------------------------------------------------
 */

static int make_directory(void *object, const char *name);
static int remove_directory(void *object);

static const struct directory_kind kind = {.make = make_directory, .remove = remove_directory};

/* Children are kept in the order of their names, so that the state always reads alike. */
static struct cgroup *add_child(struct cgroup *parent, const char *name) {
    struct cgroup *cgroup = new_zeroed(1, sizeof *cgroup), **place = &parent->children;

    cgroup->all = parent->all;
    cgroup->parent = parent;
    cgroup->path = parent->parent ? new_format("%s/%s", parent->path, name) : new_string(name);
    gate_init(parent->all->model, &cgroup->gate, OPERATION_CPUSET, cgroup->path, NULL);
    cgroup->directory = tree_directory(parent->directory, name);
    cgroup->directory->kind = &kind;
    cgroup->directory->object = cgroup;
    while (*place && strcmp((*place)->path, cgroup->path) < 0)
        place = &(*place)->next;
    cgroup->next = *place;
    *place = cgroup;
    cgroup_add_files(cgroup);
    if (cpuset_is_enabled(cgroup))
        cpuset_appear(cgroup);
    return cgroup;
}

static int make_directory(void *object, const char *name) {
    struct cgroup *parent = object;
    struct cgroup *cgroup;

    if (strchr(name, '\n') || strncmp(name, "cgroup.", strlen("cgroup.")) == 0)
        return -EINVAL;
    cgroup = add_child(parent, name);
    cpuset_update(parent->all);
    model_log(parent->all->model, 0, "mkdir %s", cgroup->path);
    return 0;
}

/* It stays in memory: somebody may have a file of it open. */
static int remove_directory(void *object) {
    struct cgroup *cgroup = object, **place;

    if (!cgroup->parent || cgroup->children || has_processes(cgroup))
        return -EBUSY;
    for (place = &cgroup->parent->children; *place != cgroup;)
        place = &(*place)->next;
    *place = cgroup->next;
    tree_remove(cgroup->directory);
    cgroup->directory = NULL;
    cpuset_update(cgroup->all);
    model_log(cgroup->all->model, 0, "rmdir %s", cgroup->path);
    return 0;
}

void cgroup_cpus_changed(struct model *model) {
    if (model->cgroups)
        cpuset_update(model->cgroups);
}

/* ---- from the description --------------------------------------------------------------------
 */

static void add_controllers(struct cgroups *all, const struct machine_kernel *kernel) {
    _cleanup_free_ char *names = new_string(kernel->controllers);
    char *rest = names, *name;

    while ((name = strsep(&rest, ","))) {
        size_t i = all->n_controllers++;

        if (i == 31)
            die(EXIT_FAILURE, "too many controllers");
        all->controllers = grow(all->controllers, i + 1, sizeof(char *));
        all->controllers[i] = new_string(name);
        if (strcmp(name, "cpuset") == 0)
            all->cpuset = UINT32_C(1) << i;
    }
}

static uint32_t enabled_at_boot(const struct cgroups *all, const char *list) {
    _cleanup_free_ char *names = new_string(list);
    char *rest = names, *name;
    uint32_t enabled = 0;

    while ((name = strsep(&rest, ",")))
        for (size_t i = 0; i < all->n_controllers; i++)
            if (strcmp(all->controllers[i], name) == 0)
                enabled |= UINT32_C(1) << i;
    return enabled;
}

/* As systemd has them, before the first virtual machine: whatever runs is somewhere below the
 * first three. */
static void add_slices(struct cgroup *root) {
    add_child(root, "init.scope")->busy = true;
    add_child(add_child(root, "system.slice"), "libvirtd.service")->busy = true;
    add_child(add_child(root, "user.slice"), "user-1000.slice")->busy = true;
    add_child(root, "machine.slice");
}

void cgroup_add(struct model *model, const struct machine *machine) {
    struct cgroups *all;

    if (!machine->kernel.controllers || !model->processors)
        return;
    model->cgroups = all = new_zeroed(1, sizeof *all);
    all->model = model;
    add_controllers(all, &machine->kernel);
    all->root.all = all;
    all->root.path = new_string("/");
    all->root.busy = true;
    all->root.enabled = enabled_at_boot(all, machine->kernel.enabled);
    gate_init(model, &all->root.gate, OPERATION_CPUSET, "/", NULL);
    all->root.directory = tree_permanent_path(&model->tree.root, "fs/cgroup");
    all->root.directory->kind = &kind;
    all->root.directory->object = &all->root;
    cgroup_add_files(&all->root);
    add_slices(&all->root);
    if (all->cpuset)
        cpuset_appear(&all->root);
    cpuset_update(all);
}

static void show_state(const struct cgroup *cgroup, struct text *out) {
    const char *comma = " control=";

    text_add(out, "cgroup %s", cgroup->path);
    for (size_t i = 0; i < cgroup->all->n_controllers; i++)
        if (cgroup->enabled >> i & 1) {
            text_add(out, "%s%s", comma, cgroup->all->controllers[i]);
            comma = ",";
        }
    if (cgroup->parent)
        cpuset_show_state(cgroup, out);
    text_add(out, "\n");
    for (const struct cgroup *child = cgroup->children; child; child = child->next)
        show_state(child, out);
}

void cgroup_show_state(const struct model *model, struct text *out) {
    if (model->cgroups)
        show_state(&model->cgroups->root, out);
}
