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

static int list(_unused_ void *context, struct summed *summed) {
    _cleanup_closedir_ DIR *policies = opendir(POLICIES);

    for (struct dirent *entry = policies ? readdir(policies) : NULL; entry;
         entry = readdir(policies)) {
        _cleanup_free_ char *governor = NULL, *preference = NULL;

        if (strncmp(entry->d_name, "policy", strlen("policy")) != 0)
            continue;
        governor = text_format("%s/" GOVERNOR, entry->d_name);
        preference = text_format("%s/" PREFERENCE, entry->d_name);
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

static int write_policy(_unused_ void *context, const char *item, const char *value) {
    _cleanup_close_ int policies = open(POLICIES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return policies < 0 ? -errno : file_write_at(policies, item, value);
}

/* The CPUs that an item governs. */
static bool read_cpus(const char *item, struct cpulist *ret) {
    _cleanup_free_ char *path =
        text_format(POLICIES "/%.*s/affected_cpus", (int)strcspn(item, "/"), item);
    char text[4096];

    if (!path || file_read_line_at(AT_FDCWD, path, text, sizeof text) < 0)
        return false;
    /* Numbers with blanks between them. */
    for (char *c = text; *c; c++)
        if (*c == ' ' && c[1])
            *c = ',';
    return cpulist_parse(text, ret) >= 0;
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

static int compute(_unused_ void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    const char *wanted, *governor;
    struct cpulist cpus;

    if (shares->count == 0 || !read_cpus(item, &cpus))
        return 0;
    governor = choose(shares, &cpus, "governor");
    if (!strstr(item, "/" PREFERENCE))
        wanted = governor;
    /* With this governor the preference becomes so by itself, and has to be given back, too. */
    else if (governor && strcmp(governor, PERFORMANCE) == 0)
        wanted = PERFORMANCE;
    else
        wanted = choose(shares, &cpus, "energy-preference");
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
    .list = list,
    .read = read_policy,
    .write = write_policy,
    .compute = compute,
};
