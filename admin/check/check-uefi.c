/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-uefi.h"

#include <glob.h>
#include <string.h>

#include <json-c/json_util.h>

#include "json-record.h"

/* ---- a description --------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *object, const char *key,
                                  enum json_type type) {
    struct json_object *found;

    return json_object_is_type(object, json_type_object) &&
                   json_object_object_get_ex(object, key, &found) &&
                   json_object_is_type(found, type)
               ? found
               : NULL;
}

static bool has_interface(struct json_object *description, const char *interface) {
    struct json_object *list = member(description, "interface-types", json_type_array);

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (json_object_is_type(item, json_type_string) &&
            strcmp(json_object_get_string(item), interface) == 0)
            return true;
    }
    return false;
}

static bool is_for(struct json_object *description, const char *architecture) {
    struct json_object *list = member(description, "targets", json_type_array);

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *target = json_object_array_get_idx(list, i);
        const char *name = json_object_is_type(target, json_type_object)
                               ? json_string(target, "architecture")
                               : NULL;

        if (name && strcmp(name, architecture) == 0)
            return true;
    }
    return false;
}

/* Newer ones name an `executable` of flash, others the `filename` of a ROM. Owned by the
 * description. */
static const char *filename_of(struct json_object *description) {
    struct json_object *mapping = member(description, "mapping", json_type_object);
    struct json_object *executable = member(mapping, "executable", json_type_object);

    if (executable)
        return json_string(executable, "filename");
    return mapping ? json_string(mapping, "filename") : NULL;
}

char *check_uefi_described(const char *path, const char *architecture) {
    _cleanup_json_ struct json_object *description = json_object_from_file(path);
    const char *filename;

    if (!has_interface(description, "uefi") || (architecture && !is_for(description, architecture)))
        return NULL;
    filename = filename_of(description);
    return filename ? strdup(filename) : NULL;
}

/* ---- those of this host ---------------------------------------------------------------------- */

static bool is_wanted(const char *firmware, const char *file) {
    return file ? strcmp(firmware, file) == 0 : access(firmware, F_OK) == 0;
}

static char *find(const char *pattern, const char *architecture, const char *file) {
    glob_t paths = {0};
    char *found = NULL;

    if (glob(pattern, 0, NULL, &paths) == 0)
        for (size_t i = 0; i < paths.gl_pathc && !found; i++) {
            _cleanup_free_ char *firmware = check_uefi_described(paths.gl_pathv[i], architecture);

            if (firmware && is_wanted(firmware, file))
                found = take_pointer(firmware);
        }
    globfree(&paths);
    return found;
}

char *check_uefi_find(const char *architecture, const char *file) {
    char *found = find("/etc/qemu/firmware/*.json", architecture, file);

    return found ? found : find("/usr/share/qemu/firmware/*.json", architecture, file);
}
