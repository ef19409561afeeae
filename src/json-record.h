/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* json-c objects as flat records of strings and numbers. */

#include <stdbool.h>

#include <json-c/json_object.h>

#include "util.h"

static inline void json_putp(struct json_object **object) {
    json_object_put(*object);
}

#define _cleanup_json_ _cleanup_(json_putp)

/* The string of a key; NULL when there is none, or it is something else. Owned by the object. */
const char *json_string(struct json_object *object, const char *key);

/* The whole number of a key: true and *ret set; false when there is none, or it is something else.
 */
bool json_number(struct json_object *object, const char *key, int64_t *ret) _must_check_;

/* Adds a key. false for lack of memory. `value` is given away, even then; NULL counts as a failure.
 */
bool json_add(struct json_object *object, const char *key, struct json_object *value) _must_check_;

/* Adds an item at the end of an array, as json_add. */
bool json_append(struct json_object *array, struct json_object *item) _must_check_;
