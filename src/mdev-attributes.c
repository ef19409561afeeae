/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev-attributes.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "json-record.h"
#include "mdev.h"

/* A page, which is all that a file in /sys takes at once. */
#define VALUE_MAX 4096

/* The one pair of an object. */
static bool read_pair(struct json_object *pair, const char **name, const char **value) {
    struct json_object_iterator first;

    if (!json_object_is_type(pair, json_type_object) || json_object_object_length(pair) != 1)
        return false;
    first = json_object_iter_begin(pair);
    *name = json_object_iter_peek_name(&first);
    *value = json_string(pair, *name);
    return *value && strlen(*value) < VALUE_MAX && mdev_attribute_valid(*name);
}

bool mdev_attributes_valid(struct json_object *attributes) {
    const char *name, *value;

    if (!attributes)
        return true;
    if (!json_object_is_type(attributes, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(attributes); i++)
        if (!read_pair(json_object_array_get_idx(attributes, i), &name, &value))
            return false;
    return true;
}

int mdev_attributes_add(struct json_object **attributes, const char *name, const char *value) {
    _cleanup_json_ struct json_object *pair = json_object_new_object();

    if (!*attributes)
        *attributes = json_object_new_array();
    if (!*attributes || !pair || !json_add(pair, name, json_object_new_string(value)) ||
        !json_append(*attributes, take_pointer(pair)))
        return -ENOMEM;
    return 0;
}

int mdev_attributes_append(struct json_object **attributes, struct json_object *from) {
    for (size_t i = 0; from && i < json_object_array_length(from); i++) {
        const char *name, *value;

        if (!read_pair(json_object_array_get_idx(from, i), &name, &value))
            return -EINVAL;
        if (mdev_attributes_add(attributes, name, value) < 0)
            return -ENOMEM;
    }
    return 0;
}

int mdev_attributes_write(const char *uuid, struct json_object *attributes, struct error *error) {
    for (size_t i = 0; attributes && i < json_object_array_length(attributes); i++) {
        const char *name = "?", *value = "?";
        int r = -EINVAL;

        if (read_pair(json_object_array_get_idx(attributes, i), &name, &value))
            r = mdev_write_attribute(uuid, name, value);
        if (r < 0)
            return error_set(
                error, -r,
                "attribute %s of mediated device %s cannot be set to '%s': %s. Correct "
                "attr.%s where the device is configured",
                name, uuid, value, strerror(-r), name);
    }
    return 0;
}
