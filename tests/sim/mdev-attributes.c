/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev.h"

#include <errno.h>
#include <string.h>

/* The files in the directory of a mediated device that its driver makes, such as NVIDIA's
 * nvidia/vgpu_params: they keep what is written to them. */

static int show_attribute(struct caller *caller, void *object, struct text *out) {
    const struct mdev_attribute *attribute = object;

    (void)caller;
    text_add(out, "%s\n", attribute->value ? attribute->value : "");
    return 0;
}

static int store_locked(struct caller *caller, struct mdev_attribute *attribute,
                        const char *value) {
    struct mdev *mdev = attribute->mdev;
    const struct mdev_parent *parent = mdev->type->parent;
    const char *const names[] = {mdev->uuid, parent->name};
    size_t length = strcspn(value, "\n");
    int r =
        target_strike(parent->model, caller, &mdev->lock, OPERATION_ATTRIBUTE, &mdev->fault, names);

    if (r == 0) {
        free(attribute->value);
        attribute->value = new_string_n(value, length);
    }
    model_log(parent->model, r, "write %s/%s \"%.*s\"", mdev->uuid, attribute->name, (int)length,
              value);
    return r;
}

static int store_attribute(struct caller *caller, void *object, const char *value, size_t length) {
    struct mdev_attribute *attribute = object;
    struct mdev *mdev = attribute->mdev;
    int r = lock_take(&mdev->type->parent->model->monitor, caller, &mdev->lock);

    (void)length;
    if (r < 0)
        return r;
    /* As kernfs: nothing is written to a file that was taken away. */
    r = mdev->stage <= MDEV_ACTIVE ? store_locked(caller, attribute, value) : -ENODEV;
    lock_drop(&mdev->lock);
    return r;
}

struct file_kind *mdev_attribute_kinds(const struct machine_mdev_type *type) {
    struct file_kind *kinds = new_zeroed(type->n_attributes, sizeof *kinds);

    for (size_t i = 0; i < type->n_attributes; i++) {
        const char *slash = strrchr(type->attributes[i], '/');

        kinds[i] = (struct file_kind){.name = slash ? slash + 1 : type->attributes[i],
                                      .mode = 0644,
                                      .show = show_attribute,
                                      .store = store_attribute};
    }
    return kinds;
}

void mdev_attributes_add(struct mdev *mdev) {
    const struct machine_mdev_type *is = mdev->type->is;

    mdev->attributes = new_zeroed(is->n_attributes, sizeof *mdev->attributes);
    for (size_t i = 0; i < is->n_attributes; i++) {
        size_t length = strcspn(is->attributes[i], "/");
        _cleanup_free_ char *group = new_string_n(is->attributes[i], length);
        struct node *directory =
            is->attributes[i][length] ? tree_directory(mdev->directory, group) : mdev->directory;

        mdev->attributes[i] = (struct mdev_attribute){.mdev = mdev, .name = is->attributes[i]};
        tree_file(directory, &mdev->type->attributes[i], &mdev->attributes[i]);
    }
}

void mdev_attributes_remove(struct mdev *mdev) {
    const struct machine_mdev_type *is = mdev->type->is;

    for (size_t i = 0; i < is->n_attributes; i++) {
        _cleanup_free_ char *top = new_string_n(is->attributes[i], strcspn(is->attributes[i], "/"));

        tree_remove(tree_find(mdev->directory, top));
    }
}
