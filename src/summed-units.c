/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPUs that the host's own tasks may use, where systemd runs it: AllowedCPUs= of each unit
 * whose control group is directly below the root.
 */

#include <errno.h>
#include <string.h>

#include "affinity.h"
#include "cgroup.h"
#include "summed.h"
#include "systemd.h"
#include "text.h"
#include "topology.h"

struct context {
    struct systemd *systemd;
    struct affinities *affinities;
};

static void close_context(void *data) {
    struct context *context = data;

    affinities_free(context->affinities);
    if (context->systemd)
        systemd_close(context->systemd);
    free(context);
}

static int open_context(uint64_t deadline, void **ret, struct error *error) {
    struct context *context = calloc(1, sizeof *context);
    int r;

    if (!context)
        return error_oom(error);
    r = systemd_open(deadline, &context->systemd, error);
    if (r >= 0)
        r = affinities_save(deadline, &context->affinities, error);
    if (r < 0) {
        close_context(context);
        return r;
    }
    *ret = context;
    return 0;
}

static bool ends_in(const char *name, const char *end) {
    size_t length = strlen(name), n = strlen(end);

    return length > n && strcmp(name + length - n, end) == 0;
}

static int add_unit(const char *name, void *summed) {
    if (!ends_in(name, ".slice") && !ends_in(name, ".scope") && !ends_in(name, ".service"))
        return 0;
    return summed_add(summed, name);
}

static int list(_unused_ void *context, struct summed *summed) {
    return cgroup_for_each(add_unit, summed);
}

#define RUNTIME " runtime"

/* The list in a value. */
static int parse(const char *value, struct cpulist *ret, bool *ret_runtime) {
    _cleanup_free_ char *list = strndup(value, strcspn(value, " "));

    *ret_runtime = ends_in(value, RUNTIME);
    return list ? cpulist_parse(list, ret) : -ENOMEM;
}

static int read_unit(void *data, const char *unit, char **ret) {
    struct context *context = data;
    _cleanup_free_ char *list = NULL;
    struct cpulist cpus;
    int r = systemd_read_cpus(context->systemd, unit, &cpus);

    if (r >= 0)
        r = systemd_has_drop_in(unit);
    if (r < 0)
        return r;
    list = cpulist_format(&cpus);
    if (list)
        *ret = text_format("%s%s", list, r > 0 ? RUNTIME : "");
    return *ret ? 0 : -ENOMEM;
}

/* systemd does not hand on that nothing is set any more while nobody needs the controller: then the
 * group would keep what was set last (systemd issue 43846). */
static int unset(struct context *context, const char *unit) {
    const struct cpulist none = {0};
    struct cpulist online;
    int r = topology_online(&online);

    if (r >= 0)
        r = systemd_write_cpus(context->systemd, unit, &online);
    return r < 0 ? r : systemd_write_cpus(context->systemd, unit, &none);
}

static int write_unit(void *data, const char *unit, const char *value) {
    struct context *context = data;
    struct cpulist cpus;
    bool runtime;
    int r = parse(value, &cpus, &runtime);

    if (r < 0)
        return r;
    if (cpulist_empty(&cpus))
        r = unset(context, unit);
    else
        r = systemd_write_cpus(context->systemd, unit, &cpus);
    return r >= 0 && !runtime ? systemd_remove_drop_in(unit) : r;
}

static int compute(_unused_ void *context, _unused_ const char *unit, const char *baseline,
                   const struct shares *shares, char **ret) {
    _cleanup_free_ char *before = NULL, *list = NULL;

    if (shares->count == 0)
        return 0;
    if (!baseline)
        return 1;
    before = strndup(baseline, strcspn(baseline, " "));
    list = before ? summed_without(before, shares) : NULL;
    *ret = list ? text_format("%s" RUNTIME, list) : NULL;
    return *ret ? 1 : -ENOMEM;
}

/* Of a unit that was unloaded meanwhile the drop-in would come back with it. */
static void gone(const char *unit, const char *baseline) {
    if (!ends_in(baseline, RUNTIME))
        systemd_remove_drop_in(unit);
}

/* While it is unset: all CPUs, and none in a drop-in. */
static bool is_interim(const char *value) {
    struct cpulist cpus, online;
    bool runtime;

    return parse(value, &cpus, &runtime) == 0 && topology_online(&online) == 0 &&
           (cpulist_empty(&cpus) || cpulist_contains(&cpus, &online));
}

/* systemd changes the groups after it has answered, but before it answers the next question;
 * affinities that are restored earlier would be forgotten once more. */
static void finish(void *data, bool last) {
    struct context *context = data;
    struct cpulist cpus;

    for (int i = 0; i < 2 && context->affinities; i++)
        if (systemd_read_cpus(context->systemd, "init.scope", &cpus) < 0)
            break;
    affinities_restore(context->affinities, last);
}

const struct summed_kind summed_units = {
    .file = ".units",
    .what = "the CPUs of",
    .open = open_context,
    .close = close_context,
    .list = list,
    .read = read_unit,
    .write = write_unit,
    .compute = compute,
    .gone = gone,
    .finish = finish,
    .is_interim = is_interim,
    .companion = AFFINITIES_FILE,
};
