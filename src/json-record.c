/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-record.h"

const char *json_string(struct json_object *object, const char *key) {
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

bool json_number(struct json_object *object, const char *key, int64_t *ret) {
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_int))
        return false;
    *ret = json_object_get_int64(value);
    return true;
}

bool json_add(struct json_object *object, const char *key, struct json_object *value) {
    if (!value)
        return false;
    if (json_object_object_add(object, key, value) < 0) {
        json_object_put(value);
        return false;
    }
    return true;
}

bool json_append(struct json_object *array, struct json_object *item) {
    if (item && json_object_array_add(array, item) == 0)
        return true;
    json_object_put(item);
    return false;
}
