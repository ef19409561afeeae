/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Load a kernel module. */

#include <errno.h>

#include "driver.h"
#include "json-record.h"
#include "module.h"
#include "step.h"
#include "text.h"

struct json_object *step_module_new(const char *module) {
    struct json_object *data = json_object_new_object();

    if (data && !json_add(data, "module", json_object_new_string(module))) {
        json_object_put(data);
        return NULL;
    }
    return data;
}

const char *step_module_name(const struct step *step) {
    return json_string(step->data, "module");
}

static bool valid(struct json_object *data) {
    const char *module = json_string(data, "module");

    return module && driver_name_valid(module);
}

static char *describe(struct json_object *data, _unused_ bool undo) {
    return text_format("loading module %s", json_string(data, "module"));
}

static int apply(struct json_object *data, _unused_ uint64_t deadline, struct error *error) {
    _cleanup_modules_ struct modules *modules = NULL;
    int r = modules_open(&modules, error);

    return r < 0 ? r : modules_load(modules, json_string(data, "module"), error);
}

const struct step_kind step_kind_module = {
    .name = "module", .valid = valid, .describe = describe, .apply = apply,
    /* Nothing to undo: a loaded module harms nobody, and another VM may be using it by now. */
};
