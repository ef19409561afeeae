/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether there is a UEFI firmware for VMs, without which most graphics cards show nothing in them.
 * QEMU's descriptions tell (docs/interop/firmware.json); where there are none, what distributions
 * call the files.
 */

#include "check-host.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

#include <json-c/json_object.h>
#include <json-c/json_util.h>

#include "json-record.h"
#include "text.h"

static bool has_interface(struct json_object *description, const char *interface) {
    struct json_object *list;

    if (!json_object_object_get_ex(description, "interface-types", &list) ||
        !json_object_is_type(list, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (json_object_is_type(item, json_type_string) &&
            strcmp(json_object_get_string(item), interface) == 0)
            return true;
    }
    return false;
}

/* Newer ones name an `executable` of flash, others the `filename` of a ROM. Owned by the
 * description. */
static const char *filename_of(struct json_object *description) {
    struct json_object *mapping, *executable;

    if (!json_object_object_get_ex(description, "mapping", &mapping) ||
        !json_object_is_type(mapping, json_type_object))
        return NULL;
    if (json_object_object_get_ex(mapping, "executable", &executable) &&
        json_object_is_type(executable, json_type_object))
        return json_string(executable, "filename");
    return json_string(mapping, "filename");
}

/* The firmware that a description is of, if it is UEFI and there. Owned by the caller. */
static char *described(const char *path) {
    _cleanup_json_ struct json_object *description = json_object_from_file(path);
    const char *filename;

    if (!description || !json_object_is_type(description, json_type_object) ||
        !has_interface(description, "uefi"))
        return NULL;
    filename = filename_of(description);
    return filename && access(filename, F_OK) == 0 ? strdup(filename) : NULL;
}

static char *itself(const char *path) {
    return strdup(path);
}

/* The first file that matches and is one. Owned by the caller. */
static char *find(const char *pattern, char *(*firmware_of)(const char *path)) {
    glob_t found = {0};
    char *firmware = NULL;

    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc && !firmware; i++)
            firmware = firmware_of(found.gl_pathv[i]);
    globfree(&found);
    return firmware;
}

int check_firmware(struct check_report *report) {
    static const struct {
        const char *pattern;
        char *(*firmware_of)(const char *path);
    } places[] = {
        {"/etc/qemu/firmware/*.json", described},
        {"/usr/share/qemu/firmware/*.json", described},
        {"/usr/share/OVMF/OVMF_CODE*.fd", itself},
        {"/usr/share/edk2*/*/OVMF_CODE*.fd", itself},
    };
    _cleanup_free_ char *firmware = NULL;

    for (size_t i = 0; i < ELEMENTS(places) && !firmware; i++)
        firmware = find(places[i].pattern, places[i].firmware_of);
    if (firmware)
        return check_ok(report, text_format("%s", firmware));
    return check_warn(report,
                      text_format("there is no UEFI firmware for VMs, and most graphics cards need "
                                  "it to show a picture there"),
                      text_format("install ovmf (Debian, Ubuntu) or edk2-ovmf"));
}
