/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <libkmod.h>

#include "library.h"

/* The functions of libkmod in use, each under its own name. */
struct kmod_functions {
    __typeof__(kmod_new) *new;
    __typeof__(kmod_unref) *unref;
    __typeof__(kmod_module_new_from_lookup) *new_from_lookup;
    __typeof__(kmod_module_get_module) *get_module;
    __typeof__(kmod_module_unref) *module_unref;
    __typeof__(kmod_module_unref_list) *unref_list;
    __typeof__(kmod_module_probe_insert_module) *probe_insert_module;
};

struct modules {
    void *library;
    struct kmod_functions kmod;
    struct kmod_ctx *context;
};

static void *load_libkmod(struct kmod_functions *kmod, const char **ret_why) {
    const struct library_function functions[] = {
        {"kmod_new", &kmod->new},
        {"kmod_unref", &kmod->unref},
        {"kmod_module_new_from_lookup", &kmod->new_from_lookup},
        {"kmod_module_get_module", &kmod->get_module},
        {"kmod_module_unref", &kmod->module_unref},
        {"kmod_module_unref_list", &kmod->unref_list},
        {"kmod_module_probe_insert_module", &kmod->probe_insert_module},
    };

    return library_load("libkmod.so.2", functions, ELEMENTS(functions), ret_why);
}

int modules_open(struct modules **ret, struct error *error) {
    _cleanup_modules_ struct modules *modules = calloc(1, sizeof *modules);
    const char *why;

    if (!modules)
        return error_oom(error);
    modules->library = load_libkmod(&modules->kmod, &why);
    if (!modules->library)
        return error_set(error, ENOENT,
                         "libkmod, which finds and loads kernel modules, cannot be used: %s", why);
    modules->context = modules->kmod.new(NULL, NULL);
    if (!modules->context)
        return error_oom(error);
    *ret = take_pointer(modules);
    return 0;
}

void modules_close(struct modules *modules) {
    if (!modules)
        return;
    if (modules->context)
        modules->kmod.unref(modules->context);
    if (modules->library)
        dlclose(modules->library);
    free(modules);
}

int modules_find(struct modules *modules, const char *name) {
    struct kmod_list *list = NULL;
    int r = modules->kmod.new_from_lookup(modules->context, name, &list);

    /* A tree without an index is a kernel without modules. */
    if (r < 0)
        return r == -ENOSYS || r == -ENOENT ? 0 : r;
    r = list != NULL;
    modules->kmod.unref_list(list);
    return r;
}

int modules_load(struct modules *modules, const char *name, struct error *error) {
    const struct kmod_functions *kmod = &modules->kmod;
    struct kmod_list *list = NULL;
    struct kmod_module *module;
    int r = kmod->new_from_lookup(modules->context, name, &list);

    if (r < 0 || !list)
        return error_set(error, r < 0 ? -r : ENOENT, "this kernel has no module %s", name);
    module = kmod->get_module(list);
    r = kmod->probe_insert_module(module, KMOD_PROBE_IGNORE_COMMAND, NULL, NULL, NULL, NULL);
    kmod->module_unref(module);
    kmod->unref_list(list);
    if (r < 0)
        return error_set(error, -r, "module %s cannot be loaded: %s (the kernel log tells more)",
                         name, strerror(-r));
    return 0;
}
