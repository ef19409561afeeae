/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <string.h>

/*
 * What a driver makes of its device: interfaces, controllers, disks. They come and go with the
 * driver that the device had at boot, and are found through their class as well.
 */

static const char *name_of(const struct machine_child *child) {
    const char *slash = strrchr(child->path, '/');

    return slash ? slash + 1 : child->path;
}

static struct node *class_directory(const struct device *device,
                                    const struct machine_child *child) {
    _cleanup_free_ char *path = new_format("class/%s", child->class);

    return tree_path(&device->model->tree.root, path);
}

/* "259:0" of a disk; NULL when it has none. */
static const char *number_of(const struct machine_child *child) {
    for (size_t i = 0; i < child->n_attributes; i++)
        if (strcmp(child->attributes[i].name, "dev") == 0)
            return child->attributes[i].value;
    return NULL;
}

/* nvme0 for nvme/nvme0/nvme0n1; the PCI device for what has no such parent. */
static struct node *parent_of(const struct device *device, const struct machine_child *child) {
    for (size_t i = 0; i < device->is->n_children; i++) {
        const char *path = device->is->children[i].path;
        size_t length = strlen(path);

        if (strncmp(path, child->path, length) == 0 && child->path[length] == '/')
            return tree_path(device->directory, path);
    }
    return device->directory;
}

static struct node *directory_at(const struct device *device, const char *path) {
    return tree_path(&device->model->tree.root, path);
}

static void add_block_links(const struct device *device, const struct machine_child *child,
                            struct node *directory) {
    const char *number = number_of(child);

    tree_link_to(directory_at(device, "block"), name_of(child), directory);
    if (number)
        tree_link_to(directory_at(device, "dev/block"), number, directory);
}

static void add_child(const struct device *device, const struct machine_child *child) {
    struct node *directory = tree_path(device->directory, child->path);

    for (size_t i = 0; i < child->n_attributes; i++)
        tree_constant(directory, child->attributes[i].name, child->attributes[i].value);
    tree_link_to(directory, "device", parent_of(device, child));
    if (!child->class)
        return;
    tree_link_to(directory, "subsystem", class_directory(device, child));
    tree_link_to(class_directory(device, child), name_of(child), directory);
    if (strcmp(child->class, "block") == 0)
        add_block_links(device, child, directory);
}

void children_add(struct device *device) {
    for (size_t i = 0; i < device->is->n_children; i++)
        add_child(device, &device->is->children[i]);
}

static void remove_child(const struct device *device, const struct machine_child *child) {
    _cleanup_free_ char *top = new_string_n(child->path, strcspn(child->path, "/"));
    const char *number = number_of(child);

    tree_remove(tree_find(device->directory, top));
    if (!child->class)
        return;
    tree_remove(tree_find(class_directory(device, child), name_of(child)));
    if (strcmp(child->class, "block") != 0)
        return;
    tree_remove(tree_find(directory_at(device, "block"), name_of(child)));
    if (number)
        tree_remove(tree_find(directory_at(device, "dev/block"), number));
}

void children_remove(struct device *device) {
    for (size_t i = 0; i < device->is->n_children; i++)
        remove_child(device, &device->is->children[i]);
}
