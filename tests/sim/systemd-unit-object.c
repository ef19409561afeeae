/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of a unit's object. */
#include "systemd.h"

#include <string.h>

/* What a getter is given: the unit that the path names. */
struct object {
    const struct manager *manager;
    const struct unit *unit;
};

static bool find_object(struct manager *manager, const char *path, struct object *object) {
    _cleanup_free_ char *name = NULL;

    if (sd_bus_path_decode(path, UNIT_PATH, &name) <= 0)
        return false;
    *object = (struct object){.manager = manager, .unit = unit_load(manager, name)};
    return object->unit;
}

/* sd-bus asks for it and gives it to one getter right after. */
static struct object found;

static int find_any(sd_bus *bus, const char *path, const char *interface, void *data, void **ret,
                    sd_bus_error *error) {
    (void)bus, (void)interface, (void)error;
    *ret = &found;
    return find_object(data, path, &found);
}

/* Slice, Scope and Service have the same properties, each of its own units. */
static int find_of_type(sd_bus *bus, const char *path, const char *interface, void *data,
                        void **ret, sd_bus_error *error) {
    (void)bus, (void)error;
    *ret = &found;
    return find_object(data, path, &found) &&
           strcmp(strrchr(interface, '.') + 1, unit_type(found.unit)) == 0;
}

static int get_mask(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *data, sd_bus_error *error) {
    const struct object *object = data;
    enum resource resource;

    (void)bus, (void)path, (void)interface, (void)error;
    if (!resource_from_property(property, &resource))
        return 0;
    return append_mask(reply, &object->unit->allowed[resource]);
}

static int get_effective(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *data, sd_bus_error *error) {
    const struct object *object = data;
    bool cpus = strcmp(property, "EffectiveCPUs") == 0;
    struct cpumask mask =
        unit_effective(object->manager, object->unit, cpus ? RESOURCE_CPUS : RESOURCE_MEMORY_NODES);

    (void)bus, (void)path, (void)interface, (void)error;
    return append_mask(reply, &mask);
}

static int get_cgroup(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *reply, void *data, sd_bus_error *error) {
    const struct object *object = data;
    _cleanup_free_ char *cgroup = unit_cgroup(object->unit);

    (void)bus, (void)path, (void)interface, (void)property, (void)error;
    return sd_bus_message_append(reply, "s", cgroup);
}

static int get_dropins(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *data, sd_bus_error *error) {
    const struct unit *unit = ((const struct object *)data)->unit;
    int r = sd_bus_message_open_container(reply, 'a', "s");

    (void)bus, (void)path, (void)interface, (void)property, (void)error;
    for (size_t i = 0; r >= 0 && i < unit->n_dropins; i++)
        r = sd_bus_message_append(reply, "s", unit->dropins[i]);
    return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_need_reload(sd_bus *bus, const char *path, const char *interface,
                           const char *property, sd_bus_message *reply, void *data,
                           sd_bus_error *error) {
    const struct object *object = data;

    (void)bus, (void)path, (void)interface, (void)property, (void)error;
    return sd_bus_message_append(reply, "b", dropins_changed(object->unit));
}

static int get_constant(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *data, sd_bus_error *error) {
    const struct object *object = data;
    const char *value = strcmp(property, "LoadState") == 0     ? "loaded"
                        : strcmp(property, "ActiveState") == 0 ? "active"
                                                               : object->unit->name;

    (void)bus, (void)path, (void)interface, (void)error;
    return sd_bus_message_append(reply, "s", value);
}

/* The macros of sd-bus are not as strict as this project's warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
static const sd_bus_vtable of_any[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Id", "s", get_constant, 0, 0),
    SD_BUS_PROPERTY("LoadState", "s", get_constant, 0, 0),
    SD_BUS_PROPERTY("ActiveState", "s", get_constant, 0, 0),
    SD_BUS_PROPERTY("DropInPaths", "as", get_dropins, 0, 0),
    SD_BUS_PROPERTY("NeedDaemonReload", "b", get_need_reload, 0, 0),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable of_type[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("ControlGroup", "s", get_cgroup, 0, 0),
    SD_BUS_PROPERTY("AllowedCPUs", "ay", get_mask, 0, 0),
    SD_BUS_PROPERTY("AllowedMemoryNodes", "ay", get_mask, 0, 0),
    SD_BUS_PROPERTY("EffectiveCPUs", "ay", get_effective, 0, 0),
    SD_BUS_PROPERTY("EffectiveMemoryNodes", "ay", get_effective, 0, 0),
    SD_BUS_VTABLE_END,
};
#pragma GCC diagnostic pop

void units_publish(struct manager *manager, sd_bus *bus) {
    static const char *const types[] = {"org.freedesktop.systemd1.Slice",
                                        "org.freedesktop.systemd1.Scope",
                                        "org.freedesktop.systemd1.Service"};
    int r =
        sd_bus_add_fallback_vtable(bus, NULL, UNIT_PATH, UNIT_INTERFACE, of_any, find_any, manager);

    for (size_t i = 0; r >= 0 && i < ELEMENTS(types); i++)
        r = sd_bus_add_fallback_vtable(bus, NULL, UNIT_PATH, types[i], of_type, find_of_type,
                                       manager);
    if (r < 0)
        die(EXIT_FAILURE, "cannot serve a client");
}
