/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

/* What programs write to /dev/kmsg: each write is a record, and here a line. */

/* LOG_LINE_MAX of kernel/printk: the longest record that every kernel takes. */
#define RECORD_MAX 992

static int show_kmsg(_unused_ struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;

    text_add_bytes(out, model->kmsg.data, model->kmsg.length);
    return 0;
}

static int store_kmsg(_unused_ struct caller *caller, void *object, const char *value,
                      size_t length) {
    struct model *model = object;

    if (length > RECORD_MAX)
        return -EINVAL;
    if (length > 0 && value[length - 1] == '\n')
        length--;
    for (size_t i = 0; i < length; i++)
        if (value[i] == '\n')
            text_add(&model->kmsg, "\\x0a");
        else
            text_add_bytes(&model->kmsg, &value[i], 1);
    text_add(&model->kmsg, "\n");
    return 0;
}

void kmsg_add(struct model *model) {
    static const struct file_kind kmsg = {
        .name = "kmsg", .mode = 0644, .show = show_kmsg, .store = store_kmsg};

    tree_file(tree_permanent_path(&model->tree.root, ".sim"), &kmsg, model);
}
