/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frequency governors and energy preferences (kernel Documentation/admin-guide/pm/cpufreq.rst,
 * intel_pstate.rst). An item is a file of a policy: "policy0/scaling_governor".
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "json-record.h"
#include "summed.h"
#include "text.h"

#define POLICIES "/sys/devices/system/cpu/cpufreq"
#define GOVERNOR "scaling_governor"
#define PREFERENCE "energy_performance_preference"
#define PERFORMANCE "performance"

/* A policy, and the CPUs that it is for. */
struct policy {
    char name[32];
    struct cpulist cpus;
};

struct context {
    struct policy *policies;
    size_t count;
};

static void close_context(void *data) {
    struct context *context = data;

    free(context->policies);
    free(context);
}

/* 1; 0 for a policy whose CPUs are offline; or a negative errno. */
static int read_affected(int policies, const char *name, struct cpulist *ret) {
    _cleanup_free_ char *path = text_format("%s/affected_cpus", name);
    char text[4096];
    ssize_t length = path ? file_read_line_at(policies, path, text, sizeof text) : -ENOMEM;

    if (length == -EBUSY || length == -ENOENT || length == -ENODEV)
        return 0;
    if (length < 0)
        return (int)length;
    /* Numbers with blanks between them. */
    for (char *c = text; *c; c++)
        if (*c == ' ' && c[1])
            *c = ',';
    return cpulist_parse(text, ret) >= 0;
}

static int add_policy(struct context *context, int policies, const char *name) {
    struct policy *larger = reallocarray(context->policies, context->count + 1, sizeof *larger);
    int r;

    if (!larger)
        return -ENOMEM;
    context->policies = larger;
    larger += context->count;
    r = strlen(name) < sizeof larger->name ? read_affected(policies, name, &larger->cpus) : 0;
    if (r <= 0)
        return r;
    strcpy(larger->name, name);
    context->count++;
    return 0;
}

static int open_context(_unused_ uint64_t deadline, void **ret, struct error *error) {
    struct context *context = calloc(1, sizeof *context);
    _cleanup_closedir_ DIR *policies = opendir(POLICIES);
    int r = policies || errno == ENOENT ? 0 : -errno;

    if (!context)
        return error_oom(error);
    *ret = context;
    for (struct dirent *entry = policies ? file_next_entry(policies, &r) : NULL; entry && r == 0;
         entry = file_next_entry(policies, &r))
        if (strncmp(entry->d_name, "policy", strlen("policy")) == 0)
            r = add_policy(context, dirfd(policies), entry->d_name);
    return r < 0 ? error_set(error, -r, POLICIES " cannot be read: %s", strerror(-r)) : 0;
}

static const struct policy *find_policy(const struct context *context, const char *item) {
    size_t length = strcspn(item, "/");

    for (size_t i = 0; i < context->count; i++)
        if (strlen(context->policies[i].name) == length &&
            strncmp(context->policies[i].name, item, length) == 0)
            return &context->policies[i];
    return NULL;
}

static int list(void *data, struct summed *summed) {
    const struct context *context = data;

    for (size_t i = 0; i < context->count; i++) {
        const char *name = context->policies[i].name;
        _cleanup_free_ char *governor = text_format("%s/" GOVERNOR, name);
        _cleanup_free_ char *preference = text_format("%s/" PREFERENCE, name);

        /* The governor first: while it is "performance" no other preference can be set. */
        if (!governor || !preference || summed_add(summed, governor) < 0 ||
            summed_add(summed, preference) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int read_policy(_unused_ void *context, const char *item, char **ret) {
    _cleanup_close_ int policies = open(POLICIES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char text[64];
    ssize_t length = policies < 0 ? -errno : file_read_line_at(policies, item, text, sizeof text);

    if (length < 0)
        return (int)length;
    *ret = strdup(text);
    return *ret ? 0 : -ENOMEM;
}

/* A governor. With "performance" the preference becomes so, too, and some drivers bring an earlier
 * one back after it; what was decided about the preference counts from what was there before. */
static int write_governor(int policies, const char *item, const char *value) {
    _cleanup_free_ char *preference =
        text_format("%.*s/" PREFERENCE, (int)strcspn(item, "/"), item);
    char before[64], after[64];
    bool known;
    int r;

    if (!preference)
        return -ENOMEM;
    known = file_read_line_at(policies, preference, before, sizeof before) >= 0;
    r = file_write_at(policies, item, value);
    if (r < 0 || !known || strcmp(value, PERFORMANCE) == 0 ||
        file_read_line_at(policies, preference, after, sizeof after) < 0 ||
        strcmp(before, after) == 0)
        return r;
    return file_write_at(policies, preference, before);
}

static int write_policy(_unused_ void *context, const char *item, const char *value) {
    _cleanup_close_ int policies = open(POLICIES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (policies < 0)
        return -errno;
    return strstr(item, "/" PREFERENCE) ? file_write_at(policies, item, value)
                                        : write_governor(policies, item, value);
}

/* "performance" wins over others, whoever wants it; else the first that wants any. */
static const char *choose(const struct shares *shares, const struct cpulist *cpus,
                          const char *key) {
    const char *chosen = NULL;

    for (size_t i = 0; i < shares->count; i++) {
        const char *wanted = json_string(shares->items[i].data, key);

        if (wanted && cpulist_intersects(&shares->items[i].cpus, cpus) &&
            (!chosen || strcmp(wanted, PERFORMANCE) == 0))
            chosen = wanted;
    }
    return chosen;
}

static int compute(void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    const struct policy *policy = find_policy(context, item);
    const char *wanted, *governor;

    if (!policy || !cpulist_intersects(&policy->cpus, &shares->cpus))
        return 0;
    governor = choose(shares, &policy->cpus, "governor");
    if (!strstr(item, "/" PREFERENCE))
        wanted = governor;
    /* With this governor the preference becomes so by itself, and has to be given back, too. */
    else if (governor && strcmp(governor, PERFORMANCE) == 0)
        wanted = PERFORMANCE;
    else
        wanted = choose(shares, &policy->cpus, "energy-preference");
    if (!wanted)
        return 0;
    if (!baseline)
        return 1;
    *ret = strdup(wanted);
    return *ret ? 1 : -ENOMEM;
}

const struct summed_kind summed_governors = {
    .file = ".governors",
    .what = "the CPU frequency setting",
    .open = open_context,
    .close = close_context,
    .list = list,
    .read = read_policy,
    .write = write_policy,
    .compute = compute,
};
