/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is written into a mediated device between its creation and its use: an array of objects with
 * one pair each, [{"name":"value"},...], in the order of writing, as mdevctl(8) keeps it. A name
 * may come more than once. NULL is the empty list.
 */

#include <stdbool.h>

#include <json-c/json_object.h>

#include "error.h"

/* Whether each name is that of an attribute, and each value a text. */
bool mdev_attributes_valid(struct json_object *attributes);

/* Appends one. *attributes is made when it is NULL, and the caller's. -ENOMEM. */
int mdev_attributes_add(struct json_object **attributes, const char *name,
                        const char *value) _must_check_;

/* Appends all of `from`. -ENOMEM. */
int mdev_attributes_append(struct json_object **attributes, struct json_object *from) _must_check_;

/* Writes all, in order, up to the first that the device refuses: its errno, with a sentence. May
 * block. */
int mdev_attributes_write(const char *uuid, struct json_object *attributes,
                          struct error *error) _must_check_;
