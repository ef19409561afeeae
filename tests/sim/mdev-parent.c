/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev.h"

#include <errno.h>
#include <string.h>

/*
 * Parents of mediated devices and their types: mdev_register_parent() and mdev_sysfs.c. A parent
 * lives by its module, and by the driver that it has at boot.
 */

struct node *mdev_bus(struct model *model) {
    struct node *bus = tree_path(&model->tree.root, "bus/mdev");

    tree_directory(bus, "devices");
    tree_directory(bus, "drivers");
    return bus;
}

struct node *mdev_driver_directory(const struct mdev_parent *parent) {
    const char *name = parent->is->driver ? parent->is->driver : "vfio_mdev";

    return tree_directory(tree_directory(mdev_bus(parent->model), "drivers"), name);
}

static struct node *class_directory(struct model *model) {
    return tree_path(&model->tree.root, "class/mdev_bus");
}

/* ---- the files of a type -----------------------------------------------------------------------
 */

static int show_name(struct caller *caller, void *object, struct text *out) {
    const struct mdev_type *type = object;

    (void)caller;
    text_add(out, "%s\n", type->is->title);
    return 0;
}

static int show_description(struct caller *caller, void *object, struct text *out) {
    const struct mdev_type *type = object;

    (void)caller;
    text_add(out, "%s\n", type->is->description);
    return 0;
}

static int show_device_api(struct caller *caller, void *object, struct text *out) {
    const struct mdev_type *type = object;

    (void)caller;
    text_add(out, "%s\n", type->is->api);
    return 0;
}

/* The driver counts under the lock that it holds while it makes a device. */
static int show_available_instances(struct caller *caller, void *object, struct text *out) {
    const struct mdev_type *type = object;
    struct mdev_parent *parent = type->parent;
    int r = lock_take(&parent->model->monitor, caller, &parent->lock);

    if (r < 0)
        return r;
    text_add(out, "%u\n", parent->left / type->is->cost);
    lock_drop(&parent->lock);
    return 0;
}

/* One character more than a UUID may be written, whatever it is. */
static int store_create(struct caller *caller, void *object, const char *value, size_t length) {
    struct mdev_type *type = object;
    char uuid[UUID_LENGTH + 1];
    int r;

    if (length < UUID_LENGTH || length > UUID_LENGTH + 1 || !mdev_parse_uuid(value, uuid))
        return -EINVAL;
    r = mdev_create(type, uuid, caller);
    model_log(type->parent->model, r, "create %s %s %s", uuid, type->parent->name, type->is->name);
    return r;
}

static const struct file_kind name_file = {.name = "name", .mode = 0444, .show = show_name};
static const struct file_kind description_file = {
    .name = "description", .mode = 0444, .show = show_description};
static const struct file_kind all_have[] = {
    {.name = "device_api", .mode = 0444, .show = show_device_api},
    {.name = "available_instances", .mode = 0444, .show = show_available_instances},
    {.name = "create", .mode = 0200, .store = store_create},
};

static void add_type(struct node *types, struct mdev_type *type) {
    type->directory = tree_directory(types, type->is->name);
    for (size_t i = 0; i < ELEMENTS(all_have); i++)
        tree_file(type->directory, &all_have[i], type);
    if (type->is->title)
        tree_file(type->directory, &name_file, type);
    if (type->is->description)
        tree_file(type->directory, &description_file, type);
    type->devices = tree_directory(type->directory, "devices");
}

/* ---- coming and going ---------------------------------------------------------------------------
 */

static bool should_exist(const struct mdev_parent *parent) {
    const struct device *device = parent->device;

    return (!parent->module || parent->module->directory) &&
           (!device || (device->directory && (!device->home || device->driver == device->home)));
}

static struct node *directory_of(const struct mdev_parent *parent) {
    _cleanup_free_ char *path = NULL;

    if (parent->device)
        return parent->device->directory;
    path = new_format("devices/%s", parent->is->name);
    return tree_path(&parent->model->tree.root, path);
}

static void appear(struct mdev_parent *parent) {
    struct node *types;

    parent->directory = directory_of(parent);
    types = tree_directory(parent->directory, "mdev_supported_types");
    for (size_t i = 0; i < parent->is->n_types; i++)
        add_type(types, &parent->types[i]);
    mdev_driver_directory(parent);
    tree_link_to(class_directory(parent->model), parent->name, parent->directory);
}

void mdev_appear(struct model *model) {
    const struct module *core = model_module(model, "mdev");

    if (core && core->directory)
        mdev_bus(model);
    for (size_t i = 0; i < model->n_mdev_parents; i++)
        if (!model->mdev_parents[i].directory && should_exist(&model->mdev_parents[i]))
            appear(&model->mdev_parents[i]);
}

/* down_write() of unreg_sem: whoever creates or removes a device has to come to an end. */
static void wait_until_idle(struct mdev_parent *parent, struct caller *caller) {
    const bool never = false;

    while (parent->busy > 0)
        wait_as_driver(&parent->model->monitor, caller, &parent->lock, 20, &never);
}

static struct mdev *any_device_of(const struct mdev_parent *parent) {
    struct mdev *mdev = parent->model->mdevs;

    while (mdev && mdev->type->parent != parent)
        mdev = mdev->next;
    return mdev;
}

/* Another parent may have the same one. */
static void remove_driver(const struct mdev_parent *parent) {
    struct node *directory = mdev_driver_directory(parent);
    const struct model *model = parent->model;

    for (size_t i = 0; i < model->n_mdev_parents; i++) {
        const struct mdev_parent *other = &model->mdev_parents[i];

        if (other != parent && other->directory && mdev_driver_directory(other) == directory)
            return;
    }
    tree_remove(directory);
}

static void vanish(struct mdev_parent *parent, struct caller *caller) {
    struct mdev *mdev;

    if (!parent->directory || parent->leaving)
        return;
    parent->leaving = true;
    wait_until_idle(parent, caller);
    tree_remove(tree_find(class_directory(parent->model), parent->name));
    while ((mdev = any_device_of(parent)))
        mdev_take_down(mdev, caller);
    tree_remove(tree_find(parent->directory, "mdev_supported_types"));
    if (!parent->device)
        tree_remove(parent->directory);
    remove_driver(parent);
    parent->directory = NULL;
    parent->leaving = false;
}

void mdev_device_gone(struct device *device, struct caller *caller) {
    struct model *model = device->model;

    for (size_t i = 0; i < model->n_mdev_parents; i++)
        if (model->mdev_parents[i].device == device)
            vanish(&model->mdev_parents[i], caller);
}

void mdev_module_gone(struct module *module, struct caller *caller) {
    struct model *model = module->model;
    struct node *root = &model->tree.root;

    for (size_t i = 0; i < model->n_mdev_parents; i++)
        if (model->mdev_parents[i].module == module)
            vanish(&model->mdev_parents[i], caller);
    if (strcmp(module->is->id, "mdev") != 0)
        return;
    tree_remove(tree_find(tree_path(root, "bus"), "mdev"));
    tree_remove(tree_find(tree_path(root, "class"), "mdev_bus"));
}

/* ---- the machine --------------------------------------------------------------------------------
 */

struct mdev_parent *mdev_parent_of(const struct model *model, const char *name) {
    for (size_t i = 0; i < model->n_mdev_parents; i++) {
        struct mdev_parent *parent = &model->mdev_parents[i];

        if (strcmp(parent->name, name) == 0 || strcmp(parent->is->name, name) == 0)
            return parent;
    }
    return NULL;
}

static void add_types(struct mdev_parent *parent) {
    parent->types = new_zeroed(parent->is->n_types, sizeof *parent->types);
    for (size_t i = 0; i < parent->is->n_types; i++)
        parent->types[i] = (struct mdev_type){
            .parent = parent,
            .is = &parent->is->types[i],
            .attributes = mdev_attribute_kinds(&parent->is->types[i]),
        };
}

static void add_parent(struct model *model, struct mdev_parent *parent,
                       const struct machine_mdev_parent *is) {
    const char *slash = strrchr(is->name, '/');

    *parent = (struct mdev_parent){
        .model = model,
        .is = is,
        .name = slash ? slash + 1 : is->name,
        .device = slash ? NULL : model_described(model, is->name),
        .module = is->module ? model_module(model, is->module) : NULL,
        .left = is->pool,
    };
    if (!slash && !parent->device)
        die(EXIT_FAILURE, "%s is an mdev-parent that is not described", is->name);
    if (is->module && !parent->module)
        die(EXIT_FAILURE, "%s needs the module %s, which is not described", is->name, is->module);
    monitor_condition(&parent->lock.changed);
    add_types(parent);
}

void mdev_add(struct model *model, const struct machine *machine) {
    model->mdev_parents = new_zeroed(machine->n_mdev_parents, sizeof *model->mdev_parents);
    for (size_t i = 0; i < machine->n_mdev_parents; i++)
        add_parent(model, &model->mdev_parents[i], &machine->mdev_parents[i]);
    model->n_mdev_parents = machine->n_mdev_parents;
}

static struct mdev_type *find_type(const struct model *model, const struct machine_mdev *is) {
    struct mdev_parent *parent = mdev_parent_of(model, is->parent);

    for (size_t i = 0; parent && i < parent->is->n_types; i++)
        if (strcmp(parent->types[i].is->name, is->type) == 0)
            return &parent->types[i];
    return NULL;
}

void mdev_boot(struct model *model, const struct machine *machine) {
    struct caller nobody = {0};
    char uuid[UUID_LENGTH + 1];

    for (size_t i = 0; i < machine->n_mdevs; i++) {
        struct mdev_type *type = find_type(model, &machine->mdevs[i]);

        if (!mdev_parse_uuid(machine->mdevs[i].uuid, uuid) || !type ||
            mdev_create(type, uuid, &nobody) < 0)
            die(EXIT_FAILURE, "mdev %s cannot be there at boot", machine->mdevs[i].uuid);
    }
}
