/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long a CPU may take to wake up, which keeps it out of deep sleep (kernel
 * Documentation/ABI/testing/sysfs-devices-power, pm_qos_resume_latency_us): "0" is no limit, "n/a"
 * is not at all. An item is a CPU: "cpu4".
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "file.h"
#include "json-record.h"
#include "summed.h"
#include "text.h"
#include "topology.h"

#define CPUS "/sys/devices/system/cpu"
#define LATENCY "power/pm_qos_resume_latency_us"

static int list(_unused_ void *context, struct summed *summed) {
    struct cpulist online;
    int r = topology_online(&online);

    if (r < 0)
        return r;
    CPULIST_FOREACH(cpu, &online) {
        char item[16];

        snprintf(item, sizeof item, "cpu%u", cpu);
        r = summed_add(summed, item);
        if (r < 0)
            return r;
    }
    return 0;
}

static int read_cpu(_unused_ void *context, const char *item, char **ret) {
    _cleanup_free_ char *path = text_format(CPUS "/%s/" LATENCY, item);
    char text[32];
    ssize_t length = path ? file_read_line_at(AT_FDCWD, path, text, sizeof text) : -ENOMEM;

    if (length < 0)
        return (int)length;
    *ret = strdup(text);
    return *ret ? 0 : -ENOMEM;
}

static int write_cpu(_unused_ void *context, const char *item, const char *value) {
    _cleanup_free_ char *path = text_format(CPUS "/%s/" LATENCY, item);

    return path ? file_write_at(AT_FDCWD, path, value) : -ENOMEM;
}

/* In microseconds; INT64_MAX: no limit. */
static int64_t parse(const char *value) {
    long long usec;

    if (strcmp(value, "n/a") == 0)
        return 0;
    return sscanf(value, "%lld", &usec) == 1 && usec > 0 ? usec : INT64_MAX;
}

static char *format(int64_t usec) {
    return usec == 0 ? strdup("n/a") : text_format("%lld", (long long)usec);
}

static int compute(_unused_ void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    int64_t shortest = INT64_MAX, before;
    unsigned cpu = 0;

    if (sscanf(item, "cpu%u", &cpu) != 1)
        return -EINVAL;
    for (size_t i = 0; i < shares->count; i++) {
        int64_t usec;

        if (cpulist_has(&shares->items[i].cpus, cpu) &&
            json_number(shares->items[i].data, "usec", &usec) && usec < shortest)
            shortest = usec;
    }
    if (shortest == INT64_MAX)
        return 0;
    if (!baseline)
        return 1;
    before = parse(baseline);
    *ret = before < shortest ? strdup(baseline) : format(shortest);
    return *ret ? 1 : -ENOMEM;
}

const struct summed_kind summed_latencies = {
    .file = ".latencies",
    .what = "the wake-up latency of",
    .list = list,
    .read = read_cpu,
    .write = write_cpu,
    .compute = compute,
    .may_refuse = true,
};
