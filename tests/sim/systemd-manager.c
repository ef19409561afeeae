/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.freedesktop.systemd1.Manager, as far as a hook may call it. */
#include "systemd.h"

#include <fnmatch.h>
#include <string.h>

/* The one that the interface is taken from. */
#define VERSION "252"

int append_mask(sd_bus_message *message, const struct cpumask *mask) {
    size_t size = 0;

    for_each_cpu(cpu, mask) size = (cpu / 64 + 1) * sizeof(uint64_t);
    return sd_bus_message_append_array(message, 'y', mask->words, size);
}

/* ---- SetUnitProperties ----------------------------------------------------------------------- */

static int read_mask(sd_bus_message *call, struct cpumask *ret) {
    const void *bytes;
    size_t size;
    int r = sd_bus_message_enter_container(call, 'v', "ay");

    *ret = (struct cpumask){0};
    if (r >= 0)
        r = sd_bus_message_read_array(call, 'y', &bytes, &size);
    if (r < 0)
        return r;
    memcpy(ret->words, bytes, size < sizeof ret->words ? size : sizeof ret->words);
    return sd_bus_message_exit_container(call);
}

struct change {
    bool made[RESOURCE_COUNT];
    struct cpumask mask[RESOURCE_COUNT];
};

static int read_property(sd_bus_message *call, struct change *change, sd_bus_error *error) {
    enum resource resource;
    const char *name;
    int r = sd_bus_message_read(call, "s", &name);

    if (r < 0)
        return r;
    if (!resource_from_property(name, &resource))
        return sd_bus_error_setf(error, SD_BUS_ERROR_PROPERTY_READ_ONLY,
                                 "Cannot set property %s, or unknown property.", name);
    change->made[resource] = true;
    return read_mask(call, &change->mask[resource]);
}

/* All are looked at before any is set. */
static int read_properties(sd_bus_message *call, struct change *change, sd_bus_error *error) {
    int r = sd_bus_message_enter_container(call, 'a', "(sv)");

    if (r < 0)
        return r;
    while ((r = sd_bus_message_enter_container(call, 'r', "sv")) > 0) {
        r = read_property(call, change, error);
        if (r < 0)
            return r;
        sd_bus_message_exit_container(call);
    }
    return r < 0 ? r : sd_bus_message_exit_container(call);
}

static void set_properties(struct unit *unit, const struct change *change, bool runtime) {
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (change->made[i]) {
            unit->allowed[i] = change->mask[i];
            dropin_write(unit, (enum resource)i, runtime);
        }
}

static int set_unit_properties(sd_bus_message *call, void *data, sd_bus_error *error) {
    struct manager *manager = data;
    struct change change = {0};
    struct unit *unit;
    const char *name;
    int runtime, r = sd_bus_message_read(call, "sb", &name, &runtime);

    if (r < 0)
        return r;
    unit = unit_load(manager, name);
    if (!unit)
        return sd_bus_error_setf(error, NO_SUCH_UNIT, "Unit %s not found.", name);
    r = read_properties(call, &change, error);
    if (r < 0)
        return r;
    set_properties(unit, &change, runtime);
    unit_apply(manager, unit);
    return sd_bus_reply_method_return(call, "");
}

/* ---- units ----------------------------------------------------------------------------------- */

static int reply_path(sd_bus_message *call, const struct unit *unit) {
    _cleanup_free_ char *path = NULL;
    int r = sd_bus_path_encode(UNIT_PATH, unit->name, &path);

    return r < 0 ? r : sd_bus_reply_method_return(call, "o", path);
}

static int get_unit(sd_bus_message *call, void *data, sd_bus_error *error) {
    const struct unit *unit;
    const char *name;
    int r = sd_bus_message_read(call, "s", &name);

    if (r < 0)
        return r;
    unit = unit_find(data, name);
    if (!unit)
        return sd_bus_error_setf(error, NO_SUCH_UNIT, "Unit %s not loaded.", name);
    return reply_path(call, unit);
}

static int load_unit(sd_bus_message *call, void *data, sd_bus_error *error) {
    const struct unit *unit;
    const char *name;
    int r = sd_bus_message_read(call, "s", &name);

    if (r < 0)
        return r;
    unit = unit_load(data, name);
    if (!unit)
        return sd_bus_error_setf(error, NO_SUCH_UNIT, "Unit %s not found.", name);
    return reply_path(call, unit);
}

static int append_unit(sd_bus_message *reply, const struct unit *unit) {
    const char *state = strcmp(unit_type(unit), "Slice") == 0 ? "active" : "running";
    _cleanup_free_ char *path = NULL;
    int r = sd_bus_path_encode(UNIT_PATH, unit->name, &path);

    return r < 0 ? r
                 : sd_bus_message_append(reply, "(ssssssouso)", unit->name, unit->name, "loaded",
                                         "active", state, "", path, 0, "", "/");
}

static bool matches(char **patterns, const char *text) {
    if (!patterns || !*patterns)
        return true;
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, text, FNM_NOESCAPE) == 0)
            return true;
    return false;
}

static int reply_units(sd_bus_message *call, const struct manager *manager, char **states,
                       char **patterns) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    int r = sd_bus_message_new_method_return(call, &reply);

    if (r >= 0)
        r = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
    for (size_t i = 0; r >= 0 && i < manager->n_units; i++)
        if (matches(states, "active") && matches(patterns, manager->units[i]->name))
            r = append_unit(reply, manager->units[i]);
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int list_units(sd_bus_message *call, void *data, sd_bus_error *error) {
    (void)error;
    return reply_units(call, data, NULL, NULL);
}

static void free_strings(char ***strings) {
    for (char **string = *strings; string && *string; string++)
        free(*string);
    free(*strings);
}

static int list_units_by_patterns(sd_bus_message *call, void *data, sd_bus_error *error) {
    _cleanup_(free_strings) char **states = NULL, **patterns = NULL;
    int r = sd_bus_message_read_strv(call, &states);

    (void)error;
    if (r >= 0)
        r = sd_bus_message_read_strv(call, &patterns);
    return r < 0 ? r : reply_units(call, data, states, patterns);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* What is in force stays as it is until the next Reload(). */
static int revert_unit_files(sd_bus_message *call, void *data, sd_bus_error *error) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    _cleanup_(free_strings) char **names = NULL;
    int r = sd_bus_message_read_strv(call, &names);

    (void)error;
    if (r >= 0)
        r = sd_bus_message_new_method_return(call, &reply);
    if (r >= 0)
        r = sd_bus_message_open_container(reply, 'a', "(sss)");
    for (char **name = names; r >= 0 && name && *name; name++) {
        const struct unit *unit = unit_load(data, *name);

        if (unit)
            r = dropins_revert(unit, reply);
    }
    if (r >= 0)
        r = sd_bus_message_close_container(reply);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int reload(sd_bus_message *call, void *data, sd_bus_error *error) {
    struct manager *manager = data;

    (void)error;
    for (size_t i = 0; i < manager->n_units; i++) {
        dropins_load(manager->units[i]);
        unit_apply(manager, manager->units[i]);
    }
    return sd_bus_reply_method_return(call, "");
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *data, sd_bus_error *error) {
    (void)bus, (void)path, (void)interface, (void)property, (void)data, (void)error;
    return sd_bus_message_append(reply, "s", VERSION);
}

/* The macros of sd-bus are not as strict as this project's warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("SetUnitProperties", "sba(sv)", "", set_unit_properties,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetUnit", "s", "o", get_unit, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("LoadUnit", "s", "o", load_unit, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListUnits", "", "a(ssssssouso)", list_units, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListUnitsByPatterns", "asas", "a(ssssssouso)", list_units_by_patterns,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RevertUnitFiles", "as", "a(sss)", revert_unit_files, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Reload", "", "", reload, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};
#pragma GCC diagnostic pop

void manager_publish(struct manager *manager, sd_bus *bus) {
    if (sd_bus_add_object_vtable(bus, NULL, MANAGER_PATH, "org.freedesktop.systemd1.Manager",
                                 vtable, manager) < 0)
        die(EXIT_FAILURE, "cannot serve a client");
}
