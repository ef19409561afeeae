/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPUs that the host's own tasks may use, where there is no systemd: cpuset.cpus of each
 * control group directly below the root.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "affinity.h"
#include "cgroup.h"
#include "file.h"
#include "log.h"
#include "summed.h"
#include "topology.h"

/* The one item that is no group: cpuset among the controllers that the root hands down. */
#define CONTROLLER "+cpuset"
#define CONTROLLERS "cgroup.subtree_control"

struct context {
    int root;
    struct affinities *affinities;
};

static void close_context(void *data) {
    struct context *context = data;

    affinities_free(context->affinities);
    close_descriptor(&context->root);
    free(context);
}

static int open_context(uint64_t deadline, void **ret, struct error *error) {
    struct context *context = calloc(1, sizeof *context);
    int r;

    if (!context)
        return error_oom(error);
    context->root = open(CGROUP_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (context->root < 0)
        r = error_set(error, errno, "%s cannot be opened: %s", CGROUP_ROOT, strerror(errno));
    else
        r = affinities_save(deadline, &context->affinities, error);
    if (r < 0) {
        close_context(context);
        return r;
    }
    *ret = context;
    return 0;
}

static int add_group(const char *name, void *summed) {
    return summed_add(summed, name);
}

static int list(_unused_ void *context, struct summed *summed) {
    int r = summed_add(summed, CONTROLLER);

    return r < 0 ? r : cgroup_for_each(add_group, summed);
}

static bool has_word(const char *text, const char *word) {
    size_t length = strlen(word);

    for (const char *found = strstr(text, word); found; found = strstr(found + 1, word))
        if ((found == text || found[-1] == ' ') && (found[length] == ' ' || !found[length]))
            return true;
    return false;
}

static int read_group(void *data, const char *item, char **ret) {
    const struct context *context = data;
    char text[4096];
    char path[NAME_MAX + sizeof "/cpuset.cpus"];
    struct cpulist cpus;
    ssize_t length;

    if (strcmp(item, CONTROLLER) == 0) {
        length = file_read_line_at(context->root, CONTROLLERS, text, sizeof text);
        if (length < 0)
            return (int)length;
        *ret = strdup(has_word(text, "cpuset") ? "+cpuset" : "-cpuset");
        return *ret ? 0 : -ENOMEM;
    }
    snprintf(path, sizeof path, "%s/cpuset.cpus", item);
    length = file_read_line_at(context->root, path, text, sizeof text);
    if (length >= 0 && cpulist_parse(text, &cpus) < 0)
        return -EINVAL;
    /* No such file yet, for the controller is not handed down: then nothing is set. */
    if (length == -ENOENT && faccessat(context->root, item, F_OK, 0) == 0)
        cpus = (struct cpulist){0};
    else if (length < 0)
        return (int)length;
    *ret = cpulist_format(&cpus);
    return *ret ? 0 : -ENOMEM;
}

/* A group with tasks cannot be emptied on every kernel; with all CPUs it is as good. */
static int unset(const struct context *context, const char *path) {
    _cleanup_free_ char *all = NULL;
    struct cpulist online;
    int r = topology_online(&online);

    all = cpulist_format(&online);
    if (r >= 0)
        r = all ? file_write_at(context->root, path, all) : -ENOMEM;
    if (r >= 0 && file_write_at(context->root, path, "\n") < 0)
        log_notice("%s/%s has all CPUs now, and cannot be made to name none", CGROUP_ROOT, path);
    return r == -ENOENT ? 0 : r;
}

/* Others may need the controller by now, and then it stays. */
static int write_controller(const struct context *context, const char *value) {
    int r = file_write_at(context->root, CONTROLLERS, value);

    if (r == -EBUSY && *value == '-') {
        log_notice("the controller cpuset stays on: other groups use it by now");
        return 0;
    }
    /* Not "gone": it cannot be had, as with a hierarchy of version 1 beside this one. */
    return r == -ENOENT ? -ENOTSUP : r;
}

static int write_group(void *data, const char *item, const char *value) {
    const struct context *context = data;
    char path[NAME_MAX + sizeof "/cpuset.cpus"];

    if (strcmp(item, CONTROLLER) == 0)
        return write_controller(context, value);
    snprintf(path, sizeof path, "%s/cpuset.cpus", item);
    return *value ? file_write_at(context->root, path, value) : unset(context, path);
}

static int compute(_unused_ void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    if (shares->count == 0)
        return 0;
    if (!baseline)
        return 1;
    *ret = strcmp(item, CONTROLLER) == 0 ? strdup("+cpuset") : summed_without(baseline, shares);
    return *ret ? 1 : -ENOMEM;
}

/* While it is unset: all CPUs. */
static bool is_interim(const char *value) {
    struct cpulist cpus, online;

    return cpulist_parse(value, &cpus) == 0 && topology_online(&online) == 0 &&
           cpulist_contains(&cpus, &online);
}

static void finish(void *data, bool last) {
    struct context *context = data;

    affinities_restore(context->affinities, last);
}

const struct summed_kind summed_cgroups = {
    .file = ".cgroups",
    .what = "the CPUs of",
    .open = open_context,
    .close = close_context,
    .list = list,
    .read = read_group,
    .write = write_group,
    .compute = compute,
    .finish = finish,
    .is_interim = is_interim,
    .companion = AFFINITIES_FILE,
};
