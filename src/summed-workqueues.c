/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPUs for work that the kernel does on no CPU in particular (kernel Documentation/core-api/
 * workqueue.rst). */

#include <errno.h>
#include <fcntl.h>

#include "file.h"
#include "summed.h"

#define DIRECTORY "/sys/devices/virtual/workqueue"

static int list(_unused_ void *context, struct summed *summed) {
    if (access(DIRECTORY "/cpumask", F_OK) == 0)
        return summed_add(summed, "cpumask");
    return errno == ENOENT ? 0 : -errno;
}

static int read_mask(_unused_ void *context, const char *item, char **ret) {
    _cleanup_close_ int directory = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char text[4096];
    struct cpulist cpus;
    ssize_t length = directory < 0 ? -errno : file_read_line_at(directory, item, text, sizeof text);

    if (length < 0)
        return (int)length;
    if (cpulist_parse_mask(text, &cpus) < 0)
        return -EINVAL;
    *ret = cpulist_format(&cpus);
    return *ret ? 0 : -ENOMEM;
}

static int write_mask(_unused_ void *context, const char *item, const char *value) {
    _cleanup_close_ int directory = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_free_ char *mask = NULL;
    struct cpulist cpus;

    if (directory < 0)
        return -errno;
    if (cpulist_parse(value, &cpus) < 0)
        return -EINVAL;
    mask = cpulist_format_mask(&cpus);
    return mask ? file_write_at(directory, item, mask) : -ENOMEM;
}

static int compute(_unused_ void *context, _unused_ const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    if (shares->count == 0)
        return 0;
    if (!baseline)
        return 1;
    *ret = summed_without(baseline, shares);
    return *ret ? 1 : -ENOMEM;
}

const struct summed_kind summed_workqueues = {
    .file = ".workqueues",
    .what = "the kernel's workqueues,",
    .list = list,
    .read = read_mask,
    .write = write_mask,
    .compute = compute,
    .may_refuse = true,
};
