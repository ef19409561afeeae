/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPUs of VMs' threads that nobody has pinned: they are kept off the CPUs isolated for any VM.
 * An item is a QEMU, "1234 5012 win10" by number, start time and domain; its value is what its main
 * thread may run on, and all threads that may run on just the same go with it.
 */

#include <errno.h>
#include <string.h>

#include "affinity.h"
#include "process.h"
#include "qemu-threads.h"
#include "summed.h"
#include "text.h"
#include "topology.h"

static int add_qemu(const char *domain, pid_t qemu, void *summed) {
    _cleanup_free_ char *item = NULL;
    struct process process;

    if (process_identify(qemu, &process) < 0)
        return 0;
    item = text_format("%d %llu %s", qemu, (unsigned long long)process.start, domain);
    return item ? summed_add(summed, item) : -ENOMEM;
}

static int list(_unused_ void *context, struct summed *summed) {
    return process_for_each_qemu(add_qemu, summed);
}

/* The process of an item, if it still is that one. */
static int find(const char *item, struct process *ret) {
    unsigned long long start;

    if (sscanf(item, "%d %llu ", &ret->pid, &start) != 2)
        return -EINVAL;
    ret->start = start;
    return process_lives(*ret) ? 0 : -ESRCH;
}

static int read_qemu(_unused_ void *context, const char *item, char **ret) {
    struct process process;
    struct cpulist cpus;
    int r = find(item, &process);

    if (r >= 0)
        r = affinity_get(process.pid, &cpus);
    if (r < 0)
        return r;
    *ret = cpulist_format(&cpus);
    return *ret ? 0 : -ENOMEM;
}

static int write_qemu(_unused_ void *context, const char *item, const char *value) {
    _cleanup_free_ struct qemu_thread *threads = NULL;
    struct cpulist before, after, now;
    struct process process;
    size_t count;
    int r = find(item, &process);

    if (r >= 0)
        r = cpulist_parse(value, &after);
    if (r >= 0)
        r = affinity_get(process.pid, &before);
    if (r >= 0)
        r = qemu_threads(process.pid, &threads, &count);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        if (threads[i].id != process.pid && affinity_get(threads[i].id, &now) == 0 &&
            cpulist_equal(&now, &before) && affinity_set(threads[i].id, &after) == -EINVAL)
            return -EINVAL;
    /* The main thread last: as long as it has not changed, it is to be done. */
    return affinity_set(process.pid, &after);
}

static int compute(_unused_ void *context, _unused_ const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    struct cpulist online, cpus;

    if (shares->count == 0)
        return 0;
    if (!baseline)
        return 1;
    /* Somebody has pinned it. */
    if (topology_online(&online) < 0 || cpulist_parse(baseline, &cpus) < 0 ||
        !cpulist_contains(&cpus, &online))
        return 0;
    *ret = summed_without(baseline, shares);
    return *ret ? 1 : -ENOMEM;
}

const struct summed_kind summed_threads = {
    .file = ".threads",
    .what = "the CPUs of the unpinned threads of QEMU",
    .list = list,
    .read = read_qemu,
    .write = write_qemu,
    .compute = compute,
    .may_refuse = true,
};
