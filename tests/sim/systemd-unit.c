/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Units and their cgroups. */
#include "systemd.h"
#include "tasks-client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define ROOT_SLICE "-.slice"

static const struct {
    const char *property, *file;
} resources[RESOURCE_COUNT] = {
    [RESOURCE_CPUS] = {"AllowedCPUs", "cpuset.cpus"},
    [RESOURCE_MEMORY_NODES] = {"AllowedMemoryNodes", "cpuset.mems"},
};

const char *resource_property(enum resource resource) {
    return resources[resource].property;
}

bool resource_from_property(const char *property, enum resource *ret) {
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (strcmp(resources[i].property, property) == 0) {
            *ret = (enum resource)i;
            return true;
        }
    return false;
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text);

    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

const char *unit_type(const struct unit *unit) {
    return ends_with(unit->name, ".slice")   ? "Slice"
           : ends_with(unit->name, ".scope") ? "Scope"
                                             : "Service";
}

/* a-b.slice is a.slice/a-b.slice; services are in system.slice. */
char *unit_cgroup(const struct unit *unit) {
    struct text path = {0};
    const char *name = unit->name;

    if (strcmp(name, ROOT_SLICE) == 0)
        return new_string("/");
    if (ends_with(name, ".service"))
        text_add(&path, "/system.slice");
    if (ends_with(name, ".slice"))
        for (const char *dash = strchr(name, '-'); dash; dash = strchr(dash + 1, '-'))
            text_add(&path, "/%.*s.slice", (int)(dash - name), name);
    text_add(&path, "/%s", name);
    return path.data;
}

struct unit *unit_find(struct manager *manager, const char *name) {
    for (size_t i = 0; i < manager->n_units; i++)
        if (strcmp(manager->units[i]->name, name) == 0)
            return manager->units[i];
    return NULL;
}

struct unit *unit_new(struct manager *manager, const char *name) {
    struct unit *unit = new_zeroed(1, sizeof *unit);

    if (manager->n_units == ELEMENTS(manager->units))
        die(EXIT_FAILURE, "too many units");
    unit->name = new_string(name);
    dropins_load(unit);
    manager->units[manager->n_units++] = unit;
    return unit;
}

struct unit *unit_load(struct manager *manager, const char *name) {
    struct unit *unit = unit_find(manager, name);

    return unit || !ends_with(name, ".slice") ? unit : unit_new(manager, name);
}

/* ---- cgroups --------------------------------------------------------------------------------- */

static char *cgroup_file(const struct manager *manager, const struct unit *unit, const char *file) {
    _cleanup_free_ char *cgroup = unit_cgroup(unit);

    return new_format("%s%s/%s", manager->cgroups, cgroup, file);
}

struct cpumask unit_effective(const struct manager *manager, const struct unit *unit,
                              enum resource resource) {
    _cleanup_free_ char *file = new_format("%s.effective", resources[resource].file);
    _cleanup_free_ char *path = cgroup_file(manager, unit, file);
    struct cpumask mask;

    return cpumask_read(path, &mask) ? mask : (struct cpumask){0};
}

/* Whether the file is there; when the kernel refuses, systemd says so in its log and goes on. */
static bool write_existing(const char *path, const char *text) {
    _cleanup_close_ int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

    if (fd < 0)
        return false;
    if (write(fd, text, strlen(text)) < 0)
        fprintf(stderr, "sim-systemd: %s: %s\n", path, strerror(errno));
    return true;
}

/* The files of a controller are there only if the cgroup above asks for it. */
static void enable_controller(const struct manager *manager, const struct unit *unit) {
    _cleanup_free_ char *path = cgroup_file(manager, unit, "");
    struct text control = {0};

    path[strlen(path) - 1] = '\0';
    text_add(&control, "%.*s/cgroup.subtree_control", (int)(strrchr(path, '/') - path), path);
    write_existing(control.data, "+cpuset");
    text_free(&control);
}

static bool has_setting(const struct unit *unit) {
    return !cpumask_empty(&unit->allowed[RESOURCE_CPUS]) ||
           !cpumask_empty(&unit->allowed[RESOURCE_MEMORY_NODES]);
}

/* A VM that runs: libvirt has its scope delegated to it with all controllers. */
static bool has_vm(const struct manager *manager) {
    _cleanup_free_ char *path = new_format("%s/machine.slice", manager->cgroups);
    _cleanup_closedir_ DIR *directory = opendir(path);
    const struct dirent *entry;

    while (directory && (entry = readdir(directory)))
        if (ends_with(entry->d_name, ".scope"))
            return true;
    return false;
}

/* systemd writes the files of a controller when the unit or one beside it needs the controller. So
 * an empty setting may not get to the cgroup, which then keeps what it has
 * (https://github.com/systemd/systemd/issues/43846). */
static bool needs_controller(const struct manager *manager, const struct unit *unit) {
    if (manager->emptying != EMPTYING_AS_SYSTEMD || has_setting(unit))
        return manager->emptying != EMPTYING_NEVER || has_setting(unit);
    for (size_t i = 0; i < manager->n_units; i++)
        if (has_setting(manager->units[i]))
            return true;
    return has_vm(manager);
}

/* systemd separates ranges with blanks, in unit files and for the kernel. */
static void write_resource(const struct manager *manager, const struct unit *unit,
                           enum resource resource) {
    _cleanup_free_ char *path = cgroup_file(manager, unit, resources[resource].file);
    _cleanup_free_ char *list = cpumask_list(&unit->allowed[resource]), *line = NULL;
    struct cpumask before;

    for (char *c = list; *c; c++)
        if (*c == ',')
            *c = ' ';
    line = new_format("%s\n", list);
    if (!cpumask_read(path, &before) || !write_existing(path, line))
        return;
    if (memcmp(&before, &unit->allowed[resource], sizeof before) != 0) {
        _cleanup_free_ char *cgroup = unit_cgroup(unit);
        _cleanup_free_ char *wipe = new_format("wipe %s\n", cgroup);

        free(tasks_ask(wipe));
    }
}

static void write_cgroup(const struct manager *manager, const struct unit *unit) {
    if (strcmp(unit->name, ROOT_SLICE) == 0 || !needs_controller(manager, unit))
        return;
    if (has_setting(unit))
        enable_controller(manager, unit);
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        write_resource(manager, unit, (enum resource)i);
}

static int write_late(sd_event_source *source, uint64_t time, void *data) {
    struct manager *manager = data;

    for (size_t i = 0; i < manager->n_units; i++)
        if (manager->units[i]->lag_until != 0 && manager->units[i]->lag_until <= time) {
            manager->units[i]->lag_until = 0;
            write_cgroup(manager, manager->units[i]);
        }
    sd_event_source_unref(source);
    return 0;
}

void unit_apply(struct manager *manager, struct unit *unit) {
    sd_event_source *source;
    uint64_t now;

    if (manager->lag == 0) {
        write_cgroup(manager, unit);
        return;
    }
    sd_event_now(manager->event, CLOCK_MONOTONIC, &now);
    unit->lag_until = now + manager->lag;
    if (sd_event_add_time(manager->event, &source, CLOCK_MONOTONIC, unit->lag_until, 1, write_late,
                          manager) < 0)
        die(EXIT_FAILURE, "cannot set a timer");
}
