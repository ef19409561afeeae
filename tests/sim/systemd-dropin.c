/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that set-property writes and that daemon-reload reads. */
#include "systemd.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Where there can be some, the most important directory first. */
static const char *const directories[] = {
    "/etc/systemd/system.control", "/run/systemd/system.control", "/etc/systemd/system",
    "/run/systemd/system",         "/usr/lib/systemd/system",
};
#define PERSISTENT 0
#define RUNTIME 1

/* What is in the others is the distribution's. */
#define N_REVERTED 4

struct paths {
    char **items;
    size_t count;
};

static void add_path(struct paths *paths, const char *path) {
    paths->items = grow(paths->items, paths->count + 1, sizeof *paths->items);
    paths->items[paths->count++] = new_string(path);
}

static void free_paths(struct paths *paths) {
    while (paths->count > 0)
        free(paths->items[--paths->count]);
    free(paths->items);
    *paths = (struct paths){0};
}

static const char *base_of(const char *path) {
    return strrchr(path, '/') + 1;
}

static bool is_configuration(const char *name) {
    const char *dot = strrchr(name, '.');

    return *name != '.' && dot && strcmp(dot, ".conf") == 0;
}

static bool has_base(const struct paths *paths, const char *base) {
    for (size_t i = 0; i < paths->count; i++)
        if (strcmp(base_of(paths->items[i]), base) == 0)
            return true;
    return false;
}

/* Of files with one name only the first counts. */
static void add_directory(struct paths *paths, const char *directory) {
    _cleanup_closedir_ DIR *stream = opendir(directory);
    const struct dirent *entry;

    while (stream && (entry = readdir(stream))) {
        _cleanup_free_ char *path = new_format("%s/%s", directory, entry->d_name);

        if (is_configuration(entry->d_name) && !has_base(paths, entry->d_name))
            add_path(paths, path);
    }
}

static int compare_base(const void *a, const void *b) {
    return strcmp(base_of(*(char *const *)a), base_of(*(char *const *)b));
}

static struct paths find_dropins(const struct unit *unit) {
    struct paths paths = {0};

    for (size_t i = 0; i < ELEMENTS(directories); i++) {
        _cleanup_free_ char *directory = new_format("%s/%s.d", directories[i], unit->name);

        add_directory(&paths, directory);
    }
    if (paths.count > 0)
        qsort(paths.items, paths.count, sizeof *paths.items, compare_base);
    return paths;
}

/* Settings add up, and an empty one resets. */
static void read_line(struct unit *unit, char *line) {
    char *value = strchr(line, '=');
    enum resource resource;
    struct cpumask mask;

    if (!value)
        return;
    *value++ = '\0';
    if (!resource_from_property(line, &resource) ||
        cpumask_parse_list(value, CPUMASK_BITS, &mask) != 0)
        return;
    if (!cpumask_empty(&mask))
        mask = cpumask_or(&mask, &unit->allowed[resource]);
    unit->allowed[resource] = mask;
}

static void read_file(struct unit *unit, const char *path) {
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    _cleanup_free_ char *line = NULL;
    size_t size = 0;

    while (file && getline(&line, &size, file) >= 0)
        read_line(unit, line);
}

void dropins_load(struct unit *unit) {
    struct paths found = find_dropins(unit), old = {unit->dropins, unit->n_dropins};

    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        unit->allowed[i] = (struct cpumask){0};
    for (size_t i = 0; i < found.count; i++)
        read_file(unit, found.items[i]);
    unit->dropins = found.items;
    unit->n_dropins = found.count;
    free_paths(&old);
}

bool dropins_changed(const struct unit *unit) {
    struct paths found = find_dropins(unit);
    bool changed = found.count != unit->n_dropins;

    for (size_t i = 0; i < found.count && !changed; i++)
        changed = strcmp(found.items[i], unit->dropins[i]) != 0;
    free_paths(&found);
    return changed;
}

/* ---- written --------------------------------------------------------------------------------- */

static void remember(struct unit *unit, const char *path) {
    struct paths paths = {unit->dropins, unit->n_dropins};

    for (size_t i = 0; i < paths.count; i++)
        if (strcmp(paths.items[i], path) == 0)
            return;
    add_path(&paths, path);
    qsort(paths.items, paths.count, sizeof *paths.items, compare_base);
    unit->dropins = paths.items;
    unit->n_dropins = paths.count;
}

static void make_directory(const char *path) {
    _cleanup_free_ char *copy = new_string(path);

    for (char *slash = copy + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        mkdir(copy, 0755);
    }
    mkdir(copy, 0755);
}

void dropin_write(struct unit *unit, enum resource resource, bool runtime) {
    const char *property = resource_property(resource);
    _cleanup_free_ char *directory =
        new_format("%s/%s.d", directories[runtime ? RUNTIME : PERSISTENT], unit->name);
    _cleanup_free_ char *path = new_format("%s/50-%s.conf", directory, property);
    _cleanup_free_ char *list = cpumask_list(&unit->allowed[resource]);
    _cleanup_fclose_ FILE *file = NULL;

    for (char *c = list; *c; c++)
        if (*c == ',')
            *c = ' ';
    make_directory(directory);
    file = fopen(path, "we");
    if (!file) {
        fprintf(stderr, "sim-systemd: %s: %s\n", path, strerror(errno));
        return;
    }
    fprintf(file,
            "# This is a drop-in unit file extension, created via \"systemctl set-property\"\n"
            "# or an equivalent operation. Do not edit.\n[%s]\n%s=\n%s=%s\n",
            unit_type(unit), property, property, list);
    remember(unit, path);
}

/* ---- reverted -------------------------------------------------------------------------------- */

static int remove_file(const char *path, sd_bus_message *reply) {
    return unlink(path) == 0 ? sd_bus_message_append(reply, "(sss)", "unlink", path, "") : 0;
}

int dropins_revert(const struct unit *unit, sd_bus_message *reply) {
    int r = 0;

    for (size_t i = 0; i < N_REVERTED; i++) {
        _cleanup_free_ char *directory = new_format("%s/%s.d", directories[i], unit->name);
        struct paths paths = {0};

        add_directory(&paths, directory);
        for (size_t j = 0; j < paths.count && r >= 0; j++)
            r = remove_file(paths.items[j], reply);
        free_paths(&paths);
        rmdir(directory);
    }
    return r;
}
