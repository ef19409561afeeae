/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-print.h"

#include <errno.h>

int json_print(struct json_object *object) {
    const char *text = object ? json_object_to_json_string_ext(
                                    object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
                                                JSON_C_TO_STRING_NOSLASHESCAPE)
                              : NULL;

    return text && puts(text) >= 0 ? 0 : -ENOMEM;
}
