/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/* /sys/module, and what init_module(2) and delete_module(2) do. */

static int show_initstate(struct caller *caller, void *object, struct text *out) {
    const struct module *module = object;

    (void)caller;
    text_add(out, "%s\n", module->loading.held ? "coming" : "live");
    return 0;
}

static int show_refcnt(struct caller *caller, void *object, struct text *out) {
    (void)caller;
    (void)object;
    text_add(out, "0\n");
    return 0;
}

static const struct file_kind initstate_file = {
    .name = "initstate", .mode = 0444, .show = show_initstate};
static const struct file_kind refcnt_file = {.name = "refcnt", .mode = 0444, .show = show_refcnt};

static void add_driver_link(struct module *module) {
    const struct driver *driver = model_driver(module->model, module->is->driver);
    _cleanup_free_ char *link = new_format("pci:%s", driver->name);

    tree_link_to(tree_directory(module->directory, "drivers"), link, driver->directory);
}

static void add_parameters(struct module *module) {
    for (size_t i = 0; i < module->is->n_parameters; i++) {
        const struct machine_attribute *parameter = &module->is->parameters[i];

        tree_secret(tree_directory(module->directory, "parameters"), parameter->name,
                    parameter->value);
    }
}

void module_add(struct module *module) {
    module->directory = tree_directory(module->model->modules_directory, module->is->id);
    add_parameters(module);
    if (module->is->start == MODULE_BUILTIN)
        return; /* a built-in one has no state: that is how libkmod tells them apart */
    tree_file(module->directory, &initstate_file, module);
    tree_file(module->directory, &refcnt_file, module);
    tree_directory(module->directory, "holders");
}

static int start_driver(struct module *module, struct caller *caller) {
    struct driver *driver = model_driver(module->model, module->is->driver);
    int r;

    if (driver->directory)
        return -EBUSY;
    r = driver_register(driver, caller);
    if (r == 0)
        add_driver_link(module);
    return r;
}

int module_start(struct module *module, struct caller *caller) {
    int r = module->is->driver ? start_driver(module, caller) : 0;

    if (r == 0)
        mdev_appear(module->model);
    return r;
}

static int load_locked(struct module *module, struct caller *caller) {
    int r;

    if (module->directory)
        return -EEXIST;
    module_add(module);
    r = fault_strike(module->model, caller, &module->loading, &module->fault, NULL);
    if (r == 0)
        r = module_start(module, caller);
    if (r < 0) {
        tree_remove(module->directory);
        module->directory = NULL;
    }
    model_log(module->model, r, "load %s", module->is->id);
    return r;
}

int module_load(struct module *module, struct caller *caller) {
    int r;

    if (module->is->start == MODULE_BUILTIN)
        return -EEXIST;
    /* Whoever loads it a second time waits for the first, as in the kernel. */
    r = lock_take(&module->model->monitor, caller, &module->loading);
    if (r < 0)
        return r;
    r = load_locked(module, caller);
    lock_drop(&module->loading);
    return r;
}

static int unload_locked(struct module *module, struct caller *caller) {
    int r = 0;

    if (!module->directory)
        return -ENOENT;
    model_log(module->model, 0, "unload %s", module->is->id);
    mdev_module_gone(module, caller);
    if (module->is->driver)
        r = driver_unregister(model_driver(module->model, module->is->driver), caller);
    if (r < 0)
        return r;
    tree_remove(module->directory);
    module->directory = NULL;
    return 0;
}

int module_unload(struct module *module, struct caller *caller) {
    int r;

    if (module->is->start == MODULE_BUILTIN)
        return -ENOENT;
    r = lock_take(&module->model->monitor, caller, &module->loading);
    if (r < 0)
        return r;
    r = unload_locked(module, caller);
    lock_drop(&module->loading);
    return r;
}
