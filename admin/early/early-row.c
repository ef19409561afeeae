/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-row.h"

#include <errno.h>
#include <string.h>

#include "device-text.h"
#include "json-print.h"
#include "json-record.h"
#include "sysfs.h"
#include "text.h"

/* ---- in words -------------------------------------------------------------------------------- */

/* "0-3", or "2"; NULL for lack of memory. */
static char *vf_range(const struct early_rule *rule) {
    return rule->first_vf == rule->last_vf ? text_format("%u", rule->first_vf)
                                           : text_format("%u-%u", rule->first_vf, rule->last_vf);
}

static char *describe_vfs(const struct early_verdict *verdict) {
    const struct early_rule *rule = verdict->rule;
    const char *plural = verdict->vfs == 1 ? "" : "s";
    _cleanup_free_ char *range = rule->has_vfs ? vf_range(rule) : NULL;

    if (!rule->has_vfs)
        return text_format("%u VF%s", verdict->vfs, plural);
    if (!range)
        return NULL;
    return verdict->vfs > 0 ? text_format("%u VF%s, reserved: %s", verdict->vfs, plural, range)
                            : text_format("VFs reserved: %s", range);
}

static char *describe(const struct early_verdict *verdict) {
    switch (verdict->outcome) {
    case EARLY_RESERVE:
        return text_format("reserved");
    case EARLY_PHYSFN:
        return describe_vfs(verdict);
    case EARLY_LEAVE:
        return text_format("left: %s", verdict->why);
    case EARLY_MISSING:
        return text_format("missing: %s", verdict->why);
    }
    return NULL;
}

static char *read_driver(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);
    char driver[DRIVER_NAME_MAX];

    return device >= 0 && sysfs_read_driver(device, driver) == 0 && *driver ? strdup(driver) : NULL;
}

/* Of what is not there: what the rule says. */
static int fill_device(struct early_row *row, const struct early_state *state,
                       const struct early_verdict *verdict) {
    const struct early_rule *rule = verdict->rule;
    const struct early_device *device = verdict->outcome == EARLY_MISSING
                                            ? NULL
                                            : early_host_device(&state->host, verdict->address);

    if (device || rule->by == EARLY_BY_ADDRESS) {
        row->device = text_format("%s", PCI_ADDRESS_FORMAT(verdict->address));
        if (!row->device)
            return -ENOMEM;
    }
    if (device || rule->has_id) {
        struct pci_id id = device ? device->id : rule->id;

        row->id = text_format("%04x:%04x", id.vendor, id.device);
        if (!row->id)
            return -ENOMEM;
    }
    row->name = device ? device_name(verdict->address) : NULL;
    row->driver = device ? read_driver(verdict->address) : NULL;
    return 0;
}

int early_row_fill(struct early_row *ret, const struct early_state *state,
                   const struct early_verdict *verdict) {
    ret->next_boot = describe(verdict);
    ret->rule = early_state_rule_text(verdict->rule);
    return ret->next_boot && ret->rule ? fill_device(ret, state, verdict) : -ENOMEM;
}

void early_row_done(struct early_row *row) {
    free(row->device);
    free(row->name);
    free(row->id);
    free(row->driver);
    free(row->next_boot);
    free(row->rule);
}

/* ---- for scripts ----------------------------------------------------------------------------- */

static const char *word(enum early_outcome outcome) {
    static const char *const words[] = {
        [EARLY_RESERVE] = "reserved",
        [EARLY_PHYSFN] = "vfs",
        [EARLY_LEAVE] = "left",
        [EARLY_MISSING] = "missing",
    };

    return words[outcome];
}

/* What is not known is null. */
static bool add_text(struct json_object *object, const char *key, const char *text) {
    if (!text)
        return json_object_object_add(object, key, NULL) == 0;
    return json_add(object, key, json_object_new_string(text));
}

static bool add_vfs(struct json_object *object, const struct early_verdict *verdict) {
    _cleanup_free_ char *range = verdict->rule->has_vfs ? vf_range(verdict->rule) : NULL;

    return json_add(object, "vfs", json_object_new_int64(verdict->vfs)) &&
           add_text(object, "reserved-vfs", range);
}

static struct json_object *row_object(const struct early_row *row,
                                      const struct early_verdict *verdict) {
    struct json_object *object = json_object_new_object();

    if (object && add_text(object, "device", row->device) && add_text(object, "name", row->name) &&
        add_text(object, "id", row->id) && add_text(object, "driver", row->driver) &&
        add_text(object, "next-boot", word(verdict->outcome)) &&
        (verdict->outcome != EARLY_PHYSFN || add_vfs(object, verdict)) &&
        add_text(object, "why", verdict->why) &&
        add_text(object, "section", verdict->rule->section) &&
        add_text(object, "file", verdict->rule->file))
        return object;
    json_object_put(object);
    return NULL;
}

static int add_row(struct json_object *array, const struct early_state *state,
                   const struct early_verdict *verdict) {
    _cleanup_early_row_ struct early_row row = {0};

    if (early_row_fill(&row, state, verdict) < 0 || !json_append(array, row_object(&row, verdict)))
        return -ENOMEM;
    return 0;
}

int early_rows_print_json(const struct early_state *state) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    if (!array)
        return -ENOMEM;
    for (size_t i = 0; i < state->plan.count; i++)
        if (add_row(array, state, &state->plan.verdicts[i]) < 0)
            return -ENOMEM;
    return json_print(array);
}
